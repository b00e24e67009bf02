/** Dictionaries that vectors in scratch share with the vectors they were made of. */

import type { Vector } from '../../../io/batch.js'

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
