/** JavaScript functions inside queries: for each batch of rows, for each row, and as JSONata. */

import type { RaceSuite } from '../../races/race.js'
import { batchesFile, batchesMemory } from './batches.js'
import { jsonataRecords } from './jsonata.js'
import { rowsFile, rowsMemory } from './rows.js'

export const functions: RaceSuite = {
  name: 'functions',
  title: 'JavaScript functions inside queries',
  conditions: [
    'The function takes a price and a discount and gives whole cents; the result of a run is their sum. Of a batch it gets the columns, of a row an object with the two values.',
    'volley calls it in its worker threads, on the columns in shared memory. DuckDB calls a registered scalar function in the main thread, for a vector of up to 2,048 rows at a time, whose values it takes out one by one. Polars runs no JavaScript inside a query: columns or rows are taken out, and the results put back.',
    'What is in memory was loaded, by each engine into its own form, before the time is taken.',
  ],
  races: [batchesFile, batchesMemory, rowsFile, rowsMemory, jsonataRecords],
  quick: ['batches-memory', 'rows-memory', 'jsonata'],
}
