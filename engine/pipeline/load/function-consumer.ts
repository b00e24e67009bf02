/** Rows that a function of the user's takes, batch by batch or record by record. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import { toRow } from '../../../io/records/row.js'
import { isRetryable, VolleyError } from '../../../planner/errors.js'
import type { FunctionDefinition } from '../../../planner/pipeline/definition.js'
import { Retries } from '../../recovery/retries.js'
import { failedRecord } from '../errors/dead-letter.js'
import { isolate, isRecordFault, partOf } from '../errors/record-faults.js'
import type { ConsumerResult } from '../stage.js'
import { type UserCall, userCall } from '../user-call.js'
import type { ConsumerSetting } from './setting.js'
import { UncommittedConsumer } from './uncommitted-consumer.js'

/** What the function was given cannot be taken back: a job that failed gives it the same again. */
export class FunctionConsumer extends UncommittedConsumer {
  private user: UserCall | null = null
  private rows = 0
  private readonly retries: Retries

  constructor(
    private readonly definition: FunctionDefinition,
    private readonly setting: ConsumerSetting,
  ) {
    super()
    this.retries = new Retries(setting.retries ?? { count: 0 })
  }

  get rejected(): number {
    return this.setting.errors?.()?.failed ?? 0
  }

  async open(): Promise<void> {
    this.user = await userCall(this.definition)
  }

  async write(batch: Batch): Promise<void> {
    const { memory } = this.setting.services
    try {
      if (this.definition.mode === 'batch') await this.load(batch, 0, batch.length)
      else for (let row = 0; row < batch.length; row++) await this.load(batch, row, 1)
    } finally {
      releaseBatch(memory, batch)
    }
  }

  async finish(): Promise<ConsumerResult> {
    return { rows: this.rows, bytesWritten: 0, outputs: [] }
  }

  async abort(): Promise<void> {}

  /** Leaves out what the function fails for, if that is asked for: of a batch, it is given the parts again. */
  private async load(batch: Batch, start: number, length: number): Promise<void> {
    const errors = this.setting.errors?.() ?? null
    const before = (errors?.records ?? 0) - start
    const attempt = async (from: number, rows: number): Promise<VolleyError | null> => {
      try {
        await this.retries.run(() => this.call(batch, from, rows), {
          checkCancelled: this.setting.services.run.context.checkCancelled,
          onRetry: () => {},
        })
      } catch (error) {
        if (errors === null || !isRecordFault(error)) throw error
        return error
      }
      this.rows += rows
      errors?.passed(rows)
      return null
    }
    const fault = await attempt(start, length)
    if (fault === null || errors === null) return
    const { memory } = this.setting.services
    await isolate(start, length, fault, {
      attempt,
      failed: (row, error) => errors.reject(failedRecord(memory.views, batch, row, { before, step: 'load', error })),
    })
  }

  private async call(batch: Batch, start: number, length: number): Promise<void> {
    const { id, services } = this.setting
    const { run, memory } = services
    const user = this.user ?? (await userCall(this.definition))
    const input =
      this.definition.mode === 'batch'
        ? await services.lease(partOf(run.context, batch, start, length))
        : toRow(memory.views, batch, start)
    try {
      await user.take(input, { stage: id, signal: services.signal })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const details = { stage: id, row: this.rows, ...(isRetryable(cause) ? { retryable: true } : {}) }
      throw new VolleyError('VOLLEY_USER_FUNCTION', `${user.label} failed: ${reason}`, details, cause)
    }
  }
}
