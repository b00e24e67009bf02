import { evaluate, evaluateScalar } from '../../../engine/kernels/evaluate.js'
import { RowError } from '../../../engine/kernels/kernel.js'
import { castScalar } from '../../../engine/kernels/scalar/cast.js'
import { readValue } from '../../../io/values.js'
import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue, TypedExpression } from '../../../planner/expression.js'
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
  INT32,
  INT64,
  time,
  timestamp,
  typeName,
  typesEqual,
  UINT8,
  UTF8,
} from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { sqlType, tryRows } from './duckdb.js'
import { ALL_TYPES, context, memory, Random, randomValue, randomVector } from './samples.js'

const TYPES: readonly DataType[] = [
  ...ALL_TYPES.filter((type) => type.kind !== 'interval'),
  time('ms'),
  time('ns'),
  timestamp('s', null),
  timestamp('ms', null),
  timestamp('ns', null),
  duration('ms'),
]

const INSTANTS = ['date', 'timestamp', 'time']
const NUMBERS = ['bool', 'int', 'float', 'decimal']

/** The pairs with casts by kernel. */
function isConvertible(from: DataType, to: DataType): boolean {
  if (typesEqual(from, to)) return false
  if (NUMBERS.includes(from.kind)) return NUMBERS.includes(to.kind)
  if (from.kind === 'duration' || from.kind === 'time' || to.kind === 'duration') return from.kind === to.kind
  if (from.kind === 'date') return to.kind === 'timestamp'
  return from.kind === 'timestamp' && INSTANTS.includes(to.kind)
}

const PAIRS = TYPES.flatMap((from) => TYPES.filter((to) => isConvertible(from, to)).map((to) => [from, to] as const))

function castOf(from: DataType, to: DataType, tolerant: boolean): TypedExpression {
  return { kind: 'cast', argument: { kind: 'column', index: 0, name: 'a', type: from }, type: to, try: tolerant }
}

describe('casts of vectors', () => {
  it('agree with casts of single values', () => {
    const random = new Random(21)
    for (const [from, to] of [...PAIRS, ...TYPES.map((type) => [type, UTF8] as const)]) {
      for (const form of ['plain', 'nullable', 'constant', 'null'] as const) compareForms(random, from, to, form)
    }
  })

  it('read dictionaries once an entry', () => {
    const random = new Random(22)
    for (const to of [INT32, FLOAT64, BOOL, DATE, BINARY]) compareForms(random, UTF8, to, 'dictionary')
  })
})

function compareForms(
  random: Random,
  from: DataType,
  to: DataType,
  form: 'plain' | 'nullable' | 'constant' | 'null' | 'dictionary',
): void {
  context.resetScratch()
  const length = random.pick([1, 64, 130])
  const column = randomVector(random, from, form, length)
  const batch = { schema: { fields: [field('a', from)] }, length, columns: [column] }
  for (const tolerant of [true, false]) {
    const cast = castOf(from, to, tolerant)
    const actual = attempt(() => {
      const vector = evaluate(context, cast, batch)
      return Array.from({ length }, (_, row) => readValue(memory.views, vector, row))
    })
    const expected = attempt(() =>
      Array.from({ length }, (_, row) => evaluateScalar(cast, () => readValue(memory.views, column, row))),
    )
    const described = `${typeName(from)} to ${typeName(to)}, ${form}`
    expect([described, actual]).toEqual([described, expected])
  }
}

function attempt(compute: () => ScalarValue[]): ScalarValue[] | string {
  try {
    return compute()
  } catch (error) {
    if (error instanceof RowError) return error.message
    throw error
  }
}

describe('casts of single values', () => {
  it('agree with DuckDB', async () => {
    const random = new Random(23)
    const judged = PAIRS.filter(([from, to]) => hasCounterpart(from, to))
    for (const [from, to] of judged) {
      const values = Array.from({ length: 60 }, () => sample(random, from))
      await compareWithDuckDB(values, from, to)
    }
  })

  it('write text as DuckDB does', async () => {
    const random = new Random(24)
    for (const from of TYPES.filter((type) => hasCounterpart(type, UTF8))) {
      const values = Array.from({ length: 80 }, () => sample(random, from))
      await compareWithDuckDB(values, from, UTF8)
    }
  })

  it('read text as DuckDB does', async () => {
    for (const [to, texts] of TEXTS) await compareWithDuckDB(texts.split('|'), UTF8, to)
  })

  it('refuse what has no counterpart', () => {
    expect(() => castScalar(1, INT32, DATE, false)).toThrow(
      new VolleyError('VOLLEY_TYPE_MISMATCH', 'no cast from INTEGER to DATE'),
    )
    expect(() => castScalar('x', UTF8, INT32, false)).toThrow(
      new RowError('VOLLEY_CAST', "cannot cast 'x' to INTEGER", -1),
    )
    expect(castScalar(300, INT32, UINT8, true)).toBeNull()
    expect(() => castScalar(300, INT32, UINT8, false)).toThrow('cannot cast 300 (INTEGER) to UTINYINT')
  })
})

/** DuckDB has no durations, fewer units of time, and fewer casts between units. */
function hasCounterpart(from: DataType, to: DataType): boolean {
  if ([from, to].some((type) => type.kind === 'duration' || (type.kind === 'time' && type.unit !== 'us'))) return false
  const units = [from, to].flatMap((type) => (type.kind === 'timestamp' ? [type.unit] : []))
  const zoned = [from, to].some((type) => type.kind === 'timestamp' && type.zone !== null)
  if (units.length === 2 && !units.includes('us')) return false
  return !zoned || (to.kind !== 'time' && units.every((unit) => unit === 'us'))
}

/** Timestamps of other units are made of those in range of nanoseconds. */
function sample(random: Random, type: DataType): ScalarValue {
  if (random.below(12) === 0) return null
  if (type.kind !== 'timestamp') return randomValue(random, type)
  const nanos = random.bits(62)
  return nanos / { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n }[type.unit]
}

async function compareWithDuckDB(values: readonly ScalarValue[], from: DataType, to: DataType): Promise<void> {
  // A cast to text keeps DuckDB's own objects for its types out of the comparison.
  const text = to.kind === 'timestamp' || to.kind === 'time' || to.kind === 'binary'
  // HUGEINT rounds and formats as integers do.
  const target = to.kind === 'decimal' ? typeName(to) : sqlType(to)
  const sql = `try_cast(${from.kind === 'decimal' ? `a::${typeName(from)}` : 'a'} as ${target})${text ? '::varchar' : ''}`
  const expected = await tryRows(
    sql,
    [from],
    values.map((value) => [value]),
  )
  values.forEach((value, i) => {
    const cast = castScalar(value, from, to, true)
    const actual = text && cast !== null ? castScalar(cast, to, UTF8, false) : cast
    const described = `${String(value)} ${typeName(from)} to ${typeName(to)}`
    if (roundsTwice(from, to) && isClose(actual, expected[i])) return
    expect([described, actual]).toEqual([described, expected[i]])
  })
}

/** DuckDB rounds each half of a 128-bit integer when it makes a float of it. */
function roundsTwice(from: DataType, to: DataType): boolean {
  return from.kind === 'decimal' && from.precision > 18 && to.kind === 'float'
}

function isClose(actual: ScalarValue, expected: ScalarValue): boolean {
  if (typeof actual !== 'number' || typeof expected !== 'number') return false
  return Math.abs(actual - expected) <= Math.abs(actual) * 4e-16
}

/** What texts mean to each type, separated by bars. */
const TEXTS: readonly (readonly [DataType, string])[] = [
  [
    INT32,
    ' 42 |42.5|42.4|-42.5|1e3|1.5e3|0x1F|0X1f|1_000|+5|0b101|0B11|-0x1|1e-1|5e-1|25e-1|.5|5.|-.5|.|+|-|1e|1e+|1e+2|' +
      '1.e2|.5e1|1e2.5|\t42\n|4 2|1_0.5|1.5_0|1._5|1e1_0|0x|0x_1|0x1_F|12a|00012|-00|++1|2147483647.4|2147483647.5|' +
      '-2147483648.4|-2147483648.5|1e9|3e9|0.00001e5|1.45e1|0.4999999999|500000000e-9|499999999e-9||abc',
  ],
  [UINT8, '-0|-0.4|255.4|255.5|0.5|-0.5|0x0FF|0x100|-1|256'],
  [
    INT64,
    '9223372036854775807|9223372036854775807.4|9223372036854775807.5|9223372036854775808|-9223372036854775808|' +
      '9.223372036854775807e18|1e18|1e19|0x7fffffffffffffff|0xffffffffffffffff',
  ],
  [
    FLOAT64,
    '1_000|1__0|1_|1._5|1.5_5|1e1_0|_1|0x1F|1e5|1E5|1e+5|+ 1|--1|nan|NAN|inf|INFINITY|Inf|-inf|+inf|infinityx|1.5f|1.|' +
      ' .5 |.||e5|1e309|-1e309|4.9e-324|1e-330|00.5|1 2|\t1\n|0b1|1,5|-0|1e|1e+',
  ],
  [FLOAT32, '16777217|3.4028236e38|3.5e38|1e-46|0.1|-0.0'],
  [BOOL, 'true|True|TRUE|tRuE|t|T|f|F|yes|Yes|YES|no|NO|y|Y|n|N|1|0|on|off| true|true ||2'],
  [
    decimal(5, 2),
    '1.005|1.0049|-1.005|1e2|1e3|1.5e2|125e-2|12.5e-1|1e-2|1e-3|5e-3|4e-3| 1 |1_0|1_0.5|1.0_5|1__0|+1|.5|5.|.||-|999.99|' +
      '999.994|999.995|-999.995|1e|inf|0x1|1.2.3|1 2|0000000000001|1.000000000000000000000|1e-50|125e-4|115e-4|1.125e1',
  ],
  [decimal(38, 10), '1234567890123456789012345678.0123456789|12345678901234567890123456789|1e27|1e28|1.00000000005'],
  [decimal(4, 0), '0.5|1.5|-0.5|0.49|9999.4|9999.5|15e-1'],
  [
    DATE,
    '2020-01-02|2020-1-2|2020/01/02|2020-01-02 | 2020-01-02|20200102|2020-02-30|2020-13-01|2020-01-02 10:00:00|' +
      '2020-01-02T10:00:00|2020-01-02x|0001-01-01 (BC)|-2020-01-01|12020-01-01|99-01-01|1-1-1|2020-01/02|2020 01 02|' +
      'epoch|Epoch|2020-01|2020||01-02-2020|2020-01-02 (BC)|2020-01-02(BC)|10000000-01-01|5881580-07-10|5881580-07-11|' +
      '2020-00-01|2020-01-00|2020-01-02Z|2020-001-02|2020-01-002|+2020-01-01|2020-01-02 25:00:00|2019-02-29|1900-02-29',
  ],
  [
    timestamp('us', null),
    '2020-01-02|2020-01-02 10:11:12|2020-01-02T10:11:12|2020-01-02 10:11:12.5|2020-01-02 10:11:12.123456789|' +
      '2020-01-02 10:11|2020-01-02 10|2020-01-02 1:2:3|2020-01-02 10:11:12Z|2020-01-02 10:11:12+01|' +
      '2020-01-02 10:11:12+01:30|2020-01-02 10:11:12-0130|2020-01-02 10:11:12 +01:00|2020-01-02 10:11:12 UTC|' +
      '2020-01-02 24:00:00|2020-01-02 24:00:01|2020-01-02 25:00:00|2020-01-02 10:60:00|2020-01-02 10:11:60|' +
      '  2020-01-02   10:11:12  |2020-01-02\t10:11:12|2020-01-02t10:11:12|epoch|2020-01-02 10:11:12.|' +
      '2020-01-02 10:11:12,5|2020-01-02 10:11:12 PM|2020-01-02 10:11:12z|2020-01-02 10:11:12+1|' +
      '2020-01-02 10:11:12+15:59|2020-01-02 10:11:12+100|0001-01-01 (BC) 10:00:00|294247-01-10 04:00:54.775806|' +
      '294247-01-10 04:00:54.775807|2020-1-2 3:4:5.6|2020-01-02T10Z|2020-01-02+01|2020-01-02Z|2020-01-02 (BC)||' +
      '20200102T101112|2020-01-02 10:11:12-|2020-01-02 10:11:12 Z|1969-12-31 23:59:59.999999',
  ],
  [timestamp('us', 'UTC'), '2020-01-02 10:11:12+01|2020-01-02 10:11:12|2020-01-02|2020-01-02 10:11:12-05:30'],
  [timestamp('s', null), '2020-01-02 10:11:12.5|2020-01-02 10:11:12.4|1969-12-31 23:59:59.5'],
  [timestamp('ms', null), '2020-01-02 10:11:12.1235|2020-01-02 10:11:12.1234'],
  [
    timestamp('ns', null),
    '2020-01-02 10:11:12.123456789|2020-01-02 10:11:12.1234567899|2020-01-02 10:11:12+01|3000-01-01|' +
      '2262-04-11 23:47:16.854775806|2262-04-11 23:47:16.854775807',
  ],
  [
    time('us'),
    '10:11:12|1:2:3|10:11|10|10:11:12.5|10:11:12.1234567|24:00:00|24:00:01|25:00:00|10:60:00|10:11:60|  10:11:12 |' +
      '2020-01-02 10:11:12|10:11:12Z|10:11:12+01|101112||10:11:12.|T10:11:12|-10:11:12',
  ],
  [BINARY, 'abc|\\xAA|\\x4|é|a\\|\\xgg|\\xaa|'],
]
