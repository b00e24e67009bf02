/** The sum of what the function gives, by DuckDB. */

import { type DuckDbEngine, duckDbAnswer } from '../../engines/duckdb.js'
import type { Field } from '../../races/field.js'
import { type Contestant, contestant, type Entrant } from '../../races/race.js'
import { duckDbPrices, PRICES } from './prices.js'
import { type Call, registerCall } from './register-call.js'

export function duckDbOnFile(call: Call): Entrant {
  return async ({ duckdb, tables }) => {
    const [engine, { lineitem }] = [await duckdb(), await tables.tpch()]
    return summing(engine, call, duckDbPrices(lineitem))
  }
}

export function duckDbInMemory(call: Call): Entrant {
  return async ({ duckdb, tables }: Field) => {
    const [engine, { lineitem }] = [await duckdb(), await tables.tpch()]
    await engine.query(`create or replace table ${PRICES} as from ${duckDbPrices(lineitem)}`)
    return summing(engine, call, PRICES, async () => {
      await engine.query(`drop table ${PRICES}`)
    })
  }
}

function summing(engine: DuckDbEngine, call: Call, table: string, close?: () => Promise<void>): Contestant {
  registerCall(engine.connection, call)
  return contestant(
    () => engine.query(`select sum(${call}(price, discount)) from ${table}`),
    async (rows) => duckDbAnswer(rows),
    close,
  )
}
