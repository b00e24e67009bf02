/** Important stock identification (TPC-H section 2.4.11). */

import type { TpchQuery } from '../query.js'

/** Of the value of all parts; as of scale 1, at other scales too. */
const FRACTION = '0.0001'

export const q11: TpchQuery = {
  name: 'q11',
  title: 'groups above a share of their total',
  sql: (table) => {
    const german = `${table('partsupp')}, ${table('supplier')}, ${table('nation')}
      where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY'`
    return `
    select ps_partkey, sum(ps_supplycost * ps_availqty) as value
    from ${german}
    group by ps_partkey
    having sum(ps_supplycost * ps_availqty) > (select sum(ps_supplycost * ps_availqty) * ${FRACTION} from ${german})
    order by value desc, ps_partkey`
  },
  volley: (table) =>
    table('partsupp')
      .join(table('supplier'), { leftOn: 'ps_suppkey', rightOn: 's_suppkey' })
      .join(table('nation').filter(`n_name = 'GERMANY'`), { leftOn: 's_nationkey', rightOn: 'n_nationkey' })
      .groupBy('ps_partkey')
      .agg({ value: 'sum(ps_supplycost * ps_availqty)' })
      .withColumns({ total: 'sum(value) over ()' })
      .filter(`value > total * ${FRACTION}`)
      .select('ps_partkey', 'value')
      .sort({ by: 'value', descending: true }, 'ps_partkey'),
  polars: (table, { pl }) => {
    const value = pl.col('value').cast(pl.Decimal(38, 6))
    return table('nation')
      .filter(pl.col('n_name').eq(pl.lit('GERMANY')))
      .join(table('supplier'), { leftOn: 'n_nationkey', rightOn: 's_nationkey' })
      .join(table('partsupp'), { leftOn: 's_suppkey', rightOn: 'ps_suppkey' })
      .groupBy('ps_partkey')
      .agg(
        pl
          .col('ps_supplycost')
          .mul(pl.col('ps_availqty').cast(pl.Decimal(38, 2)))
          .sum()
          .alias('value'),
      )
      .filter(value.gt(value.sum().mul(pl.lit(FRACTION).cast(pl.Decimal(38, 6)))))
      .sort(['value', 'ps_partkey'], [true, false])
  },
}
