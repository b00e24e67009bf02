/** A query of TPC-H as a race over Parquet files. */

import { duckDbAnswer } from '../../engines/duckdb.js'
import { polarsAnswer } from '../../engines/polars.js'
import { volleyAnswer } from '../../engines/volley.js'
import type { Field } from '../../races/field.js'
import { contestant, type Entrant, type Race } from '../../races/race.js'
import { sqlText } from '../../sql-text.js'
import type { TpchQuery } from './query.js'

/** Plans are made anew, and files opened, in each run. */
export function queryRace(query: TpchQuery): Race {
  return {
    name: query.name,
    title: `TPC-H Q${Number(query.name.slice(1))}: ${query.title}`,
    sizes: ['small', 'medium', 'large'],
    engines: { volley: volley(query), duckdb: duckdb(query), polars: polars(query) },
  }
}

function volley(query: TpchQuery): Entrant {
  return async (field: Field) => {
    const [{ engine }, files] = await Promise.all([field.volley(), field.tables.tpch()])
    return contestant(
      () => query.volley((name) => engine.scanParquet(files[name])).collect(),
      async (table) => volleyAnswer(table),
    )
  }
}

function duckdb(query: TpchQuery): Entrant {
  return async (field: Field) => {
    const [engine, files] = await Promise.all([field.duckdb(), field.tables.tpch()])
    const sql = query.sql((name) => sqlText(files[name]))
    return contestant(
      () => engine.query(sql),
      async (rows) => duckDbAnswer(rows),
    )
  }
}

function polars(query: TpchQuery): Entrant {
  return async (field: Field) => {
    const [engine, files] = await Promise.all([field.polars(), field.tables.tpch()])
    return contestant(
      () => query.polars((name) => engine.pl.scanParquet(files[name]), engine).collect({ streaming: true }),
      async (data) => polarsAnswer(engine, data),
    )
  }
}
