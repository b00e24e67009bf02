/** Pricing summary report (TPC-H section 2.4.1). */

import { discountedPrice, type TpchQuery } from '../query.js'

export const q01: TpchQuery = {
  name: 'q01',
  title: 'nearly every line into four groups, eight aggregates',
  sql: (table) => `
    select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
      sum(l_extendedprice * (1 - l_discount)) as sum_disc_price,
      sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
      avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc,
      count(*) as count_order
    from ${table('lineitem')}
    where l_shipdate <= date '1998-12-01' - interval '90' day
    group by l_returnflag, l_linestatus
    order by l_returnflag, l_linestatus`,
  volley: (table) =>
    table('lineitem')
      .filter(`l_shipdate <= date '1998-09-02'`)
      .groupBy('l_returnflag', 'l_linestatus')
      .agg({
        sum_qty: 'sum(l_quantity)',
        sum_base_price: 'sum(l_extendedprice)',
        sum_disc_price: 'sum(l_extendedprice * (1 - l_discount))',
        sum_charge: 'sum(l_extendedprice * (1 - l_discount) * (1 + l_tax))',
        avg_qty: 'avg(l_quantity)',
        avg_price: 'avg(l_extendedprice)',
        avg_disc: 'avg(l_discount)',
        count_order: 'count(*)',
      })
      .sort('l_returnflag', 'l_linestatus'),
  polars: (table, polars) => {
    const { pl, date, decimal } = polars
    const mean = (name: string, as: string) => pl.col(name).cast(pl.Float64).mean().alias(as)
    const charge = discountedPrice(polars)
      .cast(pl.Decimal(38, 6))
      .mul(decimal('1').add(pl.col('l_tax')))
    return table('lineitem')
      .filter(pl.col('l_shipdate').ltEq(date('1998-09-02')))
      .groupBy(['l_returnflag', 'l_linestatus'])
      .agg(
        pl.col('l_quantity').sum().alias('sum_qty'),
        pl.col('l_extendedprice').sum().alias('sum_base_price'),
        discountedPrice(polars).sum().alias('sum_disc_price'),
        charge.sum().alias('sum_charge'),
        mean('l_quantity', 'avg_qty'),
        mean('l_extendedprice', 'avg_price'),
        mean('l_discount', 'avg_disc'),
        pl.len().alias('count_order'),
      )
      .sort(['l_returnflag', 'l_linestatus'])
  },
}
