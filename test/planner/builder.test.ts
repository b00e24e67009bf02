import {
  col,
  count,
  cumeDist,
  denseRank,
  firstValue,
  lag,
  lastValue,
  lead,
  lit,
  max,
  nthValue,
  ntile,
  percentRank,
  quantile,
  rank,
  sql,
  sum,
  variance,
  when,
} from '../../planner/builder.js'
import { VolleyError } from '../../planner/errors.js'
import { asExpr, type Expr } from '../../planner/expr.js'
import { parseText } from '../../planner/operands.js'
import { parseTypeName } from '../../planner/type-names.js'
import { typeName } from '../../planner/types.js'
import { describe, expect, it } from '../support/jest.js'

describe('expressions', () => {
  it.each<[Expr, string]>([
    [col('a').add(1).mul(col('b').sub('x')).gt(2), "(a + 1) * (b - 'x') > 2"],
    [col('a').sub(col('b').sub(1)), 'a - (b - 1)'],
    [col('a').and('b > 1', 'c').or(col('d').not()), 'a AND (b > 1) AND c OR NOT d'],
    [col('a').or('b').and('c'), '(a OR b) AND c'],
    [col('a').eq(col('b').eq(1)), 'a = (b = 1)'],
    [col('d').between(1, 5n).isNull(), '(d >= 1 AND d <= 5) IS NULL'],
    [col('a').neg().neg(), '-(-a)'],
    [col('a').sub(-1).mul(-2), '(a - -1) * -2'],
    [col('a').isIn(['x', "it's"], null), "a IN ('x', 'it''s', NULL)"],
    [col('a').isIn(), 'false'],
    [col('my col').isDistinctFrom(null), '"my col" IS DISTINCT FROM NULL'],
    [col('a').like('x%', '!'), "a LIKE 'x%' ESCAPE '!'"],
    [col('a').cast('decimal(10, 2)').tryCast('INTEGER'), 'TRY_CAST(CAST(a AS DECIMAL(10,2)) AS INTEGER)'],
    [lit(new Date(1500)), "TIMESTAMP '1970-01-01 00:00:01.5'"],
    [lit(new Date(-1)), "TIMESTAMP '1969-12-31 23:59:59.999'"],
    [lit('2020-01-01', 'date'), "CAST('2020-01-01' AS DATE)"],
    [lit(new Uint8Array([1, 255])), "'\\x01\\xFF'::BLOB"],
    [when(col('a').gt(1)).then('x').when('b').then(2), "CASE WHEN a > 1 THEN 'x' WHEN b THEN 2 END"],
    [when('a').then(1).otherwise(0).alias('q r'), 'CASE WHEN a THEN 1 ELSE 0 END AS "q r"'],
    [sum('x').filter('y > 1'), 'sum(x) FILTER (WHERE y > 1)'],
    [count(), 'count(*)'],
    [count('*'), 'count(*)'],
    [count('a').distinct(), 'count(DISTINCT a)'],
    [variance('a').sub(max('b')), 'variance(a) - max(b)'],
    [quantile('x', 0.5, { interpolation: 'linear' }), 'quantile_cont(x, 0.5)'],
    [quantile('x', 0.5), 'quantile(x, 0.5)'],
    [
      rank().over({ partitionBy: 'a', orderBy: [col('b').desc({ nulls: 'first' }), 'c'] }),
      'rank() OVER (PARTITION BY a ORDER BY b DESC NULLS FIRST, c)',
    ],
    [
      sum('a').over({ orderBy: { by: 'b' }, frame: { start: null, end: -1 } }),
      'sum(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)',
    ],
    [count().over(), 'count(*) OVER ()'],
    [lag('a').over({ orderBy: 'b' }), 'lag(a, 1) OVER (ORDER BY b)'],
    [lead('a', 2, 0).over({ orderBy: 'b' }), 'lead(a, 2, 0) OVER (ORDER BY b)'],
    [ntile(4).over({}), 'ntile(4) OVER ()'],
    [nthValue('a', 2).over(), 'nth_value(a, 2) OVER ()'],
    [firstValue('a').over().add(lastValue('a').over()), 'first_value(a) OVER () + last_value(a) OVER ()'],
    [denseRank().over().sub(percentRank().over()), 'dense_rank() OVER () - percent_rank() OVER ()'],
    [cumeDist().over(), 'cume_dist() OVER ()'],
  ])('print as SQL: %s', (expression, text) => {
    expect(String(expression)).toBe(text)
  })

  it('cannot be changed', () => {
    const { node } = col('a').isIn(1, 2)
    expect(Object.isFrozen(node)).toBe(true)
    expect(node.kind === 'call' && Object.isFrozen(node.arguments)).toBe(true)
    expect(Object.isFrozen(rank().over({ orderBy: 'a' }).node)).toBe(true)
  })

  it('leave whole numbers untyped, and no others', () => {
    expect(lit(5).node).toMatchObject({ type: null })
    expect(lit(2 ** 60).node).toMatchObject({ type: { kind: 'float' } })
    expect(lit(-0).node).toMatchObject({ type: { kind: 'float' } })
    expect(lit(1.5).node).toMatchObject({ type: { kind: 'float' } })
    expect(lit(5n).node).toMatchObject({ value: 5n, type: null })
  })

  it('take names as columns and everything else as text', () => {
    expect(asExpr('a_1').node).toEqual({ kind: 'column', name: 'a_1' })
    expect(sql('*').node).toEqual({ kind: 'star' })
    for (const text of ['a + 1', 'true', 'NULL', '"a b"', 'case', 'a.b']) {
      expect(parseText(text)).toEqual({ kind: 'text', text })
    }
  })

  it.each([
    () => asExpr(''),
    () => asExpr(5 as unknown as string),
    () => lit(undefined as unknown as null),
    () => lit(new Date(Number.NaN)),
    () => lit(10n ** 40n),
    () => col('a').filter('b'),
    () => col('a').over(),
    () => quantile('a', 1.5),
    () => col('a').cast('number'),
    () => sum('a').over({ frame: { start: 2, end: 1 } }),
    () => sum('a').over({ orderBy: { by: 'a', nulls: 'middle' as 'first' } }),
  ])('refuse what makes no sense', (build) => {
    expect(build).toThrow(VolleyError)
  })
})

describe('parseTypeName', () => {
  it.each([
    ['int8', 'TINYINT'],
    ['UBIGINT', 'UBIGINT'],
    ['Double Precision', 'DOUBLE'],
    ['decimal', 'DECIMAL(18,3)'],
    ['numeric(5)', 'DECIMAL(5,0)'],
    ['string', 'VARCHAR'],
    ['varchar(20)', 'VARCHAR'],
    ['timestamp[ms]', 'TIMESTAMP_MS'],
    ['timestamp(ns, Europe/Paris)', "TIMESTAMP_NS WITH TIME ZONE 'Europe/Paris'"],
    ['timestamptz', "TIMESTAMP WITH TIME ZONE 'UTC'"],
    ['time', 'TIME'],
    ['hugeint', 'DECIMAL(38,0)'],
    ['blob', 'BLOB'],
    ['duration[s]', 'DURATION_S'],
  ])('reads %s as %s', (text, name) => {
    expect(typeName(parseTypeName(text))).toBe(name)
  })

  it.each(['', 'int33', 'decimal(39,0)', 'decimal(5,6)', 'int32(5)', 'timestamp(fortnight)', 'int32)'])(
    'refuses %j',
    (text) => {
      expect(() => parseTypeName(text)).toThrow('there is no type named')
    },
  )
})

describe('frames of windows', () => {
  const frameOf = (text: string) => {
    const { node } = sum('a').over({ orderBy: 'b', frame: text })
    return node.kind === 'window' ? node.frame : null
  }

  it.each([
    ['rows between 2 preceding and 1 following', { unit: 'rows', start: -2, end: 1 }],
    ['ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW', { unit: 'rows', start: null, end: 0 }],
    [' range  between current row and unbounded following ', { unit: 'range', start: 0, end: null }],
    ['rows 3 preceding', { unit: 'rows', start: -3, end: 0 }],
    ['rows between 0 preceding and 0 following', { unit: 'rows', start: 0, end: 0 }],
    ['rows between unbounded preceding and unbounded following', { unit: 'rows', start: null, end: null }],
  ])('%s', (text, frame) => expect(frameOf(text)).toEqual(frame))

  it.each([
    'rows between 1 following and 1 preceding',
    'rows between unbounded following and current row',
    'rows between current row and unbounded preceding',
    'rows 1 following',
    'groups between 1 preceding and current row',
    '',
  ])('%s is none', (text) => expect(() => frameOf(text)).toThrow(/a window frame is \{ unit/))
})
