/** TPC-H Q1: nearly every row, a few groups, eight aggregates. */

import { contestant, type Suite } from '../contest.js'
import { duckDbAnswer } from '../engines/duckdb.js'
import { polarsAnswer } from '../engines/polars.js'
import { volleyAnswer } from '../engines/volley.js'

const KEYS = ['l_returnflag', 'l_linestatus']
const AGGREGATES: Readonly<Record<string, string>> = {
  sum_quantity: 'sum(l_quantity)',
  sum_base_price: 'sum(l_extendedprice)',
  sum_discounted: 'sum(l_extendedprice * (1 - l_discount))',
  sum_charge: 'sum(l_extendedprice * (1 - l_discount) * (1 + l_tax))',
  mean_quantity: 'avg(l_quantity)',
  mean_price: 'avg(l_extendedprice)',
  mean_discount: 'avg(l_discount)',
  orders: 'count(*)',
}
const WHERE = `l_shipdate <= date '1998-09-02'`

export const q1: Suite = {
  name: 'q1',
  title: 'Group by, eight aggregates (TPC-H Q1)',
  prepare: async ({ volley, duckdb, polars, files }) => {
    const { pl, decimal, date } = polars
    const price = pl.col('l_extendedprice')
    // A product takes the larger scale of its operands: the casts keep it exact.
    const discounted = price.cast(pl.Decimal(38, 4)).mul(decimal('1').sub(pl.col('l_discount')))
    const mean = (name: string) => pl.col(name).cast(pl.Float64).mean()
    const list = Object.entries(AGGREGATES).map(([name, aggregate]) => `${aggregate} as ${name}`)
    return [
      contestant(
        'volley',
        () =>
          volley.engine
            .scanParquet(files.lineitem)
            .filter(WHERE)
            .groupBy(...KEYS)
            .agg(AGGREGATES)
            .sort(...KEYS)
            .collect(),
        async (table) => volleyAnswer(table),
      ),
      contestant(
        'duckdb',
        () =>
          duckdb.query(`select ${KEYS.join(', ')}, ${list.join(', ')} from '${files.lineitem}' where ${WHERE}
            group by all order by all`),
        async (rows) => duckDbAnswer(rows),
      ),
      contestant(
        'polars',
        () =>
          pl
            .scanParquet(files.lineitem)
            .filter(pl.col('l_shipdate').ltEq(date('1998-09-02')))
            .groupBy(KEYS)
            .agg(
              pl.col('l_quantity').sum().alias('sum_quantity'),
              price.sum().alias('sum_base_price'),
              discounted.sum().alias('sum_discounted'),
              discounted
                .cast(pl.Decimal(38, 6))
                .mul(decimal('1').add(pl.col('l_tax')))
                .sum()
                .alias('sum_charge'),
              mean('l_quantity').alias('mean_quantity'),
              mean('l_extendedprice').alias('mean_price'),
              mean('l_discount').alias('mean_discount'),
              pl.len().alias('orders'),
            )
            .sort(KEYS)
            .collect(),
        async (data) => polarsAnswer(polars, data),
      ),
    ]
  },
}
