/**
 * Kernels that make longer strings: one pass writes the offsets of the result, a second the bytes. The first returns
 * the bytes of the result, or ~row for the first valid row that fails or that 32-bit offsets cannot reach; rows that
 * are not valid get no bytes.
 */

import { bytes_character_offset, bytes_characters, bytes_copy, is_row_valid, MAX_TOTAL } from './string-bytes'
import { bytes_find } from './string-search'

/** Adds the sizes of valid rows to `sizes` (i64). */
export function string_add_sizes(offsets: usize, step: usize, validity: usize, sizes: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    if (is_row_valid(validity, row)) {
      store<i64>(sizes, load<i64>(sizes) + <i64>(load<i32>(offsets, 4) - load<i32>(offsets)))
    }
    offsets += step
    sizes += 8
  }
}

/** The offsets that follow from sizes (i64). */
export function string_sum_sizes(sizes: usize, out_offsets: usize, rows: i32): i32 {
  let total: i64 = 0
  store<i32>(out_offsets, 0)
  for (let row = 0; row < rows; row++) {
    total += load<i64>(sizes)
    if (total > MAX_TOTAL) return ~row
    store<i32>(out_offsets, <i32>total, 4)
    sizes += 8
    out_offsets += 4
  }
  return <i32>total
}

/** Appends valid rows at `ends` (i32, bytes from `out`), which move on. */
export function string_append(
  offsets: usize, values: usize, step: usize, validity: usize, ends: usize, out: usize, rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    if (is_row_valid(validity, row)) {
      const start = load<i32>(offsets)
      const size = load<i32>(offsets, 4) - start
      const end = load<i32>(ends)
      bytes_copy(out + <usize>end, values + <usize>start, size)
      store<i32>(ends, end + size)
    }
    offsets += step
    ends += 4
  }
}

/** Offsets of each string `counts` (i64) times. */
export function string_repeat_offsets(
  offsets: usize, step: usize, counts: usize, counts_step: usize, validity: usize, out_offsets: usize, rows: i32,
): i32 {
  let total: i64 = 0
  store<i32>(out_offsets, 0)
  for (let row = 0; row < rows; row++) {
    const count = load<i64>(counts)
    const size = <i64>(load<i32>(offsets, 4) - load<i32>(offsets))
    if (count > 0 && size > 0 && is_row_valid(validity, row)) {
      if (count > MAX_TOTAL / size) return ~row
      total += size * count
      if (total > MAX_TOTAL) return ~row
    }
    store<i32>(out_offsets, <i32>total, 4)
    offsets += step
    counts += counts_step
    out_offsets += 4
  }
  return <i32>total
}

/** Fills each row of the result with its string over and over. */
export function string_repeat(
  offsets: usize, values: usize, step: usize, out_offsets: usize, out: usize, rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(offsets)
    const out_start = load<i32>(out_offsets)
    fill(out + <usize>out_start, load<i32>(out_offsets, 4) - out_start, values + <usize>start, load<i32>(offsets, 4) - start)
    offsets += step
    out_offsets += 4
  }
}

/** Writes `length` bytes: the source over and over, the last time perhaps in part. */
function fill(target: usize, length: i32, source: usize, size: i32): void {
  let done = min(length, size)
  bytes_copy(target, source, done)
  // What is written doubles, and is a whole number of sources until the last step.
  while (done < length) {
    const more = min(done, length - done)
    bytes_copy(target + <usize>done, target, more)
    done += more
  }
}

/** Offsets of strings padded or cut to `counts` (i32) characters. Fails where there is no padding to add. */
export function string_pad_offsets(
  offsets: usize, values: usize, step: usize, counts: usize, counts_step: usize,
  pad_offsets: usize, pad_values: usize, pad_step: usize, validity: usize, out_offsets: usize, rows: i32,
): i32 {
  let total: i64 = 0
  store<i32>(out_offsets, 0)
  for (let row = 0; row < rows; row++) {
    const count = load<i32>(counts)
    if (count > 0 && is_row_valid(validity, row)) {
      const start = load<i32>(offsets)
      const text = values + <usize>start
      const size = load<i32>(offsets, 4) - start
      const missing = count - bytes_characters(text, size)
      if (missing <= 0) total += bytes_character_offset(text, size, count)
      else {
        const pad_start = load<i32>(pad_offsets)
        const pad_size = load<i32>(pad_offsets, 4) - pad_start
        if (pad_size == 0) return ~row
        total += <i64>size + padding_size(pad_values + <usize>pad_start, pad_size, missing)
      }
      if (total > MAX_TOTAL) return ~row
    }
    store<i32>(out_offsets, <i32>total, 4)
    offsets += step
    counts += counts_step
    pad_offsets += pad_step
    out_offsets += 4
  }
  return <i32>total
}

/** Bytes of `missing` characters of padding. */
function padding_size(pad: usize, size: i32, missing: i32): i64 {
  const characters = max(bytes_characters(pad, size), 1)
  const whole = <i64>(missing / characters) * <i64>size
  return whole + <i64>bytes_character_offset(pad, size, missing % characters)
}

/** Writes each string into the room its offsets give it: cut, or padded at the start (`at_start` 1) or the end. */
export function string_pad(
  offsets: usize, values: usize, step: usize, pad_offsets: usize, pad_values: usize, pad_step: usize,
  at_start: i32, out_offsets: usize, out: usize, rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(offsets)
    const out_start = load<i32>(out_offsets)
    const target = out + <usize>out_start
    const room = load<i32>(out_offsets, 4) - out_start
    const size = min(load<i32>(offsets, 4) - start, room)
    const padding = room - size
    const pad_start = load<i32>(pad_offsets)
    bytes_copy(at_start ? target + <usize>padding : target, values + <usize>start, size)
    if (padding > 0) {
      const pad_size = load<i32>(pad_offsets, 4) - pad_start
      fill(at_start ? target : target + <usize>size, padding, pad_values + <usize>pad_start, pad_size)
    }
    offsets += step
    pad_offsets += pad_step
    out_offsets += 4
  }
}

/** Offsets of strings with each occurrence of `search` replaced; an empty search occurs nowhere. */
export function string_replace_offsets(
  offsets: usize, values: usize, step: usize, search_offsets: usize, search_values: usize, search_step: usize,
  new_offsets: usize, new_step: usize, validity: usize, out_offsets: usize, rows: i32,
): i32 {
  let total: i64 = 0
  store<i32>(out_offsets, 0)
  for (let row = 0; row < rows; row++) {
    if (is_row_valid(validity, row)) {
      const start = load<i32>(offsets)
      let text = values + <usize>start
      let rest = load<i32>(offsets, 4) - start
      const search_start = load<i32>(search_offsets)
      const search = search_values + <usize>search_start
      const search_size = load<i32>(search_offsets, 4) - search_start
      const growth = <i64>(load<i32>(new_offsets, 4) - load<i32>(new_offsets) - search_size)
      total += rest
      while (search_size > 0) {
        const found = bytes_find(text, rest, search, search_size)
        if (found < 0) break
        total += growth
        text += <usize>(found + search_size)
        rest -= found + search_size
      }
      if (total > MAX_TOTAL) return ~row
    }
    store<i32>(out_offsets, <i32>total, 4)
    offsets += step
    search_offsets += search_step
    new_offsets += new_step
    out_offsets += 4
  }
  return <i32>total
}

export function string_replace(
  offsets: usize, values: usize, step: usize, search_offsets: usize, search_values: usize, search_step: usize,
  new_offsets: usize, new_values: usize, new_step: usize, validity: usize, out_offsets: usize, out: usize, rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    if (is_row_valid(validity, row)) {
      const start = load<i32>(offsets)
      let text = values + <usize>start
      let rest = load<i32>(offsets, 4) - start
      const search_start = load<i32>(search_offsets)
      const search = search_values + <usize>search_start
      const search_size = load<i32>(search_offsets, 4) - search_start
      const new_start = load<i32>(new_offsets)
      const new_size = load<i32>(new_offsets, 4) - new_start
      let target = out + <usize>load<i32>(out_offsets)
      while (search_size > 0) {
        const found = bytes_find(text, rest, search, search_size)
        if (found < 0) break
        bytes_copy(target, text, found)
        bytes_copy(target + <usize>found, new_values + <usize>new_start, new_size)
        target += <usize>(found + new_size)
        text += <usize>(found + search_size)
        rest -= found + search_size
      }
      bytes_copy(target, text, rest)
    }
    offsets += step
    search_offsets += search_step
    new_offsets += new_step
    out_offsets += 4
  }
}
