/** The records of one run that could not be processed, on their way to whoever takes them. */

import { VolleyError } from '../../planner/errors.js'
import type { RejectHandler } from '../../planner/run-options.js'
import { unlessCancelled } from '../cancellation.js'
import { batchOfRejects, errorOf, type RejectedRecord } from './rejected-record.js'

/** Records of a batch at most. */
const BATCH_ROWS = 8192

export class Rejects {
  private taken = 0
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly handler: RejectHandler,
    /** Records beyond these fail the run. */
    private readonly most: number,
  ) {}

  /** Records so far. */
  get count(): number {
    return this.taken
  }

  /**
   * Hands records over, in the order of the calls; waits for the handler, but not for ever once the run is cancelled.
   *
   * @throws VolleyError VOLLEY_TOO_MANY_REJECTS when those that are allowed have been handed over and there are more,
   *   VOLLEY_USER_FUNCTION if the handler fails.
   */
  take(records: readonly RejectedRecord[], checkCancelled: () => void): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    const room = Math.max(0, this.most - this.taken)
    this.taken += records.length
    const delivered = this.last.then(async () => {
      await this.handOver(records.slice(0, room), checkCancelled)
      if (records.length > room) throw this.tooMany(records[room])
    })
    this.last = delivered.catch(() => undefined)
    return delivered
  }

  private async handOver(records: readonly RejectedRecord[], checkCancelled: () => void): Promise<void> {
    for (let start = 0; start < records.length; start += BATCH_ROWS) {
      try {
        const batch = batchOfRejects(records.slice(start, start + BATCH_ROWS))
        await unlessCancelled(Promise.resolve(this.handler(batch)), checkCancelled)
      } catch (cause) {
        checkCancelled()
        const message = cause instanceof Error ? cause.message : String(cause)
        throw new VolleyError('VOLLEY_USER_FUNCTION', `what takes rejected records failed: ${message}`, {}, cause)
      }
    }
  }

  private tooMany(first: RejectedRecord): VolleyError {
    const error = errorOf(first)
    return new VolleyError(
      'VOLLEY_TOO_MANY_REJECTS',
      `more than ${this.most} ${this.most === 1 ? 'record was' : 'records were'} rejected, which is as many as maxRejects ` +
        `allows; the first beyond: ${error.message}`,
      { ...error.details, maxRejects: this.most },
      error,
    )
  }
}
