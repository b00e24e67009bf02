/**
 * Decodes what the pages of Parquet column chunks are made of, whatever their bytes are. Up to 16 bytes are read beyond the
 * end of what is given, none written beyond the end of what is asked for but by the functions that say so.
 * Source: parquet-format, Encodings.md, "Plain" and "Run Length Encoding / Bit-Packing Hybrid".
 */

import { copy_bits } from './copy'

/** What `varint_end` and others return for malformed bytes. */
const MALFORMED: i32 = -1

/** Where the variable-length integer at `at` ends; 0 if it does not end before `end` or is longer than 32 bits. */
@inline
function varint_end(at: usize, end: usize): usize {
  for (let i: usize = 0; i < 5 && at + i < end; i++) if (load<u8>(at + i) < 128) return at + i + 1
  return 0
}

/** The value of a variable-length integer that ends at `end`. */
@inline
function varint(at: usize, end: usize): u32 {
  let value: u64 = 0
  for (let i: u64 = 0; at + <usize>i < end; i++) value |= <u64>(load<u8>(at + <usize>i) & 127) << (i * 7)
  return value > <u64>u32.MAX_VALUE ? 0 : <u32>value
}

/**
 * Decodes definition levels of 0 and 1 into the bits [first, first + count) of `out`, keeping those before; the bits behind,
 * up to the end of the 64-bit word, are cleared. Returns how many are 1, or -1 if the levels are malformed.
 */
export function page_levels(source: usize, bytes: i32, count: i32, out: usize, first: i32): i32 {
  const end = source + <usize>bytes
  let ones = 0
  let done = 0
  while (done < count) {
    const at = varint_end(source, end)
    if (at == 0) return MALFORMED
    const header = varint(source, at)
    const left = count - done
    source = at
    if (header & 1) {
      // Groups of 8, the last of which may hang over.
      const groups = <usize>(header >> 1)
      const length = groups >= <usize>((left + 7) >> 3) ? left : <i32>(groups << 3)
      if (length == 0 || <usize>((length + 7) >> 3) > end - source) return MALFORMED
      copy_bits(source, 0, length, out, first + done)
      ones += count_bits(source, length)
      source += groups < end - source ? groups : end - source
      done += length
    } else {
      const length = <i32>min<u32>(header >> 1, <u32>left)
      if (length == 0 || source >= end) return MALFORMED
      const level = load<u8>(source++)
      if (level > 1) return MALFORMED
      if (level) {
        copy_bits(0, 0, length, out, first + done)
        ones += length
      } else clear_bits(length, out, first + done)
      done += length
    }
  }
  return ones
}

function count_bits(bits: usize, length: i32): i32 {
  let ones = 0
  let i = 0
  for (; i + 64 <= length; i += 64) ones += <i32>popcnt<u64>(load<u64>(bits + (<usize>i >> 3)))
  const rest = length - i
  if (rest > 0) ones += <i32>popcnt<u64>(load<u64>(bits + (<usize>i >> 3)) & ((<u64>1 << <u64>rest) - 1))
  return ones
}

/** As `copy_bits`, of zeros. */
function clear_bits(length: i32, out: usize, first: i32): void {
  let done = 0
  while (done < length) {
    const shift = (first + done) & 63
    const word = out + (<usize>((first + done) >> 6) << 3)
    const kept: u64 = shift ? load<u64>(word) & ((<u64>1 << <u64>shift) - 1) : 0
    store<u64>(word, kept)
    done += 64 - shift
  }
}

/**
 * Decodes `count` codes of `width` bits, 0 to 32, into 4 bytes each. Returns the largest, or -1 if they are malformed or one
 * does not fit an int32.
 */
export function page_codes(source: usize, bytes: i32, width: i32, count: i32, out: usize): i32 {
  const end = source + <usize>bytes
  const valueBytes = <usize>((width + 7) >> 3)
  const mask: u64 = (<u64>1 << <u64>width) - 1
  let largest: u32 = 0
  let done = 0
  while (done < count) {
    const at = varint_end(source, end)
    if (at == 0) return MALFORMED
    const header = varint(source, at)
    const left = count - done
    const target = out + (<usize>done << 2)
    source = at
    if (header & 1) {
      const groups = <usize>(header >> 1)
      const length = groups >= <usize>((left + 7) >> 3) ? left : <i32>(groups << 3)
      const needed = (<usize>length * <usize>width + 7) >> 3
      if (length == 0 || needed > end - source) return MALFORMED
      largest = max<u32>(largest, unpack(source, <usize>width, mask, length, target))
      const stored = <u64>groups * <u64>width
      source += stored < <u64>(end - source) ? <usize>stored : end - source
      done += length
    } else {
      const length = <i32>min<u32>(header >> 1, <u32>left)
      if (length == 0 || valueBytes > end - source) return MALFORMED
      const value = valueBytes == 0 ? 0 : <u32>(<u64>load<u32>(source) & ((<u64>1 << (<u64>valueBytes << 3)) - 1))
      source += valueBytes
      largest = max<u32>(largest, value)
      const four = i32x4.splat(value)
      let i = 0
      for (; i + 4 <= length; i += 4) v128.store(target + (<usize>i << 2), four)
      for (; i < length; i++) store<u32>(target + (<usize>i << 2), value)
      done += length
    }
  }
  return largest > <u32>i32.MAX_VALUE ? MALFORMED : <i32>largest
}

/** Unpacks codes that lie behind one another, lowest bits first; returns the largest. */
@inline
function unpack(source: usize, width: usize, mask: u64, length: i32, out: usize): u32 {
  let largest: u32 = 0
  let bit: usize = 0
  for (let i = 0; i < length; i++) {
    const value = <u32>((load<u64>(source + (bit >> 3)) >> <u64>(bit & 7)) & mask)
    store<u32>(out + (<usize>i << 2), value)
    largest = max<u32>(largest, value)
    bit += width
  }
  return largest
}

/**
 * Moves 4-byte values apart: the next of `values` goes to each row in [0, count) that is valid, by the bits of `validity`
 * from `first` on. Those of null rows are undefined.
 */
export function page_spread_32(values: usize, validity: usize, first: i32, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<u32>(out + (<usize>i << 2), load<u32>(values))
    values += <usize>bit_at(validity, first + i) << 2
  }
}

/** As `page_spread_32`, of 8-byte values. */
export function page_spread_64(values: usize, validity: usize, first: i32, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    store<u64>(out + (<usize>i << 3), load<u64>(values))
    values += <usize>bit_at(validity, first + i) << 3
  }
}

/** As `page_spread_32`, of bits, to the bits of `out` from `first` on; a `validity` of 0 means that all rows are valid. */
export function page_spread_bits(values: usize, validity: usize, first: i32, count: i32, out: usize): void {
  if (validity == 0) {
    copy_bits(values, 0, count, out, first)
    return
  }
  clear_bits(count, out, first)
  let next = 0
  for (let row = first; row < first + count; row++) {
    if (!bit_at(validity, row)) continue
    const byte = out + (<usize>row >> 3)
    store<u8>(byte, load<u8>(byte) | <u8>(bit_at(values, next) << (<u32>row & 7)))
    next++
  }
}

@inline
function bit_at(bitmap: usize, row: i32): u32 {
  return (<u32>load<u8>(bitmap + (<usize>row >> 3)) >> (<u32>row & 7)) & 1
}

/** out[i] = values[i] as 8-byte integers. */
export function page_widen(values: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) store<i64>(out + (<usize>i << 3), <i64>load<i32>(values + (<usize>i << 2)))
}

/** Bytes of `count` plain byte arrays without their lengths; -1 if they are malformed. */
export function page_bytes_total(source: usize, bytes: i32, count: i32): i32 {
  const end = source + <usize>bytes
  const start = source
  for (let i = 0; i < count; i++) {
    if (end - source < 4) return MALFORMED
    const length = <usize>load<u32>(source)
    source += 4
    if (length > end - source) return MALFORMED
    source += length
  }
  return <i32>(source - start) - 4 * count
}

/**
 * Copies plain byte arrays, which were measured by `page_bytes_total`, behind one another to `values` + `base`; their ends
 * go to offsets[first + 1 ..]. Rows in [first, first + count) that are null, by the bits of `validity` (0: none), are empty.
 * Returns the last end. Up to 8 bytes are written beyond.
 */
export function page_bytes(
  source: usize,
  validity: usize,
  first: i32,
  count: i32,
  offsets: usize,
  values: usize,
  base: i32,
): i32 {
  let at = base
  for (let i = first; i < first + count; i++) {
    if (validity == 0 || bit_at(validity, i)) {
      const length = load<i32>(source)
      const out = values + <usize>at
      source += 4
      if (length > 64) memory.copy(out, source, <usize>length)
      else for (let j = 0; j < length; j += 8) store<u64>(out + <usize>j, load<u64>(source + <usize>j))
      source += <usize>length
      at += length
    }
    store<i32>(offsets + (<usize>(i + 1) << 2), at)
  }
  return at
}

/**
 * Whether `count` values, whose ends lie behind offsets[0], are UTF-8 each.
 * Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
 */
export function page_is_utf8(offsets: usize, values: usize, count: i32): bool {
  const end = values + <usize>load<i32>(offsets + (<usize>count << 2))
  let at = values
  let isAscii = true
  while (at < end) {
    if (at + 16 <= end && !v128.any_true(v128.and(v128.load(at), i8x16.splat(-128)))) {
      at += 16
      continue
    }
    if (load<u8>(at) < 128) {
      at++
      continue
    }
    isAscii = false
    const length = sequence_length(at, end)
    if (length == 0) return false
    at += length
  }
  if (isAscii) return true
  for (let i = 0; i < count; i++) {
    const start = values + <usize>load<i32>(offsets + (<usize>i << 2))
    if (start < end && (load<u8>(start) & 0xc0) == 0x80) return false
  }
  return true
}

/** Bytes of the character of more than one byte at `at`; 0 if it is none. */
@inline
function sequence_length(at: usize, end: usize): usize {
  const lead = load<u8>(at)
  const left = end - at
  if (lead < 0xc2 || lead > 0xf4 || left < 2) return 0
  const second = load<u8>(at, 1)
  if (lead < 0xe0) return (second & 0xc0) == 0x80 ? 2 : 0
  const least: u8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
  const most: u8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most || left < 3 || (load<u8>(at, 2) & 0xc0) != 0x80) return 0
  if (lead < 0xf0) return 3
  return left >= 4 && (load<u8>(at, 3) & 0xc0) == 0x80 ? 4 : 0
}
