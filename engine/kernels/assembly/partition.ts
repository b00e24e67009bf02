/**
 * Partitions of rows by the hashes of their keys. A hash is that of a group's key (`group_hash_field`, `group_hash_strings`),
 * so that rows and groups of equal keys fall into the same partition.
 */

import { combine } from './hash'

@inline
function is_valid(validity: usize, i: i32): bool {
  return !validity || ((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1) != 0
}

/** Adds the low bits of words to the 64-bit hashes of their rows; nulls are zero. `width` is how many, 1 to 64. */
export function partition_hash_words(words: usize, validity: usize, count: i32, width: i32, hashes: usize): void {
  const mask: u64 = width == 64 ? -1 : (<u64>1 << <u64>width) - 1
  for (let i = 0; i < count; i++) {
    const at = hashes + (<usize>i << 3)
    const word: u64 = is_valid(validity, i) ? load<u64>(words + (<usize>i << 3)) & mask : 0
    store<u64>(at, combine(load<u64>(at), word))
  }
}

/** The same for 16-byte values, the low half first. */
export function partition_hash_wide(values: usize, validity: usize, count: i32, hashes: usize): void {
  for (let i = 0; i < count; i++) {
    const at = hashes + (<usize>i << 3)
    const value = values + (<usize>i << 4)
    const valid = is_valid(validity, i)
    const low = combine(load<u64>(at), valid ? load<u64>(value) : 0)
    store<u64>(at, combine(low, valid ? load<u64>(value, 8) : 0))
  }
}

/** Adds 1 for each null and 0 for each value. */
export function partition_hash_nulls(validity: usize, count: i32, hashes: usize): void {
  for (let i = 0; i < count; i++) {
    const at = hashes + (<usize>i << 3)
    store<u64>(at, combine(load<u64>(at), is_valid(validity, i) ? 0 : 1))
  }
}

/** Adds the 32-bit hashes of strings, 1 for null. */
export function partition_hash_strings(string_hashes: usize, validity: usize, count: i32, hashes: usize): void {
  for (let i = 0; i < count; i++) {
    const at = hashes + (<usize>i << 3)
    const hash: u64 = is_valid(validity, i) ? <u64>load<u32>(string_hashes + (<usize>i << 2)) : 1
    store<u64>(at, combine(load<u64>(at), hash))
  }
}

/** Writes the partition of each hash as a byte: its `bits` (1 to 8) highest bits but `skip`. */
export function partition_numbers(hashes: usize, count: i32, skip: i32, bits: i32, out: usize): void {
  const down = <u64>(64 - bits)
  for (let i = 0; i < count; i++) {
    store<u8>(out + <usize>i, <u8>((load<u64>(hashes + (<usize>i << 3)) << <u64>skip) >> down))
  }
}

/**
 * Lists row numbers by their partitions, those of one in ascending order, as u32 to `out`. Where each partition ends goes
 * to `ends`, u32[partitions].
 */
export function partition_order(numbers: usize, count: i32, partitions: i32, ends: usize, out: usize): void {
  for (let p = 0; p < partitions; p++) store<u32>(ends + (<usize>p << 2), 0)
  for (let i = 0; i < count; i++) {
    const at = ends + (<usize>load<u8>(numbers + <usize>i) << 2)
    store<u32>(at, load<u32>(at) + 1)
  }
  let start: u32 = 0
  for (let p = 0; p < partitions; p++) {
    const at = ends + (<usize>p << 2)
    const rows = load<u32>(at)
    store<u32>(at, start)
    start += rows
  }
  // A place moves from where its partition begins to where it ends.
  for (let i = 0; i < count; i++) {
    const at = ends + (<usize>load<u8>(numbers + <usize>i) << 2)
    const place = load<u32>(at)
    store<i32>(out + (<usize>place << 2), i)
    store<u32>(at, place + 1)
  }
}

/** The numbers first, first + 1, ... as 64-bit integers. */
export function partition_positions(first: f64, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) store<i64>(out + (<usize>i << 3), <i64>first + i)
}
