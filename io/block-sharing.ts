/**
 * Who holds the blocks that a vector points into.
 *
 * Ownership is listed along the tree of a vector, its children and its dictionary: a node with blocks vouches that all
 * buffers of it, and of the nodes below it that list none, lie in those blocks. A node that lists none, and has none
 * above it, lies in scratch. So a new vector built over another's buffers must list no blocks, or all that it touches.
 */

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

/** Retains once each block that the vector, its children or its dictionary lists, and returns the vector. */
export function retainVector(sharing: Pick<BlockSharing, 'retain'>, vector: Vector): Vector {
  for (const block of vector.blocks) sharing.retain(block)
  for (const child of vector.children) retainVector(sharing, child)
  if (vector.dictionary !== null) retainVector(sharing, vector.dictionary)
  return vector
}

/** Undoes one `retainVector`, or drops a vector that owns its blocks. */
export function releaseVector(sharing: Pick<BlockSharing, 'release'>, vector: Vector): void {
  for (const block of vector.blocks) sharing.release(block)
  for (const child of vector.children) releaseVector(sharing, child)
  if (vector.dictionary !== null) releaseVector(sharing, vector.dictionary)
}

export function retainBatch(sharing: Pick<BlockSharing, 'retain'>, batch: Batch): Batch {
  for (const column of batch.columns) retainVector(sharing, column)
  return batch
}

export function releaseBatch(sharing: Pick<BlockSharing, 'release'>, batch: Batch): void {
  for (const column of batch.columns) releaseVector(sharing, column)
}

/** Slices of at most 65,536 rows, each of which retains the blocks for its consumer. */
export function* sliceMorsels(batch: Batch, firstRow: number, sharing: BlockSharing): Generator<BatchMorsel> {
  for (let start = 0; start < batch.length; start += MORSEL_ROWS) {
    const slice = sliceBatch(batch, start, Math.min(MORSEL_ROWS, batch.length - start))
    yield { kind: 'batch', batch: retainBatch(sharing, slice), firstRow: firstRow + start }
  }
}
