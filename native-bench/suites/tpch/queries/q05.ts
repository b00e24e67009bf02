/** Local supplier volume (TPC-H section 2.4.5). */

import { discountedPrice, type TpchQuery } from '../query.js'

export const q05: TpchQuery = {
  name: 'q05',
  title: 'six tables joined, one of them by two keys, into five groups',
  sql: (table) => `
    select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue
    from ${table('customer')}, ${table('orders')}, ${table('lineitem')}, ${table('supplier')}, ${table('nation')},
      ${table('region')}
    where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey
      and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA'
      and o_orderdate >= date '1994-01-01' and o_orderdate < date '1994-01-01' + interval '1' year
    group by n_name
    order by revenue desc, n_name`,
  volley: (table) =>
    table('lineitem')
      .join(table('orders').filter(`o_orderdate >= date '1994-01-01' and o_orderdate < date '1995-01-01'`), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
      })
      .join(table('customer'), { leftOn: 'o_custkey', rightOn: 'c_custkey' })
      .join(table('supplier'), { leftOn: ['l_suppkey', 'c_nationkey'], rightOn: ['s_suppkey', 's_nationkey'] })
      .join(table('nation'), { leftOn: 's_nationkey', rightOn: 'n_nationkey' })
      .join(table('region').filter(`r_name = 'ASIA'`), { leftOn: 'n_regionkey', rightOn: 'r_regionkey' })
      .groupBy('n_name')
      .agg({ revenue: 'sum(l_extendedprice * (1 - l_discount))' })
      .sort({ by: 'revenue', descending: true }, 'n_name'),
  polars: (table, polars) => {
    const { pl, date } = polars
    const ordered = pl.col('o_orderdate')
    return table('region')
      .filter(pl.col('r_name').eq(pl.lit('ASIA')))
      .join(table('nation'), { leftOn: 'r_regionkey', rightOn: 'n_regionkey' })
      .join(table('customer'), { leftOn: 'n_nationkey', rightOn: 'c_nationkey' })
      .join(table('orders').filter(ordered.gtEq(date('1994-01-01')).and(ordered.lt(date('1995-01-01')))), {
        leftOn: 'c_custkey',
        rightOn: 'o_custkey',
      })
      .join(table('lineitem'), { leftOn: 'o_orderkey', rightOn: 'l_orderkey' })
      .join(table('supplier'), { leftOn: ['l_suppkey', 'n_nationkey'], rightOn: ['s_suppkey', 's_nationkey'] })
      .groupBy('n_name')
      .agg(discountedPrice(polars).sum().alias('revenue'))
      .sort(['revenue', 'n_name'], [true, false])
  },
}
