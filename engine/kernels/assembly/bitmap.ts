/** Bitmaps: least significant bit first, in whole 64-bit words; bits past the end are undefined. */

/** Counts set bits among the first `length`. */
export function bitmap_count(bitmap: usize, length: i32): i32 {
  let total: i64 = 0
  const words = length >> 6
  for (let i = 0; i < words; i++) total += popcnt<u64>(load<u64>(bitmap + (<usize>i << 3)))
  const rest = length & 63
  if (rest) total += popcnt<u64>(load<u64>(bitmap + (<usize>words << 3)) & ((<u64>1 << rest) - 1))
  return <i32>total
}

/** out = a AND b; either address may be 0, standing for all ones, but not both. */
export function bitmap_and(a: usize, b: usize, out: usize, length: i32): void {
  const bytes = <usize>((length + 63) >> 6) << 3
  if (a == 0) memory.copy(out, b, bytes)
  else if (b == 0) memory.copy(out, a, bytes)
  else for (let i: usize = 0; i < bytes; i += 8) store<u64>(out + i, load<u64>(a + i) & load<u64>(b + i))
}
