/** Where the outputs of a stage go: to all readers of their port, without copies. */

import type { MemoryViews } from '../../../io/batch.js'
import { type BlockSharing, releaseBatch, retainBatch } from '../../../io/block-sharing.js'
import { batchBytes } from '../../metrics/batch-bytes.js'
import type { Output } from '../stage.js'
import type { StageCounter } from './counts.js'
import type { Edge, EdgeItem } from './queue.js'

export class Outlet {
  private readonly edges: readonly Edge[]

  constructor(
    private readonly readers: ReadonlyMap<string, readonly Edge[]>,
    private readonly memory: BlockSharing & { readonly views: MemoryViews },
    private readonly counter: StageCounter,
  ) {
    this.edges = [...readers.values()].flat()
  }

  /** True if nobody reads what it puts out any more. */
  get isDropped(): boolean {
    return this.edges.every((edge) => edge.isDropped)
  }

  /** True if it had readers, all of which have ended. */
  get isAbandoned(): boolean {
    return this.edges.length > 0 && this.isDropped
  }

  /** Takes over the batch. Resolves when all readers have room for it. */
  async send({ port, batch }: Output): Promise<void> {
    if (batch.length === 0) {
      releaseBatch(this.memory, batch)
      return
    }
    const bytes = batchBytes(this.memory.views, batch)
    this.counter.putOut(port, batch.length, bytes)
    const edges = this.readers.get(port) ?? []
    if (edges.length === 0) releaseBatch(this.memory, batch)
    else if (edges.length === 1) await edges[0].push(batch, bytes)
    else {
      for (let reader = 1; reader < edges.length; reader++) retainBatch(this.memory, batch)
      const pushed = await Promise.allSettled(edges.map((edge) => edge.push(batch, bytes)))
      for (const one of pushed) if (one.status === 'rejected') throw one.reason
    }
  }

  mark(item: Exclude<EdgeItem, { kind: 'batch' }>): void {
    for (const edge of this.edges) edge.mark(item)
  }
}
