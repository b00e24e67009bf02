/**
 * Who holds the blocks that a vector points into.
 *
 * Ownership is listed along the tree of a vector, its children and its dictionary: a node with blocks vouches that all
 * buffers of it, and of the nodes below it that list none, lie in those blocks. A node that lists none, and has none
 * above it, lies in scratch. So a new vector built over another's buffers must list no blocks, or all that it touches.
 */

import type { Batch, Vector } from '../../../io/batch.js'
import type { KernelContext } from '../kernel.js'

export interface BlockOwner {
  readonly retain: (address: number) => void
  readonly release: (address: number) => void
}

/** A context that can also hold on to blocks. */
export type RetainingContext = KernelContext & Pick<BlockOwner, 'retain'>

/** Retains once each block that the vector, its children or its dictionary lists, and returns the vector. */
export function retainVector(owner: Pick<BlockOwner, 'retain'>, vector: Vector): Vector {
  for (const block of vector.blocks) owner.retain(block)
  for (const child of vector.children) retainVector(owner, child)
  if (vector.dictionary !== null) retainVector(owner, vector.dictionary)
  return vector
}

/** Undoes one `retainVector`, or drops a vector that owns its blocks. */
export function releaseVector(owner: Pick<BlockOwner, 'release'>, vector: Vector): void {
  for (const block of vector.blocks) owner.release(block)
  for (const child of vector.children) releaseVector(owner, child)
  if (vector.dictionary !== null) releaseVector(owner, vector.dictionary)
}

export function retainBatch(owner: Pick<BlockOwner, 'retain'>, batch: Batch): Batch {
  for (const column of batch.columns) retainVector(owner, column)
  return batch
}

export function releaseBatch(owner: Pick<BlockOwner, 'release'>, batch: Batch): void {
  for (const column of batch.columns) releaseVector(owner, column)
}

/** The dictionary of `source`, listing its blocks itself, so that a vector in scratch can go on using it. */
export function sharedDictionary(source: Vector): Vector | null {
  const { dictionary } = source
  if (dictionary === null || dictionary.blocks.length > 0 || source.blocks.length === 0) return dictionary
  const known = dictionariesWithBlocks.get(dictionary)
  if (known !== undefined) return known
  const shared = { ...dictionary, blocks: source.blocks }
  dictionariesWithBlocks.set(dictionary, shared)
  return shared
}

/** One object for each dictionary, as operators recognize a dictionary they have seen by its identity. */
const dictionariesWithBlocks = new WeakMap<Vector, Vector>()
