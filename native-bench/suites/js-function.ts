/** The JavaScript function of the suites as a scalar function of DuckDB. */

import { DOUBLE, type DuckDBConnection, type DuckDBDoubleVector, DuckDBScalarFunction } from '@duckdb/node-api'
import { discounted } from './discounted.js'

/** Registered once per connection; DuckDB calls it for a chunk at a time, on the main thread. */
export function registerDiscounted(connection: DuckDBConnection): void {
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: 'discounted',
      parameterTypes: [DOUBLE, DOUBLE],
      returnType: DOUBLE,
      mainFunction: (_, chunk, output) => {
        const prices = chunk.getColumnVector(0) as DuckDBDoubleVector
        const discounts = chunk.getColumnVector(1) as DuckDBDoubleVector
        const cents = output as DuckDBDoubleVector
        // `rowCount` asks DuckDB each time: in the loop it would double the whole query's time.
        const rows = chunk.rowCount
        for (let row = 0; row < rows; row++) {
          cents.setItem(row, discounted(prices.getItem(row)!, discounts.getItem(row)!))
        }
        cents.flush()
      },
    }),
  )
}
