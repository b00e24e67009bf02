/** Top supplier (TPC-H section 2.4.15). */

import { discountedPrice, type TpchQuery } from '../query.js'

const COLUMNS = ['s_suppkey', 's_name', 's_address', 's_phone', 'total_revenue']

export const q15: TpchQuery = {
  name: 'q15',
  title: 'the groups that reach the largest total',
  sql: (table) => `
    with revenue as (
      select l_suppkey as supplier_no, sum(l_extendedprice * (1 - l_discount)) as total_revenue
      from ${table('lineitem')}
      where l_shipdate >= date '1996-01-01' and l_shipdate < date '1996-01-01' + interval '3' month
      group by l_suppkey)
    select ${COLUMNS.join(', ')}
    from ${table('supplier')}, revenue
    where s_suppkey = supplier_no and total_revenue = (select max(total_revenue) from revenue)
    order by s_suppkey`,
  volley: (table) =>
    table('lineitem')
      .filter(`l_shipdate >= date '1996-01-01' and l_shipdate < date '1996-04-01'`)
      .groupBy('l_suppkey')
      .agg({ total_revenue: 'sum(l_extendedprice * (1 - l_discount))' })
      .withColumns({ largest: 'max(total_revenue) over ()' })
      .filter('total_revenue = largest')
      .join(table('supplier'), { leftOn: 'l_suppkey', rightOn: 's_suppkey' })
      .select(...COLUMNS)
      .sort('s_suppkey'),
  polars: (table, polars) => {
    const { pl, date } = polars
    const shipped = pl.col('l_shipdate')
    const revenue = table('lineitem')
      .filter(shipped.gtEq(date('1996-01-01')).and(shipped.lt(date('1996-04-01'))))
      .groupBy('l_suppkey')
      .agg(discountedPrice(polars).sum().alias('total_revenue'))
      .filter(pl.col('total_revenue').eq(pl.col('total_revenue').max()))
    return table('supplier')
      .join(revenue, { leftOn: 's_suppkey', rightOn: 'l_suppkey' })
      .select(...COLUMNS.map((name) => pl.col(name)))
      .sort('s_suppkey')
  },
}
