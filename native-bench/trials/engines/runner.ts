/** What the process of a trial asks of an engine. */

import type { RunReport } from '../../../index.js'
import type { TrialReport } from '../trial.js'

export interface RunResult {
  /** Null where the engine does not say. */
  readonly rows: number | null
  readonly firstMilliseconds: number | null
  readonly strategies: RunReport['strategies'] | null
}

/** An engine that is open. */
export interface Runner {
  /** So far; engines that do not change their ways have none. */
  readonly switches?: TrialReport['switches']
  run(): Promise<RunResult>
  close(): Promise<void>
}

/** Takes all batches of a result and counts their rows. */
export async function consume<Batch>(
  open: () => AsyncIterable<Batch> | Promise<AsyncIterable<Batch>>,
  rowsOf: (batch: Batch) => number,
): Promise<Omit<RunResult, 'strategies'>> {
  const started = performance.now()
  let firstMilliseconds: number | null = null
  let rows = 0
  for await (const batch of await open()) {
    firstMilliseconds ??= performance.now() - started
    rows += rowsOf(batch)
  }
  return { rows, firstMilliseconds }
}
