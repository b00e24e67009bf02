/** Q6 with the columns that it reads in the memory of each engine. */

import { duckDbAnswer } from '../../engines/duckdb.js'
import { polarsAnswer } from '../../engines/polars.js'
import { volleyAnswer } from '../../engines/volley.js'
import { contestant, type Race } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'
import { q06 } from './queries/q06.js'

const COLUMNS = ['l_shipdate', 'l_discount', 'l_quantity', 'l_extendedprice']

export const q06Memory: Race = {
  name: 'q06-memory',
  title: 'TPC-H Q6 with the table in memory',
  sizes: ['small', 'medium', 'large'],
  engines: {
    volley: async (field) => {
      const [{ engine }, { lineitem }] = await Promise.all([field.volley(), field.tables.tpch()])
      const table = await engine
        .scanParquet(lineitem)
        .select(...COLUMNS)
        .collect()
      // One frame for all runs: it takes the table into the engine's memory once, as DuckDB's table is made once.
      const source = engine.fromArrow(table)
      return contestant(
        () => q06.volley(() => source).collect(),
        async (result) => volleyAnswer(result),
      )
    },
    duckdb: async (field) => {
      const [engine, { lineitem }] = await Promise.all([field.duckdb(), field.tables.tpch()])
      const table = `q06_lineitem_${field.size}`
      await engine.query(`create or replace table ${table} as select ${COLUMNS.join(', ')} from ${sqlText(lineitem)}`)
      return contestant(
        () => engine.query(q06.sql(() => table)),
        async (rows) => duckDbAnswer(rows),
        async () => {
          await engine.query(`drop table ${table}`)
        },
      )
    },
    polars: async (field) => {
      const [engine, { lineitem }] = await Promise.all([field.polars(), field.tables.tpch()])
      const data = await engine.pl
        .scanParquet(lineitem)
        .select(...COLUMNS)
        .collect()
      return contestant(
        () => q06.polars(() => data.lazy(), engine).collect(),
        async (result) => polarsAnswer(engine, result),
      )
    },
  },
}
