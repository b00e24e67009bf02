/** A Parquet file of sixteen columns, of which some are read. */

import { duckDbAnswer } from '../../engines/duckdb.js'
import { polarsAnswer } from '../../engines/polars.js'
import { volleyAnswer } from '../../engines/volley.js'
import { contestant, type Race } from '../../races/race.js'
import { codecAnswer, hyparquetSums, parquetWasmSums } from './codec-sums.js'
import { ALL_COLUMNS, FOUR_COLUMNS, ONE_COLUMN, polarsSums, sqlSums } from './lineitem-sums.js'

function selection(columns: readonly string[]): Race {
  return {
    name: `columns-${columns.length}`,
    title: `Parquet, ${columns.length} of ${ALL_COLUMNS.length} columns`,
    sizes: ['small', 'medium', 'large'],
    engines: {
      volley: async ({ volley, tables }) => {
        const [{ engine }, { lineitem }] = [await volley(), await tables.tpch()]
        return contestant(
          () => engine.scanParquet(lineitem).groupBy().agg(sqlSums(columns)).collect(),
          async (table) => volleyAnswer(table),
        )
      },
      duckdb: async ({ duckdb, tables }) => {
        const [{ query }, { lineitem }] = [await duckdb(), await tables.tpch()]
        return contestant(
          () => query(`select ${Object.values(sqlSums(columns)).join(', ')} from '${lineitem}'`),
          async (rows) => duckDbAnswer(rows),
        )
      },
      polars: async ({ polars, tables }) => {
        const [engine, { lineitem }] = [await polars(), await tables.tpch()]
        return contestant(
          () =>
            engine.pl
              .scanParquet(lineitem)
              .select(...polarsSums(engine, columns))
              .collect(),
          async (data) => polarsAnswer(engine, data),
        )
      },
      'parquet-wasm': async ({ parquetWasm, tables }) => {
        const [engine, { lineitem }] = [await parquetWasm(), await tables.tpch()]
        return contestant(
          () => parquetWasmSums(engine, lineitem, columns),
          async (sums) => codecAnswer(sums),
        )
      },
      hyparquet: async ({ hyparquet, tables }) => {
        const [engine, { lineitem }] = [await hyparquet(), await tables.tpch()]
        return contestant(
          () => hyparquetSums(engine, lineitem, columns),
          async (sums) => codecAnswer(sums),
        )
      },
    },
  }
}

export const COLUMN_RACES: readonly Race[] = [ONE_COLUMN, FOUR_COLUMNS, ALL_COLUMNS].map(selection)
