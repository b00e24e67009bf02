/** TPC-H Q6: scan, filter on three columns, one exact sum. From the file, and with the table in memory. */

import type { Frame } from '../../index.js'
import { type Contestant, contestant, type Field, type Suite } from '../contest.js'
import { duckDbAnswer } from '../engines/duckdb.js'
import { type PolarsFrame, polarsAnswer } from '../engines/polars.js'
import { volleyAnswer } from '../engines/volley.js'

const COLUMNS = ['l_shipdate', 'l_discount', 'l_quantity', 'l_extendedprice']

function duckDbQuery(table: string): string {
  return `select sum(l_extendedprice * l_discount) from ${table}
    where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
      and l_discount between 0.05 and 0.07 and l_quantity < 24`
}

function volleyQuery(table: Frame): Frame {
  return table
    .filter(`l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
      and l_discount between 0.05 and 0.07 and l_quantity < 24`)
    .groupBy()
    .agg({ revenue: 'sum(l_extendedprice * l_discount)' })
}

function polarsQuery({ polars }: Field, table: PolarsFrame): PolarsFrame {
  const { pl, decimal, date } = polars
  return (
    table
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
      .select(pl.col('l_extendedprice').cast(pl.Decimal(38, 4)).mul(pl.col('l_discount')).sum())
  )
}

export const q6: Suite = {
  name: 'q6',
  title: 'Scan, filter, sum (TPC-H Q6)',
  prepare: async (field): Promise<Contestant[]> => {
    const { volley, duckdb, polars, files } = field
    return [
      contestant(
        'volley',
        () => volleyQuery(volley.engine.scanParquet(files.lineitem)).collect(),
        async (table) => volleyAnswer(table),
      ),
      contestant(
        'duckdb',
        () => duckdb.query(duckDbQuery(`'${files.lineitem}'`)),
        async (rows) => duckDbAnswer(rows),
      ),
      contestant(
        'polars',
        () => polarsQuery(field, polars.pl.scanParquet(files.lineitem)).collect(),
        async (data) => polarsAnswer(polars, data),
      ),
    ]
  },
}

export const q6Memory: Suite = {
  name: 'q6-memory',
  title: 'The same with the table in memory',
  prepare: async (field): Promise<Contestant[]> => {
    const { volley, duckdb, polars, files } = field
    const list = COLUMNS.join(', ')
    const table = await volley.engine
      .scanParquet(files.lineitem)
      .select(...COLUMNS)
      .collect()
    // One frame for all runs: it takes the table into the engine's memory once, as DuckDB's table is made once.
    const source = volley.engine.fromArrow(table)
    await duckdb.query(`create or replace table q6_lineitem as select ${list} from '${files.lineitem}'`)
    const data = await polars.pl
      .scanParquet(files.lineitem)
      .select(...COLUMNS)
      .collect()
    return [
      contestant(
        'volley',
        () => volleyQuery(source).collect(),
        async (result) => volleyAnswer(result),
      ),
      contestant(
        'duckdb',
        () => duckdb.query(duckDbQuery('q6_lineitem')),
        async (rows) => duckDbAnswer(rows),
      ),
      contestant(
        'polars',
        () => polarsQuery(field, data.lazy()).collect(),
        async (result) => polarsAnswer(polars, result),
      ),
    ]
  },
}
