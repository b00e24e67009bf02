/** Threads: in the engine's pool, where workers see the batch in the shared memory. */

import type { Batch } from '../../../io/batch.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import type { Run } from '../../run.js'
import { batchNumbers, unpackOutput } from '../../workers/batch-numbers.js'
import type { PublishedChain } from '../../workers/messages.js'
import { publishChain } from '../../workers/published-chain.js'
import type { StagePlan } from '../../workers/stage-plan.js'
import { knownSchemas } from '../../workers/stage-task.js'
import type { Place } from './place.js'
import type { StagePlans } from './stage-plans.js'

export class ThreadsPlace implements Place {
  readonly concurrency: number
  /** Of what is known no more, tasks may be under way: the blocks go with the run. */
  private readonly published = new WeakMap<StagePlan, PublishedChain>()

  constructor(
    private readonly pipelineRun: Run,
    private readonly plans: StagePlans,
    maxThreads: number | null,
  ) {
    this.concurrency = Math.max(1, maxThreads ?? pipelineRun.pool.threads)
  }

  async run(batch: Batch, known: KnownSchemas): Promise<readonly CalledOutput[]> {
    const plan = this.plans.of(batch.schema, known)
    const { outputs } = await this.pipelineRun.task('stage', { plan: this.publish(plan), batch: batchNumbers(batch) })
    const schemas = knownSchemas(plan)
    return outputs.map((output) => unpackOutput(output, schemas))
  }

  async close(): Promise<void> {}

  private publish(plan: StagePlan): PublishedChain {
    let published = this.published.get(plan)
    if (published === undefined) {
      published = publishChain(this.pipelineRun.context, plan)
      this.published.set(plan, published)
    }
    return published
  }
}
