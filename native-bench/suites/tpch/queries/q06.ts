/** Forecasting revenue change (TPC-H section 2.4.6). */

import type { TpchQuery } from '../query.js'

export const q06: TpchQuery = {
  name: 'q06',
  title: 'three columns filtered, one exact sum',
  sql: (table) => `
    select sum(l_extendedprice * l_discount) as revenue
    from ${table('lineitem')}
    where l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval '1' year
      and l_discount between 0.06 - 0.01 and 0.06 + 0.01 and l_quantity < 24`,
  volley: (table) =>
    table('lineitem')
      .filter(`l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
        and l_discount between 0.05 and 0.07 and l_quantity < 24`)
      .groupBy()
      .agg({ revenue: 'sum(l_extendedprice * l_discount)' }),
  polars: (table, { pl, date, decimal }) =>
    table('lineitem')
      .filter(
        pl
          .col('l_shipdate')
          .gtEq(date('1994-01-01'))
          .and(pl.col('l_shipdate').lt(date('1995-01-01')))
          .and(pl.col('l_discount').gtEq(decimal('0.05')))
          .and(pl.col('l_discount').ltEq(decimal('0.07')))
          .and(pl.col('l_quantity').lt(decimal('24'))),
      )
      // A product takes the larger scale of its operands: without the cast it would be rounded to cents.
      .select(pl.col('l_extendedprice').cast(pl.Decimal(38, 4)).mul(pl.col('l_discount')).sum().alias('revenue')),
}
