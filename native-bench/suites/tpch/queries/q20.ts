/** Potential part promotion (TPC-H section 2.4.20). */

import type { TpchQuery } from '../query.js'

export const q20: TpchQuery = {
  name: 'q20',
  title: 'semi joins within semi joins, a sum correlated by two keys',
  sql: (table) => `
    select s_name, s_address
    from ${table('supplier')}, ${table('nation')}
    where s_suppkey in (
        select ps_suppkey from ${table('partsupp')}
        where ps_partkey in (select p_partkey from ${table('part')} where p_name like 'forest%')
          and ps_availqty > (
            select 0.5 * sum(l_quantity) from ${table('lineitem')}
            where l_partkey = ps_partkey and l_suppkey = ps_suppkey and l_shipdate >= date '1994-01-01'
              and l_shipdate < date '1994-01-01' + interval '1' year))
      and s_nationkey = n_nationkey and n_name = 'CANADA'
    order by s_name`,
  volley: (table) => {
    const forest = table('part').filter(`p_name like 'forest%'`)
    const shipped = table('lineitem')
      .filter(`l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'`)
      .join(forest, { leftOn: 'l_partkey', rightOn: 'p_partkey', how: 'semi' })
      .groupBy('l_partkey', 'l_suppkey')
      .agg({ quantity: 'sum(l_quantity)' })
    const plenty = table('partsupp')
      .join(shipped, { leftOn: ['ps_partkey', 'ps_suppkey'], rightOn: ['l_partkey', 'l_suppkey'] })
      .filter('ps_availqty > 0.5 * quantity')
    return table('supplier')
      .join(table('nation').filter(`n_name = 'CANADA'`), { leftOn: 's_nationkey', rightOn: 'n_nationkey' })
      .join(plenty, { leftOn: 's_suppkey', rightOn: 'ps_suppkey', how: 'semi' })
      .select('s_name', 's_address')
      .sort('s_name')
  },
  polars: (table, { pl, date }) => {
    const day = pl.col('l_shipdate')
    const forest = table('part').filter(pl.col('p_name').str.startsWith('forest'))
    const shipped = table('lineitem')
      .filter(day.gtEq(date('1994-01-01')).and(day.lt(date('1995-01-01'))))
      .join(forest, { leftOn: 'l_partkey', rightOn: 'p_partkey', how: 'semi' })
      .groupBy(['l_partkey', 'l_suppkey'])
      .agg(pl.col('l_quantity').cast(pl.Float64).sum().alias('quantity'))
    const plenty = table('partsupp')
      .join(shipped, { leftOn: ['ps_partkey', 'ps_suppkey'], rightOn: ['l_partkey', 'l_suppkey'] })
      .filter(pl.col('ps_availqty').gt(pl.col('quantity').mul(0.5)))
    return table('supplier')
      .join(table('nation').filter(pl.col('n_name').eq(pl.lit('CANADA'))), {
        leftOn: 's_nationkey',
        rightOn: 'n_nationkey',
      })
      .join(plenty, { leftOn: 's_suppkey', rightOn: 'ps_suppkey', how: 'semi' })
      .select(pl.col('s_name'), pl.col('s_address'))
      .sort('s_name')
  },
}
