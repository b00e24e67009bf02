/** Random columns with the values that break things: nulls, extremes, NaN, both zeros, repeated and empty strings. */

import fc from 'fast-check'
import type { ScalarValue } from '../../../planner/expression.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  FLOAT32,
  FLOAT64,
  HUGEINT,
  INT8,
  INT16,
  INT32,
  INT64,
  TIMESTAMP,
  time,
  UINT8,
  UINT32,
  UINT64,
  UTF8,
} from '../../../planner/types.js'
import type { Column } from './tables.js'

export const SORTABLE_TYPES: readonly DataType[] = [
  BOOL,
  INT8,
  INT16,
  INT32,
  INT64,
  UINT8,
  UINT32,
  UINT64,
  FLOAT32,
  FLOAT64,
  decimal(9, 2),
  decimal(18, 3),
  decimal(38, 4),
  HUGEINT,
  UTF8,
  BINARY,
  DATE,
  TIMESTAMP,
  time('us'),
]

/** `spread` is about how many different ordinary values there are. */
export function randomColumn(name: string, type: DataType, rows: number, seed: number, spread = 20): Column {
  const [ordinary, special] = [ordinaryOf(type, spread), fc.constantFrom<ScalarValue>(null, ...specialsOf(type))]
  const value = fc.oneof({ weight: 4, arbitrary: ordinary }, { weight: 1, arbitrary: special })
  return { name, type, values: fc.sample(value, { numRuns: rows, seed }) }
}

function ordinaryOf(type: DataType, spread: number): fc.Arbitrary<ScalarValue> {
  const small = fc.integer({ min: 0, max: spread })
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'int':
      return small.map((n) => (type.bits === 64 ? BigInt(n) : n % 100))
    case 'float':
      return small.map((n) => n / 8)
    case 'decimal':
      return small.map((n) => BigInt(n))
    case 'utf8':
      return small.map((n) => (n % 3 === 0 ? `a rather long common prefix ${n}` : `k${n}`))
    case 'binary':
      return small.map((n) => Uint8Array.of(n & 255, 0, 1))
    case 'date':
      return small
    case 'timestamp':
    case 'time':
      return small.map((n) => BigInt(n) * 1_000_001n)
    default:
      throw new Error(`no ordinary values of ${type.kind}`)
  }
}

function specialsOf(type: DataType): ScalarValue[] {
  switch (type.kind) {
    case 'bool':
      return [true, false]
    case 'int': {
      const [low, high] = type.signed
        ? [-(2n ** BigInt(type.bits - 1)), 2n ** BigInt(type.bits - 1) - 1n]
        : [0n, 2n ** BigInt(type.bits) - 1n]
      return type.bits === 64 ? [low, high, 0n] : [Number(low), Number(high), 0]
    }
    case 'float':
      return [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1.5]
    case 'decimal':
      return [10n ** BigInt(type.precision) - 1n, 1n - 10n ** BigInt(type.precision), 0n, -1n]
    case 'utf8':
      return ['', 'Zürich', '🎉 emoji', 'a', 'ab', '\uffff', 'a rather long common prefix']
    case 'binary':
      return [new Uint8Array(0), Uint8Array.of(255), Uint8Array.of(0), Uint8Array.of(0, 0)]
    case 'date':
      return [-719528, 2_000_000]
    case 'timestamp':
      return [-1n, 9_000_000_000_000_000n]
    case 'time':
      return [0n, 86_399_999_999n]
    default:
      return []
  }
}
