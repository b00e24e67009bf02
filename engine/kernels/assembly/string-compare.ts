/**
 * Order and equality of byte strings, as unsigned bytes; UTF-8 keeps the order of code points.
 * A string vector is (offsets, values, step): `step` is 4 for one offset a row, 0 for a constant.
 */

/** True if `length` bytes at both addresses agree. Reads no byte beyond them. */
export function bytes_equal(a: usize, b: usize, length: i32): bool {
  let rest = length
  while (rest >= 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false
    a += 16
    b += 16
    rest -= 16
  }
  if (rest >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false
    // The last 8 bytes overlap what was compared already.
    const back = <usize>(rest - 8)
    return load<u64>(a + back) == load<u64>(b + back)
  }
  if (rest >= 4) {
    if (load<u32>(a) != load<u32>(b)) return false
    const back = <usize>(rest - 4)
    return load<u32>(a + back) == load<u32>(b + back)
  }
  for (let i = 0; i < rest; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false
  return true
}

/** Negative, zero or positive as the first string is before, equal to or after the second. */
export function bytes_compare(a: usize, a_length: i32, b: usize, b_length: i32): i32 {
  const shared = min(a_length, b_length)
  let i = 0
  for (; i + 8 <= shared; i += 8) {
    const difference = load<u64>(a + i) ^ load<u64>(b + i)
    if (difference != 0) {
      const at = <usize>i + <usize>(ctz(difference) >> 3)
      return <i32>load<u8>(a + at) - <i32>load<u8>(b + at)
    }
  }
  for (; i < shared; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i)
    if (difference != 0) return difference
  }
  return a_length - b_length
}

/** Bitmap of a = b, or of its negation if `negate` is 1. */
export function string_equal(
  a_offsets: usize, a_values: usize, a_step: usize, b_offsets: usize, b_values: usize, b_step: usize,
  negate: i32, out: usize, length: i32,
): void {
  let word: u64 = 0
  for (let row = 0; row < length; row++) {
    const a_start = load<i32>(a_offsets)
    const b_start = load<i32>(b_offsets)
    const size = load<i32>(a_offsets, 4) - a_start
    if (size == load<i32>(b_offsets, 4) - b_start) {
      word |= <u64>bytes_equal(a_values + <usize>a_start, b_values + <usize>b_start, size) << (<u64>row & 63)
    }
    a_offsets += a_step
    b_offsets += b_step
    if ((row & 63) == 63) {
      store<u64>(out + ((<usize>row >> 6) << 3), word ^ -(<u64>negate))
      word = 0
    }
  }
  if (length & 63) store<u64>(out + ((<usize>length >> 6) << 3), word ^ -(<u64>negate))
}

/** Bitmap of a < b, or of a <= b if `or_equal` is 1; the other orders follow by swapping the arguments. */
export function string_less(
  a_offsets: usize, a_values: usize, a_step: usize, b_offsets: usize, b_values: usize, b_step: usize,
  or_equal: i32, out: usize, length: i32,
): void {
  let word: u64 = 0
  for (let row = 0; row < length; row++) {
    const a_start = load<i32>(a_offsets)
    const b_start = load<i32>(b_offsets)
    const order = bytes_compare(
      a_values + <usize>a_start, load<i32>(a_offsets, 4) - a_start,
      b_values + <usize>b_start, load<i32>(b_offsets, 4) - b_start,
    )
    word |= <u64>(order < or_equal) << (<u64>row & 63)
    a_offsets += a_step
    b_offsets += b_step
    if ((row & 63) == 63) {
      store<u64>(out + ((<usize>row >> 6) << 3), word)
      word = 0
    }
  }
  if (length & 63) store<u64>(out + ((<usize>length >> 6) << 3), word)
}
