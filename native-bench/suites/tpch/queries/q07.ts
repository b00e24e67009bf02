/** Volume shipping (TPC-H section 2.4.7). */

import { discountedPrice, type TpchQuery } from '../query.js'

const KEYS = ['supp_nation', 'cust_nation', 'l_year']

export const q07: TpchQuery = {
  name: 'q07',
  title: 'six tables joined, one of them twice, by pairs of nations and year',
  sql: (table) => `
    select supp_nation, cust_nation, l_year, sum(volume) as revenue
    from (
      select n1.n_name as supp_nation, n2.n_name as cust_nation, extract(year from l_shipdate) as l_year,
        l_extendedprice * (1 - l_discount) as volume
      from ${table('supplier')}, ${table('lineitem')}, ${table('orders')}, ${table('customer')},
        ${table('nation')} n1, ${table('nation')} n2
      where s_suppkey = l_suppkey and o_orderkey = l_orderkey and c_custkey = o_custkey
        and s_nationkey = n1.n_nationkey and c_nationkey = n2.n_nationkey
        and ((n1.n_name = 'FRANCE' and n2.n_name = 'GERMANY') or (n1.n_name = 'GERMANY' and n2.n_name = 'FRANCE'))
        and l_shipdate between date '1995-01-01' and date '1996-12-31') as shipping
    group by supp_nation, cust_nation, l_year
    order by supp_nation, cust_nation, l_year`,
  volley: (table) => {
    const nations = table('nation').filter(`n_name in ('FRANCE', 'GERMANY')`)
    const sent = table('supplier').join(nations.rename({ n_name: 'supp_nation' }), {
      leftOn: 's_nationkey',
      rightOn: 'n_nationkey',
    })
    const ordered = table('orders').join(
      table('customer').join(nations.rename({ n_name: 'cust_nation' }), {
        leftOn: 'c_nationkey',
        rightOn: 'n_nationkey',
      }),
      { leftOn: 'o_custkey', rightOn: 'c_custkey' },
    )
    return table('lineitem')
      .filter(`l_shipdate between date '1995-01-01' and date '1996-12-31'`)
      .join(sent, { leftOn: 'l_suppkey', rightOn: 's_suppkey' })
      .join(ordered, { leftOn: 'l_orderkey', rightOn: 'o_orderkey' })
      .filter('supp_nation <> cust_nation')
      .groupBy('supp_nation', 'cust_nation', 'year(l_shipdate) as l_year')
      .agg({ revenue: 'sum(l_extendedprice * (1 - l_discount))' })
      .sort(...KEYS)
  },
  polars: (table, polars) => {
    const { pl, date } = polars
    const shipped = pl.col('l_shipdate')
    const nations = (name: string) =>
      table('nation')
        .filter(pl.col('n_name').isIn(['FRANCE', 'GERMANY']))
        .select(pl.col('n_nationkey'), pl.col('n_name').alias(name))
    return nations('cust_nation')
      .join(table('customer'), { leftOn: 'n_nationkey', rightOn: 'c_nationkey' })
      .join(table('orders'), { leftOn: 'c_custkey', rightOn: 'o_custkey' })
      .join(table('lineitem').filter(shipped.gtEq(date('1995-01-01')).and(shipped.ltEq(date('1996-12-31')))), {
        leftOn: 'o_orderkey',
        rightOn: 'l_orderkey',
      })
      .join(table('supplier').join(nations('supp_nation'), { leftOn: 's_nationkey', rightOn: 'n_nationkey' }), {
        leftOn: 'l_suppkey',
        rightOn: 's_suppkey',
      })
      .filter(pl.col('supp_nation').neq(pl.col('cust_nation')))
      .withColumn(shipped.dt.year().alias('l_year'))
      .groupBy(KEYS)
      .agg(discountedPrice(polars).sum().alias('revenue'))
      .sort(KEYS)
  },
}
