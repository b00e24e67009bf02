/** Shipping modes and order priority (TPC-H section 2.4.12). */

import type { TpchQuery } from '../query.js'

const URGENT = ['1-URGENT', '2-HIGH']

export const q12: TpchQuery = {
  name: 'q12',
  title: 'dates compared with each other, two tables joined, conditional counts',
  sql: (table) => `
    select l_shipmode,
      sum(case when o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH' then 1 else 0 end) as high_line_count,
      sum(case when o_orderpriority <> '1-URGENT' and o_orderpriority <> '2-HIGH' then 1 else 0 end) as low_line_count
    from ${table('orders')}, ${table('lineitem')}
    where o_orderkey = l_orderkey and l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate
      and l_shipdate < l_commitdate and l_receiptdate >= date '1994-01-01'
      and l_receiptdate < date '1994-01-01' + interval '1' year
    group by l_shipmode
    order by l_shipmode`,
  volley: (table) =>
    table('lineitem')
      .filter(`l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate and l_shipdate < l_commitdate
        and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1995-01-01'`)
      .join(table('orders'), { leftOn: 'l_orderkey', rightOn: 'o_orderkey' })
      .groupBy('l_shipmode')
      .agg({
        high_line_count: `sum(case when o_orderpriority in ('1-URGENT', '2-HIGH') then 1 else 0 end)`,
        low_line_count: `sum(case when o_orderpriority not in ('1-URGENT', '2-HIGH') then 1 else 0 end)`,
      })
      .sort('l_shipmode'),
  polars: (table, { pl, date }) => {
    const urgent = pl.col('o_orderpriority').isIn(URGENT)
    return table('lineitem')
      .filter(
        pl
          .col('l_shipmode')
          .isIn(['MAIL', 'SHIP'])
          .and(pl.col('l_commitdate').lt(pl.col('l_receiptdate')))
          .and(pl.col('l_shipdate').lt(pl.col('l_commitdate')))
          .and(pl.col('l_receiptdate').gtEq(date('1994-01-01')))
          .and(pl.col('l_receiptdate').lt(date('1995-01-01'))),
      )
      .join(table('orders'), { leftOn: 'l_orderkey', rightOn: 'o_orderkey' })
      .groupBy('l_shipmode')
      .agg(urgent.sum().alias('high_line_count'), urgent.not().sum().alias('low_line_count'))
      .sort('l_shipmode')
  },
}
