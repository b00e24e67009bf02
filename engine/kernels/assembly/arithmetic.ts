/**
 * Element-wise arithmetic of integers and floats.
 *
 * An operand is an address and a step: step 1 walks a vector, step 0 repeats a constant, which its caller has spread
 * over 16 bytes. One loop therefore serves vector-vector, vector-scalar and scalar-vector at the same speed.
 *
 * Checked kernels compute everything with wrapping SIMD while they collect, branch-free, whether a lane could have
 * overflowed; only then a second pass looks for the first valid row that did. They return that row, or -1.
 */

import { isValid } from './validity'

const ADD = 0
const SUB = 1
const MUL = 2
const DIV = 3

// @ts-ignore: decorator
@inline
function combine<T>(operation: i32, x: v128, y: v128): v128 {
  if (operation == ADD) return v128.add<T>(x, y)
  return v128.sub<T>(x, y)
}

/** Sets the sign bit of the lanes whose sum or difference `r` wrapped. */
// @ts-ignore: decorator
@inline
function wrapped<T>(operation: i32, x: v128, y: v128, r: v128): v128 {
  if (isSigned<T>()) return v128.and(v128.xor(x, r), operation == ADD ? v128.xor(y, r) : v128.xor(x, y))
  // The carry out of the top bit of x + y, or the borrow of x - y (Hacker's Delight, 2-16).
  if (operation == ADD) return v128.or(v128.and(x, y), v128.andnot(v128.or(x, y), r))
  return v128.or(v128.andnot(y, x), v128.and(v128.or(v128.not(x), y), r))
}

// @ts-ignore: decorator
@inline
function sumFails<T>(operation: i32, x: T, y: T): bool {
  if (operation == ADD) {
    const r = <T>(x + y)
    return isSigned<T>() ? <T>((x ^ r) & (y ^ r)) < <T>0 : r < x
  }
  const r = <T>(x - y)
  return isSigned<T>() ? <T>((x ^ y) & (x ^ r)) < <T>0 : x < y
}

// @ts-ignore: decorator
@inline
function additive<T>(operation: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize): i32 {
  let x = a
  let y = b
  let suspect = i64x2.splat(0)
  const end = out + <usize>n * sizeof<T>()
  for (let o = out; o < end; o += 16) {
    const left = v128.load(x)
    const right = v128.load(y)
    const result = combine<T>(operation, left, right)
    suspect = v128.or(suspect, wrapped<T>(operation, left, right, result))
    v128.store(o, result)
    x += aStep << 4
    y += bStep << 4
  }
  if (v128.bitmask<T>(suspect) == 0) return -1
  for (let i = 0; i < n; i++) {
    if (sumFails<T>(operation, load<T>(a), load<T>(b)) && isValid(validity, i)) return i
    a += aStep * sizeof<T>()
    b += bStep * sizeof<T>()
  }
  return -1
}

/** The product, which fits in 64 bits for narrower types. */
// @ts-ignore: decorator
@inline
function productFails<T>(x: T, y: T): bool {
  if (sizeof<T>() < 8) {
    const product = <i64>x * <i64>y
    return product != <i64>(<T>product)
  }
  if (x == <T>0) return false
  if (isSigned<T>()) {
    // Dividing the smallest number by -1 would trap.
    if (<i64>x == -1) return <i64>y == i64.MIN_VALUE
    if (<i64>x == i64.MIN_VALUE && <i64>y == -1) return true
  }
  return <T>(x * y) / x != y
}

// @ts-ignore: decorator
@inline
function product<T>(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize): i32 {
  const size = sizeof<T>()
  const end = out + <usize>n * size
  let x = a
  let y = b
  if (sizeof<T>() > 1) {
    // If no operand needs more than this many bits, not even the worst product overflows.
    let xBits = i64x2.splat(0)
    let yBits = i64x2.splat(0)
    for (let o = out; o < end; o += 16) {
      const left = v128.load(x)
      const right = v128.load(y)
      xBits = v128.or(xBits, isSigned<T>() ? v128.xor(left, v128.shl<T>(left, 1)) : left)
      yBits = v128.or(yBits, isSigned<T>() ? v128.xor(right, v128.shl<T>(right, 1)) : right)
      v128.store(o, v128.mul<T>(left, right))
      x += aStep << 4
      y += bStep << 4
    }
    if (bitsOf<T>(xBits) + bitsOf<T>(yBits) < 8 * <i32>size + (isSigned<T>() ? 0 : 1)) return -1
  } else {
    for (let o = out; o < end; o += size) {
      store<T>(o, <T>(load<T>(x) * load<T>(y)))
      x += aStep * size
      y += bStep * size
    }
  }
  for (let i = 0; i < n; i++) {
    if (productFails<T>(load<T>(a), load<T>(b)) && isValid(validity, i)) return i
    a += aStep * size
    b += bStep * size
  }
  return -1
}

/** The bits that the largest of the lanes' magnitudes needs, where lanes are ORs of `x ^ (x << 1)`, or of unsigned `x`. */
// @ts-ignore: decorator
@inline
export function bitsOf<T>(lanes: v128): i32 {
  const both = i64x2.extract_lane(lanes, 0) | i64x2.extract_lane(lanes, 1)
  if (sizeof<T>() == 8) return 64 - <i32>clz<u64>(both)
  const word = <u32>both | <u32>(both >> 32)
  if (sizeof<T>() == 4) return 32 - <i32>clz<u32>(word)
  return 32 - <i32>clz<u32>((word | (word >> 16)) & 0xffff)
}

// @ts-ignore: decorator
@inline
function float<T>(operation: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  const end = out + <usize>n * sizeof<T>()
  for (; out < end; out += 16) {
    const x = v128.load(a)
    const y = v128.load(b)
    if (operation == ADD) v128.store(out, v128.add<T>(x, y))
    else if (operation == SUB) v128.store(out, v128.sub<T>(x, y))
    else if (operation == MUL) v128.store(out, v128.mul<T>(x, y))
    else v128.store(out, v128.div<T>(x, y))
    a += aStep << 4
    b += bStep << 4
  }
}

/**
 * The quotient truncated towards zero, or the remainder; 0 where `b` is 0, which the caller makes null.
 * Returns the first valid row that divides the smallest integer by -1, or -1.
 */
// @ts-ignore: decorator
@inline
function divide<T>(quotient: bool, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, validity: usize): i32 {
  let failed = -1
  for (let i = 0; i < n; i++) {
    const x = load<T>(a)
    const y = load<T>(b)
    let result = <T>0
    if (isSigned<T>() && y == <T>-1) {
      const negated = <T>(-x)
      if (negated == x && x != <T>0) {
        if (failed < 0 && isValid(validity, i)) failed = i
      } else if (quotient) result = negated
    } else if (y != <T>0) result = quotient ? <T>(x / y) : <T>(x % y)
    store<T>(out, result)
    a += aStep * sizeof<T>()
    b += bStep * sizeof<T>()
    out += sizeof<T>()
  }
  return failed
}

/** -x or |x|; the smallest integer has neither. */
// @ts-ignore: decorator
@inline
function invert<T>(always: bool, a: usize, out: usize, n: i32, validity: usize): i32 {
  let failed = -1
  for (let i = 0; i < n; i++) {
    const x = load<T>(a)
    const result = always || x < <T>0 ? <T>(-x) : x
    // Unsigned numbers wrap, as in DuckDB.
    if (isSigned<T>() && result == x && x < <T>0 && failed < 0 && isValid(validity, i)) failed = i
    store<T>(out, result)
    a += sizeof<T>()
    out += sizeof<T>()
  }
  return failed
}

// @ts-ignore: decorator
@inline
function sign<T>(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const x = load<T>(a)
    store<i8>(out + i, <i8>(x > <T>0) - <i8>(x < <T>0))
    a += sizeof<T>()
  }
}

export function add_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i8>(ADD, a, aStep, b, bStep, out, n, v) }
export function add_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i16>(ADD, a, aStep, b, bStep, out, n, v) }
export function add_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i32>(ADD, a, aStep, b, bStep, out, n, v) }
export function add_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i64>(ADD, a, aStep, b, bStep, out, n, v) }
export function add_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u8>(ADD, a, aStep, b, bStep, out, n, v) }
export function add_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u16>(ADD, a, aStep, b, bStep, out, n, v) }
export function add_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u32>(ADD, a, aStep, b, bStep, out, n, v) }
export function add_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u64>(ADD, a, aStep, b, bStep, out, n, v) }
export function sub_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i8>(SUB, a, aStep, b, bStep, out, n, v) }
export function sub_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i16>(SUB, a, aStep, b, bStep, out, n, v) }
export function sub_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i32>(SUB, a, aStep, b, bStep, out, n, v) }
export function sub_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<i64>(SUB, a, aStep, b, bStep, out, n, v) }
export function sub_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u8>(SUB, a, aStep, b, bStep, out, n, v) }
export function sub_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u16>(SUB, a, aStep, b, bStep, out, n, v) }
export function sub_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u32>(SUB, a, aStep, b, bStep, out, n, v) }
export function sub_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return additive<u64>(SUB, a, aStep, b, bStep, out, n, v) }
export function mul_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<i8>(a, aStep, b, bStep, out, n, v) }
export function mul_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<i16>(a, aStep, b, bStep, out, n, v) }
export function mul_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<i32>(a, aStep, b, bStep, out, n, v) }
export function mul_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<i64>(a, aStep, b, bStep, out, n, v) }
export function mul_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<u8>(a, aStep, b, bStep, out, n, v) }
export function mul_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<u16>(a, aStep, b, bStep, out, n, v) }
export function mul_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<u32>(a, aStep, b, bStep, out, n, v) }
export function mul_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return product<u64>(a, aStep, b, bStep, out, n, v) }
export function intDiv_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i8>(true, a, aStep, b, bStep, out, n, v) }
export function intDiv_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i16>(true, a, aStep, b, bStep, out, n, v) }
export function intDiv_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i32>(true, a, aStep, b, bStep, out, n, v) }
export function intDiv_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i64>(true, a, aStep, b, bStep, out, n, v) }
export function intDiv_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u8>(true, a, aStep, b, bStep, out, n, v) }
export function intDiv_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u16>(true, a, aStep, b, bStep, out, n, v) }
export function intDiv_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u32>(true, a, aStep, b, bStep, out, n, v) }
export function intDiv_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u64>(true, a, aStep, b, bStep, out, n, v) }
export function mod_i8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i8>(false, a, aStep, b, bStep, out, n, v) }
export function mod_i16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i16>(false, a, aStep, b, bStep, out, n, v) }
export function mod_i32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i32>(false, a, aStep, b, bStep, out, n, v) }
export function mod_i64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<i64>(false, a, aStep, b, bStep, out, n, v) }
export function mod_u8(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u8>(false, a, aStep, b, bStep, out, n, v) }
export function mod_u16(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u16>(false, a, aStep, b, bStep, out, n, v) }
export function mod_u32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u32>(false, a, aStep, b, bStep, out, n, v) }
export function mod_u64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, v: usize): i32 { return divide<u64>(false, a, aStep, b, bStep, out, n, v) }
export function neg_i8(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i8>(true, a, out, n, v) }
export function neg_i16(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i16>(true, a, out, n, v) }
export function neg_i32(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i32>(true, a, out, n, v) }
export function neg_i64(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i64>(true, a, out, n, v) }
export function neg_u8(a: usize, out: usize, n: i32, v: usize): i32 { return invert<u8>(true, a, out, n, v) }
export function neg_u16(a: usize, out: usize, n: i32, v: usize): i32 { return invert<u16>(true, a, out, n, v) }
export function neg_u32(a: usize, out: usize, n: i32, v: usize): i32 { return invert<u32>(true, a, out, n, v) }
export function neg_u64(a: usize, out: usize, n: i32, v: usize): i32 { return invert<u64>(true, a, out, n, v) }
export function abs_i8(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i8>(false, a, out, n, v) }
export function abs_i16(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i16>(false, a, out, n, v) }
export function abs_i32(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i32>(false, a, out, n, v) }
export function abs_i64(a: usize, out: usize, n: i32, v: usize): i32 { return invert<i64>(false, a, out, n, v) }
export function add_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f32>(ADD, a, aStep, b, bStep, out, n) }
export function add_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f64>(ADD, a, aStep, b, bStep, out, n) }
export function sub_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f32>(SUB, a, aStep, b, bStep, out, n) }
export function sub_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f64>(SUB, a, aStep, b, bStep, out, n) }
export function mul_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f32>(MUL, a, aStep, b, bStep, out, n) }
export function mul_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f64>(MUL, a, aStep, b, bStep, out, n) }
export function div_f32(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f32>(DIV, a, aStep, b, bStep, out, n) }
export function div_f64(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { float<f64>(DIV, a, aStep, b, bStep, out, n) }
export function sign_i8(a: usize, out: usize, n: i32): void { sign<i8>(a, out, n) }
export function sign_i16(a: usize, out: usize, n: i32): void { sign<i16>(a, out, n) }
export function sign_i32(a: usize, out: usize, n: i32): void { sign<i32>(a, out, n) }
export function sign_i64(a: usize, out: usize, n: i32): void { sign<i64>(a, out, n) }
export function sign_u8(a: usize, out: usize, n: i32): void { sign<u8>(a, out, n) }
export function sign_u16(a: usize, out: usize, n: i32): void { sign<u16>(a, out, n) }
export function sign_u32(a: usize, out: usize, n: i32): void { sign<u32>(a, out, n) }
export function sign_u64(a: usize, out: usize, n: i32): void { sign<u64>(a, out, n) }
export function sign_f32(a: usize, out: usize, n: i32): void { sign<f32>(a, out, n) }
export function sign_f64(a: usize, out: usize, n: i32): void { sign<f64>(a, out, n) }
