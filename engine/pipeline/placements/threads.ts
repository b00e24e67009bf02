/**
 * Threads: in the engine's pool, where workers see batches in the shared memory. What waits while the threads are busy goes
 * to them together, so that small batches do not cost a message each.
 */

import type { Batch } from '../../../io/batch.js'
import { unpackError } from '../../../planner/errors.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import type { Run } from '../../run.js'
import { batchNumbers, unpackOutput } from '../../workers/batch-numbers.js'
import type { PublishedChain, StageResult } from '../../workers/messages.js'
import { publishChain } from '../../workers/published-chain.js'
import type { StagePlan } from '../../workers/stage-plan.js'
import { knownSchemas } from '../../workers/stage-task.js'
import type { Place } from './place.js'
import type { StagePlans } from './stage-plans.js'

/** Batches that may be with each thread or wait for it. */
const BATCHES_PER_THREAD = 4
/** The same of batches that are so small and so soon done that sending them takes longer. */
const SMALL_BATCHES_PER_THREAD = 32
/** A task has no more rows than this, unless one batch has, or batches are known to take no time. */
const TASK_ROWS = 65_536
/** Batches that take longer are worth a message of their own, and other threads may be free sooner. */
const LONG_MS = 2
/** Batches that take longer are not worth waiting in greater number. */
const SHORT_MS = 0.25

interface Waiting {
  readonly plan: StagePlan
  readonly rows: number
  readonly numbers: readonly number[]
  readonly resolve: (outputs: readonly CalledOutput[]) => void
  readonly reject: (error: unknown) => void
}

export class ThreadsPlace implements Place {
  private readonly threads: number
  /** Of what is known no more, tasks may be under way: the blocks go with the run. */
  private readonly published = new WeakMap<StagePlan, PublishedChain>()
  private readonly waiting: Waiting[] = []
  private tasks = 0
  /** Of the latest task: what a batch took, and its rows. */
  private batchMs = LONG_MS
  private batchRows = 0
  private isSending = false

  constructor(
    private readonly pipelineRun: Run,
    private readonly plans: StagePlans,
    maxThreads: number | null,
  ) {
    this.threads = threadsOf(pipelineRun, maxThreads)
  }

  /** Small batches may be many, but have no more rows together than large ones. */
  get concurrency(): number {
    if (this.batchMs > SHORT_MS) return this.threads * BATCHES_PER_THREAD
    const fitting = Math.floor(TASK_ROWS / Math.max(1, this.batchRows))
    return this.threads * Math.max(BATCHES_PER_THREAD, Math.min(SMALL_BATCHES_PER_THREAD, fitting))
  }

  run(batch: Batch, known: KnownSchemas): Promise<readonly CalledOutput[]> {
    const plan = this.plans.of(batch.schema, known)
    return new Promise((resolve, reject) => {
      this.waiting.push({ plan, rows: batch.length, numbers: batchNumbers(batch), resolve, reject })
      this.sendSoon()
    })
  }

  async close(): Promise<void> {}

  /** At the end of the turn, in which more batches may come. */
  private sendSoon(): void {
    if (this.isSending || this.waiting.length === 0 || this.tasks >= this.threads) return
    this.isSending = true
    setImmediate(() => {
      this.isSending = false
      while (this.waiting.length > 0 && this.tasks < this.threads) void this.perform(this.nextTask())
    })
  }

  /** The share of a thread of what waits. */
  private nextTask(): readonly Waiting[] {
    const most = this.batchMs > LONG_MS ? 1 : Math.ceil(this.waiting.length / this.threads)
    const [{ plan }] = this.waiting
    let rows = 0
    let count = 0
    while (count < most && this.waiting[count].plan === plan) {
      rows += this.waiting[count].rows
      if (count > 0 && rows > TASK_ROWS && this.batchMs > SHORT_MS) break
      count++
    }
    return this.waiting.splice(0, count)
  }

  private async perform(batches: readonly Waiting[]): Promise<void> {
    const [{ plan }] = batches
    const began = performance.now()
    this.tasks++
    try {
      const task = { plan: this.publish(plan), batches: batches.map(({ numbers }) => numbers) }
      const { results } = await this.pipelineRun.task('stage', task)
      for (const [index, result] of results.entries()) this.done(batches[index], result)
    } catch (error) {
      for (const { reject } of batches) reject(error)
    }
    this.tasks--
    this.batchMs = (performance.now() - began) / batches.length
    this.batchRows = batches.reduce((sum, { rows }) => sum + rows, 0) / batches.length
    this.sendSoon()
  }

  private done({ plan, resolve, reject }: Waiting, result: StageResult): void {
    if (!result.ok) {
      reject(unpackError(result.error))
      return
    }
    const schemas = knownSchemas(plan)
    resolve(result.outputs.map((output) => unpackOutput(output, schemas)))
  }

  private publish(plan: StagePlan): PublishedChain {
    let published = this.published.get(plan)
    if (published === undefined) {
      published = publishChain(this.pipelineRun.context, plan)
      this.published.set(plan, published)
    }
    return published
  }
}

function threadsOf({ pool }: Run, maxThreads: number | null): number {
  return Math.max(1, maxThreads ?? pool.threads)
}

/** Batches that a stage in threads takes at once. */
export function threadsConcurrency(run: Run, maxThreads: number | null): number {
  return threadsOf(run, maxThreads) * BATCHES_PER_THREAD
}
