/** Validity of single rows, for kernels that must not fail on what lies in null slots. */

/** True if row `i` is not null; a bitmap at 0 means that no row is. */
// @ts-ignore: decorator
@inline
export function isValid(validity: usize, i: i32): bool {
  return validity == 0 || ((load<u8>(validity + (<usize>i >> 3)) >> <u8>(i & 7)) & 1) != 0
}

/** The first of `length` rows that is valid and cleared in `passed`, or -1. */
export function first_failure(passed: usize, validity: usize, length: i32): i32 {
  for (let i = 0; i < length; i += 64) {
    const at = <usize>i >> 3
    let failed = ~load<u64>(passed + at)
    if (validity != 0) failed &= load<u64>(validity + at)
    if (length - i < 64) failed &= (<u64>1 << (length - i)) - 1
    if (failed) return i + <i32>ctz<u64>(failed)
  }
  return -1
}
