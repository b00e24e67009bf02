/** Membership of strings in a list, by a hash table with linear probing. */

import { bytes_equal } from './string-compare'

/**
 * Fills a table of `mask + 1` cleared i32 slots, a power of two above `count`, with the rows of a list, each plus 1.
 */
export function string_set_build(offsets: usize, values: usize, count: i32, table: usize, mask: i32): void {
  for (let row = 0; row < count; row++) {
    const start = load<i32>(offsets + (<usize>row << 2))
    const size = load<i32>(offsets + (<usize>row << 2), 4) - start
    let slot = hash(values + <usize>start, size) & mask
    while (load<i32>(table + (<usize>slot << 2)) != 0) slot = (slot + 1) & mask
    store<i32>(table + (<usize>slot << 2), row + 1)
  }
}

/** Bitmap of the rows that are in the list of `count`. */
export function string_set_test(
  offsets: usize, values: usize, step: usize, list_offsets: usize, list_values: usize, count: i32,
  table: usize, mask: i32, out: usize, rows: i32,
): void {
  let word: u64 = 0
  // Bit i: some member has a length of i, modulo 64. Most rows need no hash then.
  let lengths: u64 = 0
  for (let i = 0; i < count; i++) {
    const member = list_offsets + (<usize>i << 2)
    lengths |= <u64>1 << (<u64>(load<i32>(member, 4) - load<i32>(member)) & 63)
  }
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(offsets)
    const size = load<i32>(offsets, 4) - start
    const text = values + <usize>start
    const possible = ((lengths >> (<u64>size & 63)) & 1) == 1
    let slot = possible ? hash(text, size) & mask : 0
    while (possible) {
      const entry = load<i32>(table + (<usize>slot << 2))
      if (entry == 0) break
      const candidate = list_offsets + (<usize>(entry - 1) << 2)
      const candidate_start = load<i32>(candidate)
      if (load<i32>(candidate, 4) - candidate_start == size && bytes_equal(text, list_values + <usize>candidate_start, size)) {
        word |= <u64>1 << (<u64>row & 63)
        break
      }
      slot = (slot + 1) & mask
    }
    offsets += step
    if ((row & 63) == 63) {
      store<u64>(out + ((<usize>row >> 6) << 3), word)
      word = 0
    }
  }
  if (rows & 63) store<u64>(out + ((<usize>rows >> 6) << 3), word)
}

/** Multiplies in eight bytes at a time; good enough for lists written by hand. */
function hash(address: usize, length: i32): i32 {
  let state: u64 = <u64>length
  let i = 0
  for (; i + 8 <= length; i += 8) state = mix(state ^ load<u64>(address + i))
  let rest: u64 = 0
  for (; i < length; i++) rest = (rest << 8) | <u64>load<u8>(address + i)
  return <i32>(mix(state ^ rest) >> 32)
}

function mix(state: u64): u64 {
  state *= 0x9e3779b97f4a7c15
  return state ^ (state >> 29)
}
