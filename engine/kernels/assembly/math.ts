/** Functions of floats, by SIMD; those of the exponential family run in JavaScript (see `functions/math.ts`). */

import { isValid } from './validity'

const NEG = 0
const ABS = 1
const FLOOR = 2
const CEIL = 3
const TRUNC = 4
const ROUND = 5
const SQRT = 6

// @ts-ignore: decorator
@inline
function apply<T>(operation: i32, x: v128): v128 {
  if (operation == NEG) return v128.neg<T>(x)
  if (operation == ABS) return v128.abs<T>(x)
  if (operation == FLOOR) return v128.floor<T>(x)
  if (operation == CEIL) return v128.ceil<T>(x)
  if (operation == TRUNC) return v128.trunc<T>(x)
  if (operation == SQRT) return v128.sqrt<T>(x)
  // Half away from zero: SIMD's own rounding goes to even. The fraction is exact.
  const whole = v128.trunc<T>(x)
  const away = v128.ge<T>(v128.abs<T>(v128.sub<T>(x, whole)), v128.splat<T>(<T>0.5))
  const sign = v128.and(x, v128.splat<T>(<T>-0.0))
  const one = v128.or(sign, v128.splat<T>(<T>1))
  // Adding a zero of the right sign keeps -0.
  return v128.add<T>(whole, v128.or(v128.and(away, one), sign))
}

// @ts-ignore: decorator
@inline
function map<T>(operation: i32, a: usize, out: usize, n: i32): void {
  const end = out + <usize>n * sizeof<T>()
  for (; out < end; out += 16) {
    v128.store(out, apply<T>(operation, v128.load(a)))
    a += 16
  }
}

/** The square roots; returns the first valid row that has none, or -1. */
export function sqrt_f64(a: usize, out: usize, n: i32, validity: usize): i32 {
  map<f64>(SQRT, a, out, n)
  for (let i = 0; i < n; i++) if (load<f64>(a + (<usize>i << 3)) < 0 && isValid(validity, i)) return i
  return -1
}

export function neg_f32(a: usize, out: usize, n: i32): void { map<f32>(NEG, a, out, n) }
export function neg_f64(a: usize, out: usize, n: i32): void { map<f64>(NEG, a, out, n) }
export function abs_f32(a: usize, out: usize, n: i32): void { map<f32>(ABS, a, out, n) }
export function abs_f64(a: usize, out: usize, n: i32): void { map<f64>(ABS, a, out, n) }
export function floor_f32(a: usize, out: usize, n: i32): void { map<f32>(FLOOR, a, out, n) }
export function floor_f64(a: usize, out: usize, n: i32): void { map<f64>(FLOOR, a, out, n) }
export function ceil_f32(a: usize, out: usize, n: i32): void { map<f32>(CEIL, a, out, n) }
export function ceil_f64(a: usize, out: usize, n: i32): void { map<f64>(CEIL, a, out, n) }
export function trunc_f32(a: usize, out: usize, n: i32): void { map<f32>(TRUNC, a, out, n) }
export function trunc_f64(a: usize, out: usize, n: i32): void { map<f64>(TRUNC, a, out, n) }
export function round_f32(a: usize, out: usize, n: i32): void { map<f32>(ROUND, a, out, n) }
export function round_f64(a: usize, out: usize, n: i32): void { map<f64>(ROUND, a, out, n) }
