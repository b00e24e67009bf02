/** A setting of the benchmark that measures as little as can be. */

import type { BenchTables } from '../../data-fixtures/bench-tables.js'
import { NO_RECORDS } from '../../native-bench/records.js'
import type { Setting } from '../../native-bench/suite.js'
import { temporaryDirectory } from './parquet-files.js'

/** To be called outside of tests: its directory goes when those of the file have run. */
export function quickSetting(
  tables: (rows: number) => BenchTables = () => {
    throw new Error('this suite was not to ask for tables')
  },
): Setting {
  return {
    quick: true,
    threads: 1,
    runs: 1,
    warmUp: { runs: 0, milliseconds: 0 },
    // More than a process has come to use that has run other tests before.
    memoryLimitBytes: 8e9,
    sizes: ['small'],
    limits: [384e6],
    scale: 0.001,
    patienceMilliseconds: 30_000,
    records: NO_RECORDS,
    wantsCase: () => true,
    wantsEngine: () => true,
    dataDirectory: temporaryDirectory(),
    tables,
    measured: (_suite, _name, _size, measure) => measure(),
    progress: () => {},
  }
}
