/**
 * First and last values by position in the input, whatever the order in which threads see it.
 * Accumulator: position + 1 or 0, whether valid, value of 8 or 16 bytes.
 */

import { counts, row_of } from './aggregate-row'

/**
 * Keeps the first (`last` 0) or last (1) of the rows that `included`, unless 0, tells; row i has ordinal position + i or,
 * unless `ordinals` is 0, position less 1 and what is there.
 * `width` is the bytes of a value.
 */
export function aggregate_position_words(
  values: usize,
  width: i32,
  valid: usize,
  included: usize,
  groups: usize,
  count: i32,
  position: f64,
  ordinals: usize,
  last: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    if (included && !counts(included, i)) continue
    const row = row_of(base, stride, groups, i)
    const ordinal = <i64>position + (ordinals ? load<i64>(ordinals + (<usize>i << 3)) : i + 1)
    const kept = load<i64>(row)
    if (kept && (last ? kept > ordinal : kept < ordinal)) continue
    store<i64>(row, ordinal)
    store<i64>(row, counts(valid, i), 8)
    const at = values + <usize>i * <usize>width
    store<u64>(row, load<u64>(at), 16)
    if (width == 16) store<u64>(row, load<u64>(at, 8), 24)
  }
}

export function aggregate_merge_position_words(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  count: i32,
  width: i32,
  last: i32,
): void {
  for (let i = 0; i < count; i++) {
    const from = row_of(other, other_stride, entries, i)
    const row = row_of(base, stride, groups, i)
    const ordinal = load<i64>(from)
    const kept = load<i64>(row)
    if (!ordinal || (kept && (last ? kept > ordinal : kept < ordinal))) continue
    store<i64>(row, ordinal)
    store<i64>(row, load<i64>(from, 8), 8)
    store<u64>(row, load<u64>(from, 16), 16)
    if (width == 16) store<u64>(row, load<u64>(from, 24), 24)
  }
}
