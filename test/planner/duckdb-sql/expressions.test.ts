import { evaluateScalar } from '../../../engine/kernels/evaluate.js'
import { RowError } from '../../../engine/kernels/kernel.js'
import { sqlOfExpression } from '../../../planner/duckdb-sql/expressions.js'
import { sqlOfLiteral } from '../../../planner/duckdb-sql/literals.js'
import { NoSql } from '../../../planner/duckdb-sql/no-sql.js'
import { expressionType } from '../../../planner/duckdb-sql/types.js'
import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue, TypedExpression } from '../../../planner/expression.js'
import { allFunctions } from '../../../planner/functions.js'
import {
  BINARY,
  BOOL,
  type DataType,
  duration,
  INT32,
  INT64,
  NULL,
  time,
  timestamp,
  typeName,
  typesEqual,
  UTF8,
} from '../../../planner/types.js'
import { ALL_TYPES, Random, randomValue } from '../../engine/kernels/samples.js'
import { signaturesOf } from '../../engine/kernels/signatures.js'
import { describe, expect, it } from '../../support/jest.js'
import { allTypesRows, allTypesSchema } from '../../support/parquet-tables.js'
import { fromDuckDb, run, valuesSql } from './duckdb.js'

const ROWS = 12

describe('a literal', () => {
  it('has exactly its value and type', async () => {
    const rows = allTypesRows(60, 5)
    const random = new Random(3)
    const types = [...allTypesSchema.fields.map((field) => field.type), ...ALL_TYPES]
    for (const [index, type] of types.entries()) {
      const sampled = index < allTypesSchema.fields.length
      const values = Array.from({ length: 60 }, (_, row) => (sampled ? rows[row][index] : randomValue(random, type)))
      const texts = values.map((value) => sqlOfLiteral(value, type))
      const list = texts.map((text, i) => `(${i}, ${text}, typeof(${text}))`)
      const found = await run(`select v, t from (values ${list.join(', ')}) as literals(i, v, t) order by i`)
      for (const [row, [value, name]] of found.entries()) {
        expect([texts[row], name]).toEqual([texts[row], expressionType(type).replaceAll('"', '')])
        expect([texts[row], fromDuckDb(value, type)]).toEqual([texts[row], values[row]])
      }
    }
  })
})

const SCALARS = allFunctions().flatMap((entry) => (entry.kind === 'scalar' ? [entry.name] : []))

describe.each(SCALARS)('%s', (name) => {
  it('is in DuckDB what it is here', async () => {
    const random = new Random(17)
    const signatures = [...signaturesOf(name), ...TEXT_SIGNATURES.filter((one) => one.name === name)]
    const compared: Compared[] = []
    for (const { parameters, constants, result } of signatures) {
      const call: TypedExpression = {
        kind: 'call',
        function: name,
        type: result,
        arguments: parameters.map((type, index) =>
          constants[index] === undefined
            ? { kind: 'column', index, name: `c${index}`, type }
            : { kind: 'literal', value: constants[index], type },
        ),
      }
      const rows = Array.from({ length: ROWS }, () =>
        parameters.map((type) => (random.below(10) === 0 ? null : valueFor(name, random, type))),
      )
      compared.push({ expression: call, types: parameters, rows })
    }
    await compareAll(compared, (value, expected, type) => isLeftOpen(name, value, expected, type))
  })
})

const TIMES: readonly DataType[] = [
  ...(['s', 'ms', 'ns'] as const).flatMap((unit) => [time(unit), timestamp(unit, null), timestamp(unit, 'UTC')]),
  duration('ms'),
]

describe('a cast', () => {
  it('gives the values that it gives here, or none', async () => {
    const random = new Random(23)
    const types = [...ALL_TYPES, ...TIMES, BINARY, NULL]
    const compared: Compared[] = []
    for (const from of types) {
      for (const to of types) {
        if (typesEqual(from, to) || to.kind === 'null') continue
        const rows = Array.from({ length: ROWS }, () => [random.below(10) === 0 ? null : sample(random, from)])
        const argument: TypedExpression = { kind: 'column', index: 0, name: 'c0', type: from }
        compared.push({ expression: { kind: 'cast', argument, type: to, try: false }, types: [from], rows })
        compared.push({ expression: { kind: 'cast', argument, type: to, try: true }, types: [from], rows })
      }
    }
    await compareAll(compared, (value, expected, type) => isLeftOpen('cast', value, expected, type))
  })
})

describe('a case', () => {
  it('chooses as it does here', async () => {
    const column = (index: number, type: DataType): TypedExpression => ({
      kind: 'column',
      index,
      name: `c${index}`,
      type,
    })
    const compared = ALL_TYPES.filter((type) => type.kind !== 'interval').map((type): Compared => {
      const random = new Random(31)
      const otherwise: TypedExpression = { kind: 'literal', value: null, type }
      const expression: TypedExpression = {
        kind: 'case',
        type,
        branches: [
          { when: column(0, BOOL), then: column(1, type) },
          { when: column(2, BOOL), then: { kind: 'literal', value: randomValue(random, type), type } },
        ],
        otherwise,
      }
      const flag = () => random.pick([true, false, null])
      const rows = Array.from({ length: ROWS }, () => [flag(), randomValue(random, type), flag()])
      return { expression, types: [BOOL, type, BOOL], rows }
    })
    await compareAll(compared, () => false)
  })
})

const TEXT_SIGNATURES = textSignatures()

interface Compared {
  readonly expression: TypedExpression
  readonly types: readonly DataType[]
  readonly rows: readonly (readonly ScalarValue[])[]
}

type LeftOpen = (value: ScalarValue, expected: ScalarValue, type: DataType) => boolean

/** Expects expressions, with `try` around them, to have the types and values that they have here. */
async function compareAll(compared: readonly Compared[], isOpen: LeftOpen): Promise<void> {
  const faults: string[] = []
  for (const one of compared) faults.push(...(await faultsOf(one, isOpen)))
  expect(faults.slice(0, 20)).toEqual([])
}

async function faultsOf({ expression, types, rows }: Compared, isOpen: LeftOpen): Promise<string[]> {
  const sql = sqlOrNull(expression)
  if (sql === null) return []
  const query = `select try(${sql}), typeof(${sql}) from ${valuesSql(types, rows)} order by row`
  let found: Awaited<ReturnType<typeof run>>
  const expected = rows.map((row) => attempt(() => evaluateScalar(expression, (index) => row[index])))
  try {
    found = await run(query.replace(/typeof\(.*\) from/s, `typeof(try(${sql})) from`))
  } catch (error) {
    // Here too, some casts do not exist.
    return expected.every((value) => value === null || value === MISMATCH)
      ? []
      : [`${sql}: ${(error as Error).message}`]
  }
  return found.flatMap(([value, type], row) => {
    const described = `${sql} of ${rows[row].map(String).join(', ')} (${types.map(typeName).join(', ')})`
    if (type !== expressionType(expression.type)) return [`${described} is ${type}`]
    const actual = fromDuckDb(value, expression.type)
    if (same(actual, expected[row]) || isOpen(actual, expected[row], expression.type)) return []
    return [`${described} is ${String(actual)} instead of ${String(expected[row])}`]
  })
}

function sqlOrNull(expression: TypedExpression): string | null {
  try {
    return sqlOfExpression(expression, (index) => `c${index}`)
  } catch (error) {
    if (error instanceof NoSql) return null
    throw error
  }
}

const MISMATCH = 'no such cast'

/** Failures count as null, as `try` makes them in DuckDB. */
function attempt(compute: () => ScalarValue): ScalarValue {
  try {
    return compute()
  } catch (error) {
    if (error instanceof RowError) return null
    if (error instanceof VolleyError) return MISMATCH
    throw error
  }
}

function same(a: ScalarValue, b: ScalarValue): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Object.is(a, b) || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b))
  }
  const text = (value: ScalarValue) =>
    JSON.stringify(value instanceof Uint8Array ? [...value] : value, (_, own) =>
      typeof own === 'bigint' ? `${own}n` : own,
    )
  return text(a) === text(b)
}

function isLeftOpen(name: string, value: ScalarValue, expected: ScalarValue, type: DataType): boolean {
  // Here it is the resolver that refuses casts which do not exist.
  if (expected === MISMATCH) return true
  // The first and the last date stand for infinity in DuckDB.
  if (type.kind === 'date' && name !== 'cast') return value === null && Math.abs(expected as number) === 2_147_483_647
  return false
}

function sample(random: Random, type: DataType): ScalarValue {
  switch (type.kind) {
    case 'null':
      return null
    case 'binary':
      return Uint8Array.from({ length: random.below(4) }, () => random.below(256))
    case 'time':
      return BigInt(random.below({ s: 86_400, ms: 86_400_000, us: 2 ** 31, ns: 2 ** 31 }[type.unit]))
    case 'timestamp':
      return BigInt(random.below(2 ** 31)) - 2n ** 30n
    default:
      return randomValue(random, type)
  }
}

function valueFor(name: string, random: Random, type: DataType): ScalarValue {
  if (name === 'makeDate') return BigInt(random.pick([random.below(40) - 3, random.below(14), 2020, 1900]))
  if (typesEqual(type, BINARY)) return sample(random, type)
  const counted = ['substring', 'left', 'right', 'lpad', 'rpad', 'repeat'].includes(name)
  if (counted && type.kind === 'int') return type.bits === 64 ? BigInt(random.below(9) - 3) : random.below(9) - 3
  return randomValue(random, type)
}

function textSignatures(): readonly {
  readonly name: string
  readonly parameters: readonly DataType[]
  readonly constants: readonly (ScalarValue | undefined)[]
  readonly result: DataType
}[] {
  const one = (name: string, parameters: readonly DataType[], result: DataType) => ({
    name,
    parameters,
    constants: [],
    result,
  })
  return [
    ...['lower', 'upper', 'trim', 'ltrim', 'rtrim', 'reverse', 'concat'].map((name) => one(name, [UTF8], UTF8)),
    ...['trim', 'ltrim', 'rtrim', 'concat', 'concatOperator'].map((name) => one(name, [UTF8, UTF8], UTF8)),
    ...['length', 'byteLength'].map((name) => one(name, [UTF8], INT64)),
    one('byteLength', [BINARY], INT64),
    one('concatOperator', [BINARY, BINARY], BINARY),
    one('position', [UTF8, UTF8], INT64),
    ...['startsWith', 'endsWith', 'contains', 'like', 'ilike'].map((name) => one(name, [UTF8, UTF8], BOOL)),
    ...['left', 'right', 'repeat', 'substring'].map((name) => one(name, [UTF8, INT64], UTF8)),
    one('substring', [UTF8, INT64, INT64], UTF8),
    one('replace', [UTF8, UTF8, UTF8], UTF8),
    ...['lpad', 'rpad'].map((name) => one(name, [UTF8, INT32, UTF8], UTF8)),
    ...['like', 'ilike'].map((name) => ({
      ...one(name, [UTF8, UTF8, UTF8], BOOL),
      constants: [undefined, '%!%a_', '!'],
    })),
  ]
}
