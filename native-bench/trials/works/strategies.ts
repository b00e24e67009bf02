/** Plans that every strategy should run, over lineitem and orders. */

import type { Work } from '../work.js'

const DISCOUNTED = new URL('../../suites/discounted.js', import.meta.url).href
const REVENUE = '(l_extendedprice * (1 - l_discount))::decimal(18,4) as revenue'
const FILTERED = ['l_orderkey', 'l_quantity', 'l_extendedprice']

const filter: Work = {
  name: 'filter',
  title: 'Filter and a computed column',
  tables: ['lineitem'],
  volley: (scan) =>
    scan('lineitem')
      .filter('l_discount > 0.05')
      .select(...FILTERED, REVENUE),
  duckdb: (from) => `select ${FILTERED.join(', ')}, ${REVENUE} from ${from('lineitem')} where l_discount > 0.05`,
  polars: ({ pl, decimal }, scan) =>
    scan('lineitem')
      .filter(pl.col('l_discount').gt(decimal('0.05')))
      .select(
        ...FILTERED.map((name) => pl.col(name)),
        pl
          .col('l_extendedprice')
          .cast(pl.Decimal(18, 4))
          .mul(decimal('1').sub(pl.col('l_discount')))
          .alias('revenue'),
      ),
  columns: ['l_orderkey', 'l_quantity::decimal(15,2)', 'l_extendedprice::decimal(15,2)', 'revenue::decimal(18,4)'],
}

function grouped(name: string, title: string, keys: readonly string[]): Work {
  return {
    name,
    title,
    tables: ['lineitem'],
    volley: (scan) =>
      scan('lineitem')
        .groupBy(...keys)
        .agg({ quantity: 'sum(l_quantity)', last: 'max(l_shipdate)', n: 'count(*)' }),
    duckdb: (from) => `select ${keys.join(', ')}, sum(l_quantity) as quantity, max(l_shipdate) as last, count(*) as n
      from ${from('lineitem')} group by all`,
    polars: ({ pl }, scan) =>
      scan('lineitem')
        .groupBy([...keys])
        .agg(
          pl.col('l_quantity').sum().alias('quantity'),
          pl.col('l_shipdate').max().alias('last'),
          pl.len().alias('n'),
        ),
    columns: [...keys, 'quantity::decimal(38,2)', 'last', 'n::bigint'],
  }
}

const JOINED = ['l_orderkey', 'l_linenumber', 'l_quantity', 'o_custkey', 'o_orderdate', 'o_orderpriority']

const join: Work = {
  name: 'join-orders',
  title: 'Join with a table of a quarter of the rows',
  tables: ['lineitem', 'orders'],
  volley: (scan) =>
    scan('lineitem')
      .join(scan('orders'), { leftOn: 'l_orderkey', rightOn: 'o_orderkey', how: 'inner' })
      .select(...JOINED),
  duckdb: (from) =>
    `select ${JOINED.join(', ')} from ${from('lineitem')} join ${from('orders')} on l_orderkey = o_orderkey`,
  polars: (_, scan) =>
    scan('lineitem')
      .join(scan('orders'), { leftOn: 'l_orderkey', rightOn: 'o_orderkey', how: 'inner' })
      .select(...JOINED),
  columns: JOINED.map((name) => (name === 'l_quantity' ? 'l_quantity::decimal(15,2)' : name)),
}

const SORTED = ['l_shipdate', 'l_orderkey', 'l_linenumber', 'l_partkey', 'l_shipmode', 'l_comment']

const sort: Work = {
  name: 'sort-lines',
  title: 'Sort six columns by three',
  tables: ['lineitem'],
  volley: (scan) =>
    scan('lineitem')
      .select(...SORTED)
      .sort(...SORTED.slice(0, 3)),
  duckdb: (from) => `select ${SORTED.join(', ')} from ${from('lineitem')} order by ${SORTED.slice(0, 3).join(', ')}`,
  polars: ({ pl }, scan) =>
    scan('lineitem')
      .select(...SORTED)
      .sort(SORTED.slice(0, 3).map((name) => pl.col(name))),
  columns: SORTED,
  order: SORTED.slice(0, 3),
}

const PRICES = ['l_extendedprice::double as price', 'l_discount::double as discount']

const rowFunction: Work = {
  name: 'function',
  title: 'A JavaScript function of every record',
  tables: ['lineitem'],
  volley: (scan) =>
    scan('lineitem')
      .select(...PRICES)
      .mapRows({ module: DISCOUNTED, function: 'discountedRow' }, { schema: { cents: 'float64' } }),
  duckdb: (from) =>
    `select discounted(price, discount) as cents from (select ${PRICES.join(', ')} from ${from('lineitem')})`,
  prepareDuckDb: async (connection) =>
    (await import('../../suites/functions/register-call.js')).registerCall(connection, 'discounted'),
  polars: 'it runs no JavaScript inside a query',
  columns: ['cents::bigint'],
}

export const STRATEGY_WORKS: readonly Work[] = [
  filter,
  grouped('few-groups', 'Group by into a few groups', ['l_returnflag', 'l_linestatus']),
  grouped('many-groups', 'Group by into nearly as many groups as rows', ['l_partkey', 'l_suppkey']),
  join,
  sort,
  rowFunction,
]
