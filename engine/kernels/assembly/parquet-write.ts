/**
 * Makes what the pages of Parquet column chunks are made of.
 * Source: parquet-format, Encodings.md, "Plain" and "Run Length Encoding / Bit-Packing Hybrid".
 */

@inline
function is_set(bitmap: usize, row: i32): u32 {
  return bitmap == 0 ? 1 : (<u32>load<u8>(bitmap + (<usize>row >> 3)) >> (<u32>row & 7)) & 1
}

/** How many of the bits [first, first + count) are set. */
export function page_count(bitmap: usize, first: i32, count: i32): i32 {
  let ones: u32 = 0
  for (let row = first; row < first + count; row++) ones += is_set(bitmap, row)
  return <i32>ones
}

/**
 * Puts the valid ones (`validity` 0: all) of rows [first, first + count) of 4-byte values behind one another, returning how
 * many there are. Writes up to a value beyond.
 */
export function page_pack_32(values: usize, validity: usize, first: i32, count: i32, out: usize): i32 {
  return pack<u32>(values, validity, first, count, out)
}

/** As `page_pack_32`, of 8-byte values. */
export function page_pack_64(values: usize, validity: usize, first: i32, count: i32, out: usize): i32 {
  return pack<u64>(values, validity, first, count, out)
}

@inline
function pack<T>(values: usize, validity: usize, first: i32, count: i32, out: usize): i32 {
  values += <usize>first * sizeof<T>()
  if (validity == 0) {
    memory.copy(out, values, <usize>count * sizeof<T>())
    return count
  }
  let packed: usize = 0
  for (let i = 0; i < count; i++) {
    store<T>(out + packed * sizeof<T>(), load<T>(values + <usize>i * sizeof<T>()))
    packed += <usize>is_set(validity, first + i)
  }
  return <i32>packed
}

/**
 * Puts the valid ones of rows [first, first + count) of byte arrays behind one another, each behind its length in 4 bytes;
 * returns the bytes written. Writes up to 8 bytes beyond.
 */
export function page_pack_bytes(
  offsets: usize,
  values: usize,
  validity: usize,
  first: i32,
  count: i32,
  out: usize,
): i32 {
  const start = out
  for (let row = first; row < first + count; row++) {
    if (!is_set(validity, row)) continue
    const at = load<i32>(offsets + (<usize>row << 2))
    const length = load<i32>(offsets + (<usize>row << 2), 4) - at
    const from = values + <usize>at
    store<i32>(out, length)
    out += 4
    if (length > 64) memory.copy(out, from, <usize>length)
    else for (let i = 0; i < length; i += 8) store<u64>(out + <usize>i, load<u64>(from + <usize>i))
    out += <usize>length
  }
  return <i32>(out - start)
}

/** Shorter runs cost less packed. */
const SHORTEST_RUN = 16

/** Writes codes of `width` bits, 1 to 24, as runs and packed groups; returns the bytes written. Writes up to 8 beyond. */
export function page_write_codes(codes: usize, count: i32, width: i32, out: usize): i32 {
  const start = out
  let packed_from = 0
  let row = 0
  while (row < count) {
    const value = load<u32>(codes + (<usize>row << 2))
    let end = row + 1
    while (end < count && load<u32>(codes + (<usize>end << 2)) == value) end++
    // Packed values come in groups of eight: the run gives what the last group lacks.
    const run = row + ((8 - ((row - packed_from) & 7)) & 7)
    if (end - run >= SHORTEST_RUN) {
      out = write_packed(codes, packed_from, run, width, out)
      out = write_varint(<u32>(end - run) << 1, out)
      store<u32>(out, value)
      out += <usize>((width + 7) >> 3)
      packed_from = end
    }
    row = end
  }
  return <i32>(write_packed(codes, packed_from, count, width, out) - start)
}

function write_packed(codes: usize, from: i32, to: i32, width: i32, out: usize): usize {
  if (from == to) return out
  const groups = (to - from + 7) >> 3
  out = write_varint((<u32>groups << 1) | 1, out)
  const end = out + <usize>(groups * width)
  let pending: u64 = 0
  let bits: u64 = 0
  for (let row = from; row < to; row++) {
    pending |= <u64>load<u32>(codes + (<usize>row << 2)) << bits
    bits += <u64>width
    if (bits >= 32) {
      store<u32>(out, <u32>pending)
      out += 4
      pending >>= 32
      bits -= 32
    }
  }
  // The last group is filled with zeros.
  while (out < end) {
    store<u8>(out++, <u8>pending)
    pending >>= 8
  }
  return out
}

function write_varint(value: u32, out: usize): usize {
  while (value >= 128) {
    store<u8>(out++, <u8>(value | 128))
    value >>= 7
  }
  store<u8>(out++, <u8>value)
  return out
}

/**
 * Numbers the distinct ones of the valid 4-byte values of rows [first, first + count) in the order of their appearance:
 * `known` are in `entries` already. The numbers of the rows go to `codes`. `slots`, all 0 at first, has a power of two of
 * 4-byte slots, `mask` + 1, and more than `most` of them. Returns how many are known then, -1 if they are more than `most`.
 */
export function page_distinct_32(
  values: usize,
  validity: usize,
  first: i32,
  count: i32,
  slots: usize,
  mask: u32,
  entries: usize,
  known: i32,
  most: i32,
  codes: usize,
): i32 {
  return number<u32>(values, validity, first, count, slots, mask, entries, known, most, codes)
}

/** As `page_distinct_32`, of 8-byte values. */
export function page_distinct_64(
  values: usize,
  validity: usize,
  first: i32,
  count: i32,
  slots: usize,
  mask: u32,
  entries: usize,
  known: i32,
  most: i32,
  codes: usize,
): i32 {
  return number<u64>(values, validity, first, count, slots, mask, entries, known, most, codes)
}

@inline
function number<T>(
  values: usize,
  validity: usize,
  first: i32,
  count: i32,
  slots: usize,
  mask: u32,
  entries: usize,
  known: i32,
  most: i32,
  codes: usize,
): i32 {
  for (let row = first; row < first + count; row++) {
    if (!is_set(validity, row)) continue
    const value = load<T>(values + <usize>row * sizeof<T>())
    let slot = <u32>((<u64>value * 0x9e3779b97f4a7c15) >> 40) & mask
    let code: u32 = 0
    while (true) {
      code = load<u32>(slots + (<usize>slot << 2))
      if (code == 0 || load<T>(entries + <usize>(code - 1) * sizeof<T>()) == value) break
      slot = (slot + 1) & mask
    }
    if (code == 0) {
      if (known == most) return -1
      store<T>(entries + <usize>known * sizeof<T>(), value)
      code = <u32>++known
      store<u32>(slots + (<usize>slot << 2), code)
    }
    store<u32>(codes, code - 1)
    codes += 4
  }
  return known
}

/**
 * Numbers the entries of a dictionary that the valid codes of rows [first, first + count) name, in the order of their
 * appearance: `mapping` has the number of each, or -1, and `order` the entry of each number, `known` of them so far. The
 * numbers of the rows go to `out`. Returns how many are known then.
 */
export function page_renumber(
  codes: usize,
  validity: usize,
  first: i32,
  count: i32,
  mapping: usize,
  order: usize,
  known: i32,
  out: usize,
): i32 {
  for (let row = first; row < first + count; row++) {
    if (!is_set(validity, row)) continue
    const entry = <usize>load<u32>(codes + (<usize>row << 2))
    let number = load<i32>(mapping + (entry << 2))
    if (number < 0) {
      number = known++
      store<i32>(mapping + (entry << 2), number)
      store<u32>(order + (<usize>number << 2), <u32>entry)
    }
    store<i32>(out, number)
    out += 4
  }
  return known
}

/**
 * Smallest and largest of `count` packed values, into `out` and 8 bytes behind it, each in the low bytes; how many values
 * they are of is at 16. Goes on from what is there, unless that number is 0.
 */
export function page_extremes_i32(values: usize, count: i32, out: usize): void {
  extremes<i32>(values, count, out)
}

export function page_extremes_u32(values: usize, count: i32, out: usize): void {
  extremes<u32>(values, count, out)
}

export function page_extremes_i64(values: usize, count: i32, out: usize): void {
  extremes<i64>(values, count, out)
}

export function page_extremes_u64(values: usize, count: i32, out: usize): void {
  extremes<u64>(values, count, out)
}

/** As `page_extremes_i32`; NaN is neither, nor counted. */
export function page_extremes_f32(values: usize, count: i32, out: usize): void {
  extremes<f32>(values, count, out)
}

export function page_extremes_f64(values: usize, count: i32, out: usize): void {
  extremes<f64>(values, count, out)
}

@inline
function extremes<T>(values: usize, count: i32, out: usize): void {
  let seen = load<i32>(out, 16)
  let least = load<T>(out)
  let most = load<T>(out, 8)
  for (let i = 0; i < count; i++) {
    const value = load<T>(values + <usize>i * sizeof<T>())
    if (isFloat<T>()) {
      if (value != value) continue
    }
    if (seen++ == 0) {
      least = value
      most = value
    }
    least = value < least ? value : least
    most = value > most ? value : most
  }
  store<T>(out, least)
  store<T>(out, most, 8)
  store<i32>(out, seen, 16)
}

/** The places, in bytes from `source`, of the smallest and the largest of `count` > 0 plain byte arrays, into two words. */
export function page_extremes_bytes(source: usize, count: i32, out: usize): void {
  let at = source
  let least = source
  let most = source
  for (let i = 0; i < count; i++) {
    if (compare_bytes(at, least) < 0) least = at
    else if (compare_bytes(at, most) > 0) most = at
    at += 4 + <usize>load<u32>(at)
  }
  store<u32>(out, <u32>(least - source))
  store<u32>(out, <u32>(most - source), 4)
}

@inline
function compare_bytes(a: usize, b: usize): i32 {
  const a_length = load<i32>(a)
  const b_length = load<i32>(b)
  const length = <usize>min(a_length, b_length)
  for (let i: usize = 4; i < length + 4; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i)
    if (difference) return difference
  }
  return a_length - b_length
}
