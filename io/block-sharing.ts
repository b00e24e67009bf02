/** Reference counts of the blocks of batches, for sources and sinks that hold or hand on what is not theirs alone. */

import { type Allocate, type Batch, type MemoryViews, sliceBatch, type Vector } from './batch.js'
import type { BatchMorsel } from './source.js'

/** The reference counts of the memory that batches lie in. */
export interface BlockSharing {
  readonly retain: (block: number) => void
  readonly release: (block: number) => void
}

/** What a sink needs of the memory that its batches lie in. */
export interface SinkMemory extends Pick<BlockSharing, 'release'> {
  readonly views: MemoryViews
  readonly allocate: Allocate
}

const MORSEL_ROWS = 65_536

/** Visits every block that a vector, its children and its dictionary list. */
export function forEachBlock(vector: Vector, visit: (block: number) => void): void {
  for (const block of vector.blocks) visit(block)
  for (const child of vector.children) forEachBlock(child, visit)
  if (vector.dictionary !== null) forEachBlock(vector.dictionary, visit)
}

export function retainBatch(batch: Batch, sharing: BlockSharing): void {
  for (const column of batch.columns) forEachBlock(column, sharing.retain)
}

export function releaseBatch(batch: Batch, sharing: Pick<BlockSharing, 'release'>): void {
  for (const column of batch.columns) forEachBlock(column, sharing.release)
}

/** Slices of at most 65,536 rows, each of which retains the blocks for its consumer. */
export function* sliceMorsels(batch: Batch, firstRow: number, sharing: BlockSharing): Generator<BatchMorsel> {
  for (let start = 0; start < batch.length; start += MORSEL_ROWS) {
    const slice = sliceBatch(batch, start, Math.min(MORSEL_ROWS, batch.length - start))
    retainBatch(slice, sharing)
    yield { kind: 'batch', batch: slice, firstRow: firstRow + start }
  }
}
