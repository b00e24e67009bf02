/**
 * What the aggregation kernels share.
 *
 * An accumulator lies in its group's row: the accumulator of group g is at `base + g * stride`, all zero at first.
 * `groups` has the group of each row of input as u32. `valid`, unless 0, is a bitmap of the rows that count.
 */

@inline
export function row_of(base: usize, stride: usize, groups: usize, i: i32): usize {
  return base + <usize>load<u32>(groups + (<usize>i << 2)) * stride
}

/** 1 if row i counts, else 0. */
@inline
export function counts(valid: usize, i: i32): i64 {
  return valid ? <i64>((load<u8>(valid + (<usize>i >> 3)) >> (<u8>i & 7)) & 1) : 1
}
