/** What the benchmark runs: suites, each of which measures cases under one setting. */

import type { BenchTables } from '../data-fixtures/bench-tables.js'
import type { SizeName } from './races/race.js'
import type { Records } from './records.js'
import type { CaseResults, SuiteResults } from './results.js'

export interface Suite {
  readonly name: string
  /** One line. */
  readonly title: string
  /** Names of the cases that there are, for `--case`. */
  readonly cases: readonly string[]
  readonly measure: (setting: Setting) => Promise<SuiteResults>
}

/** Of every engine that takes part, untimed, before it is timed. */
export interface WarmUp {
  readonly runs: number
  /** At least. */
  readonly milliseconds: number
}

/** How to measure, as asked for on the command line. */
export interface Setting {
  /** Every suite in its smallest form: all of them are to end within two minutes together. */
  readonly quick: boolean
  readonly threads: number
  /** Timed runs of each engine. */
  readonly runs: number
  readonly warmUp: WarmUp
  /** Of every engine that takes one. */
  readonly memoryLimitBytes: number
  readonly sizes: readonly SizeName[]
  /** Whether a case, by its name, is wanted. */
  readonly wantsCase: (name: string) => boolean
  /** Whether an engine, as outcomes name it, is wanted, by its own name or the one that it begins with; the reference of a case is measured in any case. */
  readonly wantsEngine: (name: string) => boolean
  /** Limits of the suite `out-of-core`, in bytes. */
  readonly limits: readonly number[]
  /** Of the data of the suites `out-of-core` and `pipeline`: 1 is ten times the limit, and a stream of 60,000,000 rows. */
  readonly scale: number
  /** Longest time of one engine in the suite `out-of-core`. */
  readonly patienceMilliseconds: number
  /** Kept from one call of the benchmark to the next: generated files. */
  readonly dataDirectory: string
  /** The tables of so many rows, in it. */
  readonly tables: (rows: number) => BenchTables
  /**
   * Measures one case, or returns what an interrupted call measured under the same key, name and size, for `--resume`.
   * Shows progress. All that takes time is to be in `measure`.
   */
  readonly measured: (
    suite: string,
    name: string,
    size: string,
    measure: () => Promise<CaseResults>,
  ) => Promise<CaseResults>
  /** Parts of cases that take long. */
  readonly records: Records
  /** A line that the next one replaces; on a terminal only. */
  readonly progress: (text: string) => void
}
