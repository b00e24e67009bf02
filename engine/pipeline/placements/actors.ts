/** Actor: long-lived threads that share nothing, and keep state from batch to batch. Buffers are moved to them and back. */

import { Worker } from 'node:worker_threads'
import type { Batch } from '../../../io/batch.js'
import { decodeBatch, encodeBatch } from '../../../io/ipc/batch-bytes.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Placement } from '../../../planner/pipeline/definition.js'
import { withOwnScratch } from '../../kernels/context.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { PipelineServices } from '../services.js'
import type { Json, Output, StageState, StageWork } from '../stage.js'
import { GuestChannel, GuestEnded } from './guest-channel.js'
import type { GuestAnswer, GuestRequest, GuestSkills, GuestStart, SentOutput } from './guest-messages.js'
import { keyPositions, routeByKey } from './key-routing.js'
import { onAbort } from './on-abort.js'
import type { OutputPorts } from './output-ports.js'
import type { StagePlans } from './stage-plans.js'

export type ActorOptions = Extract<Placement, { kind: 'actor' }>

interface ActorState {
  readonly next: number
  readonly ports: Json
  readonly actors: readonly Json[]
}

export class ActorWork implements StageWork {
  readonly due = null
  readonly concurrency: number
  readonly checkpointed = {
    save: () => this.save(),
    restore: (state: StageState) => this.restore(state),
  }
  private readonly context: TaskContext
  private readonly threads: readonly ActorThread[]
  private skills: GuestSkills = { isStateful: false, saves: false, takesMessages: false }
  private stopListening = () => {}
  private stopHearing: () => void = () => {}
  /** The actor whose turn it is, where there is no key. */
  private next = 0

  private constructor(
    private readonly services: PipelineServices,
    private readonly plans: StagePlans,
    private readonly ports: OutputPorts,
    private readonly options: ActorOptions,
  ) {
    this.concurrency = options.actors
    this.context = withOwnScratch(services.run.context)
    const { stage, body } = plans
    this.threads = Array.from({ length: options.actors }, () => new ActorThread({ stage, body, isActor: true }))
  }

  static async open(
    services: PipelineServices,
    plans: StagePlans,
    ports: OutputPorts,
    options: ActorOptions,
  ): Promise<ActorWork> {
    const work = new ActorWork(services, plans, ports, options)
    services.run.cleanUp(() => work.close())
    work.stopListening = onAbort(services.signal, () => void work.close())
    try {
      const skills = await Promise.all(work.threads.map((thread, index) => work.explained(thread.channel.ready, index)))
      work.skills = skills[0]
      work.stopHearing = services.messages.listen(plans.stage, (text) => work.message(text))
      return work
    } catch (error) {
      await work.close()
      throw error
    }
  }

  async process(batch: Batch): Promise<readonly Output[]> {
    try {
      return await this.ports.outputs((known) => this.routed(batch, known))
    } finally {
      releaseBatch(this.context, batch)
    }
  }

  /** What each actor has left, one after the other. */
  async finish(): Promise<readonly Output[]> {
    const outputs: Output[] = []
    for (let actor = 0; actor < this.threads.length; actor++) {
      outputs.push(...(await this.ports.outputs((known) => this.outputsOf(actor, { kind: 'finish', known }))))
    }
    return outputs
  }

  async tick(): Promise<readonly Output[]> {
    return []
  }

  /** Tells every actor; what they answer, in their order. */
  async message(text: string): Promise<readonly Json[]> {
    const { stage } = this.plans
    if (!this.skills.takesMessages) {
      throw new VolleyError(
        'VOLLEY_UNSUPPORTED',
        `stage '${stage}' takes no messages: its actors have no message(text)`,
        {
          stage,
        },
      )
    }
    return Promise.all(
      this.threads.map((_, actor) => this.ask(actor, { kind: 'message', text }).then(({ value }) => value)),
    )
  }

  async close(): Promise<void> {
    this.stopListening()
    this.stopHearing()
    await Promise.all(this.threads.map((thread) => thread.end()))
    this.context.freeScratch()
  }

  private async routed(batch: Batch, known: KnownSchemas): Promise<readonly CalledOutput[]> {
    this.plans.of(batch.schema, known)
    this.services.run.throwIfCancelled()
    const { actors, key } = this.options
    const parts: Promise<readonly CalledOutput[]>[] = []
    const send = (actor: number, rows: Batch) => {
      const { allocate, memory } = this.services
      const bytes = encodeBatch(rows, { views: memory.views, allocate, release: memory.release })
      parts.push(this.outputsOf(actor, { kind: 'batch', bytes, known }, [bytes.buffer]))
    }
    if (key.length === 0 || actors === 1) send(this.next++ % actors, batch)
    else {
      const positions = keyPositions(this.plans.stage, batch, key)
      try {
        routeByKey(this.context, batch, positions, actors, send)
      } finally {
        this.context.resetScratch()
      }
    }
    return settledAll(parts, (output) => releaseBatch(this.context, output.batch))
  }

  private async outputsOf(
    actor: number,
    request: GuestRequest,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<readonly CalledOutput[]> {
    const { outputs } = await this.ask(actor, request, transfer)
    return outputs.map((output) => this.received(output))
  }

  private ask(actor: number, request: GuestRequest, transfer: readonly ArrayBuffer[] = []) {
    return this.explained(this.threads[actor].channel.ask(request, transfer), actor)
  }

  private received({ port, bytes, schema }: SentOutput): CalledOutput {
    const { allocate, memory } = this.services
    const batch = decodeBatch(bytes, memory.views, allocate, schema.schema)
    return { port, batch, isInferred: schema.isInferred }
  }

  private async save(): Promise<StageState> {
    const { stage } = this.plans
    if (this.skills.isStateful && !this.skills.saves) {
      throw new VolleyError(
        'VOLLEY_UNSUPPORTED',
        `stage '${stage}' cannot be part of a checkpoint: its actors keep state, and have no save() and restore(state)`,
        { stage },
      )
    }
    const answers = await Promise.all(this.threads.map((_, actor) => this.ask(actor, { kind: 'save' })))
    const state: ActorState = { next: this.next, ports: this.ports.save(), actors: answers.map(({ value }) => value) }
    return { state: state as unknown as Json, batches: [] }
  }

  private async restore({ state }: StageState): Promise<void> {
    const { actors, next, ports } = state as unknown as ActorState
    const { stage } = this.plans
    if (actors.length !== this.threads.length) {
      throw new VolleyError(
        'VOLLEY_INVALID_ARGUMENT',
        `stage '${stage}' had ${actors.length} actors at its checkpoint, and has ${this.threads.length} now: their states belong to the keys that each had`,
        { stage, expected: String(actors.length), actual: String(this.threads.length) },
      )
    }
    this.next = next
    this.ports.restore(ports)
    await Promise.all(actors.map((saved, actor) => this.ask(actor, { kind: 'restore', state: saved })))
  }

  private async explained<T>(answer: Promise<T>, actor: number): Promise<T> {
    try {
      return await answer
    } catch (error) {
      this.services.run.throwIfCancelled()
      if (!(error instanceof GuestEnded)) throw error
      const { stage } = this.plans
      const lost = this.skills.isStateful ? ', and its state is lost' : ''
      throw new VolleyError(
        'VOLLEY_WORKER_DIED',
        `stage '${stage}': actor ${actor + 1} of ${this.threads.length} ${error.how}${lost}`,
        { stage, actor: actor + 1, exitCode: error.exitCode },
        error,
      )
    }
  }
}

class ActorThread {
  readonly channel: GuestChannel
  private readonly worker: Worker
  private readonly ended: Promise<void>

  constructor(start: GuestStart) {
    const worker = new Worker(new URL('./guest-thread.js', import.meta.url), {
      workerData: start,
      // Loading ES modules by `require` aborts Node 20 when the thread is ended meanwhile.
      execArgv: ['--no-experimental-require-module'],
    })
    this.worker = worker
    this.channel = new GuestChannel((asked, transfer) => worker.postMessage(asked, transfer))
    worker.on('message', (answer: GuestAnswer) => this.channel.receive(answer))
    let fault: unknown
    worker.on('error', (error) => {
      fault = error
    })
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code) => {
        const message = fault instanceof Error ? fault.message : String(fault)
        const how = fault === undefined ? `ended with exit code ${code}` : `failed: ${message}`
        this.channel.end(new GuestEnded(how, code, null, fault))
        resolve()
      })
    })
  }

  async end(): Promise<void> {
    await this.worker.terminate()
    await this.ended
  }
}

/** All results; if one fails, those that did not are given up when all have settled. */
async function settledAll<T>(parts: readonly Promise<readonly T[]>[], giveUp: (one: T) => void): Promise<readonly T[]> {
  const settled = await Promise.allSettled(parts)
  const results = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed === undefined) return results
  for (const one of results) giveUp(one)
  throw failed.reason
}
