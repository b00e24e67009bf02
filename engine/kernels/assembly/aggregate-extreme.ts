/**
 * Smallest and largest fixed-width values, as order-preserving words. The greatest is the smallest of the complements:
 * `flip` is 0 for the smallest and -1 for the greatest. Accumulator: value, 8 or 16 bytes; then whether there is one.
 */

import { counts, row_of } from './aggregate-row'

export function aggregate_extreme_i64(
  words: usize,
  valid: usize,
  groups: usize,
  count: i32,
  flip: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    if (valid && !counts(valid, i)) continue
    keep_64(row_of(base, stride, groups, i), load<i64>(words + (<usize>i << 3)) ^ <i64>flip)
  }
}

@inline
function keep_64(row: usize, word: i64): void {
  if (load<i64>(row, 8) && load<i64>(row) <= word) return
  store<i64>(row, word)
  store<i64>(row, 1, 8)
}

/** The same for one group. */
export function aggregate_all_extreme_i64(words: usize, valid: usize, count: i32, flip: i32, row: usize): void {
  if (valid) {
    for (let i = 0; i < count; i++) {
      if (counts(valid, i)) keep_64(row, load<i64>(words + (<usize>i << 3)) ^ <i64>flip)
    }
    return
  }
  if (count == 0) return
  const flips = i64x2.splat(<i64>flip)
  const first = v128.xor(v128.load64_splat(words), flips)
  let least = first
  let i = 0
  for (; i + 2 <= count; i += 2) {
    const value = v128.xor(v128.load(words + (<usize>i << 3)), flips)
    least = v128.bitselect(value, least, i64x2.lt_s(value, least))
  }
  keep_64(row, v128.extract_lane<i64>(least, 0))
  keep_64(row, v128.extract_lane<i64>(least, 1))
  if (i < count) keep_64(row, load<i64>(words + (<usize>i << 3)) ^ <i64>flip)
}

@inline
function keep_128(row: usize, low: u64, high: i64): void {
  if (load<i64>(row, 16)) {
    const kept = load<i64>(row, 8)
    if (kept < high || (kept == high && load<u64>(row) <= low)) return
  }
  store<u64>(row, low)
  store<i64>(row, high, 8)
  store<i64>(row, 1, 16)
}

export function aggregate_extreme_i128(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  flip: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    if (valid && !counts(valid, i)) continue
    const at = values + (<usize>i << 4)
    keep_128(row_of(base, stride, groups, i), load<u64>(at) ^ <u64>(<i64>flip), load<i64>(at, 8) ^ <i64>flip)
  }
}

export function aggregate_merge_extreme_i64(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  count: i32,
): void {
  for (let i = 0; i < count; i++) {
    const from = row_of(other, other_stride, entries, i)
    if (load<i64>(from, 8)) keep_64(row_of(base, stride, groups, i), load<i64>(from))
  }
}

export function aggregate_merge_extreme_i128(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  count: i32,
): void {
  for (let i = 0; i < count; i++) {
    const from = row_of(other, other_stride, entries, i)
    if (load<i64>(from, 16)) keep_128(row_of(base, stride, groups, i), load<u64>(from), load<i64>(from, 8))
  }
}

/** Reads words, or halves of wide ones, undoing the flip. */
export function aggregate_read_flipped(
  base: usize,
  stride: usize,
  width: i32,
  entries: usize,
  count: i32,
  flip: i32,
  out: usize,
): void {
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, entries, i)
    for (let at = 0; at < width; at += 8) {
      store<i64>(out, load<i64>(row + <usize>at) ^ <i64>flip)
      out += 8
    }
  }
}
