/**
 * Group tables: each different key gets the next number, from 0, and a row.
 *
 *   header, u32 each                              row, `stride` bytes
 *   0 count    4 capacity   8 rows   12 slots     position, i64 | key words | accumulators
 *   16 mask    20 null group + 1, or 0
 *   24 stride  28 key words
 *
 * `position` is the ordinal of the first row of input that belongs to the group.
 */

import { combine, mix } from './hash'

const KEYS: usize = 8

@inline
function add_row(table: usize, position: i64): u32 {
  const count = load<u32>(table)
  store<i64>(<usize>load<u32>(table, 8) + <usize>count * <usize>load<u32>(table, 24), position)
  store<u32>(table, count + 1)
  return count
}

@inline
function is_full(table: usize): bool {
  const count = load<u32>(table)
  return count == load<u32>(table, 4) || count * 2 > load<u32>(table, 16)
}

/**
 * Writes to `out` the group of each row of `words`, from row `start`; row i of the input has ordinal position + i.
 * Returns the row to go on with once the table has grown, or `count` when done. `validity`, unless 0, tells null keys
 * apart, which have a group of their own: only for keys of one word.
 */
export function group_find(
  table: usize,
  words: usize,
  validity: usize,
  start: i32,
  count: i32,
  position: f64,
  out: usize,
): i32 {
  const key_words = load<u32>(table, 28)
  if (key_words == 1) return find_1(table, words, validity, start, count, <i64>position, out)
  if (key_words == 2) return find_2(table, words, start, count, <i64>position, out)
  return find_many(table, words, <i32>key_words, start, count, <i64>position, out)
}

function find_1(
  table: usize,
  words: usize,
  validity: usize,
  start: i32,
  count: i32,
  position: i64,
  out: usize,
): i32 {
  const rows = <usize>load<u32>(table, 8) + KEYS
  const stride = <usize>load<u32>(table, 24)
  const slots = <usize>load<u32>(table, 12)
  const mask = load<u32>(table, 16)
  for (let i = start; i < count; i++) {
    if (validity && !((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)) {
      let group = load<u32>(table, 20)
      if (group == 0) {
        if (is_full(table)) return i
        group = add_row(table, position + i) + 1
        store<u32>(table, group, 20)
      }
      store<u32>(out + (<usize>i << 2), group - 1)
      continue
    }
    const word = load<u64>(words + (<usize>i << 3))
    const hash = <u32>mix(word)
    let place = hash & mask
    let group: u32
    for (;;) {
      const slot = load<u64>(slots + (<usize>place << 3))
      if (slot == 0) {
        if (is_full(table)) return i
        group = add_row(table, position + i)
        store<u64>(rows + <usize>group * stride, word)
        store<u64>(slots + (<usize>place << 3), (<u64>hash << 32) | <u64>(group + 1))
        break
      }
      group = <u32>slot - 1
      if (<u32>(slot >> 32) == hash && load<u64>(rows + <usize>group * stride) == word) break
      place = (place + 1) & mask
    }
    store<u32>(out + (<usize>i << 2), group)
  }
  return count
}

function find_2(table: usize, words: usize, start: i32, count: i32, position: i64, out: usize): i32 {
  const rows = <usize>load<u32>(table, 8) + KEYS
  const stride = <usize>load<u32>(table, 24)
  const slots = <usize>load<u32>(table, 12)
  const mask = load<u32>(table, 16)
  for (let i = start; i < count; i++) {
    const first = load<u64>(words + (<usize>i << 4))
    const second = load<u64>(words + (<usize>i << 4), 8)
    const hash = <u32>combine(mix(first), second)
    let place = hash & mask
    let group: u32
    for (;;) {
      const slot = load<u64>(slots + (<usize>place << 3))
      if (slot == 0) {
        if (is_full(table)) return i
        group = add_row(table, position + i)
        store<u64>(rows + <usize>group * stride, first)
        store<u64>(rows + <usize>group * stride, second, 8)
        store<u64>(slots + (<usize>place << 3), (<u64>hash << 32) | <u64>(group + 1))
        break
      }
      group = <u32>slot - 1
      if (<u32>(slot >> 32) == hash) {
        const row = rows + <usize>group * stride
        if (load<u64>(row) == first && load<u64>(row, 8) == second) break
      }
      place = (place + 1) & mask
    }
    store<u32>(out + (<usize>i << 2), group)
  }
  return count
}

function find_many(
  table: usize,
  words: usize,
  key_words: i32,
  start: i32,
  count: i32,
  position: i64,
  out: usize,
): i32 {
  const rows = <usize>load<u32>(table, 8) + KEYS
  const stride = <usize>load<u32>(table, 24)
  const slots = <usize>load<u32>(table, 12)
  const mask = load<u32>(table, 16)
  const width = <usize>key_words << 3
  for (let i = start; i < count; i++) {
    const key = words + <usize>i * width
    let full: u64 = 0
    for (let at: usize = 0; at < width; at += 8) full = combine(full, load<u64>(key + at))
    const hash = <u32>full
    let place = hash & mask
    let group: u32
    for (;;) {
      const slot = load<u64>(slots + (<usize>place << 3))
      if (slot == 0) {
        if (is_full(table)) return i
        group = add_row(table, position + i)
        const row = rows + <usize>group * stride
        for (let at: usize = 0; at < width; at += 8) store<u64>(row + at, load<u64>(key + at))
        store<u64>(slots + (<usize>place << 3), (<u64>hash << 32) | <u64>(group + 1))
        break
      }
      group = <u32>slot - 1
      if (<u32>(slot >> 32) == hash) {
        const row = rows + <usize>group * stride
        let same = true
        for (let at: usize = 0; at < width && same; at += 8) same = load<u64>(row + at) == load<u64>(key + at)
        if (same) break
      }
      place = (place + 1) & mask
    }
    store<u32>(out + (<usize>i << 2), group)
  }
  return count
}

/** Lowers the positions of the groups of rows that come before those seen so far. */
export function group_lower_positions(table: usize, groups: usize, count: i32, position: f64): void {
  const rows = <usize>load<u32>(table, 8)
  const stride = <usize>load<u32>(table, 24)
  for (let i = 0; i < count; i++) {
    const row = rows + <usize>load<u32>(groups + (<usize>i << 2)) * stride
    store<i64>(row, min(load<i64>(row), <i64>position + i))
  }
}

/** The same for groups of some rows only: those that `rows` numbers. */
export function group_lower_positions_of(table: usize, groups: usize, rows: usize, count: i32, position: f64): void {
  const base = <usize>load<u32>(table, 8)
  const stride = <usize>load<u32>(table, 24)
  for (let i = 0; i < count; i++) {
    const row = base + <usize>load<u32>(groups + (<usize>i << 2)) * stride
    store<i64>(row, min(load<i64>(row), <i64>position + load<u32>(rows + (<usize>i << 2))))
  }
}

/** Lowers positions to those of the rows `entries` of another table. */
export function group_merge_positions(
  table: usize,
  groups: usize,
  rows: usize,
  stride: usize,
  entries: usize,
  count: i32,
): void {
  const own = <usize>load<u32>(table, 8)
  const own_stride = <usize>load<u32>(table, 24)
  for (let i = 0; i < count; i++) {
    const row = own + <usize>load<u32>(groups + (<usize>i << 2)) * own_stride
    const other = load<i64>(rows + <usize>load<u32>(entries + (<usize>i << 2)) * stride)
    store<i64>(row, min(load<i64>(row), other))
  }
}

/** Adds to `out` (u32) the codes of a small domain times `factor`; nulls count as `null_code`. */
export function group_domain(
  codes: usize,
  validity: usize,
  null_code: u32,
  factor: u32,
  count: i32,
  out: usize,
): void {
  for (let i = 0; i < count; i++) {
    let code = load<u32>(codes + (<usize>i << 2))
    if (validity && !((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)) code = null_code
    const at = out + (<usize>i << 2)
    store<u32>(at, load<u32>(at) + code * factor)
  }
}

/**
 * Replaces places in a small domain by what `map` holds for them less one. Where it holds 0, lists the row in `missing`
 * and marks the place, so that each is listed once; returns how many. The places are then left as they are.
 */
export function group_map_domain(places: usize, map: usize, count: i32, missing: usize): i32 {
  let unknown: u32 = 0
  for (let i = 0; i < count; i++) {
    unknown |= <u32>(load<u32>(map + (<usize>load<u32>(places + (<usize>i << 2)) << 2)) == 0)
  }
  if (unknown) {
    let target = missing
    for (let i = 0; i < count; i++) {
      const at = map + (<usize>load<u32>(places + (<usize>i << 2)) << 2)
      if (load<u32>(at) != 0) continue
      store<u32>(at, 1)
      store<i32>(target, i)
      target += 4
    }
    return <i32>((target - missing) >> 2)
  }
  for (let i = 0; i < count; i++) {
    const at = places + (<usize>i << 2)
    store<u32>(at, load<u32>(map + (<usize>load<u32>(at) << 2)) - 1)
  }
  return 0
}

/** Enters the groups of the rows `missing` into the map of a domain. */
export function group_enter_domain(places: usize, map: usize, missing: usize, groups: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const place = load<u32>(places + (<usize>load<u32>(missing + (<usize>i << 2)) << 2))
    store<u32>(map + (<usize>place << 2), load<u32>(groups + (<usize>i << 2)) + 1)
  }
}

/** True if the positions of rows 0, 1, ... ascend, as they do unless input came out of order. */
export function group_is_ordered(rows: usize, stride: usize, count: i32): bool {
  for (let i = 1; i < count; i++) {
    if (load<i64>(rows + stride) < load<i64>(rows)) return false
    rows += stride
  }
  return true
}

/** Lists the rows whose group is not 0xFFFFFFFF; returns how many. `rows` has room for one more than `count`. */
export function group_select_mapped(groups: usize, count: i32, rows: usize): i32 {
  let target = rows
  for (let i = 0; i < count; i++) {
    store<i32>(target, i)
    target += <usize>(load<u32>(groups + (<usize>i << 2)) != 0xffffffff) << 2
  }
  return <i32>((target - rows) >> 2)
}

/** mapping[entries[i]] = groups[i]. */
export function group_map_entries(entries: usize, groups: usize, count: i32, mapping: usize): void {
  for (let i = 0; i < count; i++) {
    const at = mapping + (<usize>load<u32>(entries + (<usize>i << 2)) << 2)
    store<u32>(at, load<u32>(groups + (<usize>i << 2)))
  }
}
