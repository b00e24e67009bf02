/** Customer distribution (TPC-H section 2.4.13). */

import type { TpchQuery } from '../query.js'

export const q13: TpchQuery = {
  name: 'q13',
  title: 'a left join without comments of a pattern, groups of groups',
  sql: (table) => `
    select c_count, count(*) as custdist
    from (
      select c_custkey, count(o_orderkey) as c_count
      from ${table('customer')}
        left join ${table('orders')} on c_custkey = o_custkey and o_comment not like '%special%requests%'
      group by c_custkey) as c_orders
    group by c_count
    order by custdist desc, c_count desc`,
  volley: (table) =>
    table('customer')
      .join(table('orders').filter(`o_comment not like '%special%requests%'`), {
        leftOn: 'c_custkey',
        rightOn: 'o_custkey',
        how: 'left',
      })
      .groupBy('c_custkey')
      .agg({ c_count: 'count(o_orderkey)' })
      .groupBy('c_count')
      .agg({ custdist: 'count(*)' })
      .sort({ by: 'custdist', descending: true }, { by: 'c_count', descending: true }),
  polars: (table, { pl }) =>
    table('customer')
      .join(table('orders').filter(pl.col('o_comment').str.contains('special.*requests').not()), {
        leftOn: 'c_custkey',
        rightOn: 'o_custkey',
        how: 'left',
      })
      .groupBy('c_custkey')
      .agg(pl.col('o_orderkey').count().alias('c_count'))
      .groupBy('c_count')
      .agg(pl.len().alias('custdist'))
      .sort(['custdist', 'c_count'], [true, true]),
}
