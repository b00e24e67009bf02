/**
 * Strings kept by accumulators. An accumulator refers to bytes in a heap by offset and length, u32 each; what it no
 * longer refers to is waste, left out when the heap is copied to a larger block.
 *
 *   heap header, u32 each: 0 bytes   4 used   8 capacity
 *
 * Input rows are (offsets, values), or, where `codes` is not 0, codes into such a dictionary. Functions that return a
 * row stop there because the heap is full, and go on from it once it has grown; they return `count` when done.
 */

import { counts, row_of } from './aggregate-row'
import { copy_short } from './copy'
import { bytes_compare } from './string-compare'

/** Makes the reference at `at` refer to a copy of bytes; false if the heap is full. */
function keep_bytes(heap: usize, at: usize, bytes: usize, length: u32): bool {
  const room = load<u32>(at, 4)
  // Up to 7 bytes beyond the end are overwritten too: room is reserved in steps of 8.
  if (room != 0 && ((length + 7) & ~7) <= ((room + 7) & ~7)) {
    copy_short(<usize>load<u32>(heap) + <usize>load<u32>(at), bytes, length)
    store<u32>(at, length, 4)
    return true
  }
  const used = load<u32>(heap, 4)
  const size = (length + 7) & ~7
  if (<u64>used + <u64>size > <u64>load<u32>(heap, 8)) return false
  copy_short(<usize>load<u32>(heap) + <usize>used, bytes, length)
  store<u32>(at, used)
  store<u32>(at, length, 4)
  store<u32>(heap, used + size, 4)
  return true
}

@inline
function offset_at(offsets: usize, codes: usize, i: i32): usize {
  return offsets + (codes ? <usize>load<u32>(codes + (<usize>i << 2)) : <usize>i) * 4
}

/** Smallest (`sign` 1) or greatest (-1) strings. Accumulator: reference, whether there is one. */
export function aggregate_extreme_bytes(
  offsets: usize,
  values: usize,
  codes: usize,
  valid: usize,
  groups: usize,
  start: i32,
  count: i32,
  sign: i32,
  base: usize,
  stride: usize,
  heap: usize,
): i32 {
  for (let i = start; i < count; i++) {
    if (valid && !counts(valid, i)) continue
    const at = offset_at(offsets, codes, i)
    const first = load<i32>(at)
    if (!keep_extreme(heap, row_of(base, stride, groups, i), values + <usize>first, load<i32>(at, 4) - first, sign)) {
      return i
    }
  }
  return count
}

@inline
function keep_extreme(heap: usize, row: usize, bytes: usize, length: i32, sign: i32): bool {
  if (load<i64>(row, 8)) {
    const kept = <usize>load<u32>(heap) + <usize>load<u32>(row)
    if (bytes_compare(bytes, length, kept, load<i32>(row, 4)) * sign >= 0) return true
  }
  if (!keep_bytes(heap, row, bytes, length)) return false
  store<i64>(row, 1, 8)
  return true
}

export function aggregate_merge_extreme_bytes(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  start: i32,
  count: i32,
  sign: i32,
  heap: usize,
  other_heap: usize,
): i32 {
  const other_bytes = <usize>load<u32>(other_heap)
  for (let i = start; i < count; i++) {
    const from = row_of(other, other_stride, entries, i)
    if (!load<i64>(from, 8)) continue
    const bytes = other_bytes + <usize>load<u32>(from)
    if (!keep_extreme(heap, row_of(base, stride, groups, i), bytes, load<i32>(from, 4), sign)) return i
  }
  return count
}

/**
 * First (`last` 0) or last (1) strings by position among the rows that `included`, unless 0, tells; see
 * `aggregate_position_64`. Accumulator: position + 1, whether valid, reference.
 */
export function aggregate_position_bytes(
  offsets: usize,
  values: usize,
  codes: usize,
  valid: usize,
  included: usize,
  groups: usize,
  start: i32,
  count: i32,
  position: f64,
  ordinals: usize,
  last: i32,
  base: usize,
  stride: usize,
  heap: usize,
): i32 {
  for (let i = start; i < count; i++) {
    if (included && !counts(included, i)) continue
    const row = row_of(base, stride, groups, i)
    const ordinal = <i64>position + (ordinals ? load<i64>(ordinals + (<usize>i << 3)) : i + 1)
    const kept = load<i64>(row)
    if (kept && (last ? kept > ordinal : kept < ordinal)) continue
    const one = counts(valid, i)
    if (one) {
      const at = offset_at(offsets, codes, i)
      const first = load<i32>(at)
      if (!keep_bytes(heap, row + 16, values + <usize>first, load<i32>(at, 4) - first)) return i
    }
    store<i64>(row, ordinal)
    store<i64>(row, one, 8)
  }
  return count
}

export function aggregate_merge_position_bytes(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  start: i32,
  count: i32,
  last: i32,
  heap: usize,
  other_heap: usize,
): i32 {
  const other_bytes = <usize>load<u32>(other_heap)
  for (let i = start; i < count; i++) {
    const from = row_of(other, other_stride, entries, i)
    const row = row_of(base, stride, groups, i)
    const ordinal = load<i64>(from)
    const kept = load<i64>(row)
    if (!ordinal || (kept && (last ? kept > ordinal : kept < ordinal))) continue
    const valid = load<i64>(from, 8)
    if (valid && !keep_bytes(heap, row + 16, other_bytes + <usize>load<u32>(from, 16), load<u32>(from, 20))) return i
    store<i64>(row, ordinal)
    store<i64>(row, valid, 8)
  }
  return count
}

/** Bytes that the references of rows 0 to `count` - 1 take when copied. */
export function aggregate_live_bytes(base: usize, stride: usize, count: i32): f64 {
  let total: u64 = 0
  for (let i = 0; i < count; i++) {
    total += <u64>((load<u32>(base, 4) + 7) & ~7)
    base += stride
  }
  return <f64>total
}

/** Copies what rows refer to from the heap to `out`, and makes them refer to it; returns the bytes used. */
export function aggregate_move_bytes(base: usize, stride: usize, count: i32, heap: usize, out: usize): u32 {
  const bytes = <usize>load<u32>(heap)
  let used: u32 = 0
  for (let i = 0; i < count; i++) {
    const length = load<u32>(base, 4)
    copy_short(out + <usize>used, bytes + <usize>load<u32>(base), length)
    store<u32>(base, used)
    used += (length + 7) & ~7
    base += stride
  }
  return used
}

/** Offsets of the strings that rows refer to, and their end, which may exceed them. */
export function aggregate_read_offsets(base: usize, stride: usize, entries: usize, count: i32, out: usize): f64 {
  let total: u64 = 0
  store<i32>(out, 0)
  for (let i = 0; i < count; i++) {
    total += <u64>load<u32>(row_of(base, stride, entries, i), 4)
    store<i32>(out + (<usize>i << 2), <i32>total, 4)
  }
  return <f64>total
}

/** Copies those strings; `out` needs 8 bytes beyond their end. */
export function aggregate_read_bytes(
  base: usize,
  stride: usize,
  entries: usize,
  count: i32,
  heap: usize,
  out: usize,
): void {
  const bytes = <usize>load<u32>(heap)
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, entries, i)
    const length = load<i32>(row, 4)
    copy_short(out, bytes + <usize>load<u32>(row), length)
    out += <usize>length
  }
}
