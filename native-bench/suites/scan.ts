/** Reading files: formats, some of the columns, some of the rows, nested columns. */

import type { RaceSuite } from '../races/race.js'
import { COLUMN_RACES } from './scan/columns.js'
import { mixed, nested } from './scan/complex.js'
import { FORMAT_RACES } from './scan/formats.js'
import { SELECTIVITY_RACES } from './scan/selectivity.js'

export const scan: RaceSuite = {
  name: 'scan',
  title: 'Reading files',
  conditions: [
    'A run reads the file and reduces every column that it reads to one number: a sum, the sum of the lengths of texts, or the latest date. The file is in the cache of the operating system.',
    'parquet-wasm and hyparquet decode the columns into memory, row group by row group, and a loop in JavaScript adds them up; so does one over the records of newline-delimited JSON.',
    'Nested columns are read into memory, and looked into only after the time is taken.',
  ],
  races: [...FORMAT_RACES, ...COLUMN_RACES, ...SELECTIVITY_RACES, nested, mixed],
  quick: ['parquet-snappy', 'arrow', 'csv', 'ndjson', 'columns-4', 'keep-1-percent', 'nested'],
}
