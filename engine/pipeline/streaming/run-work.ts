/** Runs a work: what a processor or an accumulator does with the batches that come in. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch, retainBatch } from '../../../io/block-sharing.js'
import type { RetryOptions } from '../../../planner/run-options.js'
import { Retries } from '../../recovery/retries.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Output, StageWork } from '../stage.js'
import type { Barriers } from './barriers.js'
import type { StageCounter } from './counts.js'
import type { Inbox } from './inbox.js'
import type { Outlet } from './outlet.js'

export interface WorkRun {
  readonly id: string
  readonly work: StageWork
  readonly inbox: Inbox
  readonly outlet: Outlet
  readonly barriers: Barriers<unknown>
  readonly counter: StageCounter
  readonly context: TaskContext
  readonly retries: RetryOptions | null
}

export class WorkRunner {
  private readonly pending: Promise<void>[] = []
  private last: Promise<void> = Promise.resolve()
  private readonly retries: Retries | null

  constructor(private readonly run: WorkRun) {
    this.retries = run.retries === null || run.retries.count === 0 ? null : new Retries(run.retries)
  }

  fail(reason: unknown): void {
    this.run.inbox.fail(reason)
  }

  /** Resolves when all inputs have ended, or nobody wants the outputs any more. */
  async go(): Promise<void> {
    const { id, work, inbox, outlet, barriers, counter } = this.run
    try {
      for (;;) {
        const item = await inbox.receive(work.due)
        switch (item.kind) {
          case 'batch':
            counter.takeIn(item.batch.length, item.bytes)
            await this.start(item.batch)
            if (outlet.isAbandoned) return
            break
          case 'due':
            await this.drain()
            await this.put(await counter.busy.during(() => work.tick()))
            break
          case 'barrier':
            await this.drain()
            await barriers.worked(id, work)
            outlet.mark({ kind: 'barrier', epoch: item.epoch })
            break
          case 'end':
            await this.drain()
            await this.put(await counter.busy.during(() => work.finish()))
            barriers.workEnded(id)
            outlet.mark({ kind: 'end' })
            return
        }
      }
    } finally {
      await Promise.allSettled(this.pending)
    }
  }

  /** Resolves when the next batch may be given. Outputs leave in the order of the inputs. */
  private async start(batch: Batch): Promise<void> {
    const { work, inbox } = this.run
    const outputs = this.process(batch)
    this.last = this.putInTurn(this.last, outputs)
    this.last.catch((error) => inbox.fail(error))
    this.pending.push(this.last)
    while (this.pending.length >= work.concurrency) await this.pending.shift()
  }

  private async drain(): Promise<void> {
    while (this.pending.length > 0) await this.pending.shift()
  }

  private async process(batch: Batch): Promise<readonly Output[]> {
    const { work, context, counter } = this.run
    const { retries } = this
    if (retries === null) return await counter.busy.during(() => work.process(batch))
    try {
      const again = { checkCancelled: context.checkCancelled, onRetry: counter.retried }
      return await counter.busy.during(() => retries.run(() => work.process(retainBatch(context, batch)), again))
    } finally {
      releaseBatch(context, batch)
    }
  }

  private async putInTurn(previous: Promise<void>, outputs: Promise<readonly Output[]>): Promise<void> {
    const [made, before] = await Promise.allSettled([outputs, previous])
    if (made.status === 'rejected') throw made.reason
    if (before.status === 'rejected') {
      for (const { batch } of made.value) releaseBatch(this.run.context, batch)
      throw before.reason
    }
    await this.put(made.value)
  }

  private async put(outputs: readonly Output[]): Promise<void> {
    for (const output of outputs) await this.run.outlet.send(output)
  }
}
