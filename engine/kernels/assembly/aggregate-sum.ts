/** Counts and sums. A sum's accumulator: 16-byte sum of integers, or 8-byte sum of doubles; then the count. */

import { counts, row_of } from './aggregate-row'

const INTEGER_COUNT: usize = 16
const FLOAT_COUNT: usize = 8

export function aggregate_count(valid: usize, groups: usize, count: i32, base: usize, stride: usize): void {
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, groups, i)
    store<i64>(row, load<i64>(row) + counts(valid, i))
  }
}

@inline
function add_128(row: usize, low: u64, high: i64): bool {
  const old_low = load<u64>(row)
  const old_high = load<i64>(row, 8)
  const new_low = old_low + low
  const new_high = old_high + high + <i64>(new_low < low)
  store<u64>(row, new_low)
  store<i64>(row, new_high, 8)
  return ((old_high ^ new_high) & (high ^ new_high)) < 0
}

@inline
function add_count(row: usize, offset: usize, by: i64): void {
  store<i64>(row + offset, load<i64>(row + offset) + by)
}

export function aggregate_sum_i64(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    const one = counts(valid, i)
    const value = load<i64>(values + (<usize>i << 3)) & -one
    const row = row_of(base, stride, groups, i)
    add_128(row, value, value >> 63)
    add_count(row, INTEGER_COUNT, one)
  }
}

export function aggregate_sum_u64(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    const one = counts(valid, i)
    const row = row_of(base, stride, groups, i)
    add_128(row, load<u64>(values + (<usize>i << 3)) & -(<u64>one), 0)
    add_count(row, INTEGER_COUNT, one)
  }
}

/** Returns true if a sum leaves 128 bits. */
export function aggregate_sum_i128(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): bool {
  let overflow = false
  for (let i = 0; i < count; i++) {
    const one = counts(valid, i)
    const row = row_of(base, stride, groups, i)
    const at = values + (<usize>i << 4)
    if (add_128(row, load<u64>(at) & -(<u64>one), load<i64>(at, 8) & -one)) overflow = true
    add_count(row, INTEGER_COUNT, one)
  }
  return overflow
}

export function aggregate_sum_f64(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    const one = counts(valid, i)
    const row = row_of(base, stride, groups, i)
    store<f64>(row, load<f64>(row) + (one ? load<f64>(values + (<usize>i << 3)) : 0))
    add_count(row, FLOAT_COUNT, one)
  }
}

/** Bits that the magnitudes of integers take, 0 to 63. */
export function aggregate_bits(values: usize, count: i32): i32 {
  let all = i64x2.splat(0)
  let i = 0
  for (; i + 2 <= count; i += 2) {
    const value = v128.load(values + (<usize>i << 3))
    const sign = i32x4.shr_s(v128.shuffle<i32>(value, value, 1, 1, 3, 3), 31)
    all = v128.or(all, v128.xor(value, sign))
  }
  let bits = v128.extract_lane<u64>(all, 0) | v128.extract_lane<u64>(all, 1)
  for (; i < count; i++) {
    const value = load<i64>(values + (<usize>i << 3))
    bits |= value ^ (value >> 63)
  }
  return 64 - <i32>clz(bits)
}

/**
 * Sums of a slice in a small table, for few groups: u64[group][4], cleared before, in which neighbouring rows have
 * places of their own, so that additions to one group need not wait for each other. Sums must fit 64 bits.
 */
export function aggregate_dense_i64(values: usize, valid: usize, groups: usize, count: i32, table: usize): void {
  for (let i = 0; i < count; i++) {
    const at = table + (<usize>load<u32>(groups + (<usize>i << 2)) << 5) + ((<usize>i & 3) << 3)
    store<i64>(at, load<i64>(at) + (load<i64>(values + (<usize>i << 3)) & -counts(valid, i)))
  }
}

export function aggregate_dense_f64(values: usize, valid: usize, groups: usize, count: i32, table: usize): void {
  for (let i = 0; i < count; i++) {
    const at = table + (<usize>load<u32>(groups + (<usize>i << 2)) << 5) + ((<usize>i & 3) << 3)
    store<f64>(at, load<f64>(at) + (counts(valid, i) ? load<f64>(values + (<usize>i << 3)) : 0))
  }
}

export function aggregate_dense_count(valid: usize, groups: usize, count: i32, table: usize): void {
  for (let i = 0; i < count; i++) {
    const at = table + (<usize>load<u32>(groups + (<usize>i << 2)) << 5) + ((<usize>i & 3) << 3)
    store<i64>(at, load<i64>(at) + counts(valid, i))
  }
}

@inline
function lanes(table: usize, group: i32): i64 {
  const at = table + (<usize>group << 5)
  return load<i64>(at) + load<i64>(at, 8) + load<i64>(at, 16) + load<i64>(at, 24)
}

/** Adds dense sums and their counts to the accumulators of groups 0 to `groups` - 1. */
export function aggregate_fold_i64(table: usize, tally: usize, groups: i32, base: usize, stride: usize): void {
  for (let group = 0; group < groups; group++) {
    const sum = lanes(table, group)
    const row = base + <usize>group * stride
    add_128(row, sum, sum >> 63)
    add_count(row, INTEGER_COUNT, lanes(tally, group))
  }
}

export function aggregate_fold_f64(table: usize, tally: usize, groups: i32, base: usize, stride: usize): void {
  for (let group = 0; group < groups; group++) {
    const at = table + (<usize>group << 5)
    const sum = load<f64>(at) + load<f64>(at, 8) + (load<f64>(at, 16) + load<f64>(at, 24))
    const row = base + <usize>group * stride
    store<f64>(row, load<f64>(row) + sum)
    add_count(row, FLOAT_COUNT, lanes(tally, group))
  }
}

export function aggregate_fold_count(tally: usize, groups: i32, base: usize, stride: usize): void {
  for (let group = 0; group < groups; group++) add_count(base + <usize>group * stride, 0, lanes(tally, group))
}

/** Adds all rows to one accumulator, without counting them. Halves are summed apart, so that nothing overflows. */
export function aggregate_all_i64(values: usize, valid: usize, count: i32, row: usize): void {
  let low: u64 = 0
  let high: i64 = 0
  let i = 0
  if (!valid) {
    // With the sign bit flipped, values are unsigned and 2^63 too large; the lower halves are not affected.
    const flip = i64x2.splat(0x8000000000000000)
    const half = i64x2.splat(0xffffffff)
    let lows = i64x2.splat(0)
    let highs = i64x2.splat(0)
    for (; i + 2 <= count; i += 2) {
      const value = v128.xor(v128.load(values + (<usize>i << 3)), flip)
      lows = i64x2.add(lows, v128.and(value, half))
      highs = i64x2.add(highs, i64x2.shr_u(value, 32))
    }
    low = v128.extract_lane<u64>(lows, 0) + v128.extract_lane<u64>(lows, 1)
    high = v128.extract_lane<i64>(highs, 0) + v128.extract_lane<i64>(highs, 1) - (<i64>i << 31)
  }
  for (; i < count; i++) {
    const value = load<i64>(values + (<usize>i << 3)) & -counts(valid, i)
    low += value & 0xffffffff
    high += value >> 32
  }
  add_128(row, low, 0)
  add_128(row, <u64>high << 32, high >> 32)
}

export function aggregate_all_f64(values: usize, valid: usize, count: i32, row: usize): void {
  let sum: f64 = 0
  let i = 0
  if (!valid) {
    let a = f64x2.splat(0)
    let b = f64x2.splat(0)
    for (; i + 4 <= count; i += 4) {
      a = f64x2.add(a, v128.load(values + (<usize>i << 3)))
      b = f64x2.add(b, v128.load(values + (<usize>i << 3), 16))
    }
    a = f64x2.add(a, b)
    sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1)
  }
  for (; i < count; i++) if (counts(valid, i)) sum += load<f64>(values + (<usize>i << 3))
  store<f64>(row, load<f64>(row) + sum)
}

/** Adds to a count. */
export function aggregate_add(row: usize, by: i32): void {
  store<i64>(row, load<i64>(row) + by)
}

/** Adds the integer sums of the rows `entries` of another table; returns true if one leaves 128 bits. */
export function aggregate_merge_i128(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  count: i32,
): bool {
  let overflow = false
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, groups, i)
    const from = row_of(other, other_stride, entries, i)
    if (add_128(row, load<u64>(from), load<i64>(from, 8))) overflow = true
    add_count(row, INTEGER_COUNT, load<i64>(from, INTEGER_COUNT))
  }
  return overflow
}

export function aggregate_merge_f64(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  count: i32,
): void {
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, groups, i)
    const from = row_of(other, other_stride, entries, i)
    store<f64>(row, load<f64>(row) + load<f64>(from))
    add_count(row, FLOAT_COUNT, load<i64>(from, FLOAT_COUNT))
  }
}

export function aggregate_merge_count(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  count: i32,
): void {
  for (let i = 0; i < count; i++) {
    add_count(row_of(base, stride, groups, i), 0, load<i64>(row_of(other, other_stride, entries, i)))
  }
}

/** Adds counts, i64 each, to those of the groups. */
export function aggregate_add_counts(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    add_count(row_of(base, stride, groups, i), 0, load<i64>(values + (<usize>i << 3)) & -counts(valid, i))
  }
}

/** Adds sums of 8 or 16 bytes (`width`) without counting them; returns true if one leaves 128 bits. */
export function aggregate_add_sums(
  values: usize,
  width: i32,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): bool {
  let overflow = false
  for (let i = 0; i < count; i++) {
    const one = counts(valid, i)
    const at = values + <usize>i * <usize>width
    const low = load<i64>(at)
    const high = width == 16 ? load<i64>(at, 8) : low >> 63
    if (add_128(row_of(base, stride, groups, i), low & -one, high & -one)) overflow = true
  }
  return overflow
}

/** Adds sums of doubles without counting them. */
export function aggregate_add_f64(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, groups, i)
    store<f64>(row, load<f64>(row) + (counts(valid, i) ? load<f64>(values + (<usize>i << 3)) : 0))
  }
}

/** Makes a validity bitmap of the words at `base` that are not zero. */
export function aggregate_read_nonzero(base: usize, stride: usize, entries: usize, count: i32, out: usize): void {
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let bits: u64 = 0
    for (let i = start; i < end; i++) {
      bits |= <u64>(load<i64>(row_of(base, stride, entries, i)) != 0) << <u64>(i - start)
    }
    store<u64>(out + (<usize>start >> 3), bits)
  }
}

/** Divisors below this leave quotients of doubles too far from the middle between two for the precision to matter. */
const EVIDENT_DIVISOR: f64 = 2048

/**
 * True if the quotient of whole numbers, as rounded to the nearest double, may come out otherwise when it is rounded to
 * the 64 bits of an extended-precision float first: if it lies within 2^-12 of its last place from half of that.
 */
@inline
function is_rounded_twice(dividend: f64, divisor: f64, quotient: f64): bool {
  const bits = reinterpret<u64>(quotient)
  // The rest is exact, as the error of the product is computed from halves of the factors (Dekker).
  const product = quotient * divisor
  const spread = quotient * 134217729
  const high = spread - (spread - quotient)
  const low = quotient - high
  const other_spread = divisor * 134217729
  const other_high = other_spread - (other_spread - divisor)
  const other_low = divisor - other_high
  const error = low * other_low - (product - high * other_high - low * other_high - high * other_low)
  const rest = abs(dividend - product - error)
  if (rest == 0) return false
  // Below a power of two the places are finer.
  if ((bits & 0xfffffffffffff) == 0) return true
  const place = reinterpret<f64>((bits & 0x7ff0000000000000) - (<u64>52 << 52))
  return rest * 2 > place * divisor * 0.999
}

/**
 * Divides integer sums by count times `scale`, a power of ten, in doubles, or as if in `extended` precision. Rows for
 * which that needs more than doubles are listed in `rest`. Returns how many.
 */
export function aggregate_mean_i128(
  base: usize,
  stride: usize,
  entries: usize,
  count: i32,
  scale: f64,
  extended: i32,
  out: usize,
  rest: usize,
): i32 {
  const exact: f64 = 9007199254740992
  const evident = extended ? EVIDENT_DIVISOR : exact
  let target = rest
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, entries, i)
    const low = load<i64>(row)
    const sum = <f64>low
    const divisor = <f64>load<i64>(row, INTEGER_COUNT) * scale
    const quotient = sum / divisor
    store<f64>(out + (<usize>i << 3), quotient)
    let fits = load<i64>(row, 8) == low >> 63 && abs(sum) < exact && divisor < exact
    if (fits && divisor >= evident) fits = !is_rounded_twice(sum, divisor, quotient)
    store<i32>(target, i)
    target += <usize>!fits << 2
  }
  return <i32>((target - rest) >> 2)
}

export function aggregate_mean_f64(base: usize, stride: usize, entries: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const row = row_of(base, stride, entries, i)
    store<f64>(out + (<usize>i << 3), load<f64>(row) / <f64>load<i64>(row, FLOAT_COUNT))
  }
}
