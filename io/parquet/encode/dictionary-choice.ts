/** Decides from a sample whether a column of a row group is worth a dictionary. */

import type { MemoryViews, Vector } from '../../batch.js'
import { isValid } from '../../values.js'
import type { RowGroupSlice } from './ipc-stream.js'

const SAMPLE_ROWS = 4096
/** A dictionary pays while values repeat; above this share of distinct values in the sample they hardly do. */
const MAXIMUM_DISTINCT_SHARE = 0.6

/** True for nested columns too, whose leaves the codec gives up on by itself when a dictionary grows too large. */
export function wantsDictionary(memory: MemoryViews, slices: readonly RowGroupSlice[], column: number): boolean {
  const rows = slices.reduce((sum, slice) => sum + slice.length, 0)
  const step = Math.max(1, Math.floor(rows / SAMPLE_ROWS))
  const seen = new Set<number>()
  let sampled = 0
  let skip = 0
  for (const { batch, start, length } of slices) {
    const source = batch.columns[column]
    const hash = hasherOf(memory, source)
    if (hash === null) return true
    let row = skip
    for (; row < length; row += step) {
      if (!isValid(memory, source, start + row)) continue
      sampled++
      seen.add(hash(start + row))
    }
    skip = row - length
  }
  return seen.size <= sampled * MAXIMUM_DISTINCT_SHARE
}

/** Hashes the value of a row; null for types without values of their own. */
function hasherOf(memory: MemoryViews, source: Vector): ((row: number) => number) | null {
  const { i32, u8 } = memory
  const { kind } = source.type
  if (source.constant || source.dictionary !== null) return null
  if (kind === 'utf8' || kind === 'binary') {
    return (row) => {
      const start = source.values + i32[source.offsets / 4 + row]
      return hashBytes(u8, start, source.values + i32[source.offsets / 4 + row + 1])
    }
  }
  if (source.width === 0) return null
  return (row) => hashBytes(u8, source.values + row * source.width, source.values + (row + 1) * source.width)
}

/** FNV-1a, 32 bits. */
function hashBytes(u8: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ u8[at], 0x01000193)
  return hash
}
