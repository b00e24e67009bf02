/**
 * Three-valued logic over bitmaps of values and validity, bitwise operations on bitmaps, and choices by mask, in whole 64-bit words.
 *
 * A validity address of 0 means that all rows are valid. Operands are addresses and steps; a constant is one word with
 * all its bits set or none.
 */

import { copy_short } from './copy'

// @ts-ignore: decorator
@inline
function validWord(validity: usize): u64 {
  return validity == 0 ? ~<u64>0 : load<u64>(validity)
}

/** a AND b: false where either is false, else null where either is null. */
export function kleene_and(a: usize, aValid: usize, aStep: usize, b: usize, bValid: usize, bStep: usize, out: usize, outValid: usize, n: i32): void {
  for (let i = 0; i < n; i += 64) {
    const x = load<u64>(a)
    const y = load<u64>(b)
    const xValid = validWord(aValid)
    const yValid = validWord(bValid)
    store<u64>(out, x & y)
    if (outValid) {
      store<u64>(outValid, (xValid & yValid) | (xValid & ~x) | (yValid & ~y))
      // Where one side is false and the other null, the other's bit is garbage, but `x & y` is false all the same.
      outValid += 8
    }
    a += aStep << 3
    b += bStep << 3
    if (aValid) aValid += aStep << 3
    if (bValid) bValid += bStep << 3
    out += 8
  }
}

/** a OR b: true where either is true, else null where either is null. */
export function kleene_or(a: usize, aValid: usize, aStep: usize, b: usize, bValid: usize, bStep: usize, out: usize, outValid: usize, n: i32): void {
  for (let i = 0; i < n; i += 64) {
    const xValid = validWord(aValid)
    const yValid = validWord(bValid)
    const x = load<u64>(a) & xValid
    const y = load<u64>(b) & yValid
    store<u64>(out, x | y)
    if (outValid) {
      store<u64>(outValid, (xValid & yValid) | x | y)
      outValid += 8
    }
    a += aStep << 3
    b += bStep << 3
    if (aValid) aValid += aStep << 3
    if (bValid) bValid += bStep << 3
    out += 8
  }
}

export function bits_not(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64) {
    store<u64>(out, ~load<u64>(a))
    a += 8
    out += 8
  }
}

/** out = a AND b, a OR b, a AND NOT b, a OR NOT b, a XOR b. */
export function bits_and(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64, a += aStep << 3, b += bStep << 3, out += 8) store<u64>(out, load<u64>(a) & load<u64>(b))
}
export function bits_or(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64, a += aStep << 3, b += bStep << 3, out += 8) store<u64>(out, load<u64>(a) | load<u64>(b))
}
export function bits_and_not(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64, a += aStep << 3, b += bStep << 3, out += 8) store<u64>(out, load<u64>(a) & ~load<u64>(b))
}
export function bits_or_not(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64, a += aStep << 3, b += bStep << 3, out += 8) store<u64>(out, load<u64>(a) | ~load<u64>(b))
}
export function bits_xor(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64, a += aStep << 3, b += bStep << 3, out += 8) store<u64>(out, load<u64>(a) ^ load<u64>(b))
}

/** out[i] = mask[i] ? a[i] : b[i], over bitmaps. */
export function blend_bits(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i += 64) {
    const m = load<u64>(mask)
    store<u64>(out, (load<u64>(a) & m) | (load<u64>(b) & ~m))
    mask += 8
    a += aStep << 3
    b += bStep << 3
    out += 8
  }
}

// @ts-ignore: decorator
@inline
function blend<T>(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const m = <usize>(load<u8>(mask + (<usize>i >> 3)) >> <u8>(i & 7)) & 1
    // A branch-free choice of the address: conditions are rarely predictable.
    store<T>(out, load<T>(select<usize>(a, b, <bool>m)))
    a += aStep * sizeof<T>()
    b += bStep * sizeof<T>()
    out += sizeof<T>()
  }
}

/** out[i] = mask[i] ? a[i] : b[i], over values of 1, 2, 4, 8 or 16 bytes. */
export function blend_1(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { blend<u8>(mask, a, aStep, b, bStep, out, n) }
export function blend_2(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { blend<u16>(mask, a, aStep, b, bStep, out, n) }
export function blend_4(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { blend<u32>(mask, a, aStep, b, bStep, out, n) }
export function blend_8(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void { blend<u64>(mask, a, aStep, b, bStep, out, n) }
export function blend_16(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const m = (load<u8>(mask + (<usize>i >> 3)) >> <u8>(i & 7)) & 1
    v128.store(out, v128.load(select<usize>(a, b, <bool>m)))
    a += aStep << 4
    b += bStep << 4
    out += 16
  }
}

/** Offsets of the chosen strings, from 0; returns their end, as a float since it may exceed them. */
export function blend_offsets(mask: usize, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): f64 {
  let total: u64 = 0
  store<i32>(out, 0)
  for (let i = 0; i < n; i++) {
    const m = (load<u8>(mask + (<usize>i >> 3)) >> <u8>(i & 7)) & 1
    const at = select<usize>(a, b, <bool>m)
    total += <u64>(load<i32>(at, 4) - load<i32>(at))
    out += 4
    store<i32>(out, <i32>total)
    a += aStep << 2
    b += bStep << 2
  }
  return <f64>total
}

/** Copies the bytes of the chosen strings; writes up to 7 bytes beyond their end. */
export function blend_bytes(mask: usize, a: usize, aValues: usize, aStep: usize, b: usize, bValues: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const m = (load<u8>(mask + (<usize>i >> 3)) >> <u8>(i & 7)) & 1
    const at = select<usize>(a, b, <bool>m)
    const start = load<i32>(at)
    const length = load<i32>(at, 4) - start
    copy_short(out, select<usize>(aValues, bValues, <bool>m) + <usize>start, length)
    out += <usize>length
    a += aStep << 2
    b += bStep << 2
  }
}

/** Inverts a selection: out[rows[j]] = j, and 0xFFFFFFFF elsewhere. */
export function invert_selection(rows: usize, count: i32, out: usize, n: i32): void {
  memory.fill(out, 0xff, <usize>n << 2)
  for (let j = 0; j < count; j++) store<i32>(out + (<usize>load<u32>(rows + (<usize>j << 2)) << 2), j)
}
