/** Window functions over partitions, orders and frames, against DuckDB. */

import { col, count, denseRank, lag, lead, rank, rowNumber, sum } from '../../../index.js'
import { differential } from '../../support/differential.js'
import { everyType } from '../../support/every-type.js'
import { describe, it } from '../../support/jest.js'

const volley = differential({
  t: everyType(3_000),
  one: everyType(1),
  none: everyType(0),
  shared: 'select i % 700 as p, (hash(i) % 1000)::integer as v from range(400000) t(i)',
})

const RANKINGS = ['row_number()', 'rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()', 'ntile(7)']
const VALUES = [
  ...[
    'lag(X)',
    'lead(X)',
    'lag(X, 3)',
    'lead(X, 2)',
    'lag(X, 0)',
    'first_value(X)',
    'last_value(X)',
    'nth_value(X, 2)',
  ],
  ...['min(X)', 'max(X)', 'count(X)', 'first(X)', 'last(X)'],
]
const NUMERIC = ['sum(X)', 'avg(X)', 'stddev(X)', 'var_pop(X)', 'median(X)']

const OVER = [
  'order by id',
  'partition by color order by id',
  'partition by flag, small order by id desc',
  'partition by name order by small, id',
  'order by small nulls first, id',
  'partition by f64 order by id',
  'partition by color order by id rows between 3 preceding and current row',
  'partition by color order by id rows between 2 preceding and 2 following',
  'order by id rows between unbounded preceding and 1 preceding',
  'order by id rows between 1 following and 5 following',
  'partition by text order by id rows between current row and unbounded following',
  'partition by color',
  '',
]
/** Where peers share a rank or a frame. */
const PEERS = ['order by small', 'partition by color order by i16 desc nulls last', 'partition by small order by day']
const RANGES = [
  'order by small',
  'partition by color order by small desc',
  'partition by color order by small range between 3 preceding and 2 following',
  'order by id range between 10 preceding and current row',
]

describe('window functions', () => {
  it.each([...OVER.filter((over) => over.includes('order by id')), ...PEERS])('rank rows over (%s)', async (over) => {
    const ranked = over.replace(/ rows .*/, '')
    const peers = PEERS.includes(over) ? RANKINGS.filter((one) => !/row_number|ntile/.test(one)) : RANKINGS
    await expectWindows(peers, ranked)
  })

  it.each(OVER)('take values over (%s)', async (over) => {
    // Without an order, rows come as they lie in the table.
    await expectWindows(fill(VALUES, ['i32', 'text', OVER.indexOf(over) % 2 === 0 ? 'd38' : 'flag', 'f64']), over)
  })

  it.each([...OVER, ...RANGES])('sum over (%s)', async (over) => {
    await expectWindows(fill(NUMERIC, ['small', 'price', 'ratio', 'i64']), over)
    await expectWindows(['count(*)', 'bool_or(flag)', 'bool_and(i8 > 0)'], over)
  })

  it('have defaults beyond the partition', async () => {
    await expectWindows(
      ['lag(small, 2, -1)', "lead(text, 1, 'none')", 'lag(i64, 1, small)'],
      'partition by color order by id',
    )
  })

  it('are used in expressions and filtered', async () => {
    await volley().expectQuery(
      `select id, price - lag(price) over (order by id) as change, price / sum(price) over (partition by color) as share
       from t where small < 50`,
      { approximate: ['share'] },
    )
    await volley().expectQuery(
      `select id, color from t qualify row_number() over (partition by color order by price desc, id) <= 3`,
    )
    await volley().expectQuery(
      `select id, r from (select id, rank() over (partition by name order by small desc) as r from t) where r = 1`,
    )
    await volley().expectQuery(
      `select color, count(*) as n, rank() over (order by count(*) desc) as r, sum(sum(price)) over () as total
       from t group by color`,
    )
    await volley().expectQuery(
      'select id, sum(small) over w as a, max(small) over w as b from t window w as (order by id)',
    )
  })

  it('come from frames', async () => {
    await volley().expectFrame(
      ({ t }) =>
        t
          .filter('small < 40')
          .withColumns({
            n: rowNumber().over({ partitionBy: 'color', orderBy: 'id' }),
            r: rank().over({ partitionBy: ['color', 'flag'], orderBy: { by: 'small', descending: true } }),
            d: denseRank().over({ orderBy: ['small', 'color'] }),
            before: lag('price', 2).over({ partitionBy: col('name'), orderBy: col('id').desc() }),
            after: lead('text').over({ orderBy: 'id' }),
            total: sum('price').over({ partitionBy: 'color' }),
            running: sum('price').over({ partitionBy: 'color', orderBy: 'id' }),
            recent: count().over({ orderBy: 'id', frame: { start: -5, end: 0 } }),
            near: sum('price').over({ orderBy: 'small', frame: { unit: 'range', start: -1, end: 1 } }),
            place: rowNumber().over({ partitionBy: 'color, flag', orderBy: 'small desc nulls first, id' }),
            around: sum('price').over({ orderBy: 'id', frame: 'rows between 1 preceding and 2 following' }),
          })
          .select('id', 'n', 'r', 'd', 'before', 'after', 'total', 'running', 'recent', 'near', 'place', 'around'),
      `select id, row_number() over (partition by color order by id) as n,
         rank() over (partition by color, flag order by small desc) as r,
         dense_rank() over (order by small, color) as d,
         lag(price, 2) over (partition by name order by id desc) as before,
         lead(text) over (order by id) as after, sum(price) over (partition by color) as total,
         sum(price) over (partition by color order by id) as running,
         count(*) over (order by id rows between 5 preceding and current row) as recent,
         sum(price) over (order by small range between 1 preceding and 1 following) as near,
         row_number() over (partition by color, flag order by small desc nulls first, id) as place,
         sum(price) over (order by id rows between 1 preceding and 2 following) as around
       from t where small < 40`,
    )
  })

  it.each([
    ...['i8', 'i64', 'u64', 'f32', 'f64', 'd9', 'd38', 'text', 'day', 'moment', 'flag'].map(
      (key, i) => `rank() over (partition by color order by ${key}${i % 2 === 0 ? '' : ' desc'}) <= ${(i % 4) + 1}`,
    ),
    'row_number() over (partition by name order by f64 desc nulls first, id) < 3',
    'row_number() over (partition by f64, text order by u64 nulls last, id desc) = 1',
    '2 >= rank() over (partition by d38 order by i32 desc nulls first, flag)',
    'rank() over (partition by bytes order by d15 nulls first) = 2 and small > 50',
    'rank() over (partition by color order by price + small) <= 40',
  ])('tell the first rows: %s', async (condition) => {
    await volley().expectQuery(`select id, color, f64 from t qualify ${condition}`)
  })

  it('tell the first rows of a table that threads share, ties among them in order', async () => {
    await volley().expectQuery(
      `select p, v, r, n from (
         select p, v, rank() over w as r, row_number() over w as n
         from shared window w as (partition by p order by v desc)
       ) where r <= 2 and n <= 2`,
    )
  })

  it('of no row and one', async () => {
    for (const table of ['none', 'one']) {
      await volley().expectQuery(
        `select id, row_number() over (order by id) as a, sum(small) over (partition by color) as b, lag(id) over (order by id) as c
         from ${table}`,
      )
    }
  })
})

function fill(patterns: readonly string[], columns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => columns.map((column) => pattern.replace('X', column)))
}

async function expectWindows(functions: readonly string[], over: string): Promise<void> {
  const columns = functions.map((one, i) => `${one} over (${over}) as c${i}`)
  // All may be sums of floats.
  const approximate = functions.map((_, i) => `c${i}`)
  const table = over === '' || !/order by/.test(over) ? '(from t limit 1000)' : 't'
  await volley().expectQuery(`select id, ${columns.join(', ')} from ${table}`, { approximate })
}
