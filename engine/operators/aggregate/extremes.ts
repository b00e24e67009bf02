/** Smallest and greatest values, of any type; `boolAnd` and `boolOr` are those of booleans. */

import { type DataType, isNested, isVariableLength } from '../../../planner/types.js'
import { isWide, orderedWords, vectorOfWords } from '../../kernels/vectors/words.js'
import { plain } from '../../kernels/vectors.js'
import type { Accumulator, Finish, PartialRows } from './accumulator.js'
import { byteHeap, byteRowsOf, fillHeap, readBytes } from './byte-heap.js'
import { valuesOf } from './input.js'
import { readCounted } from './sums.js'

export function extremeAccumulator(type: DataType, greatest: boolean): Accumulator {
  if (isVariableLength(type) || isNested(type)) return extremeBytes(type, greatest)
  return isWide(type) ? extremeWide(type, greatest) : extremeWord(type, greatest)
}

function partialsOf(read: Finish): PartialRows {
  return { ofGroups: (entries, count) => [read(entries, count)], further: null }
}

/** Accumulator of 16 bytes: word, whether there is one. */
function extremeWord(type: DataType, greatest: boolean): Accumulator {
  const flip = greatest ? -1 : 0
  return {
    key: greatest ? 'greatest' : 'least',
    bytes: 16,
    auxiliary: null,
    update({ context, base, stride }, rows, { argument, valid }) {
      const { wasm } = context
      const words = orderedWords(context, plain(context, argument!))
      if (rows.single) wasm.aggregate_all_extreme_i64(words, valid, rows.length, flip, base)
      else wasm.aggregate_extreme_i64(words, valid, rows.groups, rows.length, flip, base, stride)
    },
    merge({ context, base, stride }, source, { groups, entries, count }) {
      context.wasm.aggregate_merge_extreme_i64(base, stride, groups, source.base, source.stride, entries, count)
    },
    addPartials(target, rows, [value]) {
      this.update(target, rows, valuesOf(value))
    },
    finish(target) {
      const { context, base, stride } = target
      return (entries, count) => {
        const words = context.scratch(count * 8)
        context.wasm.aggregate_read_flipped(base, stride, 8, entries, count, flip, words)
        return vectorOfWords(context, type, words, readCounted(target, 8, entries, count), count)
      }
    },
    partials(target, aggregate) {
      return partialsOf(this.finish(target, aggregate))
    },
  }
}

/** Accumulator of 24 bytes: 16-byte value, whether there is one. */
function extremeWide(type: DataType, greatest: boolean): Accumulator {
  const flip = greatest ? -1 : 0
  return {
    key: greatest ? 'greatest' : 'least',
    bytes: 24,
    auxiliary: null,
    update({ context, base, stride }, rows, { argument, valid }) {
      const values = orderedWords(context, plain(context, argument!))
      context.wasm.aggregate_extreme_i128(values, valid, rows.groups, rows.length, flip, base, stride)
    },
    merge({ context, base, stride }, source, { groups, entries, count }) {
      context.wasm.aggregate_merge_extreme_i128(base, stride, groups, source.base, source.stride, entries, count)
    },
    addPartials(target, rows, [value]) {
      this.update(target, rows, valuesOf(value))
    },
    finish(target) {
      const { context, base, stride } = target
      return (entries, count) => {
        const values = context.scratch(count * 16)
        context.wasm.aggregate_read_flipped(base, stride, 16, entries, count, flip, values)
        return vectorOfWords(context, type, values, readCounted(target, 16, entries, count), count)
      }
    },
    partials(target, aggregate) {
      return partialsOf(this.finish(target, aggregate))
    },
  }
}

/** Accumulator of 16 bytes: reference into the heap, whether there is one. */
function extremeBytes(type: DataType, greatest: boolean): Accumulator {
  const sign = greatest ? -1 : 1
  return {
    key: greatest ? 'greatest' : 'least',
    bytes: 16,
    auxiliary: byteHeap,
    update(target, rows, { argument, valid }) {
      const { context, base, stride, auxiliary } = target
      const { wasm } = context
      const { offsets, values, codes } = byteRowsOf(context, argument!)
      const { groups, length } = rows
      fillHeap(target, 0, length, (row) =>
        wasm.aggregate_extreme_bytes(
          ...([offsets, values, codes, valid, groups, row, length, sign, base, stride, auxiliary] as const),
        ),
      )
    },
    merge(target, source, { groups, entries, count }) {
      const { context, base, stride, auxiliary } = target
      fillHeap(target, 0, count, (row) =>
        context.wasm.aggregate_merge_extreme_bytes(
          ...([base, stride, groups, source.base, source.stride, entries, row, count, sign] as const),
          ...([auxiliary, source.auxiliary] as const),
        ),
      )
    },
    addPartials(target, rows, [value]) {
      this.update(target, rows, valuesOf(value))
    },
    finish(target) {
      return (entries, count) => readBytes(target, 0, type, readCounted(target, 8, entries, count), entries, count)
    },
    partials(target, aggregate) {
      return partialsOf(this.finish(target, aggregate))
    },
  }
}
