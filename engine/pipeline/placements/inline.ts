/** Inline: in the thread of the pipeline, one batch after the other. The only place for closures. */

import type { Batch } from '../../../io/batch.js'
import { withOwnScratch } from '../../kernels/context.js'
import { callWithBatch, type StageFunction } from '../../operators/call.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import { errorsLeftBehind, runStage } from '../../workers/stage-task.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Place } from './place.js'
import type { StagePlans } from './stage-plans.js'

export class InlinePlace implements Place {
  readonly concurrency = 1
  /** Other stages compute in this thread while a function of this one is waited for. */
  private readonly context: TaskContext
  private turn: Promise<unknown> = Promise.resolve()

  constructor(
    context: TaskContext,
    private readonly work: StagePlans | StageFunction,
  ) {
    this.context = withOwnScratch(context)
  }

  run(batch: Batch, known: KnownSchemas): Promise<readonly CalledOutput[]> {
    const outputs = this.turn.then(() => this.called(batch, known))
    this.turn = outputs.catch(() => undefined)
    return outputs
  }

  private async called(batch: Batch, known: KnownSchemas): Promise<readonly CalledOutput[]> {
    const { context, work } = this
    context.checkCancelled()
    try {
      if ('call' in work) return await callWithBatch(context, work, known, batch)
      const plan = work.of(batch.schema, known)
      const outputs = await runStage(context, plan, batch)
      if (plan.body.kind === 'function') await errorsLeftBehind()
      return outputs
    } finally {
      context.resetScratch()
    }
  }

  async close(): Promise<void> {
    await this.turn
    this.context.freeScratch()
  }
}
