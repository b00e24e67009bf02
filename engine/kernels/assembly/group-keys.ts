/**
 * Group keys as rows of 64-bit words. Narrow keys share a word: each has a field of some bits at some shift. Rows of
 * words lie one after the other; `stride` is the bytes of one, and `out` points at the word of the first row.
 */

import { combine } from './hash'

/** Puts the low bits of words into a field of cleared rows; nulls put zeros. `width` is the field's bits, 1 to 64. */
export function group_pack(
  words: usize,
  validity: usize,
  count: i32,
  out: usize,
  stride: usize,
  shift: i32,
  width: i32,
): void {
  const mask: u64 = width == 64 ? -1 : (<u64>1 << <u64>width) - 1
  for (let i = 0; i < count; i++) {
    let word = load<u64>(words + (<usize>i << 3)) & mask
    if (validity) word &= -(<u64>((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1))
    store<u64>(out, load<u64>(out) | (word << <u64>shift))
    out += stride
  }
}

/** Puts 32-bit numbers into a field. */
export function group_pack_32(numbers: usize, count: i32, out: usize, stride: usize, shift: i32): void {
  for (let i = 0; i < count; i++) {
    store<u64>(out, load<u64>(out) | (<u64>load<u32>(numbers + (<usize>i << 2)) << <u64>shift))
    out += stride
  }
}

/** Replaces the 32-bit numbers in a field. */
export function group_replace_32(numbers: usize, count: i32, out: usize, stride: usize, shift: i32): void {
  const kept = ~(<u64>0xffffffff << <u64>shift)
  for (let i = 0; i < count; i++) {
    const field = <u64>load<u32>(numbers + (<usize>i << 2)) << <u64>shift
    store<u64>(out, (load<u64>(out) & kept) | field)
    out += stride
  }
}

/** Puts 16-byte values into two words, the low one first; nulls put zeros. */
export function group_pack_wide(values: usize, validity: usize, count: i32, out: usize, stride: usize): void {
  for (let i = 0; i < count; i++) {
    let low = load<u64>(values + (<usize>i << 4))
    let high = load<u64>(values + (<usize>i << 4), 8)
    if (validity && !((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)) {
      low = 0
      high = 0
    }
    store<u64>(out, low)
    store<u64>(out, high, 8)
    out += stride
  }
}

/** Sets a bit for each null. */
export function group_pack_null(validity: usize, count: i32, out: usize, stride: usize, shift: i32): void {
  for (let i = 0; i < count; i++) {
    const valid = <u64>((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)
    store<u64>(out, load<u64>(out) | ((valid ^ 1) << <u64>shift))
    out += stride
  }
}

/** Reads a field of the rows numbered by `entries` as sign-extended words. */
export function group_unpack(
  rows: usize,
  stride: usize,
  shift: i32,
  width: i32,
  entries: usize,
  count: i32,
  out: usize,
): void {
  const up = <i64>(64 - width - shift)
  const down = <i64>(64 - width)
  for (let i = 0; i < count; i++) {
    const word = load<i64>(rows + <usize>load<u32>(entries + (<usize>i << 2)) * stride)
    store<i64>(out + (<usize>i << 3), (word << up) >> down)
  }
}

/** Reads a field of 32-bit numbers. */
export function group_unpack_32(
  rows: usize,
  stride: usize,
  shift: i32,
  entries: usize,
  count: i32,
  out: usize,
): void {
  for (let i = 0; i < count; i++) {
    const word = load<u64>(rows + <usize>load<u32>(entries + (<usize>i << 2)) * stride)
    store<u32>(out + (<usize>i << 2), <u32>(word >> <u64>shift))
  }
}

/** Copies `width` bytes, a multiple of 8, of the rows numbered by `entries`. */
export function group_copy_words(
  rows: usize,
  stride: usize,
  width: i32,
  entries: usize,
  count: i32,
  out: usize,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows + <usize>load<u32>(entries + (<usize>i << 2)) * stride
    for (let at = 0; at < width; at += 8) store<u64>(out + <usize>at, load<u64>(row + <usize>at))
    out += <usize>width
  }
}

/** Makes a validity bitmap out of a field of one bit that is set for null. */
export function group_unpack_validity(
  rows: usize,
  stride: usize,
  shift: i32,
  entries: usize,
  count: i32,
  out: usize,
): void {
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let bits: u64 = 0
    for (let i = start; i < end; i++) {
      const word = load<u64>(rows + <usize>load<u32>(entries + (<usize>i << 2)) * stride)
      bits |= (((word >> <u64>shift) & 1) ^ 1) << <u64>(i - start)
    }
    store<u64>(out + (<usize>start >> 3), bits)
  }
}

/** Makes a bitmap that is clear where `entries` is `entry`. */
export function group_unequal(entries: usize, entry: u32, count: i32, out: usize): void {
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let bits: u64 = 0
    for (let i = start; i < end; i++) {
      bits |= <u64>(load<u32>(entries + (<usize>i << 2)) != entry) << <u64>(i - start)
    }
    store<u64>(out + (<usize>start >> 3), bits)
  }
}

/** Adds a field of rows 0, 1, ... to their 64-bit hashes. */
export function group_hash_field(
  rows: usize,
  stride: usize,
  shift: i32,
  width: i32,
  count: i32,
  hashes: usize,
): void {
  const mask: u64 = width == 64 ? -1 : (<u64>1 << <u64>width) - 1
  for (let i = 0; i < count; i++) {
    const at = hashes + (<usize>i << 3)
    store<u64>(at, combine(load<u64>(at), (load<u64>(rows) >> <u64>shift) & mask))
    rows += stride
  }
}

/** The same for a field of string numbers: what counts is the hash of the string, equal in all states. */
export function group_hash_strings(
  rows: usize,
  stride: usize,
  shift: i32,
  string_hashes: usize,
  count: i32,
  hashes: usize,
): void {
  for (let i = 0; i < count; i++) {
    const at = hashes + (<usize>i << 3)
    const number = <u32>(load<u64>(rows) >> <u64>shift)
    const hash: u64 = number == 0xffffffff ? 1 : <u64>load<u32>(string_hashes + (<usize>number << 2))
    store<u64>(at, combine(load<u64>(at), hash))
    rows += stride
  }
}

/** Which of several partitions a hash belongs to. */
@inline
function partition_of(hash: u64, partitions: i32): u64 {
  return ((hash >> 32) * <u64>partitions) >> 32
}

/** Writes the partition of each hash, of up to 256, as a byte. */
export function group_number_partitions(hashes: usize, count: i32, partitions: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<u8>(out + <usize>i, <u8>partition_of(load<u64>(hashes + (<usize>i << 3)), partitions))
  }
}

/** Lists the rows that belong to one of several partitions; returns how many. */
export function group_select_partition(
  hashes: usize,
  count: i32,
  partition: i32,
  partitions: i32,
  out: usize,
): i32 {
  let target = out
  for (let i = 0; i < count; i++) {
    const share = partition_of(load<u64>(hashes + (<usize>i << 3)), partitions)
    store<i32>(target, i)
    target += <usize>(share == <u64>partition) << 2
  }
  return <i32>((target - out) >> 2)
}
