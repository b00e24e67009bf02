/** Sort keys as fields of unsigned 64-bit words, and the radix sort of such words with the rows they belong to. */

/** Writes the smallest and the greatest of the words of valid rows to `out`; returns how many rows are null. */
export function sort_range(words: usize, validity: usize, first: i32, count: i32, out: usize): i32 {
  let least = i64.MAX_VALUE
  let greatest = i64.MIN_VALUE
  let nulls = 0
  for (let i = 0; i < count; i++) {
    if (validity && !bit(validity, first + i)) {
      nulls++
      continue
    }
    const word = load<i64>(words + (<usize>i << 3))
    least = min(least, word)
    greatest = max(greatest, word)
  }
  store<i64>(out, least)
  store<i64>(out, greatest, 8)
  return nulls
}

@inline
function bit(bitmap: usize, i: i32): u64 {
  return <u64>((load<u8>(bitmap + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)
}

/**
 * Adds to `out` a field that orders rows as a key does. `base`, an i64 at an address, is the smallest word, or the
 * greatest if `descending`; nulls get the field `null_field`, u64 at an address, values a field from `value_field`.
 */
export function sort_pack(
  words: usize,
  validity: usize,
  first: i32,
  count: i32,
  base: usize,
  descending: i32,
  null_field: usize,
  value_field: i32,
  shift: i32,
  out: usize,
): void {
  const origin = load<i64>(base)
  const null_value = load<u64>(null_field)
  const from = <u64>value_field
  for (let i = 0; i < count; i++) {
    const word = load<i64>(words + (<usize>i << 3))
    let field = <u64>(descending ? origin - word : word - origin) + from
    if (validity && !bit(validity, first + i)) field = null_value
    const at = out + (<usize>i << 3)
    store<u64>(at, load<u64>(at) | (field << <u64>shift))
  }
}

/**
 * Stable radix sort (least significant digit first) by the low `bits` of unsigned words, carrying u32 indices along.
 * `counts` has room for ceil(bits / digit) × 2^digit numbers. Returns true if the result is in the other arrays.
 */
export function sort_radix(
  words: usize,
  indices: usize,
  count: i32,
  other_words: usize,
  other_indices: usize,
  counts: usize,
  bits: i32,
  digit: i32,
): bool {
  const buckets: usize = <usize>1 << digit
  const mask = <u64>(buckets - 1)
  const passes = (bits + digit - 1) / digit
  memory.fill(counts, 0, <usize>passes * buckets * 4)
  for (let i = 0; i < count; i++) {
    let word = load<u64>(words + (<usize>i << 3))
    for (let pass = 0; pass < passes; pass++) {
      const at = counts + ((<usize>pass * buckets + <usize>(word & mask)) << 2)
      store<u32>(at, load<u32>(at) + 1)
      word >>= <u64>digit
    }
  }
  let swapped = false
  for (let pass = 0; pass < passes; pass++) {
    const table = counts + ((<usize>pass * buckets) << 2)
    const shift = <u64>(pass * digit)
    const sample = <usize>((load<u64>(words) >> shift) & mask)
    if (load<u32>(table + (sample << 2)) == <u32>count) continue
    let end: u32 = 0
    for (let bucket: usize = 0; bucket < buckets; bucket++) {
      const at = table + (bucket << 2)
      const size = load<u32>(at)
      store<u32>(at, end)
      end += size
    }
    for (let i = 0; i < count; i++) {
      const word = load<u64>(words + (<usize>i << 3))
      const at = table + (<usize>((word >> shift) & mask) << 2)
      const place = load<u32>(at)
      store<u32>(at, place + 1)
      store<u64>(other_words + (<usize>place << 3), word)
      store<u32>(other_indices + (<usize>place << 2), load<u32>(indices + (<usize>i << 2)))
    }
    let swap = words
    words = other_words
    other_words = swap
    swap = indices
    indices = other_indices
    other_indices = swap
    swapped = !swapped
  }
  return swapped
}

/** Lists the rows whose unsigned word is at most `limit`, u64 at an address; returns how many. */
export function sort_select_least(words: usize, count: i32, limit: usize, out: usize): i32 {
  const bound = load<u64>(limit)
  let target = out
  for (let i = 0; i < count; i++) {
    store<i32>(target, i)
    target += <usize>(load<u64>(words + (<usize>i << 3)) <= bound) << 2
  }
  return <i32>((target - out) >> 2)
}

/** Splits 16-byte integers into words: the high halves, and the low ones, moved to the order of signed words. */
export function sort_split_wide(values: usize, count: i32, high: usize, low: usize): void {
  for (let i = 0; i < count; i++) {
    const at = values + (<usize>i << 4)
    store<u64>(low + (<usize>i << 3), load<u64>(at) ^ 0x8000000000000000)
    store<u64>(high + (<usize>i << 3), load<u64>(at, 8))
  }
}
