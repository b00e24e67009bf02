/** Types of arithmetic: integers stay as wide as the widest operand, decimals grow as DuckDB's do. */

import {
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
  isNested,
  TIMESTAMP,
  timestamp,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
} from '../types.js'
import { asDecimal, commonTypeOf } from './coercion.js'
import type { ResolveSignature } from './definition.js'
import { type BindDecimal, byOverloads, type Overload, overload } from './overloads.js'

const SIGNED: readonly DataType[] = [INT8, INT16, INT32, INT64, HUGEINT]
const INTEGERS: readonly DataType[] = [...SIGNED, UINT8, UINT16, UINT32, UINT64]
const FLOATS: readonly DataType[] = [FLOAT32, FLOAT64]
const ZONED = timestamp('us', 'UTC')
const DURATION = duration('us')

const binary = (types: readonly DataType[]): Overload[] => types.map((type) => overload([type, type], type))
const unary = (types: readonly DataType[]): Overload[] => types.map((type) => overload([type], type))
const BINARY_DECIMAL = overload(['decimal', 'decimal'], 'decimal')
const UNARY_DECIMAL = overload(['decimal'], 'decimal')
const TO_DOUBLE = byOverloads([overload([FLOAT64], FLOAT64)])

interface Digits {
  /** Of the widest operand. */
  readonly precision: number
  readonly whole: number
  readonly scale: number
  readonly parameters: readonly Extract<DataType, { kind: 'decimal' }>[]
}

/** The digits of decimal operands; a null takes the type of the other one. */
function digitsOf(types: readonly DataType[]): Digits | null {
  const known = types.map(asDecimal)
  const some = known.find((type) => type !== null)
  if (some === undefined || some === null) return null
  const parameters = known.map((type) => type ?? some)
  return {
    precision: Math.max(...parameters.map((type) => type.precision)),
    whole: Math.max(...parameters.map((type) => type.precision - type.scale)),
    scale: Math.max(...parameters.map((type) => type.scale)),
    parameters,
  }
}

/** Operands brought to one scale. One that has it already keeps its precision, which costs nothing to widen. */
export function toScale(types: readonly DataType[], target: DataType): readonly DataType[] {
  const scale = target.kind === 'decimal' ? target.scale : 0
  return types.map((type) => (type.kind === 'decimal' && type.scale === scale ? type : target))
}

/** One digit more than the wider operand, but not past what 64 bits hold while the operands fit them. */
const addDecimals: BindDecimal = (types) => {
  const digits = digitsOf(types)
  if (digits === null) return null
  let precision = Math.max(digits.scale + digits.whole, digits.precision) + 1
  if (precision > 18 && digits.precision <= 18) precision = 18
  const result = decimal(Math.min(precision, 38), digits.scale)
  return { parameters: toScale(types, result), result }
}

const multiplyDecimals: BindDecimal = (types) => {
  const digits = digitsOf(types)
  if (digits === null) return null
  const [a, b] = digits.parameters
  const scale = a.scale + b.scale
  if (scale > 38) return null
  let precision = a.precision + b.precision
  if (precision > 18 && digits.precision <= 18 && scale < 18) precision = 18
  return { parameters: digits.parameters, result: decimal(Math.min(precision, 38), scale) }
}

const moduloDecimals: BindDecimal = (types) => {
  const digits = digitsOf(types)
  if (digits === null) return null
  const precision = Math.max(digits.scale + digits.whole, digits.precision)
  if (precision > 38) return { parameters: [FLOAT64, FLOAT64], result: FLOAT64 }
  const result = decimal(precision, digits.scale)
  return { parameters: toScale(types, result), result }
}

const keepDecimal: BindDecimal = (types) => ({ parameters: types, result: types[0] })

const toWhole: BindDecimal = (types) => {
  const [type] = types
  if (type.kind !== 'decimal') return null
  return { parameters: types, result: decimal(type.precision, 0) }
}

/** The digits asked for must be constant, as they decide the scale of the result. */
const roundDecimal: BindDecimal = (types, literals) => {
  const [type] = types
  if (type.kind !== 'decimal') return null
  if (types.length === 1) return toWhole(types, literals)
  const digits = literals[1]
  if (typeof digits !== 'number') return null
  return {
    parameters: [type, INT32],
    result: decimal(type.precision, Math.min(Math.max(digits, 0), type.scale)),
  }
}

const ADD_TEMPORAL: readonly Overload[] = [
  ...commutative(DATE, INT32, DATE),
  ...commutative(DATE, INTERVAL, TIMESTAMP),
  ...commutative(DATE, DURATION, TIMESTAMP),
  ...commutative(TIMESTAMP, INTERVAL, TIMESTAMP),
  ...commutative(TIMESTAMP, DURATION, TIMESTAMP),
  ...commutative(ZONED, INTERVAL, ZONED),
  ...commutative(ZONED, DURATION, ZONED),
  ...binary([INTERVAL, DURATION]),
]

const SUBTRACT_TEMPORAL: readonly Overload[] = [
  overload([DATE, DATE], INT64),
  overload([DATE, INT32], DATE),
  overload([DATE, INTERVAL], TIMESTAMP),
  overload([DATE, DURATION], TIMESTAMP),
  overload([TIMESTAMP, TIMESTAMP], DURATION),
  overload([TIMESTAMP, INTERVAL], TIMESTAMP),
  overload([TIMESTAMP, DURATION], TIMESTAMP),
  overload([ZONED, ZONED], DURATION),
  overload([ZONED, INTERVAL], ZONED),
  overload([ZONED, DURATION], ZONED),
  ...binary([INTERVAL, DURATION]),
]

function commutative(a: DataType, b: DataType, result: DataType): Overload[] {
  return [overload([a, b], result), overload([b, a], result)]
}

/** All arguments in their common type, which is the result's. */
export const inCommonType: ResolveSignature = (types, literals) => {
  const result = commonTypeOf(types.map((type, i) => ({ type, literal: literals[i] })))
  if (result === null || isNested(result) || result.kind === 'interval') return null
  return { parameters: types.map(() => result), result }
}

const ADDITIVE = [...binary(INTEGERS), ...binary(FLOATS), BINARY_DECIMAL]
const MULTIPLY_INTERVAL = [...commutative(INTERVAL, INT64, INTERVAL), ...commutative(INTERVAL, FLOAT64, INTERVAL)]
const MAGNITUDE = [...unary(INTEGERS), ...unary(FLOATS), UNARY_DECIMAL]
const ROUND = [...unary(SIGNED), ...unary(FLOATS), UNARY_DECIMAL]
const SIGN = [...INTEGERS, ...FLOATS].map((type) => overload([type], INT8))

export const ARITHMETIC = {
  add: byOverloads([...ADDITIVE, ...ADD_TEMPORAL], addDecimals),
  sub: byOverloads([...ADDITIVE, ...SUBTRACT_TEMPORAL], addDecimals),
  mul: byOverloads([...ADDITIVE, ...MULTIPLY_INTERVAL], multiplyDecimals),
  div: byOverloads([...binary(FLOATS), overload([INTERVAL, FLOAT64], INTERVAL)]),
  intDiv: byOverloads([...binary(INTEGERS), ...binary(FLOATS)]),
  mod: byOverloads(ADDITIVE, moduloDecimals),
  neg: byOverloads([...MAGNITUDE, ...unary([INTERVAL, DURATION])], keepDecimal),
  abs: byOverloads(MAGNITUDE, keepDecimal),
  round: byOverloads([...ROUND, ...ROUND.map((one) => overload([...one.parameters, INT32], one.result))], roundDecimal),
  floor: byOverloads([...unary(FLOATS), UNARY_DECIMAL], toWhole),
  ceil: byOverloads([...unary(FLOATS), UNARY_DECIMAL], toWhole),
  trunc: byOverloads(MAGNITUDE, toWhole),
  sqrt: TO_DOUBLE,
  power: byOverloads([overload([FLOAT64, FLOAT64], FLOAT64)]),
  exp: TO_DOUBLE,
  ln: TO_DOUBLE,
  log10: TO_DOUBLE,
  log2: TO_DOUBLE,
  sign: byOverloads(SIGN),
  greatest: inCommonType,
  least: inCommonType,
} as const satisfies Record<string, ResolveSignature>
