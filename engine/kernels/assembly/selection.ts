/** Row numbers of what a predicate lets through. */

/**
 * Writes to `out` the rows whose bit is set in `values` and, unless it is 0, in `validity`; returns how many.
 * `out` has room for `length` row numbers rounded up to 64.
 */
export function selection_rows(values: usize, validity: usize, length: i32, out: usize): i32 {
  let target = out
  for (let start = 0; start < length; start += 64) {
    const at = <usize>start >> 3
    let word = load<u64>(values + at)
    if (validity) word &= load<u64>(validity + at)
    const rest = length - start
    if (rest < 64) word &= (<u64>1 << <u64>rest) - 1
    const set = <i32>popcnt(word)
    if (set > DENSE) {
      // Each row is written, and kept only if its bit moves the target on: no branch to mispredict.
      for (let i = 0; i < 64; i++) {
        store<i32>(target, start + i)
        target += <usize>((word >> <u64>i) & 1) << 2
      }
    } else {
      while (word != 0) {
        store<i32>(target, start + <i32>ctz(word))
        target += 4
        word &= word - 1
      }
    }
  }
  return <i32>((target - out) >> 2)
}

/** Above this many set bits of 64, visiting all of them is cheaper than jumping from one to the next. */
const DENSE = 20
