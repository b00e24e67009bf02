/**
 * Join tables: build rows by key. Rows with one place in the table are a chain, in ascending order, so that matches
 * come in the same order whatever the number of threads.
 *
 *   header, u32 each
 *   0 rows     4 words      8 key words    12 heads   16 mask     20 next     heads: u32[mask + 1], row + 1 or 0
 *   24 validity of keys or 0               28 matched bitmap or 0             next:  u32 of each row, row + 1 or 0
 *   32 string keys          36 their columns                                  words: u64[key words] of each row
 *   40 direct               48 base, i64
 *   64 bytes from one row to the next of `words`      68 of `next`            72 whether keys repeat
 *
 * A row's next lies beside its words, so that looking at a row costs one cache miss. A direct table has one word for a
 * key, whose distance from `base` is its place; its `mask` is the greatest place, and it needs no words when probed.
 * A column of strings is u32 (offsets, values, codes or 0, -); their words hold hashes, so strings are compared too.
 */

import { combine, hash_bytes, mix } from './hash'
import { bytes_equal } from './string-compare'

const NONE: u32 = 0xffffffff

@inline
function is_valid(validity: usize, i: i32): bool {
  return !validity || ((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1) != 0
}

/** The place of a key, or NONE if a direct table has none for it. */
@inline
function place_of(table: usize, words: usize, key_words: i32, mask: u32, direct: bool, base: u64): u32 {
  const first = load<u64>(words)
  if (direct) {
    const distance = first - base
    return distance <= <u64>mask ? <u32>distance : NONE
  }
  let hash = mix(first)
  for (let at = 1; at < key_words; at++) hash = combine(hash, load<u64>(words + (<usize>at << 3)))
  return <u32>hash & mask
}

/** Enters the rows whose place is from `from` to `to` - 1, whose heads are cleared. */
export function join_link(table: usize, from: u32, to: u32): void {
  const key_words = load<i32>(table, 8)
  const width = <usize>load<u32>(table, 64)
  const validity = <usize>load<u32>(table, 24)
  const heads = <usize>load<u32>(table, 12)
  const next = <usize>load<u32>(table, 20)
  const next_width = <usize>load<u32>(table, 68)
  const mask = load<u32>(table, 16)
  const direct = load<u32>(table, 40) != 0
  const base = load<u64>(table, 48)
  const words = <usize>load<u32>(table, 4)
  for (let row = load<i32>(table) - 1; row >= 0; row--) {
    if (!is_valid(validity, row)) continue
    const place = place_of(table, words + <usize>row * width, key_words, mask, direct, base)
    if (place < from || place >= to) continue
    const head = heads + (<usize>place << 2)
    const chain = load<u32>(head)
    if (chain != 0 && !load<u32>(table, 72)) {
      if (direct || repeats(words, width, key_words, next, next_width, chain, row)) store<u32>(table, 1, 72)
    }
    store<u32>(next + <usize>row * next_width, chain)
    store<u32>(head, row + 1)
  }
}

/** True if a row of a chain has the words of `row`. */
function repeats(
  words: usize,
  width: usize,
  key_words: i32,
  next: usize,
  next_width: usize,
  chain: u32,
  row: i32,
): bool {
  const key = words + <usize>row * width
  while (chain != 0) {
    const other = <usize>(chain - 1)
    if (words_equal(words + other * width, key, key_words)) return true
    chain = load<u32>(next + other * next_width)
  }
  return false
}

@inline
function words_equal(a: usize, b: usize, count: i32): bool {
  if (load<u64>(a) != load<u64>(b)) return false
  for (let at = 1; at < count; at++) if (load<u64>(a + (<usize>at << 3)) != load<u64>(b + (<usize>at << 3))) return false
  return true
}

/**
 * Writes to `found` the first build row + 1 that matches each probe row, or 0. `rows` and `candidates` are spare u32
 * arrays, with room for one more than `count`.
 *
 * All rows take a step along their chains before any takes the next one: the memory accesses of a step do not depend on
 * each other, so that cache misses overlap, and there is no branch to mispredict.
 */
export function join_find(
  table: usize,
  words: usize,
  strings: usize,
  validity: usize,
  count: i32,
  found: usize,
  rows: usize,
  candidates: usize,
): void {
  const key_words = load<i32>(table, 8)
  const width = <usize>key_words << 3
  const heads = <usize>load<u32>(table, 12)
  const mask = load<u32>(table, 16)
  const direct = load<u32>(table, 40) != 0
  const base = load<u64>(table, 48)
  let active: usize = 0
  for (let i = 0; i < count; i++) {
    const key = words + <usize>i * width
    let head: u32 = 0
    if (is_valid(validity, i)) {
      const place = place_of(table, key, key_words, mask, direct, base)
      if (place != NONE) head = load<u32>(heads + (<usize>place << 2))
    }
    store<u32>(found + (<usize>i << 2), head)
    store<i32>(rows + (active << 2), i)
    store<u32>(candidates + (active << 2), head)
    active += <usize>(head != 0)
  }
  if (direct) return
  const own = <usize>load<u32>(table, 4)
  const own_width = <usize>load<u32>(table, 64)
  const next = <usize>load<u32>(table, 20)
  const next_width = <usize>load<u32>(table, 68)
  const has_strings = load<u32>(table, 32) != 0
  while (active > 0) {
    let left: usize = 0
    for (let j: usize = 0; j < active; j++) {
      const row = load<u32>(rows + (j << 2))
      const candidate = load<u32>(candidates + (j << 2))
      const build = <usize>(candidate - 1)
      let equal = words_equal(own + build * own_width, words + <usize>row * width, key_words)
      if (has_strings && equal) equal = strings_equal(table, strings, row, <i32>build)
      const following = load<u32>(next + build * next_width)
      store<u32>(found + (<usize>row << 2), equal ? candidate : 0)
      store<u32>(rows + (left << 2), row)
      store<u32>(candidates + (left << 2), following)
      left += <usize>(!equal & (following != 0))
    }
    active = left
  }
}

function strings_equal(table: usize, strings: usize, probe_row: i32, build_row: i32): bool {
  const count = load<i32>(table, 32)
  let build = <usize>load<u32>(table, 36)
  for (let i = 0; i < count; i++) {
    const a = string_at(build, build_row)
    const b = string_at(strings, probe_row)
    const a_start = load<i32>(a)
    const b_start = load<i32>(b)
    const length = load<i32>(a, 4) - a_start
    if (length != load<i32>(b, 4) - b_start) return false
    const a_bytes = <usize>load<u32>(build, 4) + <usize>a_start
    if (!bytes_equal(a_bytes, <usize>load<u32>(strings, 4) + <usize>b_start, length)) return false
    build += 16
    strings += 16
  }
  return true
}

/** Address of the offset of a string. */
@inline
function string_at(column: usize, row: i32): usize {
  const codes = <usize>load<u32>(column, 8)
  const index = codes ? <usize>load<u32>(codes + (<usize>row << 2)) : <usize>row
  return <usize>load<u32>(column) + (index << 2)
}

@inline
function matches(table: usize, words: usize, strings: usize, probe_row: i32, build_row: i32): bool {
  if (load<u32>(table, 40)) return true
  const key_words = load<i32>(table, 8)
  const own = <usize>load<u32>(table, 4) + <usize>build_row * <usize>load<u32>(table, 64)
  if (!words_equal(own, words + <usize>probe_row * (<usize>key_words << 3), key_words)) return false
  return load<u32>(table, 32) == 0 || strings_equal(table, strings, probe_row, build_row)
}

/** Kinds of probing; 0 lists matches. */
const LEFT = 1
const SEMI = 2
const ANTI = 3

/**
 * Lists pairs of matching rows from where `state` says: u32 (probe row, next build row + 1 or NONE for the first of the
 * row, whether the row has matched). `found` is what `join_find` made. Kind 0 lists matches only; 1 (left) also probe
 * rows without one, with build row NONE; 2 (semi) each probe row with a match once; 3 (anti) probe rows without one.
 * Stops after `limit` pairs, leaving in `state` where to go on; it is done when the probe row is `count`. Returns the
 * number of pairs. `out_probe` and `out_build` have room for one more than `limit`.
 */
export function join_probe(
  table: usize,
  words: usize,
  strings: usize,
  found: usize,
  count: i32,
  kind: i32,
  limit: i32,
  state: usize,
  out_probe: usize,
  out_build: usize,
): i32 {
  const matched_rows = <usize>load<u32>(table, 28)
  const repeated = load<u32>(table, 72) != 0
  if (kind >= SEMI || (!repeated && !matched_rows)) {
    return list_found(found, count, kind, limit, state, out_probe, out_build)
  }
  const next = <usize>load<u32>(table, 20)
  const next_width = <usize>load<u32>(table, 68)
  let pairs = 0
  let row = load<i32>(state)
  let chain = load<u32>(state, 4)
  let matched = load<u32>(state, 8) != 0
  for (; row < count; row++) {
    if (chain == NONE) {
      chain = load<u32>(found + (<usize>row << 2))
      matched = false
    }
    while (chain != 0) {
      if (pairs == limit) return pause(state, row, chain, matched, pairs)
      const build = <i32>chain - 1
      if (!matched || matches(table, words, strings, row, build)) {
        matched = true
        store<i32>(out_probe + (<usize>pairs << 2), row)
        store<i32>(out_build + (<usize>pairs << 2), build)
        pairs++
        if (matched_rows) mark(matched_rows, build)
      }
      chain = repeated ? load<u32>(next + <usize>build * next_width) : 0
    }
    if (kind != 0 && !matched) {
      if (pairs == limit) return pause(state, row, 0, matched, pairs)
      store<i32>(out_probe + (<usize>pairs << 2), row)
      store<u32>(out_build + (<usize>pairs << 2), NONE)
      pairs++
    }
    chain = NONE
  }
  return pause(state, row, NONE, false, pairs)
}

/** The same where no probe row has more than one pair. */
function list_found(
  found: usize,
  count: i32,
  kind: i32,
  limit: i32,
  state: usize,
  out_probe: usize,
  out_build: usize,
): i32 {
  let pairs = 0
  let row = load<i32>(state)
  const end = row + min(limit, count - row)
  for (; row < end; row++) {
    const build = load<u32>(found + (<usize>row << 2)) - 1
    store<i32>(out_probe + (<usize>pairs << 2), row)
    store<u32>(out_build + (<usize>pairs << 2), build)
    // Without a match, 0 less 1 is NONE.
    const has_match = build != NONE
    pairs += <i32>(kind == LEFT ? true : has_match == (kind != ANTI))
  }
  return pause(state, row, NONE, false, pairs)
}

function pause(state: usize, row: i32, chain: u32, matched: bool, pairs: i32): i32 {
  store<i32>(state, row)
  store<u32>(state, chain, 4)
  store<u32>(state, matched ? 1 : 0, 8)
  return pairs
}

/** Several threads probe at once: the bit is set atomically, and only if it is not set yet. */
@inline
function mark(bitmap: usize, row: i32): void {
  const at = bitmap + ((<usize>row >> 5) << 2)
  const bit: u32 = 1 << (<u32>row & 31)
  if (!(load<u32>(at) & bit)) atomic.or<u32>(at, bit)
}

/** Lists the rows from `start` whose bit is not set; returns how many. `out` has room for one more than `count`. */
export function join_unmatched(bitmap: usize, start: i32, count: i32, out: usize): i32 {
  let target = out
  for (let row = start; row < start + count; row++) {
    store<i32>(target, row)
    target += <usize>(((load<u8>(bitmap + (<usize>row >> 3)) >> (<u8>row & 7)) & 1) ^ 1) << 2
  }
  return <i32>((target - out) >> 2)
}

/** Lists `count` pairs of all with all, from build row `build` of probe row `probe`. */
export function join_cross(
  build_rows: i32,
  probe: i32,
  build: i32,
  count: i32,
  out_probe: usize,
  out_build: usize,
): void {
  for (let i = 0; i < count; i++) {
    store<i32>(out_probe + (<usize>i << 2), probe)
    store<i32>(out_build + (<usize>i << 2), build)
    if (++build == build_rows) {
      build = 0
      probe++
    }
  }
}

/** Hashes of strings, 32 bits; those of null rows are 0. `validity` 0 means that all are valid. */
export function join_hash_strings(offsets: usize, values: usize, validity: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    let hash: u32 = 0
    if (is_valid(validity, i)) {
      const at = offsets + (<usize>i << 2)
      const start = load<i32>(at)
      hash = <u32>hash_bytes(values + <usize>start, load<i32>(at, 4) - start)
    }
    store<u32>(out + (<usize>i << 2), hash)
  }
}

/** Hashes of rows out of those of a dictionary's entries; those of null rows are undefined. */
export function join_take_hashes(hashes: usize, codes: usize, validity: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const code = is_valid(validity, i) ? <usize>load<u32>(codes + (<usize>i << 2)) : 0
    store<u32>(out + (<usize>i << 2), load<u32>(hashes + (code << 2)))
  }
}

/** Copies the words of rows, `width` bytes each, to places `stride` bytes apart. */
export function join_spread_words(words: usize, width: i32, count: i32, stride: usize, out: usize): void {
  for (let i = 0; i < count; i++) {
    for (let at = 0; at < width; at += 8) store<u64>(out + <usize>at, load<u64>(words + <usize>at))
    words += <usize>width
    out += stride
  }
}
