/**
 * How types meet: which casts happen unasked, at what cost, and what type two operands have in common.
 *
 * The rules and costs are those of DuckDB's binder (src/function/cast_rules.cpp and src/common/types.cpp), so that an
 * expression has the same type in volley, in DuckDB and in a plan whose parts run in both. HUGEINT is decimal(38,0).
 */

import type { ScalarValue } from '../expression.js'
import { isInRange } from '../integers.js'
import {
  BOOL,
  type DataType,
  decimal,
  duration,
  HUGEINT,
  INT16,
  INT32,
  INT64,
  isInteger,
  isNumeric,
  type TimeUnit,
  timestamp,
  typesEqual,
} from '../types.js'

/** An argument: its type, and its value if it is a constant written without a type. */
export interface Operand {
  readonly type: DataType
  readonly literal: ScalarValue | undefined
}

/** Any decimal, in the parameters of an overload. */
export type TypePattern = DataType | 'decimal'

const IMPOSSIBLE = -1
const EXACT = 0
const STRING_LITERAL_COST = 20
const INTEGER_LITERAL_DISCOUNT = 90
/** An integer constant prefers the type that it has by its size. */
const OWN_LITERAL_COST = 5
const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

export function isHugeint(type: DataType): boolean {
  return type.kind === 'decimal' && type.precision === 38 && type.scale === 0
}

/** Digits needed for every value of an integer type, as DuckDB counts them. */
function integerDigits(type: Extract<DataType, { kind: 'int' }>): number {
  switch (type.bits) {
    case 8:
      return 3
    case 16:
      return 5
    case 32:
      return 10
    case 64:
      return type.signed ? 19 : 20
  }
}

/** The decimal type that holds all values of a type, or null if it is neither an integer nor a decimal. */
export function asDecimal(type: DataType): Extract<DataType, { kind: 'decimal' }> | null {
  if (type.kind === 'decimal') return type
  if (!isInteger(type)) return null
  return { kind: 'decimal', precision: integerDigits(type), scale: 0 }
}

/** Cost of a cast that happens unasked; 0 if none is needed, negative if it does not happen. */
export function implicitCastCost(from: Operand, to: TypePattern): number {
  if (to !== 'decimal' && typesEqual(from.type, to)) return isIntegerLiteral(from) ? OWN_LITERAL_COST : EXACT
  if (from.type.kind === 'null') return targetCost(to)
  if (isStringLiteral(from)) return isParsable(to) ? STRING_LITERAL_COST : IMPOSSIBLE
  if (isIntegerLiteral(from) && to !== 'decimal' && integerFits(from.literal as number | bigint, to)) {
    return literalCost(to)
  }
  return reaches(from.type, to) ? (matches(from.type, to) ? EXACT : targetCost(to)) : IMPOSSIBLE
}

/** The type that both operands are brought to in `coalesce`, `case`, `union` and the like, or null. */
export function commonType(a: Operand, b: Operand): DataType | null {
  if (a.type.kind === 'null') return b.type
  if (b.type.kind === 'null') return a.type
  if (isStringLiteral(a)) return b.type
  if (isStringLiteral(b)) return a.type
  if (isIntegerLiteral(a) && isIntegerLiteral(b)) return wider(a.type, b.type)
  if (typesEqual(a.type, b.type)) return a.type
  if (isIntegerLiteral(a) && integerFits(a.literal as number | bigint, b.type)) return b.type
  if (isIntegerLiteral(b) && integerFits(b.literal as number | bigint, a.type)) return a.type
  return wider(a.type, b.type)
}

/** `commonType` of any number of operands; null if two of them have none. */
export function commonTypeOf(operands: readonly Operand[]): DataType | null {
  let result: Operand | null = null
  for (const operand of operands) {
    const type: DataType | null = result === null ? operand.type : commonType(result, operand)
    if (type === null) return null
    result = { type, literal: result === null ? operand.literal : undefined }
  }
  return result === null ? null : result.type
}

/**
 * The type in which two operands are compared, or null. Equality alone also brings text to the type of the other side,
 * and booleans to any number.
 */
export function comparisonType(a: Operand, b: Operand, equality: boolean): DataType | null {
  const common = comparedDecimal(a, b) ?? commonType(a, b)
  if (common !== null || !equality) return common
  if (a.type.kind === 'utf8' && isParsable(b.type)) return b.type
  if (b.type.kind === 'utf8' && isParsable(a.type)) return a.type
  if (a.type.kind === 'bool' && isNumeric(b.type)) return b.type
  if (b.type.kind === 'bool' && isNumeric(a.type)) return a.type
  return null
}

/** Compared decimals keep the longer fraction, even if the cast to it can then overflow. */
function comparedDecimal(a: Operand, b: Operand): DataType | null {
  if (a.type.kind !== 'decimal' || b.type.kind !== 'decimal') return null
  const common = commonDecimal(a.type, b.type)
  return common?.kind === 'decimal' ? decimal(common.precision, Math.max(a.type.scale, b.type.scale)) : null
}

function isIntegerLiteral(operand: Operand): boolean {
  return (
    (typeof operand.literal === 'number' || typeof operand.literal === 'bigint') &&
    (isInteger(operand.type) || isHugeint(operand.type))
  )
}

function isStringLiteral(operand: Operand): boolean {
  return typeof operand.literal === 'string' && operand.type.kind === 'utf8'
}

/** True if an integer type has the value; decimals and floats are no integer types but HUGEINT is. */
export function integerFits(value: number | bigint, type: DataType): boolean {
  return isHugeint(type) || (isInteger(type) && isInRange(type, BigInt(value)))
}

/**
 * The decimal type wide enough for both. Where 38 digits do not suffice, an integer may overflow when it is cast, while
 * two decimals lose digits of their fraction.
 */
function commonDecimal(a: DataType, b: DataType): DataType | null {
  const left = asDecimal(a)
  const right = asDecimal(b)
  if (left === null || right === null) return null
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale)
  const scale = Math.max(left.scale, right.scale)
  if (whole + scale <= 38) return decimal(whole + scale, scale)
  return decimal(38, [a, b].some((type) => isInteger(type) || isHugeint(type)) ? scale : 38 - whole)
}

function literalCost(to: DataType): number {
  return targetCost(to) - INTEGER_LITERAL_DISCOUNT
}

/** What a string constant, or text compared for equality, can be read as: not a decimal without its digits. */
function isParsable(to: TypePattern): boolean {
  return to !== 'decimal' && !['null', 'duration', 'list', 'struct', 'map'].includes(to.kind)
}

function matches(type: DataType, pattern: TypePattern): boolean {
  if (pattern === 'decimal') return type.kind === 'decimal' && !isHugeint(type)
  if (pattern.kind === 'timestamp' && type.kind === 'timestamp') {
    return pattern.unit === type.unit && (pattern.zone === null) === (type.zone === null)
  }
  return typesEqual(type, pattern)
}

/** The type that casts prefer, smaller first. */
function targetCost(to: TypePattern): number {
  if (to === 'decimal') return 105
  switch (to.kind) {
    case 'int':
      return to.signed && to.bits === 64 ? 101 : to.signed && to.bits === 32 ? 102 : 110
    case 'decimal':
      return isHugeint(to) ? 103 : 105
    case 'float':
      return to.bits === 64 ? 104 : 110
    case 'timestamp':
      return to.zone !== null ? 110 : { ns: 119, us: 120, ms: 121, s: 122 }[to.unit]
    case 'date':
      return 123
    case 'utf8':
      return 149
    case 'list':
    case 'struct':
    case 'map':
      return 160
    case 'null':
    case 'bool':
    case 'binary':
    case 'time':
    case 'duration':
    case 'interval':
      return 110
  }
}

/** Whether a type turns into another unasked, without loss but for the precision of floats. */
function reaches(from: DataType, to: TypePattern): boolean {
  if (matches(from, to)) return true
  switch (from.kind) {
    case 'int':
      if (to === 'decimal' || to.kind === 'decimal' || to.kind === 'float') return true
      if (to.kind !== 'int') return false
      return from.signed ? to.signed && to.bits > from.bits : to.bits > from.bits
    case 'decimal':
      if (isHugeint(from) && (to === 'decimal' || to.kind === 'decimal')) return true
      return to !== 'decimal' && to.kind === 'float'
    case 'float':
      return to !== 'decimal' && to.kind === 'float' && to.bits > from.bits
    case 'date':
      return to !== 'decimal' && to.kind === 'timestamp'
    case 'timestamp':
      return to !== 'decimal' && to.kind === 'timestamp' && timestampReaches(from, to)
    case 'time':
      return to !== 'decimal' && to.kind === 'time' && UNITS.indexOf(to.unit) >= UNITS.indexOf(from.unit)
    case 'duration':
      return to !== 'decimal' && to.kind === 'duration'
    case 'interval':
      return to !== 'decimal' && to.kind === 'duration'
    case 'null':
      return true
    case 'bool':
    case 'utf8':
    case 'binary':
    case 'list':
    case 'struct':
    case 'map':
      return false
  }
}

type Timestamp = Extract<DataType, { kind: 'timestamp' }>

/** Nanoseconds are cut to microseconds where a function takes no more; a zone is gained, never lost. */
function timestampReaches(from: Timestamp, to: Timestamp): boolean {
  if (from.zone !== null) return to.zone !== null
  if (to.zone !== null) return from.unit === 'us'
  return to.unit === 'us' || UNITS.indexOf(to.unit) > UNITS.indexOf(from.unit)
}

/** The common type of two different types without regard to constants. */
function wider(a: DataType, b: DataType): DataType | null {
  if (typesEqual(a, b)) return a
  if (a.kind === 'timestamp' && b.kind === 'timestamp') return widerTimestamp(a, b)
  if (a.kind === 'duration' || b.kind === 'duration') return widerDuration(a, b)
  if (a.kind === 'decimal' || b.kind === 'decimal') {
    const both = commonDecimal(a, b)
    if (both !== null) return both
  }
  if (a.kind === 'bool' && (isInteger(b) || isHugeint(b))) return b
  if (b.kind === 'bool' && (isInteger(a) || isHugeint(a))) return a
  const forth = implicitCastCost({ type: a, literal: undefined }, b)
  const back = implicitCastCost({ type: b, literal: undefined }, a)
  if (forth >= 0 && (back < 0 || forth < back)) return b
  if (back >= 0) return a
  return isInteger(a) && isInteger(b) ? signedBeyond(a, b) : null
}

/** The signed type that holds both an unsigned type and a signed one that is no wider. */
function signedBeyond(a: Extract<DataType, { kind: 'int' }>, b: Extract<DataType, { kind: 'int' }>): DataType {
  switch (Math.max(a.bits, b.bits)) {
    case 8:
      return INT16
    case 16:
      return INT32
    case 32:
      return INT64
    default:
      return HUGEINT
  }
}

function widerTimestamp(a: Timestamp, b: Timestamp): DataType | null {
  const unit = UNITS[Math.max(UNITS.indexOf(a.unit), UNITS.indexOf(b.unit))]
  return timestamp(unit, a.zone ?? b.zone)
}

function widerDuration(a: DataType, b: DataType): DataType | null {
  if (a.kind === 'duration' && b.kind === 'duration') {
    return duration(UNITS[Math.max(UNITS.indexOf(a.unit), UNITS.indexOf(b.unit))])
  }
  if (a.kind === 'interval' || b.kind === 'interval') return a.kind === 'interval' ? b : a
  return null
}

/** True if conditions accept the type: numbers are true unless 0, text is read as `true` or `false`. */
export function isConditionType(type: DataType): boolean {
  return typesEqual(type, BOOL) || type.kind === 'null' || type.kind === 'utf8' || isNumeric(type)
}
