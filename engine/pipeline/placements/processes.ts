/**
 * Process: long-lived child processes. What a function does to its process, it does to that one alone: it is replaced, and
 * the batch done again.
 */

import type { Batch } from '../../../io/batch.js'
import { decodeBatch, encodeBatch } from '../../../io/ipc/batch-bytes.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Placement } from '../../../planner/pipeline/definition.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import type { PipelineServices } from '../services.js'
import { Child } from './child.js'
import { GuestEnded } from './guest-channel.js'
import type { GuestRequest, SentOutput } from './guest-messages.js'
import { onAbort } from './on-abort.js'
import type { Place } from './place.js'
import type { StagePlans } from './stage-plans.js'

export type ProcessOptions = Extract<Placement, { kind: 'process' }>

/** Less would not do for the runtime itself. */
const LEAST_BYTES = 256 << 20

export class ProcessPlace implements Place {
  readonly concurrency: number
  private readonly children = new Set<Child>()
  private readonly idle: Child[] = []
  private readonly waiting: (() => void)[] = []
  private readonly memoryLimit: number
  private stopListening = () => {}
  private busy = 0
  private batches = 0

  private constructor(
    private readonly services: PipelineServices,
    private readonly plans: StagePlans,
    private readonly options: ProcessOptions,
  ) {
    const { memoryLimit, maxProcesses } = options
    this.concurrency = maxProcesses
    const share = services.run.monitor.budget.limitBytes / maxProcesses
    this.memoryLimit = memoryLimit ?? Math.max(LEAST_BYTES, share)
  }

  /** Starts one process, to learn whether any could: the others start when there is work for them. */
  static async open(services: PipelineServices, plans: StagePlans, options: ProcessOptions): Promise<ProcessPlace> {
    const place = new ProcessPlace(services, plans, options)
    services.run.cleanUp(() => place.close())
    place.stopListening = onAbort(services.signal, () => place.killAll())
    const first = place.start()
    try {
      await first.channel.ready
    } catch (error) {
      await place.close()
      services.run.throwIfCancelled()
      throw error instanceof GuestEnded ? place.failure(error, 'its process', {}) : error
    }
    place.idle.push(first)
    return place
  }

  async run(batch: Batch, known: KnownSchemas): Promise<readonly CalledOutput[]> {
    // Refuses batches of other columns.
    this.plans.of(batch.schema, known)
    const number = ++this.batches
    const { allocate, memory } = this.services
    const bytes = encodeBatch(batch, { views: memory.views, allocate, release: memory.release })
    await this.takeTurn()
    try {
      const outputs = await this.attempts({ kind: 'batch', bytes, known }, number, batch.length)
      return outputs.map((output) => this.received(output))
    } finally {
      this.busy--
      this.waiting.shift()?.()
    }
  }

  async close(): Promise<void> {
    this.stopListening()
    await Promise.all([...this.children].map((child) => child.end()))
  }

  private async attempts(request: GuestRequest, number: number, rows: number): Promise<readonly SentOutput[]> {
    const { run } = this.services
    for (let attempt = 1; ; attempt++) {
      run.throwIfCancelled()
      try {
        return await this.ask(request)
      } catch (error) {
        run.throwIfCancelled()
        if (!(error instanceof GuestEnded)) throw error
        if (attempt <= this.options.retries) continue
        const times = attempt === 1 ? '' : ` (after ${attempt} attempts)`
        const what = `the process that worked on batch ${number} (${rows} rows)`
        throw this.failure(error, what, { batch: number, rows, attempts: attempt }, times)
      }
    }
  }

  private async ask(request: GuestRequest): Promise<readonly SentOutput[]> {
    const child = this.idle.pop() ?? this.start()
    try {
      await child.channel.ready
      const attended = child.attend(this.options.timeout)
      try {
        const { outputs, rssBytes } = await child.channel.ask(request)
        if (child.takesMuch(rssBytes)) void child.end()
        return outputs
      } finally {
        attended()
      }
    } finally {
      if (this.children.has(child) && !child.isEnding) this.idle.push(child)
    }
  }

  private async takeTurn(): Promise<void> {
    while (this.busy >= this.concurrency) await new Promise<void>((resolve) => this.waiting.push(resolve))
    this.busy++
  }

  private received({ port, bytes, schema }: SentOutput): CalledOutput {
    const { allocate, memory } = this.services
    return {
      port,
      batch: decodeBatch(bytes, memory.views, allocate, schema.schema),
      isInferred: schema.isInferred,
    }
  }

  private start(): Child {
    const { stage, body } = this.plans
    const child = new Child({ stage, body, isActor: false }, this.memoryLimit)
    this.children.add(child)
    void child.ended.then(() => {
      this.children.delete(child)
      const index = this.idle.indexOf(child)
      if (index >= 0) this.idle.splice(index, 1)
    })
    return child
  }

  private killAll(): void {
    for (const child of this.children) child.kill('was ended with the run')
  }

  private failure(ended: GuestEnded, what: string, details: object, times = ''): VolleyError {
    const { stage } = this.plans
    const { how, exitCode, signal } = ended
    return new VolleyError(
      'VOLLEY_WORKER_DIED',
      `stage '${stage}': ${what} ${how}${times}`,
      { stage, exitCode, signal, ...details },
      ended,
    )
  }
}
