/** Stable sorting of rows by several keys, over contiguous vectors. Equals DuckDB's order of values. */

import { sliceVector } from '../../io/batch.js'
import { take } from '../kernels/vectors.js'
import type { OperatorContext } from './operator-context.js'
import { compareRows, type RowComparison } from './sort/compare.js'
import { keyColumns } from './sort/key-columns.js'
import { packKeys } from './sort/key-words.js'
import type { KeyWords, SortColumn } from './sort/keys.js'
import { radixSort } from './sort/radix.js'

export interface SortOptions {
  /** Rows [start, end) take part; all by default. */
  readonly start?: number
  readonly end?: number
  /** Only that many of the first rows are wanted. */
  readonly limit?: number | null
}

/** Sorted row numbers, as u32 at an address. */
export interface SortedRun {
  readonly address: number
  readonly count: number
}

/**
 * The row numbers of a vector's rows (of a range of them) in sorted order, as u32 in scratch: as many as there are rows,
 * or `limit` if that is less.
 */
export function sortIndices(
  context: OperatorContext,
  keys: readonly SortColumn[],
  length: number,
  options: SortOptions = {},
): number {
  const start = options.start ?? 0
  const count = (options.end ?? length) - start
  // Slices begin at multiples of 64: the rows before `start` are sorted along and left out.
  const before = start % 64
  const indices = context.scratch(Math.max(1, count) * 4)
  context.wasm.take_sequence(0, count, indices)
  const wanted = Math.min(count, options.limit ?? count)
  if (count > 1) {
    const columns = keys.map((key) => ({
      ...key,
      vector: sliceVector(key.vector, start - before, count + before),
    }))
    const words = packKeys(context, keyColumns(context, columns, before), count)
    return offset(context, sortWords(context, words, indices, count, wanted), wanted, start)
  }
  return offset(context, indices, wanted, start)
}

/** Sorts by words, the first the most significant. The indices are 0, 1, ... at first. */
function sortWords(
  context: OperatorContext,
  words: readonly KeyWords[],
  indices: number,
  count: number,
  wanted: number,
): number {
  if (words.length === 0) return indices
  if (wanted * 8 < count) {
    const candidates = leastRows(context, words[0], count, wanted)
    return radixSort(context, words, candidates.address, candidates.count, false)
  }
  return radixSort(context, words, indices, count, true)
}

/** The rows, in order, that can be among the first `wanted`: those whose first word is at most that of the last of them. */
function leastRows(context: OperatorContext, { address, bits }: KeyWords, count: number, wanted: number): SortedRun {
  const { wasm, scratch, memory } = context
  if (wanted === 0) return { address: scratch(4), count: 0 }
  const copy = scratch(count * 8)
  // Selection is by signed words; those of 64 bits change sides.
  if (bits === 64) wasm.words_flip_sign(address, count, copy)
  else memory.u8.copyWithin(copy, address, address + count * 8)
  wasm.aggregate_select(copy, count, wanted - 1)
  const limit = scratch(8)
  memory.u8.copyWithin(limit, copy + (wanted - 1) * 8, copy + wanted * 8)
  if (bits === 64) wasm.words_flip_sign(limit, 1, limit)
  const rows = scratch(count * 4 + 4)
  return { address: rows, count: wasm.sort_select_least(address, count, limit, rows) }
}

function offset(context: OperatorContext, indices: number, count: number, by: number): number {
  if (by !== 0) context.wasm.copy_offsets(indices, count, by, indices)
  return indices
}

/**
 * Places [from, to) of all runs merged, as u32 in scratch. Runs hold row numbers of the same contiguous vectors, each
 * sorted by `keys`; equal rows come in the order of the runs. Slices of the output can be made by several workers.
 */
export function mergeRuns(
  context: OperatorContext,
  keys: readonly SortColumn[],
  runs: readonly SortedRun[],
  from: number,
  to: number,
): number {
  const count = to - from
  const rows = context.scratch(Math.max(1, count) * 4)
  const compare = compareRows(context, keys)
  const starts = splitRuns(context, compare, runs, from)
  const ends = splitRuns(context, compare, runs, to)
  let out = rows
  runs.forEach((run, i) => {
    context.memory.u8.copyWithin(out, run.address + starts[i] * 4, run.address + ends[i] * 4)
    out += (ends[i] - starts[i]) * 4
  })
  if (runs.length < 2 || count < 2) return rows
  // Few rows are sorted faster by radix, stably, than they are merged by comparison.
  const gathered = keys.map((key) => ({ ...key, vector: take(context, key.vector, rows, count) }))
  const order = sortIndices(context, gathered, count)
  const merged = context.scratch(count * 4)
  context.wasm.take_32(rows, order, count, merged)
  return merged
}

/** How many rows of each run are among the first `place` of all. */
function splitRuns(
  context: OperatorContext,
  compare: RowComparison,
  runs: readonly SortedRun[],
  place: number,
): number[] {
  const { u32 } = context.memory
  const low = runs.map(() => 0)
  const high = runs.map((run) => Math.min(run.count, place))
  const row = (run: number, at: number) => u32[runs[run].address / 4 + at]
  for (;;) {
    const widest = high.reduce((best, end, i) => (end - low[i] > high[best] - low[best] ? i : best), 0)
    if (high[widest] === low[widest]) return low
    const middle = (low[widest] + high[widest]) >>> 1
    const pivot = row(widest, middle)
    // Of each run, how many rows come before the pivot, which is itself one of those it splits.
    const ranks = runs.map((_, i) => {
      if (i === widest) return middle
      let [first, last] = [low[i], high[i]]
      while (first < last) {
        const at = (first + last) >>> 1
        const order = compare(row(i, at), pivot)
        if (order < 0 || (order === 0 && i < widest)) first = at + 1
        else last = at
      }
      return first
    })
    const rank = ranks.reduce((sum, one) => sum + one, 0)
    if (rank < place) {
      // The pivot and all before it are among the first.
      ranks.forEach((one, i) => {
        low[i] = Math.max(low[i], i === widest ? one + 1 : one)
      })
    } else {
      ranks.forEach((one, i) => {
        high[i] = Math.min(high[i], one)
      })
    }
  }
}

/** The rows of a group table by the position that each begins with, as u32 in scratch. */
export function sortPositions(context: OperatorContext, rows: number, stride: number, count: number): number {
  const { wasm, scratch } = context
  const indices = scratch(Math.max(1, count) * 4)
  wasm.take_sequence(0, count, indices)
  if (wasm.group_is_ordered(rows, stride, count) !== 0) return indices
  const words = scratch(count * 8)
  wasm.group_copy_words(rows, stride, 8, indices, count, words)
  return radixSort(context, [{ address: words, bits: 53 }], indices, count, true)
}
