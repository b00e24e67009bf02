/** Promotion effect (TPC-H section 2.4.14). */

import { discountedPrice, type TpchQuery } from '../query.js'

export const q14: TpchQuery = {
  name: 'q14',
  title: 'a month of lines joined with parts, a share in per cent',
  sql: (table) => `
    select 100.00 * sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end)
      / sum(l_extendedprice * (1 - l_discount)) as promo_revenue
    from ${table('lineitem')}, ${table('part')}
    where l_partkey = p_partkey and l_shipdate >= date '1995-09-01'
      and l_shipdate < date '1995-09-01' + interval '1' month`,
  volley: (table) =>
    table('lineitem')
      .filter(`l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-10-01'`)
      .join(table('part'), { leftOn: 'l_partkey', rightOn: 'p_partkey' })
      .select('p_type', 'l_extendedprice * (1 - l_discount) as revenue')
      .groupBy()
      .agg({
        promo_revenue: `100.00 * sum(case when p_type like 'PROMO%' then revenue else 0 end) / sum(revenue)`,
      }),
  polars: (table, polars) => {
    const { pl, date } = polars
    const [shipped, revenue] = [pl.col('l_shipdate'), pl.col('revenue')]
    return table('lineitem')
      .filter(shipped.gtEq(date('1995-09-01')).and(shipped.lt(date('1995-10-01'))))
      .join(table('part'), { leftOn: 'l_partkey', rightOn: 'p_partkey' })
      .select(pl.col('p_type'), discountedPrice(polars).alias('revenue'))
      .select(
        revenue
          .filter(pl.col('p_type').str.startsWith('PROMO'))
          .sum()
          .cast(pl.Float64)
          .mul(100)
          .div(revenue.sum().cast(pl.Float64))
          .alias('promo_revenue'),
      )
  },
}
