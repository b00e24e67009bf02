/**
 * The reading end of a stage: what comes from all of its inputs, one item at a time.
 *
 * Barriers are aligned: an input that has brought the barrier of an epoch is not read until all others have brought it too,
 * or have ended. So what was read before belongs to the epoch, and nothing else does.
 */

import type { Batch } from '../../../io/batch.js'
import type { QueuePeak } from '../progress/peaks.js'
import type { Edge } from './queue.js'
import { Wakeup } from './wakeup.js'

export type Incoming =
  | { readonly kind: 'batch'; readonly batch: Batch; readonly bytes: number }
  /** All inputs have brought it. */
  | { readonly kind: 'barrier'; readonly epoch: number }
  /** The time that was asked for has come. */
  | { readonly kind: 'due' }
  /** All inputs have ended. */
  | { readonly kind: 'end' }

export class Inbox {
  private readonly arrival = new Wakeup()
  private readonly open: Edge[]
  private readonly aligned = new Set<Edge>()
  private epoch = 0
  private next = 0
  private most: QueuePeak = { batches: 0, bytes: 0 }
  private failure: { readonly reason: unknown } | null = null

  constructor(private readonly edges: readonly Edge[]) {
    this.open = [...edges]
    for (const edge of edges) edge.readBy(() => this.arrived())
  }

  /** Batches that may wait in all inputs. */
  get capacity(): number {
    return this.edges.reduce((sum, edge) => sum + edge.capacity, 0)
  }

  get peak(): QueuePeak {
    return this.most
  }

  /** Batches that wait in all inputs. */
  get length(): number {
    return this.edges.reduce((sum, edge) => sum + edge.length, 0)
  }

  /** Waits for the next item, at most until `due`, in milliseconds of `performance.now()`. */
  async receive(due: number | null): Promise<Incoming> {
    for (;;) {
      if (this.failure !== null) throw this.failure.reason
      if (due !== null && performance.now() >= due) return { kind: 'due' }
      const item = this.poll()
      if (item !== null) return item
      await this.arrival.sleep(due)
    }
  }

  /** Makes `receive` fail. */
  fail(reason: unknown): void {
    this.failure ??= { reason }
    this.arrival.wake()
  }

  private arrived(): void {
    const bytes = this.edges.reduce((sum, edge) => sum + edge.bytes, 0)
    this.most = { batches: Math.max(this.most.batches, this.length), bytes: Math.max(this.most.bytes, bytes) }
    this.arrival.wake()
  }

  private poll(): Incoming | null {
    for (let tried = 0; tried < this.open.length; tried++) {
      const edge = this.open[this.next++ % this.open.length]
      if (this.aligned.has(edge)) continue
      const item = edge.take()
      if (item === undefined) continue
      if (item.kind === 'batch') return item
      if (item.kind === 'barrier') {
        this.epoch = item.epoch
        this.aligned.add(edge)
      } else this.open.splice(this.open.indexOf(edge), 1)
      // What was tried before may have more, now that an input has ended or is aligned.
      tried = -1
    }
    if (this.open.length === 0) return { kind: 'end' }
    if (this.aligned.size === 0 || this.aligned.size < this.open.length) return null
    this.aligned.clear()
    return { kind: 'barrier', epoch: this.epoch }
  }
}
