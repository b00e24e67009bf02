/**
 * Conversions between numbers. Kernels that can fail return the first valid row whose value the target cannot hold, or
 * -1.
 */

import { isValid } from './validity'
import { powerOfTen } from './wide'

/** True if the integer `x` is in the range of `T`. */
// @ts-ignore: decorator
@inline
function integerFits<F, T>(x: F): bool {
  const y = <T>x
  if (<F>y != x) return false
  // A change of signedness keeps the bits but not the number.
  return isSigned<F>() == isSigned<T>() || (isSigned<F>() ? x >= <F>0 : y >= <T>0)
}

/** True if `x` is not below the integer type `T`, and `whole`, which it is rounded to, not above it. */
// @ts-ignore: decorator
@inline
function floatFits<F, T>(x: F, whole: F): bool {
  if (isSigned<T>()) {
    const limit = sizeof<T>() == 8 ? 9223372036854775808.0 : <f64>((<i64>1) << (8 * <i64>sizeof<T>() - 1))
    return <f64>x >= -limit && <f64>whole < limit
  }
  const limit = sizeof<T>() == 8 ? 18446744073709551616.0 : <f64>((<i64>1) << (8 * <i64>sizeof<T>()))
  return <f64>x >= 0 && <f64>whole < limit
}

/** Integers keep their value or fail; floats are rounded half to even, and fail if not finite. */
// @ts-ignore: decorator
@inline
function convert<F, T>(a: usize, out: usize, n: i32, validity: usize): i32 {
  let failed = -1
  for (let i = 0; i < n; i++) {
    const x = load<F>(a)
    if (isFloat<T>()) {
      const y = <T>x
      if (isFloat<F>() && sizeof<T>() < sizeof<F>() && abs<T>(y) == <T>Infinity && abs<F>(x) != <F>Infinity) {
        if (failed < 0 && isValid(validity, i)) failed = i
      }
      store<T>(out, y)
    } else if (isFloat<F>()) {
      const whole = nearest<F>(x)
      if (floatFits<F, T>(x, whole)) store<T>(out, <T>whole)
      else {
        store<T>(out, <T>0)
        if (failed < 0 && isValid(validity, i)) failed = i
      }
    } else {
      store<T>(out, <T>x)
      if (!integerFits<F, T>(x) && failed < 0 && isValid(validity, i)) failed = i
    }
    a += sizeof<F>()
    out += sizeof<T>()
  }
  return failed
}

/** Bits as bytes of 0 and 1. */
export function bits_to_i8(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<u8>(out + i, (load<u8>(a + (<usize>i >> 3)) >> <u8>(i & 7)) & 1)
}

/** The numbers that unscaled int64 values stand for, as DuckDB computes them: whole and fraction apart past 2^53. */
// @ts-ignore: decorator
@inline
function decimalToFloat<T>(a: usize, out: usize, n: i32, scale: i32): void {
  const divisor = <i64>powerOfTen(scale)
  const floatDivisor = <f64>divisor
  for (let i = 0; i < n; i++) {
    const x = load<i64>(a)
    let y: f64
    if (scale == 0 || (x <= 9007199254740992 && x >= -9007199254740992)) y = <f64>x / floatDivisor
    else y = <f64>(x / divisor) + <f64>(x % divisor) / floatDivisor
    store<T>(out, <T>y)
    a += 8
    out += sizeof<T>()
  }
}

/** x * 10^scale, in the precision of x, rounded half away from zero, with at most `precision` digits (up to 18). */
// @ts-ignore: decorator
@inline
function floatToDecimal<F>(a: usize, out: usize, n: i32, scale: i32, precision: i32, validity: usize): i32 {
  const factor = <F>powerOfTen(scale)
  const limit = <f64>powerOfTen(precision)
  let failed = -1
  for (let i = 0; i < n; i++) {
    const scaled = <f64>(load<F>(a) * factor)
    let whole = trunc<f64>(scaled)
    if (abs<f64>(scaled - whole) >= 0.5) whole += copysign<f64>(1, scaled)
    if (abs<f64>(whole) < limit) store<i64>(out, <i64>whole)
    else {
      store<i64>(out, 0)
      if (failed < 0 && isValid(validity, i)) failed = i
    }
    a += sizeof<F>()
    out += 8
  }
  return failed
}

export function d64_to_f32(a: usize, out: usize, n: i32, scale: i32): void { decimalToFloat<f32>(a, out, n, scale) }
export function d64_to_f64(a: usize, out: usize, n: i32, scale: i32): void { decimalToFloat<f64>(a, out, n, scale) }
export function f32_to_d64(a: usize, out: usize, n: i32, scale: i32, precision: i32, v: usize): i32 { return floatToDecimal<f32>(a, out, n, scale, precision, v) }
export function f64_to_d64(a: usize, out: usize, n: i32, scale: i32, precision: i32, v: usize): i32 { return floatToDecimal<f64>(a, out, n, scale, precision, v) }

export function i8_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, i16>(a, out, n, v) }
export function i8_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, i32>(a, out, n, v) }
export function i8_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, i64>(a, out, n, v) }
export function i8_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, u8>(a, out, n, v) }
export function i8_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, u16>(a, out, n, v) }
export function i8_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, u32>(a, out, n, v) }
export function i8_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, u64>(a, out, n, v) }
export function i8_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, f32>(a, out, n, v) }
export function i8_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i8, f64>(a, out, n, v) }
export function i16_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, i8>(a, out, n, v) }
export function i16_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, i32>(a, out, n, v) }
export function i16_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, i64>(a, out, n, v) }
export function i16_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, u8>(a, out, n, v) }
export function i16_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, u16>(a, out, n, v) }
export function i16_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, u32>(a, out, n, v) }
export function i16_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, u64>(a, out, n, v) }
export function i16_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, f32>(a, out, n, v) }
export function i16_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i16, f64>(a, out, n, v) }
export function i32_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, i8>(a, out, n, v) }
export function i32_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, i16>(a, out, n, v) }
export function i32_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, i64>(a, out, n, v) }
export function i32_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, u8>(a, out, n, v) }
export function i32_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, u16>(a, out, n, v) }
export function i32_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, u32>(a, out, n, v) }
export function i32_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, u64>(a, out, n, v) }
export function i32_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, f32>(a, out, n, v) }
export function i32_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i32, f64>(a, out, n, v) }
export function i64_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, i8>(a, out, n, v) }
export function i64_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, i16>(a, out, n, v) }
export function i64_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, i32>(a, out, n, v) }
export function i64_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, u8>(a, out, n, v) }
export function i64_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, u16>(a, out, n, v) }
export function i64_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, u32>(a, out, n, v) }
export function i64_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, u64>(a, out, n, v) }
export function i64_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, f32>(a, out, n, v) }
export function i64_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<i64, f64>(a, out, n, v) }
export function u8_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, i8>(a, out, n, v) }
export function u8_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, i16>(a, out, n, v) }
export function u8_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, i32>(a, out, n, v) }
export function u8_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, i64>(a, out, n, v) }
export function u8_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, u16>(a, out, n, v) }
export function u8_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, u32>(a, out, n, v) }
export function u8_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, u64>(a, out, n, v) }
export function u8_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, f32>(a, out, n, v) }
export function u8_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u8, f64>(a, out, n, v) }
export function u16_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, i8>(a, out, n, v) }
export function u16_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, i16>(a, out, n, v) }
export function u16_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, i32>(a, out, n, v) }
export function u16_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, i64>(a, out, n, v) }
export function u16_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, u8>(a, out, n, v) }
export function u16_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, u32>(a, out, n, v) }
export function u16_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, u64>(a, out, n, v) }
export function u16_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, f32>(a, out, n, v) }
export function u16_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u16, f64>(a, out, n, v) }
export function u32_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, i8>(a, out, n, v) }
export function u32_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, i16>(a, out, n, v) }
export function u32_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, i32>(a, out, n, v) }
export function u32_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, i64>(a, out, n, v) }
export function u32_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, u8>(a, out, n, v) }
export function u32_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, u16>(a, out, n, v) }
export function u32_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, u64>(a, out, n, v) }
export function u32_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, f32>(a, out, n, v) }
export function u32_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u32, f64>(a, out, n, v) }
export function u64_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, i8>(a, out, n, v) }
export function u64_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, i16>(a, out, n, v) }
export function u64_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, i32>(a, out, n, v) }
export function u64_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, i64>(a, out, n, v) }
export function u64_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, u8>(a, out, n, v) }
export function u64_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, u16>(a, out, n, v) }
export function u64_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, u32>(a, out, n, v) }
export function u64_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, f32>(a, out, n, v) }
export function u64_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<u64, f64>(a, out, n, v) }
export function f32_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, i8>(a, out, n, v) }
export function f32_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, i16>(a, out, n, v) }
export function f32_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, i32>(a, out, n, v) }
export function f32_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, i64>(a, out, n, v) }
export function f32_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, u8>(a, out, n, v) }
export function f32_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, u16>(a, out, n, v) }
export function f32_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, u32>(a, out, n, v) }
export function f32_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, u64>(a, out, n, v) }
export function f32_to_f64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f32, f64>(a, out, n, v) }
export function f64_to_i8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, i8>(a, out, n, v) }
export function f64_to_i16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, i16>(a, out, n, v) }
export function f64_to_i32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, i32>(a, out, n, v) }
export function f64_to_i64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, i64>(a, out, n, v) }
export function f64_to_u8(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, u8>(a, out, n, v) }
export function f64_to_u16(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, u16>(a, out, n, v) }
export function f64_to_u32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, u32>(a, out, n, v) }
export function f64_to_u64(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, u64>(a, out, n, v) }
export function f64_to_f32(a: usize, out: usize, n: i32, v: usize): i32 { return convert<f64, f32>(a, out, n, v) }

// @ts-ignore: decorator
@inline
function floorDivide(x: i64, divisor: i64): i64 {
  const quotient = x / divisor
  return quotient - i64(x - quotient * divisor < 0)
}

/** The days that counts of units lie in, of which a day has `unitsPerDay`. Returns the first valid row that leaves int32. */
export function timestamp_to_date(a: usize, out: usize, n: i32, unitsPerDay: f64, validity: usize): i32 {
  const unit = <i64>unitsPerDay
  let failed = -1
  for (let i = 0; i < n; i++) {
    const days = floorDivide(load<i64>(a + (<usize>i << 3)), unit)
    if (<i64>(<i32>days) != days && failed < 0 && isValid(validity, i)) failed = i
    store<i32>(out + (<usize>i << 2), <i32>days)
  }
  return failed
}

/** The microseconds since midnight. */
export function timestamp_to_time(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const x = load<i64>(a + (<usize>i << 3))
    store<i64>(out + (<usize>i << 3), x - floorDivide(x, 86400000000) * 86400000000)
  }
}

/** int64 / divisor, towards zero. */
export function cut_i64(a: usize, out: usize, n: i32, divisor: f64): void {
  const unit = <i64>divisor
  for (let i = 0; i < n; i++) store<i64>(out + (<usize>i << 3), load<i64>(a + (<usize>i << 3)) / unit)
}

/** int64 / divisor, rounded half away from zero; the divisor is even. */
export function round_i64(a: usize, out: usize, n: i32, divisor: f64): void {
  const unit = <i64>divisor
  const half = unit >> 1
  for (let i = 0; i < n; i++) {
    const x = load<i64>(a + (<usize>i << 3))
    const quotient = x / unit
    const rest = x - quotient * unit
    store<i64>(out + (<usize>i << 3), quotient + i64(rest >= half) - i64(rest <= -half))
  }
}
