/** TPC-H Q3: two joins, many groups, the ten largest. */

import { contestant, type Suite } from '../contest.js'
import { duckDbAnswer } from '../engines/duckdb.js'
import { polarsAnswer } from '../engines/polars.js'
import { volleyAnswer } from '../engines/volley.js'

const DAY = '1995-03-15'
const COLUMNS = ['l_orderkey', 'revenue', 'o_orderdate', 'o_shippriority']

export const q3: Suite = {
  name: 'q3',
  title: 'Join three tables, group, top 10 (TPC-H Q3)',
  prepare: async ({ volley, duckdb, polars, files }) => {
    const { engine } = volley
    const { pl, decimal, date } = polars
    return [
      contestant(
        'volley',
        () =>
          engine
            .scanParquet(files.lineitem)
            .filter(`l_shipdate > date '${DAY}'`)
            .join(
              engine
                .scanParquet(files.orders)
                .filter(`o_orderdate < date '${DAY}'`)
                .join(engine.scanParquet(files.customer).filter(`c_mktsegment = 'BUILDING'`), {
                  leftOn: 'o_custkey',
                  rightOn: 'c_custkey',
                  how: 'inner',
                }),
              { leftOn: 'l_orderkey', rightOn: 'o_orderkey', how: 'inner' },
            )
            .groupBy('l_orderkey', 'o_orderdate', 'o_shippriority')
            .agg({ revenue: 'sum(l_extendedprice * (1 - l_discount))' })
            .select(...COLUMNS)
            .sort({ by: 'revenue', descending: true }, 'o_orderdate', 'l_orderkey')
            .limit(10)
            .collect(),
        async (table) => volleyAnswer(table),
      ),
      contestant(
        'duckdb',
        () =>
          duckdb.query(`
            select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority
            from '${files.customer}', '${files.orders}', '${files.lineitem}'
            where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey
              and o_orderdate < date '${DAY}' and l_shipdate > date '${DAY}'
            group by l_orderkey, o_orderdate, o_shippriority
            order by revenue desc, o_orderdate, l_orderkey limit 10`),
        async (rows) => duckDbAnswer(rows),
      ),
      contestant(
        'polars',
        () =>
          pl
            .scanParquet(files.customer)
            .filter(pl.col('c_mktsegment').eq(pl.lit('BUILDING')))
            .join(pl.scanParquet(files.orders).filter(pl.col('o_orderdate').lt(date(DAY))), {
              leftOn: 'c_custkey',
              rightOn: 'o_custkey',
            })
            .join(pl.scanParquet(files.lineitem).filter(pl.col('l_shipdate').gt(date(DAY))), {
              leftOn: 'o_orderkey',
              rightOn: 'l_orderkey',
            })
            .groupBy(['o_orderkey', 'o_orderdate', 'o_shippriority'])
            .agg(
              pl
                .col('l_extendedprice')
                .cast(pl.Decimal(38, 4))
                .mul(decimal('1').sub(pl.col('l_discount')))
                .sum()
                .alias('revenue'),
            )
            .select(pl.col('o_orderkey').alias('l_orderkey'), ...COLUMNS.slice(1).map((name) => pl.col(name)))
            .sort([pl.col('revenue'), pl.col('o_orderdate'), pl.col('l_orderkey')], [true, false, false])
            .head(10)
            .collect(),
        async (data) => polarsAnswer(polars, data),
      ),
    ]
  },
}
