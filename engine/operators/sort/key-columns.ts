/** Sort keys as columns of order-preserving words; strings are replaced by their ranks. */

import { type Vector, vector } from '../../../io/batch.js'
import { InternalError } from '../../../planner/errors.js'
import { INT64, isNested, isVariableLength } from '../../../planner/types.js'
import { encodeRows } from '../../kernels/vectors/row-bytes.js'
import { isWide, orderedWords } from '../../kernels/vectors/words.js'
import { plain, take } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { KeyColumn, SortColumn } from './keys.js'
import { radixSort } from './radix.js'

/** The columns of the keys that tell rows apart at all, without the first `skipped` rows. */
export function keyColumns(context: OperatorContext, keys: readonly SortColumn[], skipped: number): KeyColumn[] {
  return keys
    .filter(({ vector: key }) => !key.constant && key.type.kind !== 'null')
    .flatMap(({ vector: key, descending, nullsFirst }) =>
      wordsOf(context, key).map((words) => ({
        words: words + skipped * 8,
        validity: key.validity,
        first: skipped,
        descending,
        nullsFirst,
      })),
    )
}

function wordsOf(context: OperatorContext, key: Vector): number[] {
  const { type } = key
  if (isNested(type)) return [ranksOf(context, encodeRows(context, key))]
  if (isVariableLength(type)) return [key.dictionary === null ? ranksOf(context, key) : codeRanks(context, key)]
  if (isWide(type)) return wideWords(context, plain(context, key))
  return [orderedWords(context, plain(context, key))]
}

/** The rank of each string among the different strings of the vector, as words; undefined for nulls. */
function ranksOf(context: OperatorContext, source: Vector): number {
  const { wasm, scratch } = context
  const { offsets, values, validity, length } = source
  const rows = scratch(Math.max(64, length + 64) * 4)
  const count = validity === 0 ? length : wasm.selection_rows(validity, 0, length, rows)
  if (validity === 0) wasm.take_sequence(0, length, rows)
  const prefixes = scratch(length * 8)
  wasm.sort_prefixes(
    offsets,
    values,
    validity,
    length,
    wasm.sort_common_prefix(offsets, values, validity, length),
    prefixes,
  )
  const sorted = radixSort(context, [{ address: prefixes, bits: 64 }], rows, count, validity === 0)
  const sortedPrefixes = scratch(count * 8)
  wasm.take_64(prefixes, sorted, count, sortedPrefixes)
  wasm.sort_ties(sortedPrefixes, sorted, count, offsets, values, scratch(count * 4))
  const ranks = scratch(length * 8)
  wasm.sort_rank(sortedPrefixes, sorted, count, offsets, values, ranks)
  return ranks
}

/** The rank of each row's dictionary entry. */
function codeRanks(context: OperatorContext, key: Vector): number {
  const dictionary = key.dictionary
  if (dictionary === null) throw new InternalError('a vector without a dictionary has no codes')
  const ranks = vector(INT64, dictionary.length, { values: ranksOf(context, dictionary) })
  const codes = context.scratch(key.length * 4)
  if (key.validity === 0) return take(context, ranks, key.values, key.length).values
  context.wasm.take_mask_codes(key.values, key.validity, 0, key.length, codes)
  return take(context, ranks, codes, key.length, { nullable: true }).values
}

/** One word where all values fit it, else the high words and the low ones. */
function wideWords(context: OperatorContext, key: Vector): number[] {
  const { wasm, scratch } = context
  const { validity, length } = key
  if (key.width === 8) return [key.values]
  const single = scratch(length * 8)
  if (wasm.copy_128_to_64(key.values, validity, length, single) !== 0) return [single]
  const [high, low] = [scratch(length * 8), scratch(length * 8)]
  wasm.sort_split_wide(key.values, length, high, low)
  return [high, low]
}
