/** The function of a price and a discount as a scalar function of DuckDB. */

import { DOUBLE, type DuckDBConnection, type DuckDBDoubleVector, DuckDBScalarFunction } from '@duckdb/node-api'
import { discounted, discountedRow } from '../discounted.js'

/** How the function gets a row: its two values, or an object of them. */
export type Call = 'discounted' | 'discounted_row'

const CALLS: Readonly<Record<Call, (price: number, discount: number) => number>> = {
  discounted,
  discounted_row: (price, discount) => discountedRow({ price, discount }).cents,
}

/** DuckDB calls it for a chunk at a time, on the main thread. A later registration replaces an earlier one. */
export function registerCall(connection: DuckDBConnection, call: Call): void {
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
