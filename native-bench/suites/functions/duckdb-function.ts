/** `discounted` as a scalar function of DuckDB. */

import { DOUBLE, type DuckDBDoubleVector, DuckDBScalarFunction } from '@duckdb/node-api'
import { type DuckDbEngine, duckDbAnswer } from '../../engines/duckdb.js'
import type { Field } from '../../races/field.js'
import { type Contestant, contestant, type Entrant } from '../../races/race.js'
import { discounted, discountedRow } from '../discounted.js'
import { duckDbPrices, PRICES } from './prices.js'

/** How the function gets a row: its two values, or an object of them. */
export type Call = 'discounted' | 'discounted_row'

const CALLS: Readonly<Record<Call, (price: number, discount: number) => number>> = {
  discounted,
  discounted_row: (price, discount) => discountedRow({ price, discount }).cents,
}

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
  register(engine, call)
  return contestant(
    () => engine.query(`select sum(${call}(price, discount)) from ${table}`),
    async (rows) => duckDbAnswer(rows),
    close,
  )
}

/** DuckDB calls it for a chunk at a time, on the main thread. A later registration replaces an earlier one. */
function register({ connection }: DuckDbEngine, call: Call): void {
  const calculate = CALLS[call]
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: call,
      parameterTypes: [DOUBLE, DOUBLE],
      returnType: DOUBLE,
      mainFunction: (_, chunk, output) => {
        const prices = chunk.getColumnVector(0) as DuckDBDoubleVector
        const discounts = chunk.getColumnVector(1) as DuckDBDoubleVector
        const cents = output as DuckDBDoubleVector
        // `rowCount` asks DuckDB each time: in the loop it would double the whole query's time.
        const rows = chunk.rowCount
        for (let row = 0; row < rows; row++) {
          cents.setItem(row, calculate(prices.getItem(row)!, discounts.getItem(row)!))
        }
        cents.flush()
      },
    }),
  )
}
