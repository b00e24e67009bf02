/** Texts among the keys of joins: entered by their hashes, compared where they are. */

import type { Vector } from '../../../io/batch.js'
import { plain } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'

/** Strings to compare, and their hashes. */
export interface StringColumn {
  readonly offsets: number
  readonly values: number
  readonly codes: number
  readonly hashes: number
}

export const STRING_BYTES = 16

export function writeStrings(context: OperatorContext, address: number, strings: readonly StringColumn[]): void {
  strings.forEach(({ offsets, values, codes }, i) => {
    context.memory.u32.set([offsets, values, codes, 0], address / 4 + i * (STRING_BYTES / 4))
  })
}

/** True of a dictionary that is much larger than the slice: it is not worth hashing whole. */
export function isMostlyUnused({ dictionary, length }: Vector): boolean {
  return dictionary !== null && dictionary.length > length * 2
}

export function stringColumn(context: OperatorContext, key: Vector): StringColumn {
  const { wasm, scratch } = context
  const { dictionary, length, validity } = key
  const hashes = scratch(length * 4)
  if (dictionary === null) {
    wasm.join_hash_strings(key.offsets, key.values, validity, length, hashes)
    return { offsets: key.offsets, values: key.values, codes: 0, hashes }
  }
  if (isMostlyUnused(key)) return stringColumn(context, plain(context, key))
  const entries = scratch(dictionary.length * 4)
  wasm.join_hash_strings(dictionary.offsets, dictionary.values, 0, dictionary.length, entries)
  wasm.join_take_hashes(entries, key.values, validity, length, hashes)
  return { offsets: dictionary.offsets, values: dictionary.values, codes: key.values, hashes }
}
