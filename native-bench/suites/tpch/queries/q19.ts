/** Discounted revenue (TPC-H section 2.4.19). */

import { discountedPrice, type TpchQuery } from '../query.js'

interface Choice {
  readonly brand: string
  readonly containers: readonly string[]
  readonly leastQuantity: number
  readonly largestSize: number
}

/** The quantity is at most ten more than the least, the size at least 1. */
const CHOICES: readonly Choice[] = [
  { brand: 'Brand#12', containers: ['SM CASE', 'SM BOX', 'SM PACK', 'SM PKG'], leastQuantity: 1, largestSize: 5 },
  { brand: 'Brand#23', containers: ['MED BAG', 'MED BOX', 'MED PKG', 'MED PACK'], leastQuantity: 10, largestSize: 10 },
  { brand: 'Brand#34', containers: ['LG CASE', 'LG BOX', 'LG PACK', 'LG PKG'], leastQuantity: 20, largestSize: 15 },
]

const anyChoice = CHOICES.map(
  ({ brand, containers, leastQuantity, largestSize }) =>
    `(p_brand = '${brand}' and p_container in (${containers.map((one) => `'${one}'`).join(', ')})
      and l_quantity >= ${leastQuantity} and l_quantity <= ${leastQuantity + 10} and p_size between 1 and ${largestSize})`,
).join(' or ')

const SHIPPED = `l_shipmode in ('AIR', 'AIR REG') and l_shipinstruct = 'DELIVER IN PERSON'`

export const q19: TpchQuery = {
  name: 'q19',
  title: 'a join under alternatives of conditions on both sides',
  sql: (table) => `
    select sum(l_extendedprice * (1 - l_discount)) as revenue
    from ${table('lineitem')}, ${table('part')}
    where p_partkey = l_partkey and ${SHIPPED} and (${anyChoice})`,
  volley: (table) =>
    table('lineitem')
      .filter(SHIPPED)
      .join(table('part'), { leftOn: 'l_partkey', rightOn: 'p_partkey' })
      .filter(anyChoice)
      .groupBy()
      .agg({ revenue: 'sum(l_extendedprice * (1 - l_discount))' }),
  polars: (table, polars) => {
    const { pl, decimal } = polars
    const [quantity, size] = [pl.col('l_quantity'), pl.col('p_size')]
    const [first, ...others] = CHOICES.map(({ brand, containers, leastQuantity, largestSize }) =>
      pl
        .col('p_brand')
        .eq(pl.lit(brand))
        .and(pl.col('p_container').isIn(containers))
        .and(quantity.gtEq(decimal(String(leastQuantity))))
        .and(quantity.ltEq(decimal(String(leastQuantity + 10))))
        .and(size.gtEq(1))
        .and(size.ltEq(largestSize)),
    )
    return table('lineitem')
      .filter(
        pl
          .col('l_shipmode')
          .isIn(['AIR', 'AIR REG'])
          .and(pl.col('l_shipinstruct').eq(pl.lit('DELIVER IN PERSON'))),
      )
      .join(table('part'), { leftOn: 'l_partkey', rightOn: 'p_partkey' })
      .filter(others.reduce((either, or) => either.or(or), first))
      .select(discountedPrice(polars).sum().alias('revenue'))
  },
}
