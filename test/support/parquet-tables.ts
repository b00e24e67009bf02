/** A seeded table with a column of every type that Parquet can hold, with nulls and extremes. */

import type { ScalarValue } from '../../planner/expression.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  duration,
  FLOAT32,
  FLOAT64,
  field,
  HUGEINT,
  INT8,
  INT16,
  INT32,
  INT64,
  NULL,
  type Schema,
  schemaOf,
  time,
  timestamp,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
  UTF8,
} from '../../planner/types.js'
import type { Row } from './parquet-files.js'

type Draw = () => number

/** Numbers in [0, 1): a linear congruential generator. */
export function seeded(seed: number): Draw {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const TEXTS = ['', 'a', 'Zürich', '日本語', '🎈 balloon', 'x'.repeat(300), "it's", 'NULL']
const bigWithin = (draw: Draw, bits: number): bigint =>
  BigInt.asIntN(bits, BigInt(Math.floor(draw() * 2 ** 32)) * BigInt(Math.floor(draw() * 2 ** 32)) * 0x1_0000_0001n)
const digits = (draw: Draw, precision: number): bigint =>
  (bigWithin(draw, 120) % 10n ** BigInt(precision)) * (draw() < 0.5 ? 1n : -1n)

const inner = { name: 'element', nullable: true } as const

/** Column name, type and a generator of values that are not null. */
const COLUMNS: readonly (readonly [string, DataType, (draw: Draw) => ScalarValue])[] = [
  ['nothing', NULL, () => null],
  ['flag', BOOL, (draw) => draw() < 0.5],
  ['i8', INT8, (draw) => Math.floor(draw() * 256) - 128],
  ['i16', INT16, (draw) => Math.floor(draw() * 65536) - 32768],
  ['i32', INT32, (draw) => Math.floor(draw() * 2 ** 32) - 2 ** 31],
  ['i64', INT64, (draw) => bigWithin(draw, 64)],
  ['u8', UINT8, (draw) => Math.floor(draw() * 256)],
  ['u16', UINT16, (draw) => Math.floor(draw() * 65536)],
  ['u32', UINT32, (draw) => Math.floor(draw() * 2 ** 32)],
  ['u64', UINT64, (draw) => BigInt.asUintN(64, bigWithin(draw, 64))],
  [
    'f32',
    FLOAT32,
    (draw) => [Math.fround(draw() * 1e6), -0, Number.NaN, Number.POSITIVE_INFINITY][Math.floor(draw() * 4)],
  ],
  ['f64', FLOAT64, (draw) => [draw() * 1e300, -0, Number.NaN, Number.NEGATIVE_INFINITY][Math.floor(draw() * 4)]],
  ['d9', decimal(9, 2), (draw) => digits(draw, 9)],
  ['d18', decimal(18, 6), (draw) => digits(draw, 18)],
  ['d30', decimal(30, 10), (draw) => digits(draw, 30)],
  ['huge', HUGEINT, (draw) => digits(draw, 38)],
  ['text', UTF8, (draw) => TEXTS[Math.floor(draw() * TEXTS.length)]],
  ['unique', UTF8, (draw) => `${draw()}`],
  ['bytes', BINARY, (draw) => Uint8Array.from({ length: Math.floor(draw() * 5) }, () => draw() * 256)],
  ['day', DATE, (draw) => Math.floor(draw() * 40_000) - 20_000],
  ['time_s', time('s'), (draw) => BigInt(Math.floor(draw() * 86_400))],
  ['time_ms', time('ms'), (draw) => BigInt(Math.floor(draw() * 86_400_000))],
  ['time_us', time('us'), (draw) => BigInt(Math.floor(draw() * 86_400_000_000))],
  ['time_ns', time('ns'), (draw) => BigInt(Math.floor(draw() * 86_400_000_000)) * 1000n],
  ['ts_s', timestamp('s', null), (draw) => BigInt(Math.floor(draw() * 4e9) - 2e9)],
  ['ts_ms', timestamp('ms', null), (draw) => BigInt(Math.floor(draw() * 4e12) - 2e12)],
  ['ts_us', timestamp('us', null), (draw) => BigInt(Math.floor(draw() * 4e15) - 2e15)],
  ['ts_ns', timestamp('ns', null), (draw) => BigInt(Math.floor(draw() * 4e15) - 2e15) * 1000n],
  ['utc', timestamp('us', 'UTC'), (draw) => BigInt(Math.floor(draw() * 4e15) - 2e15)],
  ['zoned', timestamp('ms', 'Europe/Zurich'), (draw) => BigInt(Math.floor(draw() * 4e12) - 2e12)],
  ['took', duration('us'), (draw) => BigInt(Math.floor(draw() * 4e15) - 2e15)],
  [
    'list',
    { kind: 'list', element: { ...inner, type: UTF8 } },
    (draw) =>
      Array.from({ length: Math.floor(draw() * 4) }, () => (draw() < 0.2 ? null : TEXTS[Math.floor(draw() * 8)])),
  ],
  [
    'lists',
    { kind: 'list', element: { ...inner, type: { kind: 'list', element: { ...inner, type: INT32 } } } },
    (draw) => Array.from({ length: Math.floor(draw() * 3) }, () => (draw() < 0.3 ? null : [1, null, 3])),
  ],
  [
    'pair',
    { kind: 'struct', fields: [field('a', decimal(12, 3)), field('b', UTF8), field('c', BOOL)] },
    (draw) => ({ a: digits(draw, 12), b: draw() < 0.3 ? null : 'b', c: draw() < 0.5 }),
  ],
  [
    'map',
    { kind: 'map', key: field('key', UTF8, false), value: field('value', INT64) },
    (draw) =>
      new Map<ScalarValue, ScalarValue>([
        ['k', bigWithin(draw, 64)],
        [`k${draw()}`, null],
      ]),
  ],
]

export const allTypesSchema: Schema = schemaOf(COLUMNS.map(([name, type]) => field(name, type)))

/** Rows of `allTypesSchema`; about `nullShare` of the values are null. */
export function allTypesRows(count: number, seed: number, nullShare = 0.25): Row[] {
  const draw = seeded(seed)
  return Array.from({ length: count }, () => COLUMNS.map(([, , value]) => (draw() < nullShare ? null : value(draw))))
}
