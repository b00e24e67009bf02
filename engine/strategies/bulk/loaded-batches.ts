/** Spilled batches in memory, each from the first part of a merge that needs it to the last. */

import type { SpilledBatch } from '../../../io/spill/spill-file.js'
import type { PartSegment } from '../../operators/sort/spilled-runs.js'
import type { OperatorHandle } from '../../run.js'
import type { ScheduledPart } from './merge-schedule.js'

interface Loaded {
  readonly block: Promise<number>
  /** Parts under way that need it. */
  users: number
  /** No later part needs it. */
  isLast: boolean
}

export class LoadedBatches {
  private readonly loaded = new Map<number, Loaded>()

  constructor(
    private readonly operator: OperatorHandle,
    /** By number. */
    private readonly batches: readonly SpilledBatch[],
  ) {}

  /** Does the work of a part once its batches are there. Parts are given in order; several may be under way at once. */
  async with<T>(part: ScheduledPart, work: (segments: readonly PartSegment[]) => Promise<T>): Promise<T> {
    this.load(part.segments.flatMap(({ batch }) => (this.loaded.has(batch) ? [] : [batch])))
    const used = part.segments.map(({ batch }) => this.loaded.get(batch)!)
    part.segments.forEach(({ isContinued }, index) => {
      used[index].users++
      used[index].isLast = !isContinued
    })
    try {
      const blocks = await Promise.all(used.map(({ block }) => block))
      return await work(
        part.segments.map(({ run, isBegun, isContinued }, index) => ({
          block: blocks[index],
          run,
          isBegun,
          isContinued,
        })),
      )
    } finally {
      for (const one of used) one.users--
      for (const { batch } of part.segments) await this.releaseIfDone(batch)
    }
  }

  /** Releases what is left of a merge that ended early; no part is under way any more. */
  async release(): Promise<void> {
    for (const [batch, one] of this.loaded) {
      one.isLast = true
      await this.releaseIfDone(batch)
    }
  }

  private load(batches: readonly number[]): void {
    if (batches.length === 0) return
    const reply = this.operator.task('loadSpilled', { batches: batches.map((batch) => this.batches[batch]) })
    batches.forEach((batch, index) => {
      const block = reply.then(({ blocks }) => blocks[index])
      // A failure is seen by the parts that wait for the batch.
      block.catch(() => {})
      this.loaded.set(batch, { block, users: 0, isLast: false })
    })
  }

  private async releaseIfDone(batch: number): Promise<void> {
    const one = this.loaded.get(batch)
    if (one === undefined || one.users > 0 || !one.isLast) return
    this.loaded.delete(batch)
    const block = await one.block.catch(() => null)
    if (block !== null) this.operator.context.release(block)
  }
}
