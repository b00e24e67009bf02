/** A JavaScript function called for every row with two of its values, and the sum of what it returns. */

import { DOUBLE, type DuckDBConnection, type DuckDBDoubleVector, DuckDBScalarFunction } from '@duckdb/node-api'
import { Field as ArrowField, Float64, Schema } from 'apache-arrow'
import type { Frame } from '../../index.js'
import { contestant, type Field, type Suite } from '../contest.js'
import { duckDbAnswer } from '../engines/duckdb.js'
import { type PolarsData, type PolarsFrame, polarsAnswer } from '../engines/polars.js'
import { volleyAnswer } from '../engines/volley.js'
import { discounted } from './discounted.js'

const MODULE = new URL('./discounted.js', import.meta.url).href
const RESULT = new Schema([new ArrowField('cents', new Float64(), false)])
const COLUMNS = ['l_extendedprice::double as price', 'l_discount::double as discount']

function volleyQuery(table: Frame): Frame {
  return table
    .mapBatches({ module: MODULE, function: 'discountedBatch' }, { schema: RESULT })
    .groupBy()
    .agg({ total: 'sum(cents)' })
}

function duckDbQuery(table: string): string {
  return `select sum(discounted(price, discount)) from ${table}`
}

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

function polarsColumns({ polars }: Field, path: string): PolarsFrame {
  const { pl } = polars
  const double = (name: string, as: string) => pl.col(name).cast(pl.Float64).alias(as)
  return pl.scanParquet(path).select(double('l_extendedprice', 'price'), double('l_discount', 'discount'))
}

/** Polars runs no JavaScript inside a query: the columns are taken out as typed arrays and the result put back. */
function polarsApply({ polars }: Field, data: PolarsData): PolarsData {
  const prices = data.getColumn('price').toTypedArray()
  const discounts = data.getColumn('discount').toTypedArray()
  const cents = new Float64Array(prices.length)
  for (let row = 0; row < cents.length; row++) cents[row] = discounted(prices[row], discounts[row])
  return polars.pl.DataFrame({ cents }).select(polars.pl.col('cents').sum())
}

export const jsFunction: Suite = {
  name: 'js-function',
  title: 'JavaScript function of two columns, per row',
  prepare: async (field) => {
    const { volley, duckdb, polars, files } = field
    registerDiscounted(duckdb.connection)
    return [
      contestant(
        'volley',
        () => volleyQuery(volley.engine.scanParquet(files.lineitem).select(...COLUMNS)).collect(),
        async (table) => volleyAnswer(table),
      ),
      contestant(
        'duckdb',
        () => duckdb.query(duckDbQuery(`(select ${COLUMNS.join(', ')} from '${files.lineitem}')`)),
        async (rows) => duckDbAnswer(rows),
      ),
      contestant(
        'polars',
        async () => polarsApply(field, await polarsColumns(field, files.lineitem).collect()),
        async (data) => polarsAnswer(polars, data),
      ),
    ]
  },
}

export const jsFunctionMemory: Suite = {
  name: 'js-function-memory',
  title: 'The same with the columns in memory',
  prepare: async (field) => {
    const { volley, duckdb, polars, files } = field
    registerDiscounted(duckdb.connection)
    const table = await volley.engine
      .scanParquet(files.lineitem)
      .select(...COLUMNS)
      .collect()
    // One frame for all runs: it takes the table into the engine's memory once, as DuckDB's table is made once.
    const source = volley.engine.fromArrow(table)
    await duckdb.query(`create or replace table prices as select ${COLUMNS.join(', ')} from '${files.lineitem}'`)
    const data = await polarsColumns(field, files.lineitem).collect()
    return [
      contestant(
        'volley',
        () => volleyQuery(source).collect(),
        async (result) => volleyAnswer(result),
      ),
      contestant(
        'duckdb',
        () => duckdb.query(duckDbQuery('prices')),
        async (rows) => duckDbAnswer(rows),
      ),
      contestant(
        'polars',
        async () => polarsApply(field, data),
        async (result) => polarsAnswer(polars, result),
      ),
    ]
  },
}
