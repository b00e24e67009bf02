/** Hashes of keys by which rows are put into partitions. */

import type { Vector } from '../../../io/batch.js'
import { isNested } from '../../../planner/types.js'
import { encodeRows } from '../../kernels/vectors/row-bytes.js'
import { orderedWords } from '../../kernels/vectors/words.js'
import { expand } from '../../kernels/vectors.js'
import { stringColumn } from '../join/strings.js'
import type { OperatorContext } from '../operator-context.js'
import { type KeyField, keyLayout } from './layout.js'

/**
 * The 64-bit hashes of `length` rows, at an address in scratch. They depend on the values alone, not on the form of the
 * vectors: null is a value, NaN equals NaN, -0 equals 0. They are those by which `Grouping.partition` takes its groups.
 */
export function hashKeys(context: OperatorContext, keys: readonly Vector[], length: number): number {
  const hashes = context.scratch(length * 8)
  context.memory.u8.fill(0, hashes, hashes + length * 8)
  const { fields } = keyLayout(keys.map(({ type }) => type))
  keys.forEach((key, index) => {
    const mark = context.markScratch()
    hashField(context, fields[index], key, hashes)
    context.rewindScratch(mark)
  })
  return hashes
}

function hashField(context: OperatorContext, field: KeyField, source: Vector, hashes: number): void {
  if (field.kind === 'nothing') return
  const { wasm } = context
  const key = expand(context, isNested(source.type) ? encodeRows(context, source) : source)
  const { length, validity } = key
  if (field.kind === 'string') {
    wasm.partition_hash_strings(stringColumn(context, key).hashes, validity, length, hashes)
    return
  }
  const words = orderedWords(context, key)
  if (field.kind === 'wide') wasm.partition_hash_wide(words, validity, length, hashes)
  else wasm.partition_hash_words(words, validity, length, field.bits, hashes)
  if (field.nullFlag !== null) wasm.partition_hash_nulls(validity, length, hashes)
}
