/** Tests values against a range, many at once, for filters that bound a column from both sides. */

// @ts-ignore: decorator
@inline
function bitsOf64(values: usize, base: v128, span: v128): u32 {
  // x is in [low, high] just if x - low is at most high - low without sign; `base` and `span` are shifted by 2^63, which
  // makes that a signed comparison.
  const m0 = i64x2.le_s(i64x2.sub(v128.load(values), base), span)
  const m1 = i64x2.le_s(i64x2.sub(v128.load(values, 16), base), span)
  const m2 = i64x2.le_s(i64x2.sub(v128.load(values, 32), base), span)
  const m3 = i64x2.le_s(i64x2.sub(v128.load(values, 48), base), span)
  const low = v128.shuffle<i32>(m0, m1, 0, 2, 4, 6)
  const high = v128.shuffle<i32>(m2, m3, 0, 2, 4, 6)
  const words = i16x8.narrow_i32x4_s(low, high)
  return i8x16.bitmask(i8x16.narrow_i16x8_s(words, words)) & 0xff
}

const TOP: u64 = 1 << 63
/** With so few rows left of 64, looking at each touches less memory than testing all. */
const SPARSE: u64 = 6

/** The bits of `word` whose values are at most `span` above `low`. */
// @ts-ignore: decorator
@inline
function keptOf64(values: usize, low: u64, span: u64, word: u64): u64 {
  let kept: u64 = 0
  while (word != 0) {
    const row = ctz(word)
    kept |= <u64>(load<u64>(values + (<usize>row << 3)) - low <= span) << row
    word &= word - 1
  }
  return kept
}

/**
 * Clears the bits of `mask` of values outside of [low, high]; 64-bit integers. `bounds` is the address of
 * low - 2^63 and (high - low) - 2^63, modulo 2^64. Bits of `mask` past `length` are undefined.
 */
export function range_i64(values: usize, bounds: usize, mask: usize, length: i32): void {
  const base = v128.load64_splat(bounds)
  const span = v128.load64_splat(bounds, 8)
  const low = load<u64>(bounds) ^ TOP
  const width = load<u64>(bounds, 8) ^ TOP
  for (let row = 0; row < length; row += 64) {
    let word = load<u64>(mask)
    if (length - row < 64) word &= (<u64>1 << <u64>(length - row)) - 1
    if (popcnt(word) <= SPARSE) store<u64>(mask, keptOf64(values, low, width, word))
    else {
      let bits: u64 = 0
      const rows = min(64, length - row)
      for (let part = 0; part < rows; part += 8) bits |= <u64>bitsOf64(values + (<usize>part << 3), base, span) << <u64>part
      store<u64>(mask, word & bits)
    }
    values += 512
    mask += 8
  }
}

// @ts-ignore: decorator
@inline
function bitsOf32(values: usize, low: v128, span: v128): u32 {
  const m0 = i32x4.le_u(i32x4.sub(v128.load(values), low), span)
  const m1 = i32x4.le_u(i32x4.sub(v128.load(values, 16), low), span)
  const m2 = i32x4.le_u(i32x4.sub(v128.load(values, 32), low), span)
  const m3 = i32x4.le_u(i32x4.sub(v128.load(values, 48), low), span)
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)))
}

/** The same for 32-bit integers; `bounds` is the address of low and, as unsigned, high - low, each an i64. */
export function range_i32(values: usize, bounds: usize, mask: usize, length: i32): void {
  const low = v128.load32_splat(bounds)
  const span = v128.load32_splat(bounds, 8)
  for (let row = 0; row < length; row += 64) {
    const word = load<u64>(mask)
    if (word != 0) {
      let bits: u64 = 0
      const rows = min(64, length - row)
      for (let part = 0; part < rows; part += 16) bits |= <u64>bitsOf32(values + (<usize>part << 2), low, span) << <u64>part
      store<u64>(mask, word & bits)
    }
    values += 256
    mask += 8
  }
}

// @ts-ignore: decorator
@inline
function bitsOf16(values: usize, low: v128, span: v128): u32 {
  const m0 = i16x8.le_u(i16x8.sub(v128.load(values), low), span)
  const m1 = i16x8.le_u(i16x8.sub(v128.load(values, 16), low), span)
  return i8x16.bitmask(i8x16.narrow_i16x8_s(m0, m1))
}

/** The same for 16-bit integers. */
export function range_i16(values: usize, bounds: usize, mask: usize, length: i32): void {
  const low = v128.load16_splat(bounds)
  const span = v128.load16_splat(bounds, 8)
  for (let row = 0; row < length; row += 64) {
    const word = load<u64>(mask)
    if (word != 0) {
      let bits: u64 = 0
      const rows = min(64, length - row)
      for (let part = 0; part < rows; part += 16) bits |= <u64>bitsOf16(values + (<usize>part << 1), low, span) << <u64>part
      store<u64>(mask, word & bits)
    }
    values += 128
    mask += 8
  }
}

// @ts-ignore: decorator
@inline
function bitsOf8(values: usize, low: v128, span: v128): u32 {
  return i8x16.bitmask(i8x16.le_u(i8x16.sub(v128.load(values), low), span))
}

/** The same for 8-bit integers. */
export function range_i8(values: usize, bounds: usize, mask: usize, length: i32): void {
  const low = v128.load8_splat(bounds)
  const span = v128.load8_splat(bounds, 8)
  for (let row = 0; row < length; row += 64) {
    const word = load<u64>(mask)
    if (word != 0) {
      let bits: u64 = 0
      for (let part = 0; part < 64; part += 16) bits |= <u64>bitsOf8(values + <usize>part, low, span) << <u64>part
      store<u64>(mask, word & bits)
    }
    values += 64
    mask += 8
  }
}
