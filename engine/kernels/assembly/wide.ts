/**
 * 128-bit integers in two words, for decimals of more than 18 digits.
 *
 * Functions that make one leave its high word in the global `high`, which is private to a thread's instance.
 */

/** The high word of the last result. */
export let high: u64 = 0

/** The full product of two unsigned words (Hacker's Delight, 8-2). */
// @ts-ignore: decorator
@inline
export function multiplyWords(x: u64, y: u64): u64 {
  const x0 = x & 0xffffffff
  const x1 = x >> 32
  const y0 = y & 0xffffffff
  const y1 = y >> 32
  const low = x0 * y0
  const middle = x1 * y0 + (low >> 32)
  const cross = (middle & 0xffffffff) + x0 * y1
  high = x1 * y1 + (middle >> 32) + (cross >> 32)
  return x * y
}

/** 10^exponent, up to 38. */
export function powerOfTen(exponent: i32): u64 {
  let low: u64 = 1
  let top: u64 = 0
  for (let i = 0; i < exponent; i++) {
    low = multiplyWords(low, 10)
    top = top * 10 + high
  }
  high = top
  return low
}

/** The magnitude of a signed number given in two words. */
// @ts-ignore: decorator
@inline
export function magnitude(low: u64, top: u64): u64 {
  if (<i64>top >= 0) {
    high = top
    return low
  }
  high = ~top + u64(low == 0)
  return 0 - low
}

/** True if a < b, unsigned. */
// @ts-ignore: decorator
@inline
export function isBelow(aLow: u64, aHigh: u64, bLow: u64, bHigh: u64): bool {
  return aHigh < bHigh || (aHigh == bHigh && aLow < bLow)
}

/** Stores a magnitude under a sign. */
// @ts-ignore: decorator
@inline
export function storeSigned(out: usize, low: u64, top: u64, negative: bool): void {
  store<u64>(out, negative ? 0 - low : low)
  store<u64>(out, negative ? ~top + u64(low == 0) : top, 8)
}
