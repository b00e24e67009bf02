/** Small-quantity-order revenue (TPC-H section 2.4.17). */

import type { TpchQuery } from '../query.js'

export const q17: TpchQuery = {
  name: 'q17',
  title: 'lines of few parts against a correlated average',
  sql: (table) => `
    select sum(l_extendedprice) / 7.0 as avg_yearly
    from ${table('lineitem')}, ${table('part')}
    where p_partkey = l_partkey and p_brand = 'Brand#23' and p_container = 'MED BOX'
      and l_quantity < (select 0.2 * avg(l_quantity) from ${table('lineitem')} where l_partkey = p_partkey)`,
  volley: (table) =>
    table('lineitem')
      .join(table('part').filter(`p_brand = 'Brand#23' and p_container = 'MED BOX'`), {
        leftOn: 'l_partkey',
        rightOn: 'p_partkey',
        how: 'semi',
      })
      .withColumns({ mean_quantity: 'avg(l_quantity) over (partition by l_partkey)' })
      .filter('l_quantity < 0.2 * mean_quantity')
      .groupBy()
      .agg({ avg_yearly: 'sum(l_extendedprice) / 7.0' }),
  polars: (table, { pl }) => {
    const quantity = pl.col('l_quantity').cast(pl.Float64)
    return table('lineitem')
      .join(
        table('part').filter(
          pl
            .col('p_brand')
            .eq(pl.lit('Brand#23'))
            .and(pl.col('p_container').eq(pl.lit('MED BOX'))),
        ),
        { leftOn: 'l_partkey', rightOn: 'p_partkey', how: 'semi' },
      )
      .filter(quantity.lt(quantity.mean().over('l_partkey').mul(0.2)))
      .select(pl.col('l_extendedprice').sum().cast(pl.Float64).div(7).alias('avg_yearly'))
  },
}
