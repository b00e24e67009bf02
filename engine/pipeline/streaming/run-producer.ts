/** Runs a producer: brings its batches to size, puts them out, and places barriers behind them. */

import { releaseBatch } from '../../../io/block-sharing.js'
import { settledWithin } from '../../cancellation.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { BusyTime } from '../progress/busy-time.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import type { Barriers } from './barriers.js'
import { BatchCutter } from './cutting.js'
import type { Outlet } from './outlet.js'
import { Wakeup } from './wakeup.js'

/** How long a producer may take to notice that nobody wants its batches any more. */
const GRACE_MS = 1000

export interface ProducerRun {
  readonly id: string
  readonly producer: Producer
  readonly outlet: Outlet
  readonly barriers: Barriers<unknown>
  readonly context: TaskContext
  readonly batchSize: number
  /** Batches that are extracted before any of them is passed on; null: each at once. */
  readonly chunk: number | null
  /** Busy while a batch is awaited from the producer. */
  readonly busy: BusyTime
  /** Called for each batch that is put out. */
  readonly onBatch: () => void
}

export class ProducerRunner {
  private readonly wakeup = new Wakeup()
  private readonly cutter: BatchCutter
  private failure: { readonly reason: unknown } | null = null
  private arrived: IteratorResult<ProducedBatch> | null = null
  private isAsking = false
  private marked: number

  constructor(private readonly run: ProducerRun) {
    this.cutter = new BatchCutter(run.context, run.batchSize)
    this.marked = run.barriers.requested
    run.barriers.onRequest(() => this.wakeup.wake())
  }

  /** Makes `go` fail. */
  fail(reason: unknown): void {
    this.failure ??= { reason }
    this.wakeup.wake()
  }

  /** Resolves when all that comes behind `position` is put out, or nobody wants more. */
  async go(position: Json): Promise<void> {
    const { outlet, producer } = this.run
    const batches = producer.open(position)
    try {
      await this.pump(batches, position)
      if (this.failure !== null) throw this.failure.reason
      for (const batch of this.cutter.flush()) await this.put(batch)
    } finally {
      this.cutter.drop()
      if (this.arrived?.done === false) releaseBatch(this.run.context, this.arrived.value.batch)
      // A producer that waits for what never comes does not end either.
      await settledWithin(GRACE_MS, batches.return(undefined))
    }
    this.run.barriers.producerEnded(this.run.id)
    outlet.mark({ kind: 'end' })
  }

  private async pump(batches: AsyncGenerator<ProducedBatch>, from: Json): Promise<void> {
    const { barriers, outlet, id, chunk } = this.run
    const extracted: ProducedBatch[] = []
    let position = from
    const release = async (): Promise<void> => {
      for (let next = extracted.shift(); next !== undefined; next = extracted.shift()) {
        await this.pass(next.batch)
        position = next.position
      }
      await this.flush()
    }
    try {
      while (this.failure === null && !outlet.isDropped) {
        if (barriers.requested > this.marked) {
          await release()
          this.marked = barriers.requested
          outlet.mark({ kind: 'barrier', epoch: this.marked })
          barriers.produced(id, position)
          if (chunk !== null) await barriers.settled()
          continue
        }
        if (chunk !== null && extracted.length >= chunk) {
          barriers.pause(id)
          await this.wakeup.sleep()
          continue
        }
        this.ask(batches)
        const next = this.arrived
        if (next === null) {
          // What was gathered does not wait for a producer that pauses.
          await new Promise(setImmediate)
          if (this.arrived === null && !this.hasRequest) {
            await this.flush()
            if (this.arrived === null && !this.hasRequest) await this.wakeup.sleep()
          }
          continue
        }
        this.arrived = null
        if (next.done === true) {
          await release()
          return
        }
        if (chunk !== null) extracted.push(next.value)
        else {
          this.ask(batches)
          await this.pass(next.value.batch)
          position = next.value.position
        }
      }
    } finally {
      for (const { batch } of extracted) releaseBatch(this.run.context, batch)
    }
  }

  private get hasRequest(): boolean {
    return this.failure !== null || this.run.barriers.requested > this.marked
  }

  /** Asks for the next batch, unless it was asked for. */
  private ask(batches: AsyncGenerator<ProducedBatch>): void {
    if (this.isAsking || this.arrived !== null) return
    this.isAsking = true
    const { busy } = this.run
    busy
      .during(() => batches.next())
      .then(
        (next) => {
          this.isAsking = false
          // Nobody waits for it after a failure.
          if (this.failure !== null && next.done !== true) releaseBatch(this.run.context, next.value.batch)
          else this.arrived = next
          this.wakeup.wake()
        },
        (error) => {
          this.isAsking = false
          this.fail(error)
        },
      )
  }

  private async pass(batch: ProducedBatch['batch']): Promise<void> {
    for (const part of this.cutter.push(batch)) await this.put(part)
  }

  private async flush(): Promise<void> {
    for (const part of this.cutter.flush()) await this.put(part)
  }

  private async put(batch: ProducedBatch['batch']): Promise<void> {
    this.run.onBatch()
    await this.run.outlet.send({ port: 'main', batch })
  }
}
