/**
 * Bytes and characters of UTF-8 strings: what the string kernels share.
 *
 * A character starts at every byte but a continuation byte (0x80 to 0xBF). No function relies on the text being well
 * formed to stay within its bounds, as the bytes of null slots are arbitrary.
 */

/** Larger totals do not fit the 32-bit offsets of a string vector. */
export const MAX_TOTAL: i64 = 0x7fffffff

export function is_character(address: usize): bool {
  return (<i32>load<u8>(address) & 0xc0) != 0x80
}

export function is_row_valid(validity: usize, row: i32): bool {
  return validity == 0 || ((<i32>load<u8>(validity + (<usize>row >> 3)) >> (row & 7)) & 1) == 1
}

/** Copies within the bounds of both; for short strings this beats `memory.copy`. */
export function bytes_copy(target: usize, source: usize, length: i32): void {
  if (length >= 16) {
    if (length >= 256) {
      memory.copy(target, source, <usize>length)
      return
    }
    // The last 16 bytes may overlap those copied before.
    const last = <usize>(length - 16)
    for (let i: usize = 0; i < last; i += 16) v128.store(target + i, v128.load(source + i))
    v128.store(target + last, v128.load(source + last))
  } else if (length >= 8) {
    const last = <usize>(length - 8)
    const head = load<u64>(source)
    store<u64>(target + last, load<u64>(source + last))
    store<u64>(target, head)
  } else if (length >= 4) {
    const last = <usize>(length - 4)
    const head = load<u32>(source)
    store<u32>(target + last, load<u32>(source + last))
    store<u32>(target, head)
  } else {
    for (let i = 0; i < length; i++) store<u8>(target + i, load<u8>(source + i))
  }
}

/** 1 if all bytes are below 0x80. */
export function bytes_ascii(address: usize, length: i32): i32 {
  let i = 0
  let seen = v128.splat<i8>(0)
  for (; i + 16 <= length; i += 16) seen = v128.or(seen, v128.load(address + i))
  if (i8x16.bitmask(seen) != 0) return 0
  let rest: u32 = 0
  for (; i < length; i++) rest |= load<u8>(address + i)
  return rest < 0x80 ? 1 : 0
}

/** Number of characters. */
export function bytes_characters(address: usize, length: i32): i32 {
  let count = 0
  let i = 0
  const limit = i8x16.splat(-65)
  for (; i + 16 <= length; i += 16) {
    // As signed bytes, continuation bytes are those up to -65.
    count += popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(address + i), limit)))
  }
  for (; i < length; i++) count += <i32>is_character(address + i)
  return count
}

/** Byte offset at which character `index` starts, counting from 0; `length` if there are no more than `index`. */
export function bytes_character_offset(address: usize, length: i32, index: i32): i32 {
  if (index <= 0) return 0
  if (index >= length) return length
  let i = 0
  let before = 0
  const limit = i8x16.splat(-65)
  for (; i + 16 <= length; i += 16) {
    const count = popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(address + i), limit)))
    if (before + count > index) break
    before += count
  }
  for (; i < length; i++) {
    if (!is_character(address + i)) continue
    if (before == index) return i
    before++
  }
  return length
}

/** The address after the character at `address`. */
export function next_character(address: usize, end: usize): usize {
  address++
  while (address < end && !is_character(address)) address++
  return address
}

/** Out values i64: the characters of each row, or its bytes if `ascii` is 1. */
export function string_length(offsets: usize, values: usize, ascii: i32, out: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(offsets)
    const size = load<i32>(offsets, 4) - start
    store<i64>(out, <i64>(ascii ? size : bytes_characters(values + <usize>start, size)))
    offsets += 4
    out += 8
  }
}

/** Copies `rows` ranges of `values`, starting at the bytes `from` (u32), to where `out_offsets` say they go. */
export function string_gather(values: usize, from: usize, out_offsets: usize, out: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(out_offsets)
    bytes_copy(out + <usize>start, values + <usize>load<u32>(from), load<i32>(out_offsets, 4) - start)
    from += 4
    out_offsets += 4
  }
}

/** Offsets moved to start at 0. */
export function string_rebase(offsets: usize, out: usize, rows: i32): void {
  const first = load<i32>(offsets)
  for (let row = 0; row <= rows; row++) store<i32>(out + (<usize>row << 2), load<i32>(offsets + (<usize>row << 2)) - first)
}
