/** The contract of everything a plan can write to. */

import type { Batch } from './batch.js'

/** What a sink wrote, for the run report. */
export interface SinkResult {
  readonly rows: number
  readonly bytesWritten: number
  readonly files: readonly string[]
}

/** Takes batches in order. Nothing appears under the final name before `finish`; `abort` leaves nothing behind. */
export interface Sink {
  /** Takes over the batch's blocks. Resolves when the sink can take more. */
  write(batch: Batch): Promise<void>
  finish(): Promise<SinkResult>
  /** Removes what was written. Safe to call after a failed `write` or `finish`. */
  abort(): Promise<void>
}
