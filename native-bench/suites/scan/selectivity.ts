/** A Parquet file, of which a filter keeps few rows or many. */

import { duckDbAnswer } from '../../engines/duckdb.js'
import { type PolarsEngine, type PolarsExpression, polarsAnswer } from '../../engines/polars.js'
import { volleyAnswer } from '../../engines/volley.js'
import { contestant, type Race } from '../../races/race.js'
import { FOUR_COLUMNS, polarsSums, sqlSums } from './lineitem-sums.js'

/** A condition; `rows` is about the number of lines, and the largest l_orderkey. */
interface Condition {
  readonly name: string
  readonly title: string
  readonly sql: (rows: number) => string
  readonly polars: (engine: PolarsEngine, rows: number) => PolarsExpression
}

const hundredth = (rows: number): [number, number] => [Math.round(rows * 0.5), Math.round(rows * 0.51)]

const CONDITIONS: readonly Condition[] = [
  {
    name: 'keep-0.01-percent',
    title: 'Parquet, filter that keeps 0.01 % of the rows',
    sql: () => `l_shipdate = date '1995-03-15' and l_quantity <= 12`,
    polars: ({ pl, date, decimal }) =>
      pl
        .col('l_shipdate')
        .eq(date('1995-03-15'))
        .and(pl.col('l_quantity').ltEq(decimal('12'))),
  },
  {
    name: 'keep-1-percent',
    title: 'Parquet, filter that keeps 1 % of the rows',
    sql: () => `l_shipdate >= date '1995-03-15' and l_shipdate < date '1995-04-09'`,
    polars: ({ pl, date }) =>
      pl
        .col('l_shipdate')
        .gtEq(date('1995-03-15'))
        .and(pl.col('l_shipdate').lt(date('1995-04-09'))),
  },
  {
    name: 'keep-1-percent-sorted',
    title: 'Parquet, filter that keeps 1 % of the rows, on the column by which they are sorted',
    sql: (rows) => `l_orderkey between ${hundredth(rows).join(' and ')}`,
    polars: ({ pl }, rows) => {
      const [least, most] = hundredth(rows)
      return pl
        .col('l_orderkey')
        .gtEq(pl.lit(least))
        .and(pl.col('l_orderkey').ltEq(pl.lit(most)))
    },
  },
  {
    name: 'keep-50-percent',
    title: 'Parquet, filter that keeps half of the rows',
    sql: () => 'l_quantity <= 25',
    polars: ({ pl, decimal }) => pl.col('l_quantity').ltEq(decimal('25')),
  },
]

function selectivity({ name, title, sql, polars: condition }: Condition): Race {
  return {
    name,
    title,
    sizes: ['small', 'medium', 'large'],
    engines: {
      volley: async ({ volley, tables }) => {
        const [{ engine }, { lineitem }] = [await volley(), await tables.tpch()]
        return contestant(
          () => engine.scanParquet(lineitem).filter(sql(tables.rows)).groupBy().agg(sqlSums(FOUR_COLUMNS)).collect(),
          async (table) => volleyAnswer(table),
        )
      },
      duckdb: async ({ duckdb, tables }) => {
        const [{ query }, { lineitem }] = [await duckdb(), await tables.tpch()]
        const list = Object.values(sqlSums(FOUR_COLUMNS)).join(', ')
        return contestant(
          () => query(`select ${list} from '${lineitem}' where ${sql(tables.rows)}`),
          async (rows) => duckDbAnswer(rows),
        )
      },
      polars: async ({ polars, tables }) => {
        const [engine, { lineitem }] = [await polars(), await tables.tpch()]
        return contestant(
          () =>
            engine.pl
              .scanParquet(lineitem)
              .filter(condition(engine, tables.rows))
              .select(...polarsSums(engine, FOUR_COLUMNS))
              .collect(),
          async (data) => polarsAnswer(engine, data),
        )
      },
    },
  }
}

export const SELECTIVITY_RACES: readonly Race[] = CONDITIONS.map(selectivity)
