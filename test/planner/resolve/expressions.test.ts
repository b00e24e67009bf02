import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { col, type Expr, lag, lit, mean, rank, sum, when } from '../../../planner/builder.js'
import { VolleyError } from '../../../planner/errors.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { type DataType, INT32, typeName } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { columnsOf, resolve, table } from '../../support/planned.js'
import { COLUMNS, failure, t } from './columns-of-each-type.js'

const leaf: fc.Arbitrary<Expr> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Object.keys(COLUMNS)).map((name) => col(name)) },
  { weight: 1, arbitrary: fc.constantFrom(1, 300, -5, 5_000_000_000, '7', 'x', true).map((value) => lit(value)) },
)
const UNARY = [
  'neg',
  'abs',
  'round',
  'floor',
  'sign',
  'isNull',
  'lower',
  'length',
  'year',
  'epoch',
  'not',
  'trunc',
] as const
const BINARY = [
  'add',
  'sub',
  'mul',
  'div',
  'intDiv',
  'mod',
  'eq',
  'lt',
  'coalesce',
  'greatest',
  'nullIf',
  'isIn',
  'concat',
] as const
const { any: anyExpression } = fc.letrec<{ any: Expr }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(tie('any'), fc.constantFrom(...UNARY)).map(([of, method]) => of[method]()),
    fc.tuple(tie('any'), fc.constantFrom(...BINARY), tie('any')).map(([a, method, b]) => a[method](b)),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => when(a).then(b).otherwise(c)),
  ),
}))

/** The one expression of a projection on top. */
function typed(expression: Expr | string): TypedExpression {
  const plan = resolve(t.select(expression).plan)
  if (plan.kind !== 'project') throw new Error(plan.kind)
  return plan.expressions[0].expression
}

/** The type we give to an expression, or null if we refuse it. */
function typeOrNull(expression: Expr): DataType | null {
  try {
    return typed(expression).type
  } catch (error) {
    if (error instanceof VolleyError) return null
    throw error
  }
}

describe('expressions', () => {
  const connected = connect()

  async function connect(): Promise<DuckDBConnection> {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type.replace('!', '')}`)
    await connection.run(`create table t(${columns.join(', ')})`)
    return connection
  }

  async function duckType(expression: string): Promise<string> {
    const connection = await connected
    const rows = await connection.runAndReadAll(`describe select ${expression} from t`)
    return String(rows.getRowsJson()[0][1])
  }

  function inDuck(type: DataType): string {
    if (typeName(type) === 'DECIMAL(38,0)') return 'HUGEINT'
    if (type.kind === 'timestamp' && type.zone !== null) return 'TIMESTAMP WITH TIME ZONE'
    return type.kind === 'duration' ? 'INTERVAL' : type.kind === 'null' ? 'INTEGER' : typeName(type)
  }

  const c = Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, col(name)])) as Record<
    keyof typeof COLUMNS,
    Expr
  >
  const expressions: Expr[] = [
    c.price.mul(lit(1).sub(c.price)).mul(c.price.add(1)),
    c.small.add(1).mul(2),
    c.small.add(1000),
    c.big.intDiv(c.small).mod(7),
    c.unsigned.add(c.big).sub(1),
    c.ratio.mul(2).div(c.small),
    c.small.neg().abs().round(),
    c.price.round(1),
    c.price.floor().add(c.id.ceil()),
    c.name.like('a%').and(c.flag.not()).or(c.day.isNull()),
    c.name.upper().substring(2, 3).concat(c.id, null),
    c.name.eq(5),
    c.day.eq('2020-01-01').or(c.moment.gte('2020-01-01 10:00:00')),
    c.day.sub(c.day).add(1),
    c.day.add(c.small),
    c.moment.dateTrunc('months'),
    c.day.dateDiff('week', c.moment),
    c.zoned.year().add(c.day.dayOfWeek()),
    c.moment.epoch().sqrt(),
    when(c.id.gt(1)).then(1).when('flag').then(c.price).otherwise(null),
    when(c.id.gt(1)).then('x'),
    c.small.coalesce(0),
    c.price.coalesce(0, c.big),
    c.small.nullIf(300),
    c.id.greatest(c.ratio, 3),
    c.id.isIn(1, 2, 3000000000n),
    c.name.isIn('a', 'b'),
    c.price.between(1, 10),
    c.id.cast('decimal(10, 2)').tryCast('utf8').length(),
    c.big.isDistinctFrom(null),
    c.name.position('a').add(c.bytes.cast('blob').isNull().cast('int8')),
    c.big.sum().div(c.id.count()),
    c.price.sum(),
    c.small.sum().mul(2),
    c.price.mean().add(c.day.max().year()),
    c.id.countDistinct(),
    c.big.median(),
    c.day.median(),
    c.price.quantile(0.5, { interpolation: 'linear' }),
    c.name.quantile(0.25),
    c.score.stddev().round(2),
    c.flag.boolAnd(),
    rank().over({ partitionBy: 'name', orderBy: [c.id.desc({ nulls: 'first' })] }),
    lag('price', 1, 0).over({ orderBy: 'id' }),
    sum('small').over({ orderBy: 'id', frame: { start: -2, end: 0 } }),
    c.score.sub(mean('score').over({ partitionBy: c.name.lower() })),
  ]

  it('have the type that DuckDB gives to their text', async () => {
    const unlike: string[] = []
    for (const expression of expressions) {
      const text = String(expression)
      const frame =
        /\bsum\(|avg\(|count\(|median\(|quantile|stddev|bool_and|max\(/.test(text) && !text.includes(' OVER ')
          ? t.groupBy().agg({ x: expression })
          : t.select(expression.alias('x'))
      const actual = inDuck(resolve(frame.plan).schema.fields[0].type)
      const expected = await duckType(text)
      if (actual !== expected) unlike.push(`${text}: ${expected}, not ${actual}`)
    }
    expect(unlike).toEqual([])
  })

  it('have no other type than DuckDB gives them, whatever they are made of', async () => {
    const unlike: string[] = []
    let agreed = 0
    for (const expression of fc.sample(anyExpression, { seed: 7, numRuns: 600 })) {
      const type = typeOrNull(expression)
      if (type === null) continue
      agreed++
      const expected = await duckType(String(expression))
      if (inDuck(type) !== expected) unlike.push(`${expression}: ${expected}, not ${inDuck(type)}`)
    }
    expect(unlike).toEqual([])
    expect(agreed).toBeGreaterThan(100)
  })

  it('get constants in the type they meet', () => {
    expect(typed(col('small').eq(1))).toMatchObject({
      arguments: [{ kind: 'column' }, { value: 1, type: { bits: 8 } }],
    })
    expect(typed(col('big').eq(1))).toMatchObject({ arguments: [{ kind: 'column' }, { value: 1n }] })
    expect(typed(col('price').gt(24))).toMatchObject({ arguments: [{ kind: 'column' }, { value: 2400n }] })
    expect(typed(col('score').gt(24))).toMatchObject({
      arguments: [{ kind: 'column' }, { value: 24, type: { bits: 64 } }],
    })
    expect(typed(col('day').lt('1970-01-11'))).toMatchObject({ arguments: [{ kind: 'column' }, { value: 10 }] })
    expect(typed(col('moment').lt(new Date(1)))).toMatchObject({ arguments: [{ kind: 'column' }, { value: 1000n }] })
    expect(typed(col('id').eq(null))).toMatchObject({ arguments: [{ kind: 'column' }, { value: null, type: INT32 }] })
  })

  it('get explicit casts where types differ', () => {
    expect(typed(col('small').add(col('big')))).toMatchObject({
      function: 'add',
      arguments: [{ kind: 'cast', try: false, argument: { kind: 'column' } }, { kind: 'column' }],
    })
    expect(typed(col('price').add(col('price')))).toMatchObject({ arguments: [{ kind: 'column' }, { kind: 'column' }] })
  })

  it('spell units of time in one way', () => {
    expect(typed(col('moment').dateTrunc('YEARS'))).toMatchObject({ arguments: [{ value: 'year' }, {}] })
  })

  it('find columns in any case, but exactly first', () => {
    expect(typed(col('NAME'))).toMatchObject({ name: 'name' })
    const both = table({ a: 'int32', A: 'double' })
    expect(columnsOf(both.select('A'))).toEqual(['A DOUBLE'])
    const two = table({ ab: 'int32', aB: 'double' })
    expect(failure(two.select('AB')).code).toBe('VOLLEY_AMBIGUOUS_COLUMN')
  })
})
