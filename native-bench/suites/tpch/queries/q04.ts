/** Order priority checking (TPC-H section 2.4.4). */

import type { TpchQuery } from '../query.js'

export const q04: TpchQuery = {
  name: 'q04',
  title: 'orders of which some line exists, counted by priority',
  sql: (table) => `
    select o_orderpriority, count(*) as order_count
    from ${table('orders')}
    where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3' month
      and exists (select * from ${table('lineitem')} where l_orderkey = o_orderkey and l_commitdate < l_receiptdate)
    group by o_orderpriority
    order by o_orderpriority`,
  volley: (table) =>
    table('orders')
      .filter(`o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-10-01'`)
      .join(table('lineitem').filter('l_commitdate < l_receiptdate'), {
        leftOn: 'o_orderkey',
        rightOn: 'l_orderkey',
        how: 'semi',
      })
      .groupBy('o_orderpriority')
      .agg({ order_count: 'count(*)' })
      .sort('o_orderpriority'),
  polars: (table, { pl, date }) =>
    table('orders')
      .filter(
        pl
          .col('o_orderdate')
          .gtEq(date('1993-07-01'))
          .and(pl.col('o_orderdate').lt(date('1993-10-01'))),
      )
      .join(table('lineitem').filter(pl.col('l_commitdate').lt(pl.col('l_receiptdate'))), {
        leftOn: 'o_orderkey',
        rightOn: 'l_orderkey',
        how: 'semi',
      })
      .groupBy('o_orderpriority')
      .agg(pl.len().alias('order_count'))
      .sort('o_orderpriority'),
}
