/** Records that a plan of several stages could not process, on their way to the dead letters of the stage that it runs for. */

import type { RecordBatch } from 'apache-arrow'
import type { RunOptions } from '../../../planner/run-options.js'
import type { StageErrors } from '../errors/stage-errors.js'

interface Rejected {
  readonly record: string
  readonly path: string | null
  readonly row_group: number | null
  readonly row: bigint | null
  readonly step: string
  readonly code: string
  readonly message: string
}

export class PlanRejects {
  private failure: { readonly reason: unknown } | null = null

  constructor(private readonly errors: StageErrors) {}

  /** For the run of the plan. */
  get options(): Pick<RunOptions, 'rejects'> {
    return { rejects: (batch) => this.take(batch) }
  }

  /** What ended the run: too many rejects are told as such, and not as a failure of what takes them. */
  reasonOf(error: unknown): unknown {
    return this.failure === null ? error : this.failure.reason
  }

  /** A record is as the step found it: not one of the stage's input, so that its columns are not told. */
  private async take(batch: RecordBatch): Promise<void> {
    try {
      for (const { path, row, ...rejected } of batch as unknown as Iterable<Rejected>) {
        const { record, row_group, step, code, message } = rejected
        await this.errors.rejectUnordered({
          record,
          source: path,
          row_group,
          row: row === null ? null : Number(row),
          step,
          code,
          message,
          columns: null,
        })
      }
    } catch (error) {
      this.failure ??= { reason: error }
      throw error
    }
  }
}
