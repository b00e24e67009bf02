/** Sorting strings: by words of eight bytes first, then those whose words agree by comparison. */

import { bytes_compare, bytes_equal } from './string-compare'

/** Bytes that all valid strings begin with. */
export function sort_common_prefix(offsets: usize, values: usize, validity: usize, count: i32): i32 {
  let common = i32.MAX_VALUE
  let model: usize = 0
  for (let i = 0; i < count && common > 0; i++) {
    if (validity && !((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)) continue
    const at = offsets + (<usize>i << 2)
    const start = load<i32>(at)
    const bytes = values + <usize>start
    const length = load<i32>(at, 4) - start
    common = min(common, length)
    if (model == 0) model = bytes
    if (bytes_equal(model, bytes, common)) continue
    let shared = 0
    while (load<u8>(model + <usize>shared) == load<u8>(bytes + <usize>shared)) shared++
    common = shared
  }
  return common == i32.MAX_VALUE ? 0 : common
}

/** Eight bytes of each string from byte `skip`, the first most significant, zeros behind its end; 0 for nulls. */
export function sort_prefixes(
  offsets: usize,
  values: usize,
  validity: usize,
  count: i32,
  skip: i32,
  out: usize,
): void {
  for (let i = 0; i < count; i++) {
    let word: u64 = 0
    if (!validity || ((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)) {
      const at = offsets + (<usize>i << 2)
      const start = load<i32>(at) + skip
      const rest = load<i32>(at, 4) - start
      word = load<u64>(values + <usize>start)
      if (rest < 8) word &= rest > 0 ? (<u64>1 << <u64>(rest << 3)) - 1 : 0
      word = bswap(word)
    }
    store<u64>(out + (<usize>i << 3), word)
  }
}

@inline
function compare_rows(offsets: usize, values: usize, a: u32, b: u32): i32 {
  const first = offsets + (<usize>a << 2)
  const second = offsets + (<usize>b << 2)
  const a_start = load<i32>(first)
  const b_start = load<i32>(second)
  return bytes_compare(
    values + <usize>a_start,
    load<i32>(first, 4) - a_start,
    values + <usize>b_start,
    load<i32>(second, 4) - b_start,
  )
}

/** Sorts rows whose words are equal, and so next to each other, by their strings; stable. No row is null. */
export function sort_ties(words: usize, rows: usize, count: i32, offsets: usize, values: usize, spare: usize): void {
  let start = 0
  while (start < count) {
    const word = load<u64>(words + (<usize>start << 3))
    let end = start + 1
    while (end < count && load<u64>(words + (<usize>end << 3)) == word) end++
    if (end - start > 1) merge_sort(rows + (<usize>start << 2), end - start, offsets, values, spare)
    start = end
  }
}

const INSERTION = 8

/** Sorts runs of a few rows by insertion, then merges them, pass by pass. */
function merge_sort(rows: usize, count: i32, offsets: usize, values: usize, spare: usize): void {
  for (let start = 0; start < count; start += INSERTION) {
    insertion_sort(rows + (<usize>start << 2), min(INSERTION, count - start), offsets, values)
  }
  let from = rows
  let to = spare
  for (let width = INSERTION; width < count; width *= 2) {
    for (let start = 0; start < count; start += width * 2) {
      const middle = min(start + width, count)
      merge(from, start, middle, min(middle + width, count), to, offsets, values)
    }
    const swap = from
    from = to
    to = swap
  }
  if (from != rows) memory.copy(rows, from, <usize>count << 2)
}

function insertion_sort(rows: usize, count: i32, offsets: usize, values: usize): void {
  for (let i = 1; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2))
    let j = i
    for (; j > 0; j--) {
      const before = load<u32>(rows + (<usize>(j - 1) << 2))
      if (compare_rows(offsets, values, before, row) <= 0) break
      store<u32>(rows + (<usize>j << 2), before)
    }
    store<u32>(rows + (<usize>j << 2), row)
  }
}

function merge(from: usize, start: i32, middle: i32, end: i32, to: usize, offsets: usize, values: usize): void {
  let i = start
  let j = middle
  for (let k = start; k < end; k++) {
    let left = i < middle
    if (left && j < end) {
      const a = load<u32>(from + (<usize>i << 2))
      left = compare_rows(offsets, values, a, load<u32>(from + (<usize>j << 2))) <= 0
    }
    const source = left ? i++ : j++
    store<u32>(to + (<usize>k << 2), load<u32>(from + (<usize>source << 2)))
  }
}

/** Numbers sorted rows so that equal strings have equal numbers, and writes the numbers by row as words. */
export function sort_rank(words: usize, rows: usize, count: i32, offsets: usize, values: usize, out: usize): void {
  let rank: i64 = 0
  for (let i = 0; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2))
    if (i > 0) {
      const before = load<u32>(rows + (<usize>(i - 1) << 2))
      const same =
        load<u64>(words + (<usize>i << 3)) == load<u64>(words + (<usize>(i - 1) << 3)) &&
        compare_rows(offsets, values, before, row) == 0
      if (!same) rank++
    }
    store<i64>(out + (<usize>row << 3), rank)
  }
}
