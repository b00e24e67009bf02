/** LIKE patterns: % stands for any bytes, _ for one character. */

import { is_row_valid, next_character } from './string-bytes'

const PERCENT = 0x25
const UNDERSCORE = 0x5f

/**
 * 1 if the pattern matches, 0 if not, -1 if matching came to an escape with nothing after it. `escape` is a byte or -1.
 * Going back to the last % alone is enough: what an earlier one could match in addition lies within what the last can.
 */
function like(text: usize, text_length: i32, pattern: usize, pattern_length: i32, escape: i32): i32 {
  let t = 0
  let p = 0
  let after_percent = -1
  let mark = 0
  while (t < text_length) {
    if (p < pattern_length) {
      const token = <i32>load<u8>(pattern + p)
      if (token == escape) {
        if (p + 1 == pattern_length) return -1
        if (load<u8>(pattern + p, 1) == load<u8>(text + t)) {
          p += 2
          t++
          continue
        }
      } else if (token == PERCENT) {
        while (p < pattern_length && load<u8>(pattern + p) == PERCENT) p++
        if (p == pattern_length) return 1
        after_percent = p
        mark = t
        continue
      } else if (token == UNDERSCORE) {
        p++
        t = <i32>(next_character(text + t, text + text_length) - text)
        continue
      } else if (token == <i32>load<u8>(text + t)) {
        p++
        t++
        continue
      }
    }
    if (after_percent < 0) return 0
    p = after_percent
    mark++
    const next = <i32>load<u8>(pattern + p)
    if (next != escape && next != UNDERSCORE) {
      while (mark < text_length && <i32>load<u8>(text + mark) != next) mark++
    }
    t = mark
  }
  while (p < pattern_length && load<u8>(pattern + p) == PERCENT) p++
  return p == pattern_length ? 1 : 0
}

/**
 * Bitmap of matches. `escape_offsets` 0: no escape; an empty escape is the byte 0. With `filtered` 1, only rows whose
 * bit is set in `out` are looked at, and keep it if they match. Returns the first valid row whose escape is longer
 * than one byte or ends the pattern, or -1.
 */
export function string_like(
  offsets: usize, values: usize, step: usize, pattern_offsets: usize, pattern_values: usize, pattern_step: usize,
  escape_offsets: usize, escape_values: usize, escape_step: usize, validity: usize, filtered: i32, out: usize, rows: i32,
): i32 {
  let word: u64 = 0
  let selected: u64 = -1
  for (let row = 0; row < rows; row++) {
    const bit = <u64>row & 63
    if (filtered && bit == 0) selected = load<u64>(out + ((<usize>row >> 6) << 3))
    if ((selected >> bit) & 1) {
      const start = load<i32>(offsets)
      const pattern_start = load<i32>(pattern_offsets)
      let escape = -1
      let result = -1
      let escape_size = 0
      if (escape_offsets != 0) {
        const escape_start = load<i32>(escape_offsets)
        escape_size = load<i32>(escape_offsets, 4) - escape_start
        escape = escape_size == 0 ? 0 : <i32>load<u8>(escape_values + <usize>escape_start)
      }
      if (escape_size <= 1) {
        result = like(
          values + <usize>start, load<i32>(offsets, 4) - start,
          pattern_values + <usize>pattern_start, load<i32>(pattern_offsets, 4) - pattern_start, escape,
        )
      }
      if (result < 0) {
        if (is_row_valid(validity, row)) return row
      } else {
        word |= <u64>result << bit
      }
    }
    offsets += step
    pattern_offsets += pattern_step
    if (escape_offsets != 0) escape_offsets += escape_step
    if (bit == 63) {
      store<u64>(out + ((<usize>row >> 6) << 3), word)
      word = 0
    }
  }
  if (rows & 63) store<u64>(out + ((<usize>rows >> 6) << 3), word)
  return -1
}
