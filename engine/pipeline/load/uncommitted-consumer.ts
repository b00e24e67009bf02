/** Consumers that cannot go on behind a checkpoint: epochs mean nothing to them. */

import type { Batch } from '../../../io/batch.js'
import type { Consumer, ConsumerResult, Json } from '../stage.js'

export abstract class UncommittedConsumer implements Consumer {
  readonly isResumable = false

  abstract open(state: Json | null): Promise<void>
  abstract write(batch: Batch): Promise<void>
  abstract finish(): Promise<ConsumerResult>
  abstract abort(keep: boolean): Promise<void>

  async prepare(): Promise<Json> {
    return null
  }

  async commit(): Promise<void> {}

  async committedEpoch(): Promise<number | null> {
    return null
  }
}
