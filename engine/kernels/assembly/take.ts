/**
 * Gathering: out[i] = source[indices[i]], indices being u32. The index 0xFFFFFFFF stands for null; only functions that
 * say so accept it.
 */

import { copy_short } from './copy'

const NONE: u32 = 0xffffffff

@inline
function index_at(indices: usize, i: i32): usize {
  return <usize>load<u32>(indices + (<usize>i << 2))
}

export function take_8(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) store<u8>(out + <usize>i, load<u8>(values + index_at(indices, i)))
}

export function take_16(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<u16>(out + (<usize>i << 1), load<u16>(values + (index_at(indices, i) << 1)))
  }
}

export function take_32(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<u32>(out + (<usize>i << 2), load<u32>(values + (index_at(indices, i) << 2)))
  }
}

export function take_64(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<u64>(out + (<usize>i << 3), load<u64>(values + (index_at(indices, i) << 3)))
  }
}

export function take_128(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    v128.store(out + (<usize>i << 4), v128.load(values + (index_at(indices, i) << 4)))
  }
}

/** The same for 8-byte integers, widened to 16 bytes. */
export function take_64_to_128(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const value = load<i64>(values + (index_at(indices, i) << 3))
    store<i64>(out + (<usize>i << 4), value)
    store<i64>(out + (<usize>i << 4), value >> 63, 8)
  }
}

/** Gathers bits. */
export function take_bits(bitmap: usize, indices: usize, count: i32, out: usize): void {
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let word: u64 = 0
    for (let i = start; i < end; i++) {
      const index = index_at(indices, i)
      word |= (<u64>((load<u8>(bitmap + (index >> 3)) >> (<u8>index & 7)) & 1)) << <u64>(i - start)
    }
    store<u64>(out + (<usize>start >> 3), word)
  }
}

/** Gathers validity bits; accepts null indices. A `bitmap` of 0 means that every row is valid. */
export function take_validity(bitmap: usize, indices: usize, count: i32, out: usize): void {
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let word: u64 = 0
    for (let i = start; i < end; i++) {
      const index = load<u32>(indices + (<usize>i << 2))
      let bit: u64 = index == NONE ? 0 : 1
      if (bit && bitmap) bit = (load<u8>(bitmap + (<usize>index >> 3)) >> (<u8>index & 7)) & 1
      word |= bit << <u64>(i - start)
    }
    store<u64>(out + (<usize>start >> 3), word)
  }
}

/** True if any index is null. */
export function take_has_null(indices: usize, count: i32): bool {
  for (let i = 0; i < count; i++) if (load<u32>(indices + (<usize>i << 2)) == NONE) return true
  return false
}

/** Replaces null indices by 0, which is safe to dereference. */
export function take_clear_null(indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const index = load<u32>(indices + (<usize>i << 2))
    store<u32>(out + (<usize>i << 2), index == NONE ? 0 : index)
  }
}

/** The same for a constant: 0, its only row, for each index, but null for null. */
export function take_mask_rows(indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const index = load<u32>(indices + (<usize>i << 2))
    store<u32>(out + (<usize>i << 2), index == NONE ? NONE : 0)
  }
}

/**
 * Makes null indices of the codes whose validity bit is clear; the bit of row i is bit `first + i`.
 */
export function take_mask_codes(codes: usize, validity: usize, first: i32, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const bit = <usize>(first + i)
    const valid = (load<u8>(validity + (bit >> 3)) >> (<u8>bit & 7)) & 1
    store<u32>(out + (<usize>i << 2), valid ? load<u32>(codes + (<usize>i << 2)) : NONE)
  }
}

/** Offsets of gathered variable-length rows, from 0, and their end as a float since it may exceed them. Accepts nulls. */
export function take_offsets(offsets: usize, indices: usize, count: i32, out: usize): f64 {
  let total: u64 = 0
  store<i32>(out, 0)
  for (let i = 0; i < count; i++) {
    const index = load<u32>(indices + (<usize>i << 2))
    if (index != NONE) {
      const at = offsets + (<usize>index << 2)
      total += <u64>(load<i32>(at, 4) - load<i32>(at))
    }
    store<i32>(out + (<usize>i << 2), <i32>total, 4)
  }
  return <f64>total
}

/** Bytes of the gathered variable-length rows. Accepts nulls. */
export function take_total(offsets: usize, indices: usize, count: i32): f64 {
  let total: u64 = 0
  for (let i = 0; i < count; i++) {
    const index = load<u32>(indices + (<usize>i << 2))
    if (index != NONE) {
      const at = offsets + (<usize>index << 2)
      total += <u64>(load<i32>(at, 4) - load<i32>(at))
    }
  }
  return <f64>total
}

/**
 * Copies the bytes of gathered rows to `out`, and their ends, from `base`, to `out_ends`. Accepts nulls.
 * `out` needs 8 bytes beyond its end, which are overwritten.
 */
export function take_bytes(
  values: usize,
  offsets: usize,
  indices: usize,
  count: i32,
  base: i32,
  out: usize,
  out_ends: usize,
): void {
  let end: usize = 0
  for (let i = 0; i < count; i++) {
    const index = load<u32>(indices + (<usize>i << 2))
    if (index != NONE) {
      const at = offsets + (<usize>index << 2)
      const start = load<i32>(at)
      const length = load<i32>(at, 4) - start
      copy_short(out + end, values + <usize>start, length)
      end += <usize>length
    }
    store<i32>(out_ends + (<usize>i << 2), base + <i32>end)
  }
}

/** Indices of the children of gathered lists, in order. Accepts nulls. */
export function take_children(offsets: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const index = load<u32>(indices + (<usize>i << 2))
    if (index == NONE) continue
    const at = offsets + (<usize>index << 2)
    const end = load<i32>(at, 4)
    for (let child = load<i32>(at); child < end; child++) {
      store<i32>(out, child)
      out += 4
    }
  }
}

/** The row numbers start, start + 1, ... */
export function take_sequence(start: i32, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) store<i32>(out + (<usize>i << 2), start + i)
}
