import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import {
  col,
  count,
  countDistinct,
  type Expr,
  first,
  lag,
  lit,
  max,
  mean,
  median,
  min,
  quantile,
  rank,
  rowNumber,
  stddev,
  sum,
  when,
} from '../../planner/builder.js'
import { VolleyError } from '../../planner/errors.js'
import type { TypedExpression } from '../../planner/expression.js'
import type { Frame } from '../../planner/frame.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import { type DataType, field, INT32, schemaOf, typeName } from '../../planner/types.js'
import { describe, expect, it } from '../support/jest.js'
import { columnsOf, resolve, shapeOf, table, tableWith } from '../support/planned.js'

const COLUMNS = {
  id: 'integer!',
  small: 'tinyint',
  big: 'bigint',
  unsigned: 'ubigint',
  price: 'decimal(15,2)',
  ratio: 'float',
  score: 'double',
  name: 'varchar',
  flag: 'bool',
  day: 'date',
  moment: 'timestamp',
  zoned: 'timestamptz',
  bytes: 'blob',
}
const t = table(COLUMNS)

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

function failure(frame: Frame): VolleyError {
  try {
    resolve(frame.plan)
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('it resolved')
}

/** The one expression of a projection on top. */
function typed(expression: Expr | string): TypedExpression {
  const plan = resolve(t.select(expression).plan)
  if (plan.kind !== 'project') throw new Error(plan.kind)
  return plan.expressions[0].expression
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

/** The type we give to an expression, or null if we refuse it. */
function typeOrNull(expression: Expr): DataType | null {
  try {
    return typed(expression).type
  } catch (error) {
    if (error instanceof VolleyError) return null
    throw error
  }
}

describe('errors', () => {
  it('name the nearest column and list all', () => {
    const error = failure(t.filter(col('pric').gt(1)))
    expect(error.code).toBe('VOLLEY_UNKNOWN_COLUMN')
    expect(error.message).toContain('there is no column named pric; did you mean price?')
    expect(error.message).toContain('id, small, big')
    expect(error.details.column).toBe('pric')
  })

  it('quote the expression and tell where it stands', () => {
    const argumentsOf = [col('name').node, lit(1).node]
    const plan: LogicalPlan = {
      kind: 'filter',
      input: t.plan,
      predicate: { kind: 'call', function: 'add', arguments: argumentsOf, position: 5 },
    }
    const error = failure({ ...t, plan } as Frame)
    expect(error.code).toBe('VOLLEY_TYPE_MISMATCH')
    expect(error.message).toMatch(/^cannot add VARCHAR and INTEGER in "name \+ 1" at position 5: /)
    expect(error.details).toMatchObject({ expression: 'name + 1', position: 5 })
  })

  it.each([
    ['filter of text that is no condition', t.filter(col('day')), 'VOLLEY_TYPE_MISMATCH'],
    ['number against date', t.filter(col('day').gt(1)), 'VOLLEY_TYPE_MISMATCH'],
    ['cast of a date to a time', t.select(col('day').cast('time')), 'VOLLEY_TYPE_MISMATCH'],
    ['cast of a date to a number', t.select(col('day').cast('int32')), 'VOLLEY_TYPE_MISMATCH'],
    ['aggregate in filter', t.filter(sum('id').gt(1)), 'VOLLEY_INVALID_ARGUMENT'],
    ['window in groupBy', t.groupBy(rank()).agg({ n: count() }), 'VOLLEY_INVALID_ARGUMENT'],
    ['column outside of an aggregate', t.groupBy('name').agg({ x: col('id') }), 'VOLLEY_INVALID_ARGUMENT'],
    ['nested aggregates', t.groupBy().agg({ x: sum('id').sum() }), 'VOLLEY_INVALID_ARGUMENT'],
    ['two columns of one name', t.select('id', col('big').alias('id')), 'VOLLEY_DUPLICATE_COLUMN'],
    ['rename to a name that is there', t.rename({ id: 'big' }), 'VOLLEY_DUPLICATE_COLUMN'],
    ['star in an expression', t.filter('*'), 'VOLLEY_INVALID_ARGUMENT'],
    ['nothing left', t.select('id').drop('id'), 'VOLLEY_INVALID_ARGUMENT'],
    ['sum of text', t.groupBy().agg({ x: sum('name') }), 'VOLLEY_TYPE_MISMATCH'],
    [
      'branches without a common type',
      t.select(when('flag').then(col('day')).otherwise(col('id'))),
      'VOLLEY_TYPE_MISMATCH',
    ],
    ['unit that does not exist', t.select(col('moment').dateTrunc('fortnight')), 'VOLLEY_TYPE_MISMATCH'],
  ])('%s', (_, frame, code) => {
    expect(failure(frame).code).toBe(code)
  })

  it('let nested columns be selected, renamed and tested for null only', () => {
    const nested = tableWith(schemaOf([field('id', INT32), field('l', { kind: 'list', element: field('e', INT32) })]))
    expect(columnsOf(nested.rename({ l: 'm' }).filter(col('m').isNull()))).toEqual(['id INTEGER', 'm INTEGER[]'])
    for (const frame of [
      nested.filter(col('l').eq(col('l'))),
      nested.sort('l'),
      nested.distinct(),
      nested.groupBy('l').agg({ n: count() }),
      nested.select(col('l').cast('utf8')),
      nested.select(col('l').coalesce(col('l'))),
    ]) {
      expect(failure(frame).code).toBe('VOLLEY_TYPE_MISMATCH')
    }
  })
})

describe('projections', () => {
  it('name columns by alias, by the table, or by text', () => {
    expect(columnsOf(t.select('ID', col('id').add(1), col('id').alias('x y')))).toEqual([
      'id INTEGER!',
      'id + 1 INTEGER',
      'x y INTEGER!',
    ])
  })

  it('expand stars', () => {
    const two = table({ a: 'int8', b: 'int16' })
    expect(columnsOf(two.select('*', lit(1).alias('c')))).toEqual(['a TINYINT', 'b SMALLINT', 'c INTEGER!'])
  })

  it('replace in place and append', () => {
    const two = table({ a: 'int8', b: 'int16' })
    expect(columnsOf(two.withColumns({ a: 'b', c: 'a', d: 1.5 }))).toEqual([
      'a SMALLINT',
      'b SMALLINT',
      'c TINYINT',
      'd DOUBLE!',
    ])
    expect(columnsOf(two.rename({ A: 'x' }).drop('B'))).toEqual(['x TINYINT'])
  })

  it('compute window functions below, each once', () => {
    const total = sum('id').over({ partitionBy: 'name' })
    const frame = t.select('id', total.alias('total'), col('id').div(total).alias('share'))
    expect(shapeOf(frame)).toEqual(['project', 'window', 'scan'])
    expect(columnsOf(frame)).toEqual(['id INTEGER!', 'total DECIMAL(38,0)', 'share DOUBLE'])
    const plan = resolve(frame.plan)
    expect(plan).toMatchObject({ input: { windows: [{ function: 'sum', type: { precision: 38 } }] } })
  })

  it('filter by window functions without keeping them', () => {
    const frame = table({ a: 'int8', b: 'int16' }).filter(rowNumber().over({ orderBy: 'a' }).lte(3))
    expect(shapeOf(frame)).toEqual(['project', 'filter', 'window', 'scan'])
    expect(columnsOf(frame)).toEqual(['a TINYINT', 'b SMALLINT'])
  })
})

describe('aggregation', () => {
  it('is one operator where aggregates stand alone', () => {
    const frame = t
      .groupBy('name', col('day').year().alias('y'))
      .agg({ n: count(), d: countDistinct('id'), f: first('moment') })
    expect(shapeOf(frame)).toEqual(['aggregate', 'scan'])
    expect(columnsOf(frame)).toEqual(['name VARCHAR', 'y BIGINT', 'n BIGINT!', 'd BIGINT!', 'f TIMESTAMP'])
  })

  it('computes further above, with each aggregate once', () => {
    const frame = t.groupBy('name').agg({
      total: sum('id'),
      ratio: sum('id').div(count()),
      spread: max('price').sub(min('price')),
      label: col('name').concat('-', count()),
    })
    expect(shapeOf(frame)).toEqual(['project', 'aggregate', 'scan'])
    const plan = resolve(frame.plan)
    expect(plan).toMatchObject({ input: { aggregates: [{}, {}, {}, {}] } })
    expect(columnsOf(frame)).toEqual([
      'name VARCHAR',
      'total DECIMAL(38,0)',
      'ratio DOUBLE',
      'spread DECIMAL(16,2)',
      'label VARCHAR',
    ])
  })

  it('knows computed keys again', () => {
    const year = col('day').year()
    const frame = t.groupBy(year.alias('y')).agg({ next: year.add(1), same: col('y'), n: count() })
    expect(columnsOf(frame)).toEqual(['y BIGINT', 'next BIGINT', 'same BIGINT', 'n BIGINT!'])
  })

  it('ranks groups', () => {
    const frame = t.groupBy('name').agg({ n: count(), place: rank().over({ orderBy: [count().desc()] }) })
    expect(shapeOf(frame)).toEqual(['project', 'window', 'aggregate', 'scan'])
  })

  it('drops distinct where it is idle and turns counts into countDistinct', () => {
    const plan = resolve(
      t.groupBy().agg({ a: min('id').distinct(), b: count('id').distinct(), c: sum('id').distinct().filter('flag') })
        .plan,
    )
    expect(plan).toMatchObject({
      aggregates: [
        { function: 'min', distinct: false },
        { function: 'countDistinct', distinct: false },
        { function: 'sum', distinct: true, filter: { kind: 'column' } },
      ],
    })
  })

  it('carries the fraction of quantiles', () => {
    const plan = resolve(t.groupBy().agg({ q: quantile('score', 0.9), m: median('price'), s: stddev('small') }).plan)
    expect(plan).toMatchObject({
      aggregates: [{ parameter: 0.9 }, { parameter: null }, { argument: { kind: 'cast' } }],
    })
  })
})

describe('joins', () => {
  const left = table({ id: 'int32!', v: 'varchar', x: 'int8!' })
  const right = table({ id: 'int64!', v: 'varchar!', y: 'double' })

  it('leave out shared keys and add a suffix to the rest', () => {
    expect(columnsOf(left.join(right, { on: 'id' }))).toEqual([
      'id INTEGER!',
      'v VARCHAR',
      'x TINYINT!',
      'v_right VARCHAR!',
      'y DOUBLE',
    ])
    expect(columnsOf(left.join(right, { leftOn: 'id', rightOn: 'id', how: 'left', suffix: '2' }))).toEqual([
      'id INTEGER!',
      'v VARCHAR',
      'x TINYINT!',
      'id2 BIGINT',
      'v2 VARCHAR',
      'y DOUBLE',
    ])
  })

  it('pair keys in a common type', () => {
    expect(resolve(left.join(right, { on: 'id' }).plan)).toMatchObject({
      leftKeys: [{ kind: 'cast', type: { bits: 64 } }],
      rightKeys: [{ kind: 'column', type: { bits: 64 } }],
      rightColumns: [1, 2],
    })
  })

  it('widen shared keys that may come from the right', () => {
    const full = left.join(right, { on: 'id', how: 'full' })
    expect(columnsOf(full)[0]).toBe('id BIGINT')
    expect(resolve(full.plan)).toMatchObject({ left: { kind: 'project' }, leftKeys: [{ kind: 'column', index: 0 }] })
  })

  it('keep the left columns alone for semi and anti', () => {
    expect(columnsOf(left.join(right, { on: 'id', how: 'anti' }))).toEqual(['id INTEGER!', 'v VARCHAR', 'x TINYINT!'])
  })

  it('refuse keys that cannot be compared and names that clash', () => {
    expect(failure(left.join(right, { leftOn: 'x', rightOn: lit(new Date(0)) })).code).toBe('VOLLEY_TYPE_MISMATCH')
    expect(failure(left.join(right, { on: 'id', suffix: '' })).code).toBe('VOLLEY_DUPLICATE_COLUMN')
    expect(failure(left.join(right, { on: 'x' })).code).toBe('VOLLEY_UNKNOWN_COLUMN')
  })

  it('cross without keys', () => {
    expect(columnsOf(left.join(right, { how: 'cross' }))).toHaveLength(6)
  })
})

describe('unions', () => {
  it('match by place, in common types', () => {
    const frame = table({ a: 'int8!', b: 'varchar' }).union(
      table({ x: 'int64!', y: 'date' }),
      table({ a: 'int8', b: 'varchar' }),
    )
    expect(columnsOf(frame)).toEqual(['a BIGINT', 'b VARCHAR'])
    expect(resolve(frame.plan)).toMatchObject({
      inputs: [{ kind: 'project' }, { kind: 'project' }, { kind: 'project' }],
    })
  })

  it('refuse other counts and types', () => {
    expect(failure(t.union(table({ a: 'int8' }))).code).toBe('VOLLEY_SCHEMA_MISMATCH')
    expect(failure(table({ a: 'int8' }).union(table({ a: 'date' }))).message).toContain(
      'TINYINT, DATE for the column a',
    )
  })
})
