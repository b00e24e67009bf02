/** A producer that goes on where it stood after a failure that may pass. */

import { isRetryable } from '../../../planner/errors.js'
import type { RetryOptions } from '../../../planner/run-options.js'
import type { Schema } from '../../../planner/types.js'
import { isPassing, Retries } from '../../recovery/retries.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'

export class RetryingProducer implements Producer {
  onRetry = (): void => {}

  constructor(
    private readonly producer: Producer,
    private readonly options: RetryOptions,
    private readonly checkCancelled: () => void,
  ) {
    producer.onRetry = () => this.onRetry()
  }

  get schema(): Schema | null {
    return this.producer.schema
  }

  get bounded(): boolean {
    return this.producer.bounded
  }

  get isResumable(): boolean {
    return this.producer.isResumable
  }

  get rows(): number | null {
    return this.producer.rows
  }

  get fingerprint(): Json {
    return this.producer.fingerprint
  }

  /** One that cannot go on in the middle is not tried again. */
  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const { producer } = this
    let reached = position
    let batches = producer.open(position)
    const passes = (error: unknown) => producer.isResumable && (isPassing(error) || isRetryable(error))
    const retries = new Retries(this.options, Math.random, passes)
    const asking = { checkCancelled: this.checkCancelled, onRetry: () => this.onRetry() }
    try {
      for (;;) {
        const next = await retries.run(async () => {
          try {
            return await batches.next()
          } catch (error) {
            // A generator that has failed gives nothing more.
            if (producer.isResumable) batches = producer.open(reached)
            throw error
          }
        }, asking)
        if (next.done === true) return
        reached = next.value.position
        yield next.value
      }
    } finally {
      await batches.return(undefined)
    }
  }

  close(): Promise<void> {
    return this.producer.close()
  }
}
