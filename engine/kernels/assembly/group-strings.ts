/**
 * String tables: each different string gets the next number, from 0.
 *
 *   header, u32 each                                     arrays
 *   0 count       4 capacity   8 ends    12 slots        ends:   u32[capacity + 1], of each string in `bytes`
 *   16 mask       20 bytes     24 byteCapacity           hashes: u32[capacity]
 *   28 hashes
 */

import { copy_short } from './copy'
import { hash_bytes } from './hash'
import { bytes_equal } from './string-compare'

const NONE: u32 = 0xffffffff

/** The number of a string, new if need be; -1 if the table must grow first. */
function intern(table: usize, bytes: usize, length: i32): i32 {
  const hash = <u32>hash_bytes(bytes, length)
  const slots = <usize>load<u32>(table, 12)
  const mask = load<u32>(table, 16)
  const ends = <usize>load<u32>(table, 8)
  const store_bytes = <usize>load<u32>(table, 20)
  let place = hash & mask
  for (;;) {
    const slot = load<u64>(slots + (<usize>place << 3))
    if (slot == 0) break
    if (<u32>(slot >> 32) == hash) {
      const entry = <i32>slot - 1
      const start = load<u32>(ends + (<usize>entry << 2))
      const stored = load<u32>(ends + (<usize>entry << 2), 4) - start
      if (stored == length && bytes_equal(store_bytes + <usize>start, bytes, length)) return entry
    }
    place = (place + 1) & mask
  }
  const count = load<u32>(table)
  const used = load<u32>(ends + (<usize>count << 2))
  // Slots are kept at most half full; the bytes leave room for a copy in steps of 8.
  if (count == load<u32>(table, 4) || count * 2 > mask) return -1
  if (<u64>used + <u64>length + 8 > <u64>load<u32>(table, 24)) return -1
  copy_short(store_bytes + <usize>used, bytes, length)
  store<u32>(ends + (<usize>count << 2), used + length, 4)
  store<u32>(<usize>load<u32>(table, 28) + (<usize>count << 2), hash)
  store<u64>(slots + (<usize>place << 3), (<u64>hash << 32) | <u64>(count + 1))
  store<u32>(table, count + 1)
  return <i32>count
}

/**
 * Writes the numbers of strings from row `start` to `out`, 0xFFFFFFFF for null. Returns the row to go on with once the
 * table has grown, or `count` when done.
 */
export function group_intern(
  table: usize,
  offsets: usize,
  values: usize,
  validity: usize,
  start: i32,
  count: i32,
  out: usize,
): i32 {
  for (let i = start; i < count; i++) {
    let number = NONE
    if (!validity || ((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)) {
      const at = offsets + (<usize>i << 2)
      const first = load<i32>(at)
      const found = intern(table, values + <usize>first, load<i32>(at, 4) - first)
      if (found < 0) return i
      number = found
    }
    store<u32>(out + (<usize>i << 2), number)
  }
  return count
}

/**
 * The same for codes into a dictionary of strings, each of which is looked up once: `cache` holds for each code the
 * number + 1, or 0 while unknown. A code of 0xFFFFFFFF is null.
 */
export function group_intern_codes(
  table: usize,
  offsets: usize,
  values: usize,
  codes: usize,
  validity: usize,
  cache: usize,
  start: i32,
  count: i32,
  out: usize,
): i32 {
  for (let i = start; i < count; i++) {
    let number = NONE
    const code = load<u32>(codes + (<usize>i << 2))
    const valid = !validity || ((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)
    if (valid && code != NONE) {
      const known = cache + (<usize>code << 2)
      const entry = load<u32>(known)
      if (entry == 0) {
        const at = offsets + (<usize>code << 2)
        const first = load<i32>(at)
        const found = intern(table, values + <usize>first, load<i32>(at, 4) - first)
        if (found < 0) return i
        store<u32>(known, found + 1)
        number = found
      } else number = entry - 1
    }
    store<u32>(out + (<usize>i << 2), number)
  }
  return count
}
