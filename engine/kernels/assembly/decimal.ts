/**
 * Arithmetic of decimals, as scaled integers of 64 or 128 bits. Operands are addresses and steps: see `arithmetic.ts`.
 *
 * Kernels that return a row return the first valid one whose result needs more digits than `precision`, or -1.
 */

import { bitsOf } from './arithmetic'
import { isValid } from './validity'
import { high, isBelow, magnitude, multiplyWords, powerOfTen, storeSigned } from './wide'

/**
 * The wrapped products of int64 values. Returns the bits the longest magnitudes of the two operands need together:
 * no product needs more, and up to 63 all are exact.
 */
export function mul_d64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): i32 {
  let aBits = i64x2.splat(0)
  let bBits = i64x2.splat(0)
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16) {
    const x = v128.load(a)
    const y = v128.load(b)
    aBits = v128.or(aBits, v128.xor(x, i64x2.shl(x, 1)))
    bBits = v128.or(bBits, v128.xor(y, i64x2.shl(y, 1)))
    v128.store(out, i64x2.mul(x, y))
    a += aStep << 4
    b += bStep << 4
  }
  return bitsOf<i64>(aBits) + bitsOf<i64>(bBits)
}

/**
 * The wrapped sums or differences of int64 values. Returns the bits that the longest magnitude of a result needs, or
 * 64 if one may have wrapped.
 */
// @ts-ignore: decorator
@inline
function sums(subtract: bool, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): i32 {
  let bits = i64x2.splat(0)
  let wrapped = i64x2.splat(0)
  const end = out + (<usize>n << 3)
  for (; out < end; out += 16) {
    const x = v128.load(a)
    const y = v128.load(b)
    const r = subtract ? i64x2.sub(x, y) : i64x2.add(x, y)
    bits = v128.or(bits, v128.xor(r, i64x2.shl(r, 1)))
    wrapped = v128.or(wrapped, v128.and(v128.xor(x, r), subtract ? v128.xor(x, y) : v128.xor(y, r)))
    v128.store(out, r)
    a += aStep << 4
    b += bStep << 4
  }
  return i64x2.bitmask(wrapped) ? 64 : bitsOf<i64>(bits)
}

export function add_d64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): i32 {
  return sums(false, a, aStep, b, bStep, out, n)
}

export function sub_d64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): i32 {
  return sums(true, a, aStep, b, bStep, out, n)
}

/** Checks int64 values against a precision of up to 18 digits. */
export function exceeds_d64(a: usize, n: i32, validity: usize, precision: i32): i32 {
  const limit = <i64>powerOfTen(precision)
  const lowest = i64x2.splat(-limit)
  const highest = i64x2.splat(limit)
  let outside = i64x2.splat(0)
  for (let i = 0; i < n; i += 2) {
    const x = v128.load(a + (<usize>i << 3))
    outside = v128.or(outside, v128.or(i64x2.le_s(x, lowest), i64x2.ge_s(x, highest)))
  }
  if (!v128.any_true(outside)) return -1
  for (let i = 0; i < n; i++) {
    const x = load<i64>(a + (<usize>i << 3))
    if ((x <= -limit || x >= limit) && isValid(validity, i)) return i
  }
  return -1
}

// @ts-ignore: decorator
@inline
function additive(subtract: bool, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize, precision: i32): i32 {
  const limitLow = powerOfTen(precision)
  const limitHigh = high
  let failed = -1
  for (let i = 0; i < n; i++) {
    let y = load<u64>(b)
    let yHigh = load<u64>(b, 8)
    if (subtract) {
      yHigh = ~yHigh + u64(y == 0)
      y = 0 - y
    }
    const low = load<u64>(a) + y
    // Magnitudes are below 10^38 < 2^127: the sum of two fits in 128 bits.
    const top = load<u64>(a, 8) + yHigh + u64(low < y)
    store<u64>(out, low)
    store<u64>(out, top, 8)
    const size = magnitude(low, top)
    if (!isBelow(size, high, limitLow, limitHigh) && failed < 0 && isValid(validity, i)) failed = i
    a += aStep << 4
    b += bStep << 4
    out += 16
  }
  return failed
}

export function add_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize, precision: i32): i32 {
  return additive(false, a, aStep, b, bStep, out, n, validity, precision)
}

export function sub_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize, precision: i32): i32 {
  return additive(true, a, aStep, b, bStep, out, n, validity, precision)
}

/** Products of int64 values at 128 bits. */
export function mul_i64_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize, precision: i32): i32 {
  const limitLow = powerOfTen(precision)
  const limitHigh = high
  let failed = -1
  for (let i = 0; i < n; i++) {
    const x = load<i64>(a)
    const y = load<i64>(b)
    const low = multiplyWords(x < 0 ? 0 - x : x, y < 0 ? 0 - y : y)
    const top = high
    storeSigned(out, low, top, (x ^ y) < 0)
    if (!isBelow(low, top, limitLow, limitHigh) && failed < 0 && isValid(validity, i)) failed = i
    a += aStep << 3
    b += bStep << 3
    out += 16
  }
  return failed
}

export function mul_i128(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize, precision: i32): i32 {
  const limitLow = powerOfTen(precision)
  const limitHigh = high
  let failed = -1
  for (let i = 0; i < n; i++) {
    const negative = (load<i64>(a, 8) ^ load<i64>(b, 8)) < 0
    const x = magnitude(load<u64>(a), load<u64>(a, 8))
    const xHigh = high
    const y = magnitude(load<u64>(b), load<u64>(b, 8))
    const yHigh = high
    const low = multiplyWords(x, y)
    let top = high
    // One high word at most may count, and its cross product must fit in what is left above `top`.
    const cross = multiplyWords(xHigh | yHigh, xHigh == 0 ? x : y)
    let fits = (xHigh == 0 || yHigh == 0) && high == 0
    top += cross
    fits = fits && top >= cross && isBelow(low, top, limitLow, limitHigh)
    storeSigned(out, low, top, negative)
    if (!fits && failed < 0 && isValid(validity, i)) failed = i
    a += aStep << 4
    b += bStep << 4
    out += 16
  }
  return failed
}

/** -x, or |x|: no valid decimal lacks either. */
export function invert_i128(always: bool, a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const low = load<u64>(a)
    const top = load<u64>(a, 8)
    const negate = always || <i64>top < 0
    storeSigned(out, low, top, negate)
    a += 16
    out += 16
  }
}

/** The signs of int128 values, as int8. */
export function sign_i128(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const top = load<i64>(a, 8)
    store<i8>(out + i, top < 0 ? -1 : <i8>((top | load<i64>(a)) != 0))
    a += 16
  }
}

const HALF_AWAY = 0
const DOWN = 1
const UP = 2

/** int64 / 10^digits, rounded half away from zero, down, up or (any other mode) towards zero. `digits` is at most 18. */
export function shorten_d64(a: usize, out: usize, n: i32, digits: i32, mode: i32): void {
  const divisor = <i64>powerOfTen(digits)
  const half = divisor >> 1
  for (let i = 0; i < n; i++) {
    const x = load<i64>(a)
    let quotient = x / divisor
    const rest = x - quotient * divisor
    if (mode == HALF_AWAY) {
      if (digits > 0) quotient += i64(rest >= half) - i64(rest <= -half)
    } else if (mode == DOWN) quotient -= i64(rest < 0)
    else if (mode == UP) quotient += i64(rest > 0)
    store<i64>(out, quotient)
    a += 8
    out += 8
  }
}
