/** What one piece of a plan reports while it runs, beside the chains of workers, which measure themselves. */

import type { Batch, MemoryViews } from '../../io/batch.js'
import { batchBytes } from './batch-bytes.js'
import type { NodeCounters } from './node-counters.js'
import type { PlanPart } from './plan-part.js'
import type { TaskUsage } from './task-usage.js'

export interface NodeSpan {
  rowsIn(rows: number, bytes: number): void
  /** A batch that the node put out. */
  rowsOut(rows: number, bytes: number): void
  /** Work done outside of tasks; all of it computing unless `cpuMs` is given. */
  busy(ms: number, cpuMs?: number): void
  /** Time in which the node could not go on. */
  wait(ms: number): void
  /** Adds what a task of the node took. */
  readonly used: (usage: TaskUsage) => void
  /** Bytes that the node holds now, or held at its peak. */
  held(bytes: number): void
  spilled(bytes: number): void
  retried(): void
  /** The same batches, counted as what goes into the node. */
  input(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch>
  /** The same batches, counted as what the node puts out. */
  output(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch>
}

export class MeasuredSpan implements NodeSpan {
  private readonly takesInput: boolean
  private readonly putsOut: boolean

  constructor(
    /** Of the strategy under way. */
    private readonly current: () => NodeCounters,
    { place }: PlanPart,
    private readonly views: MemoryViews,
  ) {
    this.takesInput = place !== 'last'
    this.putsOut = place !== 'first'
  }

  rowsIn(rows: number, bytes: number): void {
    if (this.takesInput) this.current().addInput(rows, bytes)
  }

  rowsOut(rows: number, bytes: number): void {
    if (this.putsOut) this.current().addOutput(rows, bytes, 1)
  }

  busy(ms: number, cpuMs = ms): void {
    const counters = this.current()
    counters.timeMs += ms
    counters.cpuMs += cpuMs
  }

  wait(ms: number): void {
    this.current().waitMs += ms
  }

  readonly used = ({ busyMs, cpuMs, waitMs }: TaskUsage): void => {
    this.busy(busyMs, cpuMs)
    this.wait(waitMs)
  }

  held(bytes: number): void {
    this.current().hold(bytes)
  }

  spilled(bytes: number): void {
    this.current().spilledBytes += bytes
  }

  retried(): void {
    this.current().retries++
  }

  async *input(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      this.rowsIn(batch.length, batchBytes(this.views, batch))
      yield batch
    }
  }

  async *output(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      this.rowsOut(batch.length, batchBytes(this.views, batch))
      yield batch
    }
  }
}

/** Of runs that nobody measures. */
export const NO_SPAN: NodeSpan = Object.freeze({
  rowsIn: () => {},
  rowsOut: () => {},
  busy: () => {},
  wait: () => {},
  used: () => {},
  held: () => {},
  spilled: () => {},
  retried: () => {},
  input: (batches: AsyncGenerator<Batch>) => batches,
  output: (batches: AsyncGenerator<Batch>) => batches,
})
