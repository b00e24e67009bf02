import { evaluateScalar } from '../../../engine/kernels/evaluate.js'
import { RowError } from '../../../engine/kernels/kernel.js'
import type { Interval, ScalarValue, TypedExpression } from '../../../planner/expression.js'
import { type DataType, typeName } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { sqlType, tryRows } from './duckdb.js'
import { Random, randomValue } from './samples.js'
import { signaturesOf, type TestedSignature } from './signatures.js'

/** How SQL writes each function over a, b, c. */
const SQL: Record<string, string> = {
  add: 'a + b',
  sub: 'a - b',
  mul: 'a * b',
  div: 'a / b',
  intDiv: 'a // b',
  mod: 'a % b',
  neg: '-a',
  abs: 'abs(a)',
  round: 'round(a)',
  floor: 'floor(a)',
  ceil: 'ceil(a)',
  trunc: 'trunc(a)',
  sqrt: 'sqrt(a)',
  power: 'power(a, b)',
  exp: 'exp(a)',
  ln: 'ln(a)',
  log10: 'log10(a)',
  log2: 'log2(a)',
  sign: 'sign(a)',
  greatest: 'greatest(a, b, c)',
  least: 'least(a, b, c)',
  eq: 'a = b',
  neq: 'a <> b',
  lt: 'a < b',
  lte: 'a <= b',
  gt: 'a > b',
  gte: 'a >= b',
  isDistinctFrom: 'a is distinct from b',
  isNotDistinctFrom: 'a is not distinct from b',
  isIn: 'a in (b, c)',
  and: 'a and b and c',
  or: 'a or b or c',
  not: 'not a',
  isNull: 'a is null',
  isNotNull: 'a is not null',
  coalesce: 'coalesce(a, b, c)',
  nullIf: 'nullif(a, b)',
  isNan: 'isnan(a)',
  isFinite: 'isfinite(a)',
  isInf: 'isinf(a)',
  year: 'year(a)',
  month: 'month(a)',
  day: 'day(a)',
  hour: 'hour(a)',
  minute: 'minute(a)',
  second: 'second(a)',
  millisecond: 'millisecond(a)',
  microsecond: 'microsecond(a)',
  quarter: 'quarter(a)',
  dayOfWeek: 'dayofweek(a)',
  isoDayOfWeek: 'isodow(a)',
  dayOfYear: 'dayofyear(a)',
  week: 'week(a)',
  epoch: 'epoch(a)',
  makeDate: 'make_date(a, b, c)',
  lastDay: 'last_day(a)',
}

const ROWS = 40

describe.each(Object.keys(SQL))('%s', (name) => {
  it('means what it does in DuckDB', async () => {
    const random = new Random(11)
    for (const signature of signaturesOf(name)) {
      const sql = sqlOf(name, signature)
      if (sql !== null) await compare(name, sql, signature, random)
    }
  })
})

describe.each(['dateTrunc', 'dateDiff'])('%s', (name) => {
  it('means what it does in DuckDB', async () => {
    const random = new Random(12)
    for (const signature of signaturesOf(name)) {
      const unit = `'${signature.constants[0]}'`
      const sql = name === 'dateTrunc' ? `date_trunc(${unit}, b)` : `date_diff(${unit}, b, c)`
      await compare(name, sql, signature, random)
    }
  })
})

/** Null where DuckDB has no such signature. */
function sqlOf(name: string, { parameters, constants }: TestedSignature): string | null {
  if (parameters.some((type) => type.kind === 'duration')) return null
  if (name === 'round' && parameters.length === 2) return `round(a, ${constants[1]})`
  if (name === 'isIn') return `a in (${[...'bcd'].slice(0, parameters.length - 1).join(', ')})`
  const letters = 'abc'.slice(0, parameters.length)
  const used = [...new Set([...SQL[name].matchAll(/\b[abc]\b/g)].map(([letter]) => letter))].join('')
  if (used === letters) return SQL[name]
  return used.startsWith(letters) &&
    letters.length > 0 &&
    'coalesce greatest least isIn and or'.split(' ').includes(name)
    ? SQL[name].replace(/(,| and| or) c\b/, '').replace(letters.length === 1 ? /, b\b/ : /$^/, '')
    : null
}

async function compare(
  name: string,
  sql: string,
  { parameters, constants, result }: TestedSignature,
  random: Random,
): Promise<void> {
  const rows = Array.from({ length: ROWS }, () =>
    parameters.map((type, i) => constants[i] ?? (random.below(10) === 0 ? null : valueFor(name, random, type))),
  )
  // DuckDB would derive a wider decimal from arguments that were cast to more digits than they have.
  const typed = result.kind === 'decimal' ? `(${sql})::${sqlType(result)}` : sql
  const expected = await tryRows(typed, parameters, rows)
  const call: TypedExpression = {
    kind: 'call',
    function: name,
    type: result,
    arguments: parameters.map((type, index) => ({ kind: 'column', index, name: `c${index}`, type })),
  }
  rows.forEach((row, i) => {
    const described = `${name}(${row.map((value, k) => `${show(value)} ${typeName(parameters[k])}`).join(', ')})`
    const actual = attempt(() => evaluateScalar(call, (index) => row[index]))
    const judged = result.kind === 'duration' && expected[i] !== null ? spanOf(expected[i] as Interval) : expected[i]
    if (differsOnPurpose(name, actual, judged, result)) return
    expect([described, actual]).toEqual([described, judged])
  })
}

/** Functions that C libraries and JavaScript engines may round differently in the last place. */
const TRANSCENDENTAL = new Set(['exp', 'ln', 'log10', 'log2', 'power'])

/** DuckDB has no durations: differences of timestamps are intervals of days and microseconds. */
function spanOf({ days, micros }: Interval): bigint {
  return BigInt(days) * 86_400_000_000n + micros
}

function differsOnPurpose(name: string, actual: ScalarValue, expected: ScalarValue, type: DataType): boolean {
  // HUGEINT goes past the 38 digits that Arrow's decimals have.
  if (type.kind === 'decimal' && actual === null && absolute(expected as bigint) >= 10n ** 38n) return true
  // Rounding the largest integers up overflows, which DuckDB does not notice; nor does it notice some nulls.
  if (name === 'round' && actual === null) return true
  // The first and the last date stand for infinity in DuckDB.
  if (type.kind === 'date' && Math.abs(actual as number) === 2_147_483_647) return true
  if (typeof actual !== 'number' || typeof expected !== 'number') return false
  // The sign of a zero among equals is left open.
  if (name === 'greatest' || name === 'least') return actual === expected
  if (name !== 'epoch' && !TRANSCENDENTAL.has(name)) return false
  return Math.abs(actual - expected) <= Math.abs(actual) * 4e-16 + (name === 'epoch' ? 1e-9 : 0)
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

function valueFor(name: string, random: Random, type: DataType): ScalarValue {
  // DuckDB's functions with time zones count years before the first from the era.
  if (type.kind === 'timestamp' && type.zone !== null) return absolute(randomValue(random, type) as bigint)
  if (name === 'makeDate') return BigInt(random.pick([random.below(40) - 3, random.below(14), 2020, 1900]))
  return randomValue(random, type)
}

function show(value: ScalarValue): string {
  return value !== null && typeof value === 'object'
    ? JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v))
    : String(value)
}

/** Failures count as null, as `try` makes them in DuckDB. */
function attempt(compute: () => ScalarValue): ScalarValue {
  try {
    return compute()
  } catch (error) {
    if (error instanceof RowError) return null
    throw error
  }
}
