/** Writes vectors into blocks of their own: several as one, or one out of scratch. */

import { type Allocate, type Batch, emptyVector, type Vector } from '../../../io/batch.js'
import { type BlockSharing, releaseVector, retainVector } from '../../../io/block-sharing.js'
import { type DataType, isNested } from '../../../planner/types.js'
import type { RetainingContext } from '../kernel.js'
import { assemble, type Segment } from './assemble.js'
import { expand } from './form.js'
import { sharedDictionary } from './shared-dictionary.js'
import { take } from './take.js'

/**
 * All rows of `vectors`, which have one type, in order, as one vector in fresh blocks. Vectors that share a dictionary
 * stay encoded; with different dictionaries the result is plain. Decimals are 16 bytes wide if any
 * input is. Throws VOLLEY_MEMORY_LIMIT if strings add up to 2 GiB or more. Of no vectors, `type` tells the type.
 */
export function concat(
  context: RetainingContext,
  allocate: Allocate,
  vectors: readonly Vector[],
  type: DataType = vectors[0].type,
): Vector {
  const filled = vectors.filter((one) => one.length > 0)
  if (filled.length === 0) return assemble(context, allocate, [wholeSegment(emptyVector(type))])
  const full = filled.map((one) => expand(context, one))
  return assemble(context, allocate, full.map(wholeSegment))
}

/**
 * A vector that owns, or shares in, all the blocks its data lies in. Data that lies in retained blocks stays where it
 * is and the blocks are retained once more; the rest is copied.
 */
export function persist(context: RetainingContext, allocate: Allocate, source: Vector): Vector {
  if (source.blocks.length > 0) {
    retainVector(context, source)
    return source
  }
  if (source.type.kind === 'null') return source
  if (!source.constant) return assemble(context, allocate, [wholeSegment(source)])
  const single = assemble(context, allocate, [wholeSegment({ ...source, constant: false, length: 1 })])
  return { ...single, constant: true, length: source.length }
}

/** The same of all columns; if one has no room, none is kept. */
export function persistBatch(
  context: RetainingContext & Pick<BlockSharing, 'release'>,
  allocate: Allocate,
  batch: Batch,
): Batch {
  const columns: Vector[] = []
  try {
    for (const column of batch.columns) columns.push(persist(context, allocate, column))
    return { ...batch, columns }
  } catch (error) {
    for (const column of columns) releaseVector(context, column)
    throw error
  }
}

/**
 * Rows `indices[0 .. count)` of `source`, none of them null, in fresh blocks: written there once where the type is not
 * nested, rather than gathered in scratch and copied.
 */
export function takeIntoBlocks(
  context: RetainingContext & { readonly allocate: Allocate; readonly release: (block: number) => void },
  source: Vector,
  indices: number,
  count: number,
): Vector {
  if (source.constant || source.dictionary !== null || source.type.kind === 'null' || isNested(source.type)) {
    return persist(context, context.allocate, take(context, source, indices, count))
  }
  const blocks: number[] = []
  const scratch = (bytes: number): number => {
    const block = context.allocate(bytes)
    blocks.push(block)
    return block
  }
  try {
    return { ...take({ ...context, scratch }, source, indices, count), blocks }
  } catch (error) {
    for (const block of blocks) context.release(block)
    throw error
  }
}

function wholeSegment(source: Vector): Segment {
  return { vector: { ...source, dictionary: sharedDictionary(source) }, start: 0, length: source.length }
}
