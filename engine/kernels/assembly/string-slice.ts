/**
 * Kernels whose result is a part of each string. They write where each part starts, `from` (u32, bytes from `values`),
 * and the offsets of the result; `string_gather` then copies. They return the bytes of the result, or ~row for the
 * first row at which these exceed what 32-bit offsets can say.
 */

import { bytes_character_offset, bytes_characters, is_character, is_row_valid, MAX_TOTAL, next_character } from './string-bytes'

const SUBSTRING = 0
const LEFT = 1

/**
 * `mode` 0: the characters from `starts` (from 1; negative from the end), `counts` of them (backwards if negative).
 * `mode` 1, left: the first `counts`, or all but the last -counts; 2, right: the same from the end.
 * Starts and counts are i64 with a step of 8, or 0 for constants. With `ascii` 1, bytes are characters.
 */
export function string_slice(
  offsets: usize, values: usize, step: usize, mode: i32, starts: usize, starts_step: usize,
  counts: usize, counts_step: usize, ascii: i32, from: usize, out_offsets: usize, rows: i32,
): i32 {
  let total: i64 = 0
  store<i32>(out_offsets, 0)
  for (let row = 0; row < rows; row++) {
    const text_start = load<i32>(offsets)
    const text = values + <usize>text_start
    const size = load<i32>(offsets, 4) - text_start
    const count = clamp(load<i64>(counts))
    let begin: i64
    let end: i64
    if (mode == SUBSTRING) {
      const start = clamp(load<i64>(starts))
      begin = start > 0 ? start - 1 : start < 0 ? characters(text, size, ascii) + start : -1
      end = begin + count
      if (count < 0) {
        const swap = begin
        begin = end
        end = swap
      }
    } else if (mode == LEFT) {
      begin = 0
      end = count >= 0 ? count : characters(text, size, ascii) + count
    } else {
      begin = count >= 0 ? characters(text, size, ascii) - count : -count
      end = size
    }
    begin = max(min(begin, <i64>size), 0)
    end = max(min(end, <i64>size), begin)
    let first = <i32>begin
    let length = <i32>(end - begin)
    if (!ascii) {
      first = bytes_character_offset(text, size, first)
      length = bytes_character_offset(text + <usize>first, size - first, length)
    }
    store<u32>(from, text_start + first)
    total += length
    if (total > MAX_TOTAL) return ~row
    store<i32>(out_offsets, <i32>total, 4)
    offsets += step
    starts += starts_step
    counts += counts_step
    from += 4
    out_offsets += 4
  }
  return <i32>total
}

/** Beyond any string's length either way, and safe to add. */
function clamp(value: i64): i64 {
  return max(min(value, 0x1000000000), -0x1000000000)
}

function characters(text: usize, size: i32, ascii: i32): i64 {
  return <i64>(ascii ? size : bytes_characters(text, size))
}

/**
 * Strips characters at the start (`sides` bit 0) and the end (bit 1): those of the row's set, or, where `set_offsets`
 * is 0, the spaces of Unicode (category Zs).
 */
export function string_trim(
  offsets: usize, values: usize, step: usize, set_offsets: usize, set_values: usize, set_step: usize,
  sides: i32, from: usize, out_offsets: usize, rows: i32,
): i32 {
  let total: i64 = 0
  store<i32>(out_offsets, 0)
  for (let row = 0; row < rows; row++) {
    let start = values + <usize>load<i32>(offsets)
    let end = values + <usize>load<i32>(offsets, 4)
    let set: usize = 0
    let set_end: usize = 0
    if (set_offsets != 0) {
      set = set_values + <usize>load<i32>(set_offsets)
      set_end = set_values + <usize>load<i32>(set_offsets, 4)
    }
    if (sides & 1) {
      while (start < end) {
        const next = next_character(start, end)
        if (!is_trimmed(pack(start, next), set, set_end)) break
        start = next
      }
    }
    if (sides & 2) {
      while (start < end) {
        let previous = end - 1
        while (previous > start && !is_character(previous)) previous--
        if (!is_trimmed(pack(previous, end), set, set_end)) break
        end = previous
      }
    }
    store<u32>(from, <u32>(start - values))
    total += <i64>(end - start)
    if (total > MAX_TOTAL) return ~row
    store<i32>(out_offsets, <i32>total, 4)
    offsets += step
    set_offsets += set_step
    from += 4
    out_offsets += 4
  }
  return <i32>total
}

function is_trimmed(character: u32, set: usize, set_end: usize): bool {
  if (set == 0) return is_space(character)
  while (set < set_end) {
    const next = next_character(set, set_end)
    if (pack(set, next) == character) return true
    set = next
  }
  return false
}

/** The bytes of a character as one number, the first byte on top. */
function pack(address: usize, end: usize): u32 {
  let packed: u32 = 0
  for (; address < end; address++) packed = (packed << 8) | load<u8>(address)
  return packed
}

/** U+0020, U+00A0, U+1680, U+2000 to U+200A, U+202F, U+205F and U+3000, in UTF-8. */
function is_space(character: u32): bool {
  if (character < 0x80) return character == 0x20
  if (character >= 0xe28080 && character <= 0xe2808a) return true
  return character == 0xc2a0 || character == 0xe19a80 || character == 0xe280af || character == 0xe2819f || character == 0xe38080
}

/** The first valid row whose i64 lies outside of low to high, both included; -1 if there is none. */
export function string_first_outside(
  values: usize, step: usize, low: f64, high: f64, validity: usize, rows: i32,
): i32 {
  for (let row = 0; row < rows; row++) {
    const value = load<i64>(values)
    if ((value < <i64>low || value > <i64>high) && is_row_valid(validity, row)) return row
    values += step
  }
  return -1
}
