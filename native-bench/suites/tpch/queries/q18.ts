/** Large volume customer (TPC-H section 2.4.18). */

import type { TpchQuery } from '../query.js'

const KEYS = ['c_name', 'c_custkey', 'o_orderkey', 'o_orderdate', 'o_totalprice']

export const q18: TpchQuery = {
  name: 'q18',
  title: 'lines into a group for each order, of which few are joined again',
  sql: (table) => `
    select ${KEYS.join(', ')}, sum(l_quantity) as quantity
    from ${table('customer')}, ${table('orders')}, ${table('lineitem')}
    where o_orderkey in (select l_orderkey from ${table('lineitem')} group by l_orderkey having sum(l_quantity) > 300)
      and c_custkey = o_custkey and o_orderkey = l_orderkey
    group by ${KEYS.join(', ')}
    order by o_totalprice desc, o_orderdate, o_orderkey
    limit 100`,
  volley: (table) => {
    const large = table('lineitem').groupBy('l_orderkey').agg({ quantity: 'sum(l_quantity)' }).filter('quantity > 300')
    return table('lineitem')
      .join(
        table('orders')
          .join(large, { leftOn: 'o_orderkey', rightOn: 'l_orderkey', how: 'semi' })
          .join(table('customer'), { leftOn: 'o_custkey', rightOn: 'c_custkey' }),
        { leftOn: 'l_orderkey', rightOn: 'o_orderkey' },
      )
      .groupBy(...KEYS.map((name) => (name === 'c_custkey' ? 'o_custkey as c_custkey' : name)))
      .agg({ quantity: 'sum(l_quantity)' })
      .sort({ by: 'o_totalprice', descending: true }, 'o_orderdate', 'o_orderkey')
      .limit(100)
  },
  polars: (table, { pl, decimal }) => {
    const large = table('lineitem')
      .groupBy('l_orderkey')
      .agg(pl.col('l_quantity').sum().alias('quantity'))
      .filter(pl.col('quantity').gt(decimal('300')))
    return table('orders')
      .join(large, { leftOn: 'o_orderkey', rightOn: 'l_orderkey', how: 'semi' })
      .join(table('lineitem'), { leftOn: 'o_orderkey', rightOn: 'l_orderkey' })
      .join(table('customer'), { leftOn: 'o_custkey', rightOn: 'c_custkey' })
      .withColumn(pl.col('o_custkey').alias('c_custkey'))
      .groupBy(KEYS)
      .agg(pl.col('l_quantity').sum().alias('quantity'))
      .sort(['o_totalprice', 'o_orderdate', 'o_orderkey'], [true, false, false])
      .head(100)
  },
}
