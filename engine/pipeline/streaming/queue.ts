/**
 * The edges of a running graph: bounded queues from a port of one stage to an input of another.
 *
 * A batch waits until there is room for it; marks (a barrier, the end) do not, so that they always get through. Who
 * writes to an edge whose reader has ended writes into nothing.
 */

import type { Batch } from '../../../io/batch.js'
import { VolleyError } from '../../../planner/errors.js'
import { Wakeup } from './wakeup.js'

export type EdgeItem =
  | { readonly kind: 'batch'; readonly batch: Batch; readonly bytes: number }
  | { readonly kind: 'barrier'; readonly epoch: number }
  | { readonly kind: 'end' }

/** What all queues of a run hold together. */
export class QueueBudget {
  private held = 0
  private most = 0
  private readonly waiting = new Set<() => void>()

  /** `mostBytes` may be exceeded by one batch for each queue, so that every stage can go on. */
  constructor(private readonly mostBytes: number) {}

  get bytes(): number {
    return this.held
  }

  /** The most that it ever was. */
  get peakBytes(): number {
    return this.most
  }

  get isFull(): boolean {
    return this.held >= this.mostBytes
  }

  take(bytes: number): void {
    this.held += bytes
    this.most = Math.max(this.most, this.held)
  }

  give(bytes: number): void {
    this.held -= bytes
    for (const wake of this.waiting) wake()
  }

  /** Calls `wake` whenever there is more room, until the function that it returns is called. */
  whenRoom(wake: () => void): () => void {
    this.waiting.add(wake)
    return () => this.waiting.delete(wake)
  }
}

export class Edge {
  private readonly items: EdgeItem[] = []
  private batches = 0
  private held = 0
  private readonly room = new Wakeup()
  private isDiscarding = false
  private failure: { readonly reason: unknown } | null = null
  private wakeReader: () => void = () => {}

  constructor(
    /** The reading stage. */
    readonly to: string,
    readonly capacity: number,
    private readonly budget: QueueBudget,
    private readonly release: (batch: Batch) => void,
  ) {}

  /** Batches that wait. */
  get length(): number {
    return this.batches
  }

  /** Of the batches that wait. */
  get bytes(): number {
    return this.held
  }

  /** True if what is written goes nowhere. */
  get isDropped(): boolean {
    return this.isDiscarding
  }

  /** Calls `wake` at each item. */
  readBy(wake: () => void): void {
    this.wakeReader = wake
  }

  /** Takes over the batch. Resolves when it is in the queue, which has a single writer. */
  async push(batch: Batch, bytes: number): Promise<void> {
    if (this.isTight) await this.waitForRoom(batch)
    if (this.failure !== null) this.fail(batch)
    if (this.isDiscarding) {
      this.release(batch)
      return
    }
    this.items.push({ kind: 'batch', batch, bytes })
    this.batches++
    this.held += bytes
    this.budget.take(bytes)
    this.wakeReader()
  }

  mark(item: Exclude<EdgeItem, { kind: 'batch' }>): void {
    if (this.isDiscarding) return
    this.items.push(item)
    this.wakeReader()
  }

  peek(): EdgeItem | undefined {
    return this.items[0]
  }

  take(): EdgeItem | undefined {
    const item = this.items.shift()
    if (item?.kind === 'batch') {
      this.batches--
      this.held -= item.bytes
      this.budget.give(item.bytes)
      this.room.wake()
    }
    return item
  }

  /** Nobody reads it any more: drops what waits and what will come. */
  discard(): void {
    this.isDiscarding = true
    this.empty()
  }

  /** Makes whoever writes to it fail with `reason`, and drops what waits. */
  abort(reason: unknown): void {
    this.failure ??= { reason }
    this.empty()
  }

  private get isTight(): boolean {
    if (this.isDiscarding || this.failure !== null) return false
    return this.batches >= this.capacity || (this.batches > 0 && this.budget.isFull)
  }

  private async waitForRoom(batch: Batch): Promise<void> {
    const stop = this.budget.whenRoom(() => this.room.wake())
    try {
      while (this.isTight) await this.room.sleep()
    } finally {
      stop()
    }
    if (this.failure !== null) this.fail(batch)
  }

  private fail(batch: Batch): never {
    this.release(batch)
    throw this.failure?.reason ?? new VolleyError('VOLLEY_ABORTED', 'the run was aborted')
  }

  private empty(): void {
    for (const item of this.items.splice(0)) {
      if (item.kind !== 'batch') continue
      this.budget.give(item.bytes)
      this.release(item.batch)
    }
    this.batches = 0
    this.held = 0
    this.room.wake()
    this.wakeReader()
  }
}
