import { DuckDBInstance } from '@duckdb/node-api'
import type { ScalarValue } from '../../planner/expression.js'
import { commonType } from '../../planner/functions/coercion.js'
import {
  aggregateForSql,
  aggregateNamed,
  allFunctions,
  comparisonType,
  functionForSql,
  functionNamed,
  type ScalarFunction,
} from '../../planner/functions.js'
import { parseTypeName } from '../../planner/type-names.js'
import { type DataType, FLOAT64, INT32, INT64, NULL, typeName, UTF8 } from '../../planner/types.js'
import { describe, expect, it } from '../support/jest.js'

const INTEGERS = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT']
const NUMBERS = [...INTEGERS, 'FLOAT', 'DOUBLE', 'DECIMAL(4,1)', 'DECIMAL(18,3)', 'DECIMAL(18,18)', 'DECIMAL(38,5)']
const INSTANTS = ['DATE', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMPTZ']
const TYPES = [...NUMBERS, 'VARCHAR', 'BOOLEAN', 'BLOB', 'INTERVAL', ...INSTANTS]
const CONSTANTS: Record<string, ScalarValue> = {
  '1': 1,
  '300': 300,
  '100000': 100000,
  '3000000000': 3000000000n,
  '-1': -1,
  "'2'": '2',
}

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
await connection.run(`create table t(${TYPES.map((type, i) => `c${i} ${type}`).join(', ')})`)

interface Operand {
  readonly sql: string
  readonly type: DataType
  readonly literal: ScalarValue | undefined
  readonly label: string
}

const columns: readonly Operand[] = TYPES.map((label, i) => ({
  sql: `c${i}`,
  type: parseTypeName(label),
  literal: undefined,
  label,
}))
const constants: readonly Operand[] = Object.entries(CONSTANTS).map(([sql, literal]) => ({
  sql: sql === '-1' ? '(-1)' : sql,
  type: typeof literal === 'string' ? UTF8 : typeof literal === 'bigint' ? INT64 : INT32,
  literal,
  label: sql,
}))

/** The type DuckDB gives an expression over the table, or null if it refuses it. */
async function duckType(expression: string): Promise<string | null> {
  try {
    const rows = await connection.runAndReadAll(`describe select ${expression} as r from t`)
    return String(rows.getRowsJson()[0][1]).replace('DECIMAL(38,0)', 'HUGEINT')
  } catch {
    return null
  }
}

/** A type as DuckDB calls it; NULL is described as INTEGER. */
function inDuck(type: DataType): string {
  if (typeName(type) === 'DECIMAL(38,0)') return 'HUGEINT'
  if (type.kind === 'timestamp' && type.zone !== null) return 'TIMESTAMP WITH TIME ZONE'
  return type.kind === 'duration' ? 'INTERVAL' : typeName(type)
}

function ourType(entry: ScalarFunction, operands: readonly Operand[]): string | null {
  const signature = entry.resolve(
    operands.map((one) => one.type),
    operands.map((one) => one.literal),
  )
  return signature === null ? null : inDuck(signature.result)
}

/** What differs between the two over all given operands, as text to read. */
async function differences(
  name: string,
  tuples: readonly (readonly Operand[])[],
  print: (operands: readonly string[]) => string,
): Promise<string[]> {
  const entry = functionNamed(name)
  if (entry === null) throw new Error(`no function ${name}`)
  const found: string[] = []
  for (const operands of tuples) {
    const expected = await duckType(print(operands.map((one) => one.sql)))
    const actual = ourType(entry, operands)
    if (expected !== actual) found.push(`${print(operands.map((one) => one.label))}: ${expected}, not ${actual}`)
  }
  return found
}

const pairs = (left: readonly Operand[], right: readonly Operand[]) => left.flatMap((a) => right.map((b) => [a, b]))
const infix = (operator: string) => (operands: readonly string[]) => operands.join(` ${operator} `)
const prefix = (name: string) => (operands: readonly string[]) => `${name}(${operands.join(', ')})`
const of = (...labels: string[]) => columns.filter((one) => labels.includes(one.label))

describe('types are those of DuckDB', () => {
  const withoutInterval = columns.filter((one) => one.label !== 'INTERVAL')
  const operators = { add: '+', sub: '-', mul: '*', div: '/', intDiv: '//', mod: '%' }

  it.each(Object.entries(operators))('%s of two columns', async (name, operator) => {
    expect(await differences(name, pairs(columns, columns), infix(operator))).toEqual([])
  })

  it.each(Object.entries(operators))('%s of a column and a constant', async (name, operator) => {
    const numbers = of(...NUMBERS, 'DATE')
    const tuples = [...pairs(numbers, constants), ...pairs(constants, numbers)]
    const unlike = await differences(name, tuples, infix(operator))
    expect(unlike).toEqual([])
  })

  it.each(['coalesce', 'greatest', 'least'])('%s', async (name) => {
    const tuples = pairs(withoutInterval, [...withoutInterval, ...constants])
    const unlike = await differences(name, tuples, prefix(name))
    expect(unlike.filter((line) => !/TIMESTAMPTZ|TIMESTAMP WITH/.test(line))).toEqual([])
  })

  it.each(['abs', 'round', 'floor', 'ceil', 'trunc', 'sqrt', 'exp', 'ln', 'log2', 'sign', 'isnan', '-'])(
    '%s of a column',
    async (sqlName) => {
      const entry = functionForSql(sqlName, 1)
      const tuples = withoutInterval.map((one) => [one])
      expect(await differences(entry?.name ?? '', tuples, prefix(sqlName))).toEqual([])
    },
  )

  it('round to a number of digits', async () => {
    const digits = [-20, -1, 0, 1, 2, 5].map((n) => ({ sql: `${n}`, type: INT32, literal: n, label: `${n}` }))
    const numbers = of(...NUMBERS)
    const unlike = await differences('round', pairs(numbers, digits), prefix('round'))
    expect(unlike).toEqual([])
  })

  it.each(['lower', 'trim', 'length', 'strlen', 'reverse'])('%s of a column', async (sqlName) => {
    const entry = functionForSql(sqlName, 1)
    const tuples = withoutInterval.filter((one) => one.label !== 'BLOB').map((one) => [one])
    expect(await differences(entry?.name ?? '', tuples, prefix(sqlName))).toEqual([])
  })

  it.each(['||', 'concat'])('%s', async (sqlName) => {
    const entry = functionForSql(sqlName, 2)
    const print = sqlName === '||' ? infix('||') : prefix(sqlName)
    expect(await differences(entry?.name ?? '', pairs(withoutInterval, withoutInterval), print)).toEqual([])
  })

  it.each(['year', 'hour', 'dayofweek', 'week', 'epoch', 'last_day', 'quarter', 'microsecond'])(
    '%s of a column',
    async (sqlName) => {
      const entry = functionForSql(sqlName, 1)
      expect(
        await differences(
          entry?.name ?? '',
          withoutInterval.map((one) => [one]),
          prefix(sqlName),
        ),
      ).toEqual([])
    },
  )

  it('date_trunc', async () => {
    const month = { sql: "'month'", type: UTF8, literal: 'month', label: "'month'" }
    expect(await differences('dateTrunc', pairs([month], withoutInterval), prefix('date_trunc'))).toEqual([])
  })

  it.each([
    'sum',
    'avg',
    'min',
    'max',
    'first',
    'any_value',
    'stddev',
    'var_pop',
    'median',
    'quantile_disc',
    'quantile_cont',
    'bool_and',
    'count',
  ])('%s', async (sqlName) => {
    const entry = aggregateForSql(sqlName)
    const fraction = sqlName.startsWith('quantile') ? ', 0.5' : ''
    const unlike: string[] = []
    for (const { sql, type, label } of withoutInterval) {
      const expected = await duckType(`${sqlName}(${sql}${fraction})`)
      const signature = entry?.resolve([type], [undefined]) ?? null
      const actual = signature === null ? null : inDuck(signature.result)
      if (actual !== expected) unlike.push(`${sqlName}(${label}): ${expected}, not ${actual}`)
    }
    expect(unlike).toEqual([])
  })
})

describe('comparisons', () => {
  const compared = (a: string, b: string, equality = true, literal?: ScalarValue) => {
    const type = comparisonType(
      { type: parseTypeName(a), literal: undefined },
      { type: parseTypeName(b), literal },
      equality,
    )
    return type === null ? null : typeName(type)
  }

  it('bring text to the other type for equality alone', () => {
    expect(compared('varchar', 'int32')).toBe('INTEGER')
    expect(compared('varchar', 'int32', false)).toBeNull()
    expect(compared('date', 'varchar', false, '2020-01-01')).toBe('DATE')
  })

  it('let constants adapt', () => {
    expect(compared('int8', 'int32', false, 1)).toBe('TINYINT')
    expect(compared('int8', 'int32', false, 300)).toBe('INTEGER')
    expect(compared('uint32', 'int32', false, -1)).toBe('BIGINT')
  })

  it('keep the longer fraction of decimals', () => {
    expect(compared('decimal(38,10)', 'decimal(38,30)')).toBe('DECIMAL(38,30)')
    expect(compared('decimal(15,2)', 'decimal(3,2)')).toBe('DECIMAL(15,2)')
  })

  it('have no type for dates and numbers', () => {
    expect(compared('date', 'int32')).toBeNull()
    expect(compared('timestamp', 'date')).toBe('TIMESTAMP')
    expect(compared('timestamptz', 'timestamp')).toBe("TIMESTAMP WITH TIME ZONE 'UTC'")
  })
})

describe('the registry', () => {
  it('answers to canonical and SQL names', () => {
    expect(functionForSql('-', 1)?.name).toBe('neg')
    expect(functionForSql('-', 2)?.name).toBe('sub')
    expect(functionForSql('SUBSTR', 2)?.name).toBe('substring')
    expect(functionForSql('nonsense', 1)).toBeNull()
    expect(aggregateForSql('avg')?.name).toBe('mean')
    expect(aggregateForSql('quantile')?.name).toBe('quantileDisc')
    expect(aggregateNamed('countStar')?.resolve([], [])?.result).toBe(INT64)
  })

  it('has no SQL name twice but the minus sign', () => {
    const names = allFunctions()
      .filter((one) => one.kind === 'scalar')
      .flatMap((one) => one.sqlNames)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual(['-'])
  })

  it('casts nulls to what they meet', () => {
    expect(commonType({ type: NULL, literal: undefined }, { type: FLOAT64, literal: undefined })).toBe(FLOAT64)
    expect(functionNamed('add')?.resolve([INT32, NULL], [])?.parameters).toEqual([INT32, INT32])
  })
})
