/**
 * Coordinates barriers: one epoch at a time, from the producers through all stages to the consumers.
 *
 *   request ──> producers put a barrier behind what they have put out, and say where they stand
 *               stages that have it from all inputs say what they hold, and pass it on
 *               consumers make durable what came before it, and wait
 *   all have ──> the cut is written as prepared, consumers commit, it is written as committed, consumers go on
 *
 * A stage that has ended takes part in later epochs without being asked; a consumer is asked even then.
 */

import type { JobTimes } from '../progress/phases.js'
import type { Consumer, Json, StageState, StageWork } from '../stage.js'
import type { StageCounter, StageCounts } from './counts.js'
import { naming } from './stage-error.js'

export interface ProducerCut {
  readonly ended: boolean
  readonly position: Json
  readonly counts: StageCounts
}

export interface WorkCut<S = StageState> {
  readonly ended: boolean
  /** Null: it holds nothing. */
  readonly held: S | null
  readonly counts: StageCounts
}

export interface ConsumerCut {
  readonly state: Json
  readonly counts: StageCounts
}

/** All of a job at one place of its streams. `S` is what stands for the state of a work. */
export interface Cut<S> {
  readonly epoch: number
  readonly producers: Readonly<Record<string, ProducerCut>>
  readonly works: Readonly<Record<string, WorkCut<S>>>
  readonly consumers: Readonly<Record<string, ConsumerCut>>
  /** That it took to get there. */
  readonly times: JobTimes
}

/** Keeps cuts. */
export interface CutKeeper<S> {
  /** Keeps what a work holds, which it may change afterwards. */
  keep(epoch: number, stage: string, state: StageState): Promise<S>
  prepared(cut: Cut<S>): Promise<void>
  committed(cut: Cut<S>): Promise<void>
}

interface Epoch<S> {
  readonly epoch: number
  readonly producers: Record<string, ProducerCut>
  readonly works: Record<string, WorkCut<S>>
  readonly consumers: Record<string, ConsumerCut>
  /** Consumers whose preparation is under way. */
  readonly preparing: Set<string>
  isCompleting: boolean
  readonly done: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

interface Participant {
  readonly counter: StageCounter
  isEnded: boolean
}

export interface Participants {
  readonly producers: ReadonlyMap<string, StageCounter>
  readonly works: ReadonlyMap<string, StageCounter>
  readonly consumers: ReadonlyMap<string, { readonly counter: StageCounter; readonly consumer: Consumer }>
}

export class Barriers<S> {
  private readonly producers: Map<string, Participant>
  private readonly works: Map<string, Participant>
  private readonly consumers: Map<string, Participant & { readonly consumer: Consumer }>
  private readonly paused = new Set<string>()
  private readonly listeners = new Set<() => void>()
  private current: Epoch<S> | null = null
  private failure: { readonly reason: unknown } | null = null
  /** What consumers and the keeper are at, which goes on when the run has failed. */
  private readonly working = new Set<Promise<void>>()

  constructor(
    participants: Participants,
    /** Null: barriers only tell when all has been loaded. */
    private readonly keeper: CutKeeper<S> | null,
    /** The last epoch there was. */
    private last: number,
    private readonly times: () => JobTimes,
    /** Called when an epoch is over. */
    private readonly onDone: () => void,
  ) {
    const started = ([id, counter]: readonly [string, StageCounter]) => [id, { counter, isEnded: false }] as const
    this.producers = new Map([...participants.producers].map(started))
    this.works = new Map([...participants.works].map(started))
    this.consumers = new Map(
      [...participants.consumers].map(([id, { counter, consumer }]) => [id, { counter, consumer, isEnded: false }]),
    )
  }

  /** The newest epoch that producers should mark, or have marked. */
  get requested(): number {
    return this.current?.epoch ?? this.last
  }

  /** Calls `wake` when there is a new epoch. */
  onRequest(wake: () => void): void {
    this.listeners.add(wake)
  }

  /** Begins an epoch, unless one is under way. */
  request(): void {
    if (this.current !== null || this.failure !== null) return
    let resolve = () => {}
    let reject: (reason: unknown) => void = () => {}
    const done = new Promise<void>((onDone, onFailure) => {
      resolve = onDone
      reject = onFailure
    })
    // Whoever waits for it sees it.
    done.catch(() => {})
    const epoch: Epoch<S> = {
      epoch: this.last + 1,
      producers: {},
      works: {},
      consumers: {},
      preparing: new Set(),
      isCompleting: false,
      done,
      resolve,
      reject,
    }
    this.current = epoch
    for (const [id, one] of this.producers) if (one.isEnded) epoch.producers[id] = endedProducer(one)
    for (const [id, one] of this.works) if (one.isEnded) epoch.works[id] = endedWork(one)
    for (const [id, one] of this.consumers) if (one.isEnded) this.prepare(epoch, id)
    for (const wake of this.listeners) wake()
    this.advance()
  }

  /** Says that a producer has put its barrier behind `position`. */
  produced(id: string, position: Json): void {
    const counts = this.producers.get(id)!.counter.counts()
    if (this.current !== null) this.current.producers[id] = { ended: false, position, counts }
    this.advance()
  }

  producerEnded(id: string): void {
    const producer = this.producers.get(id)!
    producer.isEnded = true
    if (this.current !== null) this.current.producers[id] ??= endedProducer(producer)
    this.requestIfPaused()
    this.advance()
  }

  /** Says that a producer has put out a chunk. Resolves with the next epoch, which begins when all have. */
  pause(id: string): void {
    this.paused.add(id)
    this.requestIfPaused()
  }

  /** Resolves when the epoch under way is over. */
  async settled(): Promise<void> {
    await this.current?.done
  }

  /** Keeps what a work holds, all of whose inputs have brought the barrier. */
  async worked(id: string, work: StageWork): Promise<void> {
    const { current } = this
    if (current === null) return
    const counts = this.works.get(id)!.counter.counts()
    const state = this.keeper === null ? null : ((await work.checkpointed?.save()) ?? null)
    const held = state === null ? null : await this.keeper!.keep(current.epoch, id, state)
    current.works[id] = { ended: false, held, counts }
    this.advance()
  }

  workEnded(id: string): void {
    const work = this.works.get(id)!
    work.isEnded = true
    if (this.current !== null) this.current.works[id] ??= endedWork(work)
    this.advance()
  }

  /** Resolves when what came before the barrier counts. */
  async consumed(id: string): Promise<void> {
    const { current } = this
    if (current === null) return
    this.prepare(current, id)
    await current.done
  }

  consumerEnded(id: string): void {
    this.consumers.get(id)!.isEnded = true
    if (this.current !== null) this.prepare(this.current, id)
  }

  /** Resolves when nothing is prepared, committed or written down any more. */
  async idle(): Promise<void> {
    while (this.working.size > 0) await Promise.all(this.working)
  }

  /** Ends waiting for what will not come. */
  fail(reason: unknown): void {
    this.failure ??= { reason }
    this.current?.reject(reason)
  }

  /** Goes on without a stage that has failed. */
  remove(id: string): void {
    this.producers.delete(id)
    this.works.delete(id)
    this.consumers.delete(id)
    this.paused.delete(id)
    if (this.current !== null) {
      delete this.current.producers[id]
      delete this.current.works[id]
      delete this.current.consumers[id]
    }
    this.requestIfPaused()
    this.advance()
  }

  private requestIfPaused(): void {
    const live = [...this.producers].filter(([, { isEnded }]) => !isEnded)
    if (live.length > 0 && live.every(([id]) => this.paused.has(id))) {
      this.paused.clear()
      this.request()
    }
  }

  private prepare(epoch: Epoch<S>, id: string): void {
    if (epoch.preparing.has(id)) return
    epoch.preparing.add(id)
    const { consumer, counter } = this.consumers.get(id)!
    const counts = counter.counts()
    const prepared = this.keeper === null ? Promise.resolve(null) : naming(id, () => consumer.prepare(epoch.epoch))
    this.work(
      prepared.then((state) => {
        if (this.consumers.has(id)) epoch.consumers[id] = { state, counts }
        this.advance()
      }),
    )
  }

  private advance(): void {
    const { current } = this
    if (current === null || current.isCompleting || this.failure !== null) return
    const isComplete =
      size(current.producers) === this.producers.size &&
      size(current.works) === this.works.size &&
      size(current.consumers) === this.consumers.size
    if (!isComplete) return
    current.isCompleting = true
    this.work(this.complete(current))
  }

  /** An error ends the run. */
  private work(done: Promise<void>): void {
    const working = done
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.working.delete(working)
      })
    this.working.add(working)
  }

  private async complete(epoch: Epoch<S>): Promise<void> {
    const { producers, works, consumers } = epoch
    if (this.keeper !== null) {
      const cut = { epoch: epoch.epoch, producers, works, consumers, times: this.times() }
      await this.keeper.prepared(cut)
      for (const [id, { consumer }] of this.consumers) await naming(id, () => consumer.commit(epoch.epoch))
      await this.keeper.committed(cut)
    }
    this.last = epoch.epoch
    this.current = null
    epoch.resolve()
    this.onDone()
  }
}

function endedProducer({ counter }: Participant): ProducerCut {
  return { ended: true, position: null, counts: counter.counts() }
}

function endedWork({ counter }: Participant): WorkCut<never> {
  return { ended: true, held: null, counts: counter.counts() }
}

function size(parts: Readonly<Record<string, unknown>>): number {
  return Object.keys(parts).length
}
