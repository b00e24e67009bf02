/** Product type profit measure (TPC-H section 2.4.9). */

import { discountedPrice, type TpchQuery } from '../query.js'

export const q09: TpchQuery = {
  name: 'q09',
  title: 'parts by a word in their names, six tables joined, by nation and year',
  sql: (table) => `
    select nation, o_year, sum(amount) as sum_profit
    from (
      select n_name as nation, extract(year from o_orderdate) as o_year,
        l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity as amount
      from ${table('part')}, ${table('supplier')}, ${table('lineitem')}, ${table('partsupp')}, ${table('orders')},
        ${table('nation')}
      where s_suppkey = l_suppkey and ps_suppkey = l_suppkey and ps_partkey = l_partkey and p_partkey = l_partkey
        and o_orderkey = l_orderkey and s_nationkey = n_nationkey and p_name like '%green%') as profit
    group by nation, o_year
    order by nation, o_year desc`,
  volley: (table) =>
    table('lineitem')
      .join(table('part').filter(`p_name like '%green%'`), { leftOn: 'l_partkey', rightOn: 'p_partkey' })
      .join(table('partsupp'), { leftOn: ['l_partkey', 'l_suppkey'], rightOn: ['ps_partkey', 'ps_suppkey'] })
      .join(table('supplier'), { leftOn: 'l_suppkey', rightOn: 's_suppkey' })
      .join(table('nation'), { leftOn: 's_nationkey', rightOn: 'n_nationkey' })
      .join(table('orders'), { leftOn: 'l_orderkey', rightOn: 'o_orderkey' })
      .groupBy('n_name as nation', 'year(o_orderdate) as o_year')
      .agg({ sum_profit: 'sum(l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity)' })
      .sort('nation', { by: 'o_year', descending: true }),
  polars: (table, polars) => {
    const { pl } = polars
    const cost = pl.col('ps_supplycost').cast(pl.Decimal(38, 4)).mul(pl.col('l_quantity'))
    return table('part')
      .filter(pl.col('p_name').str.contains('green', true))
      .join(table('partsupp'), { leftOn: 'p_partkey', rightOn: 'ps_partkey' })
      .join(table('supplier'), { leftOn: 'ps_suppkey', rightOn: 's_suppkey' })
      .join(table('nation'), { leftOn: 's_nationkey', rightOn: 'n_nationkey' })
      .join(table('lineitem'), { leftOn: ['p_partkey', 'ps_suppkey'], rightOn: ['l_partkey', 'l_suppkey'] })
      .join(table('orders'), { leftOn: 'l_orderkey', rightOn: 'o_orderkey' })
      .select(
        pl.col('n_name').alias('nation'),
        pl.col('o_orderdate').dt.year().alias('o_year'),
        discountedPrice(polars).sub(cost).alias('amount'),
      )
      .groupBy(['nation', 'o_year'])
      .agg(pl.col('amount').sum().alias('sum_profit'))
      .sort(['nation', 'o_year'], [false, true])
  },
}
