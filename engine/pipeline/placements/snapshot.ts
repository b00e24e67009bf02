/**
 * Snapshot: batches are accumulated, then a thread that does nothing else gets a view of them all, and ends. Whatever the
 * function does to the state of its modules, the next snapshot knows nothing of it.
 */

import { Worker } from 'node:worker_threads'
import type { Batch } from '../../../io/batch.js'
import { unpackError, VolleyError } from '../../../planner/errors.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { ownerOfThread } from '../../memory/shared-memory.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import type { Run } from '../../run.js'
import { batchNumbers, unpackOutput } from '../../workers/batch-numbers.js'
import { knownSchemas } from '../../workers/stage-task.js'
import type { PipelineServices } from '../services.js'
import type { Output, StageState, StageWork } from '../stage.js'
import type { OutputPorts } from './output-ports.js'
import type { SnapshotAnswer, SnapshotStart, SnapshotTask } from './snapshot-messages.js'
import type { StagePlans } from './stage-plans.js'

export interface SnapshotOptions {
  readonly maxThreads: number
  readonly accumulateMax: number
}

export class SnapshotWork implements StageWork {
  readonly due = null
  readonly concurrency: number
  readonly checkpointed = {
    save: async (): Promise<StageState> => ({ state: this.ports.save(), batches: this.held }),
    restore: async ({ state, batches }: StageState): Promise<void> => {
      this.ports.restore(state)
      this.held.push(...batches)
    },
  }
  private readonly held: Batch[] = []
  private readonly threads = new Set<SnapshotThread>()
  /** Started while batches gather, since a thread takes longer to start than most functions to run. */
  private waiting: SnapshotThread | null = null

  constructor(
    private readonly services: PipelineServices,
    private readonly plans: StagePlans,
    private readonly ports: OutputPorts,
    private readonly options: SnapshotOptions,
  ) {
    this.concurrency = options.maxThreads
    services.run.cleanUp(() => this.close())
  }

  async process(batch: Batch): Promise<readonly Output[]> {
    this.held.push(batch)
    if (this.hasRoom) this.waiting ??= this.start()
    return this.held.length < this.options.accumulateMax ? [] : this.takeSnapshot()
  }

  async finish(): Promise<readonly Output[]> {
    return this.held.length === 0 ? [] : this.takeSnapshot()
  }

  async tick(): Promise<readonly Output[]> {
    return []
  }

  async close(): Promise<void> {
    this.waiting = null
    await Promise.all([...this.threads].map((thread) => thread.end()))
    for (const batch of this.held.splice(0)) releaseBatch(this.services.run.context, batch)
  }

  private async takeSnapshot(): Promise<readonly Output[]> {
    const batches = this.held.splice(0)
    try {
      return await this.ports.outputs((known) => this.outputsOf(batches, known))
    } finally {
      for (const batch of batches) releaseBatch(this.services.run.context, batch)
    }
  }

  private async outputsOf(batches: readonly Batch[], known: KnownSchemas): Promise<readonly CalledOutput[]> {
    const { run } = this.services
    const plans = batches.map((batch) => this.plans.of(batch.schema, known))
    const thread = await this.taken()
    try {
      const outputs = await thread.answer({ plan: plans[0], batches: batches.map(batchNumbers) })
      const schemas = knownSchemas(plans[0])
      return outputs.map((output) => unpackOutput(output, schemas))
    } catch (error) {
      run.throwIfCancelled()
      throw error
    } finally {
      // The function may have left timers or sockets behind, which would keep its thread.
      void thread.end()
    }
  }

  private get hasRoom(): boolean {
    return this.threads.size < this.options.maxThreads
  }

  private async taken(): Promise<SnapshotThread> {
    while (this.waiting === null && !this.hasRoom) {
      await Promise.race([...this.threads].map(({ ended }) => ended))
      this.services.run.throwIfCancelled()
    }
    const thread = this.waiting ?? this.start()
    this.waiting = null
    return thread
  }

  private start(): SnapshotThread {
    const thread = new SnapshotThread(this.plans.stage, this.services.run)
    this.threads.add(thread)
    void thread.ended.then(() => this.threads.delete(thread))
    return thread
  }
}

class SnapshotThread {
  readonly ended: Promise<number>
  private readonly worker: Worker
  private fault: unknown

  constructor(
    private readonly stage: string,
    { memory, handle }: Run,
  ) {
    const start: SnapshotStart = { memory: memory.memory, run: handle }
    this.worker = new Worker(new URL('./snapshot-thread.js', import.meta.url), {
      workerData: start,
      // Loading ES modules by `require` aborts Node 20 when the thread is ended meanwhile.
      execArgv: ['--no-experimental-require-module'],
    })
    const owner = ownerOfThread(this.worker.threadId)
    this.worker.on('error', (error) => {
      this.fault = error
    })
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        memory.releaseOwner(owner)
        resolve(code)
      })
    })
  }

  async answer(task: SnapshotTask): Promise<Extract<SnapshotAnswer, { ok: true }>['outputs']> {
    const answered = new Promise<SnapshotAnswer>((resolve) => this.worker.once('message', resolve))
    this.worker.postMessage(task)
    const answer = await Promise.race([answered, this.ended])
    if (typeof answer === 'number') throw this.died(answer, task)
    if (!answer.ok) throw unpackError(answer.error)
    return answer.outputs
  }

  async end(): Promise<void> {
    await this.worker.terminate()
    await this.ended
  }

  private died(code: number, { batches }: SnapshotTask): VolleyError {
    const { fault, stage } = this
    const why =
      fault === undefined
        ? `ended with code ${code}`
        : `failed: ${fault instanceof Error ? fault.message : String(fault)}`
    return new VolleyError(
      'VOLLEY_WORKER_DIED',
      `stage '${stage}': the thread of a snapshot of ${batches.length} batches ${why}`,
      { stage, exitCode: code },
      fault,
    )
  }
}
