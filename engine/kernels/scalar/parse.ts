/** Text as values, as DuckDB's casts from VARCHAR read it. */

import { unreachable } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { divideRounded, fitsPrecision, isInRange, powerOfTen, toScalar } from '../../../planner/integers.js'
import { parseInterval } from '../../../planner/parse-interval.js'
import type { DataType } from '../../../planner/types.js'
import { parseDate, parseDuration, parseTime, parseTimestamp } from './parse-time.js'

/** Undefined if the text does not name a value of the type. */
export function parseValue(text: string, type: DataType): ScalarValue | undefined {
  switch (type.kind) {
    case 'bool':
      return parseBool(text)
    case 'int':
      return parseInteger(text, type)
    case 'float':
      return parseFloating(text, type.bits)
    case 'decimal':
      return parseDecimal(text, type.precision, type.scale)
    case 'utf8':
      return text
    case 'binary':
      return parseBinary(text)
    case 'date':
      return parseDate(text)
    case 'time':
      return parseTime(text, type.unit)
    case 'timestamp':
      return parseTimestamp(text, type.unit, type.zone !== null)
    case 'duration':
      return parseDuration(text, type.unit)
    case 'interval':
      return parseInterval(text)
    case 'null':
    case 'list':
    case 'struct':
    case 'map':
      return undefined
    default:
      return unreachable(type)
  }
}

const TRUE = new Set(['true', 't', 'yes', 'y', '1'])
const FALSE = new Set(['false', 'f', 'no', 'n', '0'])

function parseBool(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  return TRUE.has(lower) ? true : FALSE.has(lower) ? false : undefined
}

const SPACE = '[ \\t\\n\\v\\f\\r]*'
/** Digits with single underscores between them. */
const DIGITS = '\\d+(?:_\\d+)*'
const NUMBER = new RegExp(`^${SPACE}([+-]?)(${DIGITS})?(?:\\.(${DIGITS})?)?(?:[eE]([+-]?\\d+))?${SPACE}$`)
const PLAIN = /^-?\d{1,15}$/
const HEXADECIMAL = new RegExp(`^${SPACE}0[xX]([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)${SPACE}$`)
const BINARY_DIGITS = new RegExp(`^${SPACE}0[bB]([01]+(?:_[01]+)*)${SPACE}$`)

/** A decimal number: digits × 10^exponent. */
interface Scientific {
  readonly negative: boolean
  readonly digits: bigint
  readonly exponent: number
}

function parseNumber(text: string): Scientific | undefined {
  const match = NUMBER.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const decimals = withoutUnderscores(fraction)
  const digits = BigInt(withoutUnderscores(whole) + decimals)
  return { negative: sign === '-', digits, exponent: Number(exponent) - decimals.length }
}

function withoutUnderscores(digits: string): string {
  return digits.includes('_') ? digits.replaceAll('_', '') : digits
}

/** digits × 10^shift rounded half away from zero; undefined if it has over 77 digits. */
function shifted({ digits, exponent }: Scientific, shift: number): bigint | undefined {
  const power = exponent + shift
  if (digits === 0n || power === 0) return digits
  if (power > 0) return power > 77 ? undefined : digits * powerOfTen(power)
  const length = digits.toString().length
  if (-power > length) return 0n
  return divideRounded(digits, 10n ** BigInt(-power))
}

function parseInteger(text: string, type: Extract<DataType, { kind: 'int' }>): ScalarValue | undefined {
  // Most texts are plain digits, few enough to be exact as a number.
  if (PLAIN.test(text)) {
    const plain = Number(text)
    if (type.bits < 64) return plain >= lowestOf(type) && plain <= highestOf(type) ? plain + 0 : undefined
    if (type.signed) return BigInt(plain)
  }
  const hexadecimal = HEXADECIMAL.exec(text)
  const binary = hexadecimal === null ? BINARY_DIGITS.exec(text) : null
  let value: bigint | undefined
  if (hexadecimal !== null) value = BigInt(`0x${withoutUnderscores(hexadecimal[1])}`)
  else if (binary !== null) value = BigInt(`0b${withoutUnderscores(binary[1])}`)
  else {
    const number = parseNumber(text)
    value = number && shifted(number, 0)
    if (number?.negative && value !== undefined) {
      // DuckDB refuses a sign before anything but a whole zero, even what would round to it.
      if (!type.signed && (number.digits !== 0n || /[.eE]/.test(text))) return undefined
      value = -value
    }
  }
  return value === undefined || !isInRange(type, value) ? undefined : toScalar(type, value)
}

type IntegerType = Extract<DataType, { kind: 'int' }>

/** Of types of up to 32 bits. */
function highestOf({ bits, signed }: IntegerType): number {
  return 2 ** (signed ? bits - 1 : bits) - 1
}

function lowestOf({ bits, signed }: IntegerType): number {
  return signed ? -(2 ** (bits - 1)) : 0
}

function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const number = parseNumber(text)
  const magnitude = number && shifted(number, scale)
  if (number === undefined || magnitude === undefined || !fitsPrecision(magnitude, precision)) return undefined
  return number.negative ? -magnitude : magnitude
}

const FLOAT = new RegExp(`^${SPACE}\\+?(-?)(?:(${DIGITS})?(\\.(?:${DIGITS})?)?([eE][+-]?${DIGITS})?)${SPACE}$`)
const PLAIN_FLOAT = /^-?\d+(?:\.\d+)?$/
const SPECIAL = new RegExp(`^${SPACE}\\+?(-?)(inf|infinity|nan)${SPACE}$`, 'i')

function parseFloating(text: string, bits: 32 | 64): number | undefined {
  if (PLAIN_FLOAT.test(text)) return bits === 32 ? Math.fround(Number(text)) : Number(text)
  const special = SPECIAL.exec(text)
  if (special !== null) {
    if (special[2].toLowerCase() === 'nan') return Number.NaN
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  const match = FLOAT.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = ''] = match
  if (whole === '' && fraction.length < 2) return undefined
  const value = Number(withoutUnderscores(`${sign}${whole}${fraction}${exponent}`))
  return bits === 32 ? Math.fround(value) : value
}

/** ASCII, with any byte as `\xHH`. */
function parseBinary(text: string): Uint8Array | undefined {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return undefined
    if (code !== 0x5c) bytes.push(code)
    else {
      const hexadecimal = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(at, at + 4))
      if (hexadecimal === null) return undefined
      bytes.push(Number.parseInt(hexadecimal[1], 16))
      at += 3
    }
  }
  return Uint8Array.from(bytes)
}
