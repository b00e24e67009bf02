/** Values kept for each group, for quantiles: selected in place once all are known. */

/** Ends of the values of each group when laid out by group: u32[groups + 1], cleared before. */
export function aggregate_group_ends(groups: usize, count: i32, group_count: i32, ends: usize): void {
  for (let i = 0; i < count; i++) {
    const at = ends + (<usize>load<u32>(groups + (<usize>i << 2)) << 2)
    store<u32>(at, load<u32>(at, 4) + 1, 4)
  }
  let end: u32 = 0
  for (let group = 0; group < group_count; group++) {
    const at = ends + (<usize>group << 2)
    end += load<u32>(at, 4)
    store<u32>(at, end, 4)
  }
}

/** Lays words out by group; `next` is a copy of the starts of the groups and is used up. */
export function aggregate_group_values(groups: usize, words: usize, count: i32, next: usize, out: usize): void {
  for (let i = 0; i < count; i++) {
    const at = next + (<usize>load<u32>(groups + (<usize>i << 2)) << 2)
    const place = load<u32>(at)
    store<i64>(out + (<usize>place << 3), load<i64>(words + (<usize>i << 3)))
    store<u32>(at, place + 1)
  }
}

/** Rearranges words so that place `rank` has what it would have if they were sorted (Hoare's selection). */
export function aggregate_select(words: usize, count: i32, rank: i32): void {
  let low = 0
  let high = count - 1
  while (low < high) {
    const pivot = middle(
      load<i64>(words + (<usize>low << 3)),
      load<i64>(words + (<usize>((low + high) >>> 1) << 3)),
      load<i64>(words + (<usize>high << 3)),
    )
    let i = low
    let j = high
    while (i <= j) {
      while (load<i64>(words + (<usize>i << 3)) < pivot) i++
      while (pivot < load<i64>(words + (<usize>j << 3))) j--
      if (i <= j) {
        const value = load<i64>(words + (<usize>i << 3))
        store<i64>(words + (<usize>i << 3), load<i64>(words + (<usize>j << 3)))
        store<i64>(words + (<usize>j << 3), value)
        i++
        j--
      }
    }
    if (rank <= j) high = j
    else if (rank >= i) low = i
    else return
  }
}

@inline
function middle(a: i64, b: i64, c: i64): i64 {
  return max(min(a, b), min(max(a, b), c))
}

/**
 * For each group the words of ranks floor(r) and ceil(r), r = fraction × (values - 1), and into `parts` what lies behind
 * the point of r. With `discrete`, the rank is that of the smallest value whose share is at least the fraction.
 * Words of groups without values are undefined.
 */
export function aggregate_quantiles(
  words: usize,
  ends: usize,
  entries: usize,
  count: i32,
  fraction: f64,
  discrete: i32,
  share: f64,
  shares: f64,
  lower: usize,
  upper: usize,
  parts: usize,
): void {
  for (let i = 0; i < count; i++) {
    const at = ends + (<usize>load<u32>(entries + (<usize>i << 2)) << 2)
    const start = load<u32>(at)
    const size = <i32>(load<u32>(at, 4) - start)
    if (size == 0) continue
    const group = words + (<usize>start << 3)
    const point = discrete ? discrete_rank(size, fraction, <u64>share, <u64>shares) : fraction * <f64>(size - 1)
    const rank = <i32>Math.floor(point)
    aggregate_select(group, size, rank)
    const low = load<i64>(group + (<usize>rank << 3))
    let high = low
    const part = point - <f64>rank
    if (part > 0) {
      // What selection leaves behind the rank is not smaller.
      high = i64.MAX_VALUE
      for (let j = rank + 1; j < size; j++) high = min(high, load<i64>(group + (<usize>j << 3)))
    }
    store<i64>(lower + (<usize>i << 3), low)
    store<i64>(upper + (<usize>i << 3), high)
    store<f64>(parts + (<usize>i << 3), part)
  }
}

/** The fraction is `share` of `shares` exactly, unless that is 0. */
function discrete_rank(size: i32, fraction: f64, share: u64, shares: u64): f64 {
  const skipped = shares
    ? <i32>((<u64>size * (shares - share)) / shares)
    : <i32>Math.floor(<f64>size - <f64>size * fraction)
  return <f64>(max(1, size - skipped) - 1)
}

/** Makes a validity bitmap of the groups that have values. */
export function aggregate_read_filled(ends: usize, entries: usize, count: i32, out: usize): void {
  for (let start = 0; start < count; start += 64) {
    const end = min(start + 64, count)
    let bits: u64 = 0
    for (let i = start; i < end; i++) {
      const at = ends + (<usize>load<u32>(entries + (<usize>i << 2)) << 2)
      bits |= <u64>(load<u32>(at) != load<u32>(at, 4)) << <u64>(i - start)
    }
    store<u64>(out + (<usize>start >> 3), bits)
  }
}
