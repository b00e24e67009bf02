/**
 * Comparisons of fixed-width values, written as bitmaps. Operands are addresses and steps: see `arithmetic.ts`.
 *
 * Floats have a total order: NaN equals NaN and is greater than everything else, and -0 equals 0, as in DuckDB.
 */

const EQ = 0
const NE = 1
const LT = 2
const LE = 3

// @ts-ignore: decorator
@inline
function lanes<T>(operation: i32, x: v128, y: v128): v128 {
  if (isFloat<T>()) {
    const equal = v128.or(v128.eq<T>(x, y), v128.and(v128.ne<T>(x, x), v128.ne<T>(y, y)))
    if (operation == EQ) return equal
    if (operation == NE) return v128.not(equal)
    // x < y unless y < x or they are equal; a NaN on the right is above any number on the left.
    const less = v128.or(v128.lt<T>(x, y), v128.and(v128.eq<T>(x, x), v128.ne<T>(y, y)))
    return operation == LT ? less : v128.or(less, equal)
  }
  if (operation == EQ) return v128.eq<T>(x, y)
  if (operation == NE) return v128.ne<T>(x, y)
  if (sizeof<T>() == 8 && !isSigned<T>()) {
    const top = i64x2.splat(i64.MIN_VALUE)
    x = v128.xor(x, top)
    y = v128.xor(y, top)
    return operation == LT ? i64x2.lt_s(x, y) : i64x2.le_s(x, y)
  }
  return operation == LT ? v128.lt<T>(x, y) : v128.le<T>(x, y)
}

/** The masks of the next 16 bytes' worth of lanes at `offset`. */
// @ts-ignore: decorator
@inline
function masks<T>(operation: i32, a: usize, aStep: usize, b: usize, bStep: usize, offset: usize): v128 {
  return lanes<T>(operation, v128.load(a + offset * aStep), v128.load(b + offset * bStep))
}

/** The outcome of the next 64 bytes' worth of rows, a bit each: 16 rows of up to 4 bytes, 8 rows of 8 bytes. */
// @ts-ignore: decorator
@inline
function outcomes<T>(operation: i32, a: usize, aStep: usize, b: usize, bStep: usize): u32 {
  let m0 = masks<T>(operation, a, aStep, b, bStep, 0)
  if (sizeof<T>() == 1) return i8x16.bitmask(m0)
  let m1 = masks<T>(operation, a, aStep, b, bStep, 16)
  if (sizeof<T>() == 2) return i8x16.bitmask(i8x16.narrow_i16x8_s(m0, m1))
  const m2 = masks<T>(operation, a, aStep, b, bStep, 32)
  const m3 = masks<T>(operation, a, aStep, b, bStep, 48)
  if (sizeof<T>() == 4) return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)))
  m0 = v128.shuffle<i32>(m0, m1, 0, 2, 4, 6)
  m1 = v128.shuffle<i32>(m2, m3, 0, 2, 4, 6)
  m0 = i16x8.narrow_i32x4_s(m0, m1)
  return i8x16.bitmask(i8x16.narrow_i16x8_s(m0, m0))
}

// @ts-ignore: decorator
@inline
function compare<T>(operation: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  const rows = sizeof<T>() == 8 ? 8 : 16
  for (let i = 0; i < n; i += rows) {
    const bits = outcomes<T>(operation, a, aStep, b, bStep)
    if (sizeof<T>() == 8) store<u8>(out, bits)
    else store<u16>(out, bits)
    a += aStep * sizeof<T>() * rows
    b += bStep * sizeof<T>() * rows
    out += rows >> 3
  }
}

/** The same for int128: low words unsigned, high words signed. Operands are 16 bytes apart. */
// @ts-ignore: decorator
@inline
function compareWide(operation: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64) {
    let word: u64 = 0
    const rows = min(64, n - i)
    for (let bit = 0; bit < rows; bit++) {
      const aLow = load<u64>(a)
      const bLow = load<u64>(b)
      const aHigh = load<i64>(a, 8)
      const bHigh = load<i64>(b, 8)
      let result: bool
      if (operation == EQ) result = aLow == bLow && aHigh == bHigh
      else if (operation == NE) result = aLow != bLow || aHigh != bHigh
      else if (operation == LT) result = aHigh < bHigh || (aHigh == bHigh && aLow < bLow)
      else result = aHigh < bHigh || (aHigh == bHigh && aLow <= bLow)
      word |= <u64>result << bit
      a += aStep << 4
      b += bStep << 4
    }
    store<u64>(out, word)
    out += 8
  }
}

/** Marks NaN (`kind` 0), infinite (1) or finite (2) floats. */
// @ts-ignore: decorator
@inline
function classify<T>(kind: i32, a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 8) {
    let bits: u32 = 0
    for (let bit = 0; bit < 8; bit++) {
      const x = load<T>(a)
      const nan = x != x
      const infinite = abs<T>(x) == <T>Infinity
      bits |= <u32>(kind == 0 ? nan : kind == 1 ? infinite : !nan && !infinite) << bit
      a += sizeof<T>()
    }
    store<u8>(out++, bits)
  }
}

export function eq_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i8>(EQ, a, aStep, b, bStep, out, n) }
export function eq_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i16>(EQ, a, aStep, b, bStep, out, n) }
export function eq_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i32>(EQ, a, aStep, b, bStep, out, n) }
export function eq_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i64>(EQ, a, aStep, b, bStep, out, n) }
export function eq_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u8>(EQ, a, aStep, b, bStep, out, n) }
export function eq_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u16>(EQ, a, aStep, b, bStep, out, n) }
export function eq_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u32>(EQ, a, aStep, b, bStep, out, n) }
export function eq_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u64>(EQ, a, aStep, b, bStep, out, n) }
export function eq_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f32>(EQ, a, aStep, b, bStep, out, n) }
export function eq_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f64>(EQ, a, aStep, b, bStep, out, n) }
export function eq_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compareWide(EQ, a, aStep, b, bStep, out, n) }
export function neq_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i8>(NE, a, aStep, b, bStep, out, n) }
export function neq_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i16>(NE, a, aStep, b, bStep, out, n) }
export function neq_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i32>(NE, a, aStep, b, bStep, out, n) }
export function neq_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i64>(NE, a, aStep, b, bStep, out, n) }
export function neq_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u8>(NE, a, aStep, b, bStep, out, n) }
export function neq_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u16>(NE, a, aStep, b, bStep, out, n) }
export function neq_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u32>(NE, a, aStep, b, bStep, out, n) }
export function neq_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u64>(NE, a, aStep, b, bStep, out, n) }
export function neq_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f32>(NE, a, aStep, b, bStep, out, n) }
export function neq_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f64>(NE, a, aStep, b, bStep, out, n) }
export function neq_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compareWide(NE, a, aStep, b, bStep, out, n) }
export function lt_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i8>(LT, a, aStep, b, bStep, out, n) }
export function lt_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i16>(LT, a, aStep, b, bStep, out, n) }
export function lt_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i32>(LT, a, aStep, b, bStep, out, n) }
export function lt_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i64>(LT, a, aStep, b, bStep, out, n) }
export function lt_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u8>(LT, a, aStep, b, bStep, out, n) }
export function lt_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u16>(LT, a, aStep, b, bStep, out, n) }
export function lt_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u32>(LT, a, aStep, b, bStep, out, n) }
export function lt_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u64>(LT, a, aStep, b, bStep, out, n) }
export function lt_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f32>(LT, a, aStep, b, bStep, out, n) }
export function lt_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f64>(LT, a, aStep, b, bStep, out, n) }
export function lt_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compareWide(LT, a, aStep, b, bStep, out, n) }
export function lte_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i8>(LE, a, aStep, b, bStep, out, n) }
export function lte_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i16>(LE, a, aStep, b, bStep, out, n) }
export function lte_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i32>(LE, a, aStep, b, bStep, out, n) }
export function lte_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<i64>(LE, a, aStep, b, bStep, out, n) }
export function lte_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u8>(LE, a, aStep, b, bStep, out, n) }
export function lte_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u16>(LE, a, aStep, b, bStep, out, n) }
export function lte_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u32>(LE, a, aStep, b, bStep, out, n) }
export function lte_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<u64>(LE, a, aStep, b, bStep, out, n) }
export function lte_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f32>(LE, a, aStep, b, bStep, out, n) }
export function lte_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compare<f64>(LE, a, aStep, b, bStep, out, n) }
export function lte_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { compareWide(LE, a, aStep, b, bStep, out, n) }
export function isNan_f32(a: usize, out: usize, n: i32): void { classify<f32>(0, a, out, n) }
export function isNan_f64(a: usize, out: usize, n: i32): void { classify<f64>(0, a, out, n) }
export function isInf_f32(a: usize, out: usize, n: i32): void { classify<f32>(1, a, out, n) }
export function isInf_f64(a: usize, out: usize, n: i32): void { classify<f64>(1, a, out, n) }
export function isFinite_f32(a: usize, out: usize, n: i32): void { classify<f32>(2, a, out, n) }
export function isFinite_f64(a: usize, out: usize, n: i32): void { classify<f64>(2, a, out, n) }
