/** Runs a consumer: writes what comes in, and makes it durable at barriers. */

import type { Consumer } from '../stage.js'
import type { Barriers } from './barriers.js'
import type { StageCounter } from './counts.js'
import type { Inbox } from './inbox.js'

export interface ConsumerRun {
  readonly id: string
  readonly consumer: Consumer
  readonly inbox: Inbox
  readonly barriers: Barriers<unknown>
  readonly counter: StageCounter
}

export class ConsumerRunner {
  constructor(private readonly run: ConsumerRun) {}

  fail(reason: unknown): void {
    this.run.inbox.fail(reason)
  }

  /** Resolves when all inputs have ended and are written. The consumer is not finished. */
  async go(): Promise<void> {
    const { id, consumer, inbox, barriers, counter } = this.run
    for (;;) {
      const item = await inbox.receive(null)
      switch (item.kind) {
        case 'batch':
          counter.takeIn(item.batch.length, item.bytes)
          await counter.busy.during(() => consumer.write(item.batch))
          break
        case 'barrier':
          await barriers.consumed(id)
          break
        case 'end':
          barriers.consumerEnded(id)
          return
        case 'due':
          break
      }
    }
  }
}
