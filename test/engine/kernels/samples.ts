/** Random values of every type, with the extremes that kernels tend to get wrong, and vectors of them in every form. */

import { createKernelContext } from '../../../engine/kernels/context.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { type Vector, vector } from '../../../io/batch.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import {
  BOOL,
  DATE,
  type DataType,
  decimal,
  duration,
  FLOAT32,
  FLOAT64,
  HUGEINT,
  INT8,
  INT16,
  INT32,
  INT64,
  INTERVAL,
  TIMESTAMP,
  time,
  timestamp,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
  UTF8,
} from '../../../planner/types.js'

export const memory = SharedMemory.create()
export const context = createKernelContext(memory)

export const INTEGERS: readonly DataType[] = [INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64]
const DECIMALS: readonly DataType[] = [
  decimal(4, 1),
  decimal(9, 2),
  decimal(15, 2),
  decimal(18, 4),
  decimal(25, 6),
  decimal(38, 10),
  HUGEINT,
]
export const ALL_TYPES: readonly DataType[] = [
  BOOL,
  ...INTEGERS,
  FLOAT32,
  FLOAT64,
  ...DECIMALS,
  UTF8,
  DATE,
  time('us'),
  TIMESTAMP,
  timestamp('us', 'UTC'),
  duration('us'),
  INTERVAL,
]

/** A stream of numbers that is the same for the same seed (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]
  }

  /** A signed number of up to `bits` bits, small ones as likely as large ones. */
  bits(bits: number): bigint {
    const length = this.below(bits + 1)
    let value = 0n
    for (let at = 0; at < length; at += 16) value = (value << 16n) | BigInt(this.below(65_536))
    value &= (1n << BigInt(length)) - 1n
    return this.below(2) === 0 ? value : -value
  }
}

const FLOATS = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const TEXTS = ['', 'a', 'A', 'abc', 'true', '42', ' 7 ', '1.5', '2020-02-29', '2020-01-31 10:11:12.5', 'é', '😀', 'zz']

export function randomValue(random: Random, type: DataType): ScalarValue {
  switch (type.kind) {
    case 'bool':
      return random.below(2) === 0
    case 'int': {
      const [bits, signed] = [type.bits, type.signed]
      const magnitude = signed ? bits - 1 : bits
      const limit = (1n << BigInt(magnitude)) - 1n
      let value = random.pick([random.bits(magnitude), random.bits(4), limit, signed ? -limit - 1n : 0n])
      if (!signed && value < 0n) value = -value
      return bits === 64 ? value : Number(value)
    }
    case 'float': {
      const wide = random.pick([
        random.pick(FLOATS),
        (random.fraction() - 0.5) * 10 ** (random.below(40) - 20),
        random.below(2000) / 4 - 250,
      ])
      return type.bits === 32 ? Math.fround(wide) : wide
    }
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n
      const value = random.pick([random.bits(126) % (limit + 1n), random.bits(20) % (limit + 1n), limit])
      return random.below(2) === 0 ? value : -value
    }
    case 'utf8':
      return random.pick(TEXTS)
    case 'date':
      return random.pick([random.below(40_000) - 20_000, Number(random.bits(22)), 0, -1])
    case 'time':
      return BigInt(random.below(86_400)) * 1_000_000n + BigInt(random.below(1_000_000))
    case 'timestamp':
      return random.pick([
        random.bits(51),
        random.bits(60),
        -1n,
        0n,
        BigInt(random.below(40_000) - 20_000) * 86_400_000_000n,
      ])
    case 'duration':
      return random.pick([random.bits(63), random.bits(40)])
    case 'interval':
      return {
        months: random.pick([0, Number(random.bits(8)), 1, -1]),
        days: random.pick([0, Number(random.bits(10))]),
        micros: random.pick([0n, random.bits(45)]),
      }
    default:
      throw new Error(`no random ${type.kind}`)
  }
}

export type Form = 'plain' | 'nullable' | 'constant' | 'null' | 'dictionary'

/** A vector of random values. Null slots hold random values too, and decimals that fit may be 8 or 16 bytes wide. */
export function randomVector(random: Random, type: DataType, form: Form, length: number): Vector {
  const values = Array.from({ length: Math.max(1, form === 'constant' ? 1 : length) }, () => randomValue(random, type))
  if (form === 'null') return { ...build(type, [null]), length, constant: true }
  if (form === 'constant') return { ...build(type, values), length, constant: true }
  if (form === 'dictionary') {
    const entries = [...new Set(values.slice(0, 20))]
    const codes = build(
      INT32,
      Array.from({ length }, () => random.below(entries.length)),
    )
    const validity = validityOf(random, length)
    return vector(type, length, { validity, values: codes.values, dictionary: build(type, entries) })
  }
  const small = type.kind === 'decimal' && random.below(2) === 0
  const stored = small ? values.map((value) => (value as bigint) % 10n ** 15n) : values
  const sized: DataType = small && type.kind === 'decimal' && type.precision > 18 ? { ...type, precision: 18 } : type
  return { ...build(sized, stored), type, length, validity: form === 'nullable' ? validityOf(random, length) : 0 }
}

function validityOf(random: Random, length: number): number {
  return build(
    BOOL,
    Array.from({ length: Math.max(1, length) }, () => random.below(4) > 0),
  ).values
}

export function build(type: DataType, values: readonly ScalarValue[]): Vector {
  return { ...vectorFromValues(type, values, memory.views, context.scratch), blocks: [] }
}
