/** Shipping priority (TPC-H section 2.4.3). */

import { discountedPrice, type TpchQuery } from '../query.js'

const DAY = '1995-03-15'
const COLUMNS = ['l_orderkey', 'revenue', 'o_orderdate', 'o_shippriority']

export const q03: TpchQuery = {
  name: 'q03',
  title: 'three tables joined, many groups, the ten largest',
  sql: (table) => `
    select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority
    from ${table('customer')}, ${table('orders')}, ${table('lineitem')}
    where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey
      and o_orderdate < date '${DAY}' and l_shipdate > date '${DAY}'
    group by l_orderkey, o_orderdate, o_shippriority
    order by revenue desc, o_orderdate, l_orderkey
    limit 10`,
  volley: (table) =>
    table('lineitem')
      .filter(`l_shipdate > date '${DAY}'`)
      .join(
        table('orders')
          .filter(`o_orderdate < date '${DAY}'`)
          .join(table('customer').filter(`c_mktsegment = 'BUILDING'`), { leftOn: 'o_custkey', rightOn: 'c_custkey' }),
        { leftOn: 'l_orderkey', rightOn: 'o_orderkey' },
      )
      .groupBy('l_orderkey', 'o_orderdate', 'o_shippriority')
      .agg({ revenue: 'sum(l_extendedprice * (1 - l_discount))' })
      .select(...COLUMNS)
      .sort({ by: 'revenue', descending: true }, 'o_orderdate', 'l_orderkey')
      .limit(10),
  polars: (table, polars) => {
    const { pl, date } = polars
    return table('customer')
      .filter(pl.col('c_mktsegment').eq(pl.lit('BUILDING')))
      .join(table('orders').filter(pl.col('o_orderdate').lt(date(DAY))), {
        leftOn: 'c_custkey',
        rightOn: 'o_custkey',
      })
      .join(table('lineitem').filter(pl.col('l_shipdate').gt(date(DAY))), {
        leftOn: 'o_orderkey',
        rightOn: 'l_orderkey',
      })
      .groupBy(['o_orderkey', 'o_orderdate', 'o_shippriority'])
      .agg(discountedPrice(polars).sum().alias('revenue'))
      .select(pl.col('o_orderkey').alias('l_orderkey'), ...COLUMNS.slice(1).map((name) => pl.col(name)))
      .sort(['revenue', 'o_orderdate', 'l_orderkey'], [true, false, false])
      .head(10)
  },
}
