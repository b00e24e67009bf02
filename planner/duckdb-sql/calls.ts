/** Functions as DuckDB writes them. A forgotten function does not compile. */

import type { ScalarName } from '../functions.js'
import { functionNamed, isHugeint } from '../functions.js'
import { type DataType, TIMESTAMP } from '../types.js'
import { comparedSql } from './compared.js'
import { NoSql, noEqual } from './no-sql.js'
import { expressionType, isHeldAsCount } from './types.js'

type Write = (parameters: readonly string[], types: readonly DataType[], result: DataType) => string

const named =
  (name: string): Write =>
  (parameters) =>
    `${name}(${parameters.join(', ')})`

const infix =
  (operator: string): Write =>
  (parameters) =>
    `(${parameters.join(` ${operator} `)})`

/** LIKE has no escape character unless one is given. */
const pattern =
  (operator: string, escaped: string): Write =>
  (parameters, ...rest) =>
    (parameters.length === 3 ? named(escaped) : infix(operator))(parameters, ...rest)

/** Integers go through HUGEINT: the narrower types overflow unnoticed. */
const rounding: Write = (parameters, types, result) => {
  const [value, digits] = parameters
  if (digits === undefined || result.kind !== 'int') return named('round')(parameters, types, result)
  return `CAST(round(CAST(${value} AS HUGEINT), ${digits}) AS ${expressionType(result)})`
}

/** Durations are counts of microseconds. */
const addition =
  (operator: '+' | '-'): Write =>
  ([a, b], [typeOfA, typeOfB], result) => {
    const instants = [typeOfA, typeOfB].filter((type) => type.kind === 'timestamp' || type.kind === 'date').length
    const durations = [typeOfA, typeOfB, result].filter((type) => type.kind === 'duration').length
    if (durations === 0 || instants === 0) return `(${a} ${operator} ${b})`
    if (result.kind === 'duration') return `(epoch_us(${a}) - epoch_us(${b}))`
    const micros = (text: string, type: DataType) => (type.kind === 'duration' ? text : `epoch_us(${text})`)
    return `make_timestamp(${micros(a, typeOfA)} ${operator} ${micros(b, typeOfB)})`
  }

const CALLS: Record<ScalarName, Write> = {
  add: addition('+'),
  sub: addition('-'),
  mul: infix('*'),
  div: infix('/'),
  intDiv: infix('//'),
  mod: infix('%'),
  neg: ([a]) => `(-${a})`,
  abs: named('abs'),
  round: rounding,
  floor: named('floor'),
  ceil: named('ceil'),
  trunc: named('trunc'),
  sqrt: named('sqrt'),
  power: named('power'),
  exp: named('exp'),
  ln: named('ln'),
  log10: named('log10'),
  log2: named('log2'),
  sign: named('sign'),
  greatest: named('greatest'),
  least: named('least'),

  eq: ([a, b], [type]) => `(${comparedSql(a, type)} = ${comparedSql(b, type)})`,
  neq: infix('<>'),
  lt: infix('<'),
  lte: infix('<='),
  gt: infix('>'),
  gte: infix('>='),
  isDistinctFrom: infix('IS DISTINCT FROM'),
  isNotDistinctFrom: infix('IS NOT DISTINCT FROM'),
  isIn: ([value, ...candidates], [type]) => `(${comparedSql(value, type)} IN (${candidates.join(', ')}))`,

  and: infix('AND'),
  or: infix('OR'),
  not: ([a]) => `(NOT ${a})`,
  isNull: ([a]) => `(${a} IS NULL)`,
  isNotNull: ([a]) => `(${a} IS NOT NULL)`,
  coalesce: named('coalesce'),
  nullIf: named('nullif'),
  isNan: named('isnan'),
  isFinite: named('isfinite'),
  isInf: named('isinf'),

  lower: named('lower'),
  upper: named('upper'),
  trim: named('trim'),
  ltrim: named('ltrim'),
  rtrim: named('rtrim'),
  length: named('length'),
  byteLength: ([a], [type]) => `${type.kind === 'binary' ? 'octet_length' : 'strlen'}(${a})`,
  substring: named('substring'),
  concat: named('concat'),
  concatOperator: infix('||'),
  replace: named('replace'),
  like: pattern('LIKE', 'like_escape'),
  ilike: pattern('ILIKE', 'ilike_escape'),
  startsWith: named('starts_with'),
  endsWith: named('ends_with'),
  contains: named('contains'),
  position: named('strpos'),
  left: named('left'),
  right: named('right'),
  lpad: named('lpad'),
  rpad: named('rpad'),
  reverse: named('reverse'),
  repeat: named('repeat'),

  year: named('year'),
  month: named('month'),
  day: named('day'),
  hour: named('hour'),
  minute: named('minute'),
  second: named('second'),
  millisecond: named('millisecond'),
  microsecond: named('microsecond'),
  quarter: named('quarter'),
  dayOfWeek: named('dayofweek'),
  isoDayOfWeek: named('isodow'),
  dayOfYear: named('dayofyear'),
  week: named('week'),
  epoch: named('epoch'),
  dateTrunc: named('date_trunc'),
  dateDiff: named('date_diff'),
  makeDate: named('make_date'),
  lastDay: named('last_day'),
}

/** What compares, chooses or passes on, and so needs no more than the count of units. */
const OF_COUNTS: ReadonlySet<string> = new Set<ScalarName>([
  ...(['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'isDistinctFrom', 'isNotDistinctFrom', 'isIn', 'isNull'] as const),
  ...(['isNotNull', 'coalesce', 'nullIf', 'greatest', 'least'] as const),
])
/** Durations are computed as integers. */
const OF_DURATIONS: ReadonlySet<string> = new Set<ScalarName>([...(['add', 'sub', 'neg'] as const)])

/** A call over arguments in SQL, of the result's type. @throws NoSql. */
export function sqlOfCall(name: string, parameters: readonly string[], types: readonly DataType[], result: DataType) {
  if (functionNamed(name) === null) throw new NoSql(`the function ${name} has no equal in DuckDB`)
  for (const type of types) {
    if (!isHeldAsCount(type) || OF_COUNTS.has(name)) continue
    if (type.kind === 'duration' && type.unit === 'us' && OF_DURATIONS.has(name)) continue
    throw noEqual(name, type)
  }
  const text = written(name as ScalarName, parameters, types, result)
  // DuckDB derives the digits of decimals from those of arguments that were cast to more than they have.
  if (isHugeint(result)) {
    return isComputed(name) ? `CAST(CAST(${text} AS DECIMAL(38,0)) AS HUGEINT)` : `CAST(${text} AS HUGEINT)`
  }
  return result.kind === 'decimal' ? `CAST(${text} AS ${expressionType(result)})` : text
}

/** Calendars of instants are those of UTC; DuckDB's functions for them would count years before the first otherwise. */
function written(
  name: ScalarName,
  parameters: readonly string[],
  types: readonly DataType[],
  result: DataType,
): string {
  if (OF_COUNTS.has(name) || !types.some(isInstant)) return CALLS[name](parameters, types, result)
  const bare = (type: DataType): DataType => (isInstant(type) ? TIMESTAMP : type)
  const local = parameters.map((parameter, i) => (isInstant(types[i]) ? `CAST(${parameter} AS TIMESTAMP)` : parameter))
  const text = CALLS[name](local, types.map(bare), bare(result))
  return isInstant(result) ? `CAST(${text} AS ${expressionType(result)})` : text
}

function isInstant(type: DataType): boolean {
  return type.kind === 'timestamp' && type.zone !== null
}

/** HUGEINT goes past the 38 digits that our decimals have. */
function isComputed(name: string): boolean {
  return name === 'add' || name === 'sub' || name === 'mul' || name === 'neg'
}
