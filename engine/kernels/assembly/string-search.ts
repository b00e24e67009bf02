/** Search for bytes in strings. */

import { bytes_characters } from './string-bytes'
import { bytes_equal } from './string-compare'

/** Offset of the first occurrence, or -1. Tests 16 positions at once by the first and the last byte searched for. */
export function bytes_find(text: usize, text_length: i32, search: usize, search_length: i32): i32 {
  if (search_length == 0) return 0
  const last_position = text_length - search_length
  if (last_position < 0) return -1
  const tail = <usize>(search_length - 1)
  const first = load<u8>(search)
  const last = load<u8>(search + tail)
  const firsts = i8x16.splat(first)
  const lasts = i8x16.splat(last)
  let i = 0
  for (; i + 15 <= last_position; i += 16) {
    const heads = i8x16.eq(v128.load(text + i), firsts)
    let candidates = i8x16.bitmask(v128.and(heads, i8x16.eq(v128.load(text + i + tail), lasts)))
    while (candidates != 0) {
      const at = i + ctz(candidates)
      if (bytes_equal(text + at, search, search_length)) return at
      candidates &= candidates - 1
    }
  }
  for (; i <= last_position; i++) {
    if (load<u8>(text + i) == first && load<u8>(text + i + tail) == last && bytes_equal(text + i, search, search_length)) {
      return i
    }
  }
  return -1
}

/**
 * Bitmap of the rows that contain one search string, of at least one byte: scans all rows as one text, then finds the
 * row of each occurrence.
 */
export function string_contains_constant(
  offsets: usize, values: usize, search: usize, search_length: i32, out: usize, rows: i32,
): void {
  memory.fill(out, 0, (<usize>(rows + 63) >> 6) << 3)
  const end = load<i32>(offsets + (<usize>rows << 2))
  let position = load<i32>(offsets)
  let row = 0
  while (true) {
    const found = bytes_find(values + <usize>position, end - position, search, search_length)
    if (found < 0) return
    position += found
    while (load<i32>(offsets + (<usize>row << 2), 4) <= position) row++
    const row_end = load<i32>(offsets + (<usize>row << 2), 4)
    if (position + search_length <= row_end) {
      const byte = out + (<usize>row >> 3)
      store<u8>(byte, load<u8>(byte) | <u8>(<u32>1 << (<u32>row & 7)))
      position = row_end
    } else {
      // The occurrence runs over the end of its row.
      position++
    }
  }
}

/** Bitmap of a search in each row. `place`: 0 anywhere, 1 at the start, 2 at the end. */
export function string_match(
  offsets: usize, values: usize, step: usize, search_offsets: usize, search_values: usize, search_step: usize,
  place: i32, out: usize, rows: i32,
): void {
  let word: u64 = 0
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(offsets)
    const text = values + <usize>start
    const size = load<i32>(offsets, 4) - start
    const search_start = load<i32>(search_offsets)
    const search = search_values + <usize>search_start
    const search_size = load<i32>(search_offsets, 4) - search_start
    let found = false
    if (place == 0) found = bytes_find(text, size, search, search_size) >= 0
    else if (search_size <= size) {
      found = bytes_equal(place == 1 ? text : text + <usize>(size - search_size), search, search_size)
    }
    word |= <u64>found << (<u64>row & 63)
    offsets += step
    search_offsets += search_step
    if ((row & 63) == 63) {
      store<u64>(out + ((<usize>row >> 6) << 3), word)
      word = 0
    }
  }
  if (rows & 63) store<u64>(out + ((<usize>rows >> 6) << 3), word)
}

/** Out values i64: the character, from 1, at which the first occurrence starts; 0 if there is none. */
export function string_position(
  offsets: usize, values: usize, step: usize, search_offsets: usize, search_values: usize, search_step: usize,
  out: usize, rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(offsets)
    const text = values + <usize>start
    const search_start = load<i32>(search_offsets)
    const search_size = load<i32>(search_offsets, 4) - search_start
    const found = bytes_find(text, load<i32>(offsets, 4) - start, search_values + <usize>search_start, search_size)
    store<i64>(out, found < 0 ? 0 : <i64>bytes_characters(text, found) + 1)
    offsets += step
    search_offsets += search_step
    out += 8
  }
}
