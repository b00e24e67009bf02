/** National market share (TPC-H section 2.4.8). */

import { discountedPrice, type TpchQuery } from '../query.js'

export const q08: TpchQuery = {
  name: 'q08',
  title: 'seven tables joined, one of them twice, a share by year',
  sql: (table) => `
    select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as mkt_share
    from (
      select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume,
        n2.n_name as nation
      from ${table('part')}, ${table('supplier')}, ${table('lineitem')}, ${table('orders')}, ${table('customer')},
        ${table('nation')} n1, ${table('nation')} n2, ${table('region')}
      where p_partkey = l_partkey and s_suppkey = l_suppkey and l_orderkey = o_orderkey and o_custkey = c_custkey
        and c_nationkey = n1.n_nationkey and n1.n_regionkey = r_regionkey and r_name = 'AMERICA'
        and s_nationkey = n2.n_nationkey and o_orderdate between date '1995-01-01' and date '1996-12-31'
        and p_type = 'ECONOMY ANODIZED STEEL') as all_nations
    group by o_year
    order by o_year`,
  volley: (table) =>
    table('lineitem')
      .join(table('part').filter(`p_type = 'ECONOMY ANODIZED STEEL'`), { leftOn: 'l_partkey', rightOn: 'p_partkey' })
      .join(table('orders').filter(`o_orderdate between date '1995-01-01' and date '1996-12-31'`), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
      })
      .join(table('customer'), { leftOn: 'o_custkey', rightOn: 'c_custkey' })
      .join(table('nation').select('n_nationkey', 'n_regionkey'), { leftOn: 'c_nationkey', rightOn: 'n_nationkey' })
      .join(table('region').filter(`r_name = 'AMERICA'`), { leftOn: 'n_regionkey', rightOn: 'r_regionkey' })
      .join(table('supplier'), { leftOn: 'l_suppkey', rightOn: 's_suppkey' })
      .join(table('nation').select('n_nationkey as home', 'n_name as nation'), {
        leftOn: 's_nationkey',
        rightOn: 'home',
      })
      .select('year(o_orderdate) as o_year', 'l_extendedprice * (1 - l_discount) as volume', 'nation')
      .groupBy('o_year')
      .agg({ mkt_share: `sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume)` })
      .sort('o_year'),
  polars: (table, polars) => {
    const { pl, date } = polars
    const [ordered, volume] = [pl.col('o_orderdate'), pl.col('volume')]
    return table('part')
      .filter(pl.col('p_type').eq(pl.lit('ECONOMY ANODIZED STEEL')))
      .join(table('lineitem'), { leftOn: 'p_partkey', rightOn: 'l_partkey' })
      .join(table('orders').filter(ordered.gtEq(date('1995-01-01')).and(ordered.ltEq(date('1996-12-31')))), {
        leftOn: 'l_orderkey',
        rightOn: 'o_orderkey',
      })
      .join(table('customer'), { leftOn: 'o_custkey', rightOn: 'c_custkey' })
      .join(table('nation').select(pl.col('n_nationkey'), pl.col('n_regionkey')), {
        leftOn: 'c_nationkey',
        rightOn: 'n_nationkey',
      })
      .join(table('region').filter(pl.col('r_name').eq(pl.lit('AMERICA'))), {
        leftOn: 'n_regionkey',
        rightOn: 'r_regionkey',
      })
      .join(table('supplier'), { leftOn: 'l_suppkey', rightOn: 's_suppkey' })
      .join(table('nation').select(pl.col('n_nationkey'), pl.col('n_name').alias('nation')), {
        leftOn: 's_nationkey',
        rightOn: 'n_nationkey',
      })
      .select(ordered.dt.year().alias('o_year'), discountedPrice(polars).alias('volume'), pl.col('nation'))
      .groupBy('o_year')
      .agg(
        volume
          .filter(pl.col('nation').eq(pl.lit('BRAZIL')))
          .sum()
          .cast(pl.Float64)
          .div(volume.sum().cast(pl.Float64))
          .alias('mkt_share'),
      )
      .sort('o_year')
  },
}
