/** Rows that a function of the user's takes, batch by batch or record by record. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import { toRow } from '../../../io/records/row.js'
import { isRetryable, VolleyError } from '../../../planner/errors.js'
import type { FunctionDefinition } from '../../../planner/pipeline/definition.js'
import type { Consumer, ConsumerResult, Json } from '../stage.js'
import { type UserCall, userCall } from '../user-call.js'
import type { ConsumerSetting } from './setting.js'

/** What the function was given cannot be taken back: a job that failed gives it the same again. */
export class FunctionConsumer implements Consumer {
  readonly isResumable = false
  private user: UserCall | null = null
  private rows = 0

  constructor(
    private readonly definition: FunctionDefinition,
    private readonly setting: ConsumerSetting,
  ) {}

  async open(): Promise<void> {
    this.user = await userCall(this.definition)
  }

  async write(batch: Batch): Promise<void> {
    if (this.definition.mode === 'batch') {
      await this.call(this.setting.services.lease(batch))
      this.rows += batch.length
      return
    }
    const { memory } = this.setting.services
    try {
      for (let row = 0; row < batch.length; row++) {
        await this.call(toRow(memory.views, batch, row))
        this.rows++
      }
    } finally {
      releaseBatch(memory, batch)
    }
  }

  async prepare(): Promise<Json> {
    return null
  }

  async commit(): Promise<void> {}

  async committedEpoch(): Promise<number | null> {
    return null
  }

  async finish(): Promise<ConsumerResult> {
    return { rows: this.rows, bytesWritten: 0, outputs: [] }
  }

  async abort(): Promise<void> {}

  private async call(input: unknown): Promise<void> {
    const { id, services } = this.setting
    const user = this.user ?? (await userCall(this.definition))
    try {
      await user.take(input, { stage: id, signal: services.signal })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const details = { stage: id, row: this.rows, ...(isRetryable(cause) ? { retryable: true } : {}) }
      throw new VolleyError('VOLLEY_USER_FUNCTION', `${user.label} failed: ${reason}`, details, cause)
    }
  }
}
