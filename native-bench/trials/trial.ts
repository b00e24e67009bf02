/** A trial: one engine, doing one piece of work in a process of its own, and what the two processes tell each other. */

import type { RunReport, StrategyName } from '../../index.js'
import type { EngineName } from '../races/race.js'
import type { MemoryCourse } from '../results.js'

/** An engine, and for volley the strategy that it is asked for. */
export interface Contender {
  /** In reports: `volley bulk`. */
  readonly label: string
  readonly engine: Extract<EngineName, 'volley' | 'duckdb' | 'polars'>
  readonly strategy: StrategyName
}

/** Where results go: into a Parquet file, or batch by batch to code that drops them. */
export type Consumer = 'parquet' | 'stream'

/** From the harness to the process of the trial. */
export interface TrialRequest {
  readonly contender: Contender
  /** The name of one of `WORKS`. */
  readonly work: string
  /** Files by table. */
  readonly inputs: Readonly<Record<string, readonly string[]>>
  readonly consumer: Consumer
  readonly output: string
  readonly tempDirectory: string
  readonly threads: number
  /** Bytes; null: the engine's own default. */
  readonly memoryLimit: number | null
  readonly runs: number
}

/** One of the trial's runs. */
export interface TrialRun {
  readonly milliseconds: number
  /** Until the first batch was there; null where results go to a file. */
  readonly firstMilliseconds: number | null
  /** Of the result; null where the engine does not say. */
  readonly rows: number | null
}

export interface TrialReport {
  readonly runs: readonly TrialRun[]
  /** Resident before the first run, with the engine open. */
  readonly startBytes: number
  /** The most that was resident since then. */
  readonly peakBytes: number
  /** Of the last run; null where the engine does not say. */
  readonly strategies: RunReport['strategies'] | null
  /** Changes of strategy, with the time since the process began. */
  readonly switches: MemoryCourse['switches']
}

/** From the process of the trial: sent once. */
export type TrialMessage = TrialReport | { readonly failure: string; readonly unsupported: boolean }
