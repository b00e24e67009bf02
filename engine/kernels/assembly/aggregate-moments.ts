/**
 * Variances, after Welford ("Note on a method for calculating corrected sums of squares and products", 1962), merged
 * after Chan, Golub and LeVeque (1979). Accumulator: count, mean, sum of squared distances from the mean.
 */

import { counts, row_of } from './aggregate-row'

export function aggregate_moments(
  values: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    if (!counts(valid, i)) continue
    const row = row_of(base, stride, groups, i)
    const value = load<f64>(values + (<usize>i << 3))
    const n = load<i64>(row) + 1
    const mean = load<f64>(row, 8)
    const distance = value - mean
    const moved = mean + distance / <f64>n
    store<i64>(row, n)
    store<f64>(row, moved, 8)
    store<f64>(row, load<f64>(row, 16) + distance * (value - moved), 16)
  }
}

export function aggregate_merge_moments(
  base: usize,
  stride: usize,
  groups: usize,
  other: usize,
  other_stride: usize,
  entries: usize,
  count: i32,
): void {
  for (let i = 0; i < count; i++) {
    const from = row_of(other, other_stride, entries, i)
    combine(row_of(base, stride, groups, i), load<i64>(from), load<f64>(from, 8), load<f64>(from, 16))
  }
}

/** Adds moments that lie in columns. */
export function aggregate_add_moments(
  sizes: usize,
  means: usize,
  spreads: usize,
  valid: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    if (!counts(valid, i)) continue
    const at = <usize>i << 3
    combine(row_of(base, stride, groups, i), load<i64>(sizes + at), load<f64>(means + at), load<f64>(spreads + at))
  }
}

@inline
function combine(row: usize, size: i64, mean: f64, spread: f64): void {
  const other_n = <f64>size
  if (other_n == 0) return
  const n = <f64>load<i64>(row)
  const total = n + other_n
  const distance = mean - load<f64>(row, 8)
  store<i64>(row, <i64>total)
  store<f64>(row, load<f64>(row, 8) + distance * (other_n / total), 8)
  store<f64>(row, load<f64>(row, 16) + spread + distance * distance * (n * other_n / total), 16)
}

/** Variances (`root` 0) or deviations (1) of samples or populations (`sample` 1 or 0), and their validity. */
export function aggregate_read_moments(
  base: usize,
  stride: usize,
  entries: usize,
  count: i32,
  sample: i32,
  root: i32,
  out: usize,
  validity: usize,
): bool {
  let finite = true
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let bits: u64 = 0
    for (let i = start; i < end; i++) {
      const row = row_of(base, stride, entries, i)
      const divisor = load<i64>(row) - sample
      const valid = divisor > 0
      let result = valid ? max<f64>(load<f64>(row, 16), 0) / <f64>divisor : 0
      if (root) result = sqrt(result)
      if (!isFinite(result)) finite = false
      store<f64>(out + (<usize>i << 3), result)
      bits |= <u64>valid << <u64>(i - start)
    }
    store<u64>(validity + (<usize>start >> 3), bits)
  }
  return finite
}
