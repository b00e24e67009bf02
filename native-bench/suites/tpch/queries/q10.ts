/** Returned item reporting (TPC-H section 2.4.10). */

import { discountedPrice, type TpchQuery } from '../query.js'

const CUSTOMER = ['c_custkey', 'c_name', 'c_acctbal', 'c_phone', 'n_name', 'c_address', 'c_comment']
const COLUMNS = ['c_custkey', 'c_name', 'revenue', 'c_acctbal', 'n_name', 'c_address', 'c_phone', 'c_comment']

export const q10: TpchQuery = {
  name: 'q10',
  title: 'four tables joined, groups of seven keys, most of them text, the twenty largest',
  sql: (table) => `
    select c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) as revenue, c_acctbal, n_name, c_address,
      c_phone, c_comment
    from ${table('customer')}, ${table('orders')}, ${table('lineitem')}, ${table('nation')}
    where c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate >= date '1993-10-01'
      and o_orderdate < date '1993-10-01' + interval '3' month and l_returnflag = 'R' and c_nationkey = n_nationkey
    group by ${CUSTOMER.join(', ')}
    order by revenue desc, c_custkey
    limit 20`,
  volley: (table) =>
    table('lineitem')
      .filter(`l_returnflag = 'R'`)
      .join(table('orders').filter(`o_orderdate >= date '1993-10-01' and o_orderdate < date '1994-01-01'`), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
      })
      .join(table('customer'), { leftOn: 'o_custkey', rightOn: 'c_custkey' })
      .join(table('nation'), { leftOn: 'c_nationkey', rightOn: 'n_nationkey' })
      .groupBy(...CUSTOMER)
      .agg({ revenue: 'sum(l_extendedprice * (1 - l_discount))' })
      .select(...COLUMNS)
      .sort({ by: 'revenue', descending: true }, 'c_custkey')
      .limit(20),
  polars: (table, polars) => {
    const { pl, date } = polars
    const ordered = pl.col('o_orderdate')
    return table('customer')
      .join(table('orders').filter(ordered.gtEq(date('1993-10-01')).and(ordered.lt(date('1994-01-01')))), {
        leftOn: 'c_custkey',
        rightOn: 'o_custkey',
      })
      .join(table('lineitem').filter(pl.col('l_returnflag').eq(pl.lit('R'))), {
        leftOn: 'o_orderkey',
        rightOn: 'l_orderkey',
      })
      .join(table('nation'), { leftOn: 'c_nationkey', rightOn: 'n_nationkey' })
      .groupBy(CUSTOMER)
      .agg(discountedPrice(polars).sum().alias('revenue'))
      .select(...COLUMNS.map((name) => pl.col(name)))
      .sort(['revenue', 'c_custkey'], [true, false])
      .head(20)
  },
}
