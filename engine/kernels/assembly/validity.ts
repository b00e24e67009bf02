/** Validity of single rows, for kernels that must not fail on what lies in null slots. */

/** True if row `i` is not null; a bitmap at 0 means that no row is. */
// @ts-ignore: decorator
@inline
export function isValid(validity: usize, i: i32): bool {
  return validity == 0 || ((load<u8>(validity + (<usize>i >> 3)) >> <u8>(i & 7)) & 1) != 0
}
