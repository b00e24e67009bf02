/**
 * The first rows of each group by a 64-bit word: of each group the least words so far are kept, at `base + group * stride`.
 *
 *   how many, u64 | words, i64[limit], ascending
 */

/** The words that nulls have: before all values, or behind them. */
const BEFORE: i64 = i64.MIN_VALUE
const BEHIND: i64 = i64.MAX_VALUE

/**
 * Lists the rows (u32) that may be among the first `limit` of their group, as fewer come before them; returns how many.
 * `rows` has room for one more than `count`. Rows that follow `limit` others of the same word are left out unless
 * `peers`. `words` are ordered as signed integers, from the greatest on if `descending`; without words (0) rows are
 * in the order in which they come.
 */
export function group_first_rows(
  words: usize,
  validity: usize,
  groups: usize,
  count: i32,
  base: usize,
  stride: usize,
  limit: i32,
  descending: bool,
  nulls_first: bool,
  peers: bool,
  rows: usize,
): i32 {
  // Nulls share no word with values: the outermost two values share one instead, and their order is not known.
  const shared: i64 = nulls_first ? BEFORE + 1 : BEHIND - 1
  let target = rows
  for (let i = 0; i < count; i++) {
    let word: i64 = 0
    if (words) {
      if (validity && !((load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1)) word = nulls_first ? BEFORE : BEHIND
      else {
        word = load<i64>(words + (<usize>i << 3))
        if (descending) word = ~word
        word = nulls_first ? max(word, shared) : min(word, shared)
      }
    }
    const held = base + <usize>load<u32>(groups + (<usize>i << 2)) * stride
    const filled = <i32>load<u64>(held)
    if (filled == limit) {
      const last = load<i64>(held + (<usize>filled << 3))
      if (word > last || (word == last && !peers && word != shared)) continue
    }
    store<i32>(target, i)
    target += 4
    // A full list loses its last word, which is not less.
    let place = held + (<usize>min(filled, limit - 1) << 3)
    while (place > held && load<i64>(place) > word) {
      store<i64>(place, load<i64>(place), 8)
      place -= 8
    }
    store<i64>(place, word, 8)
    store<u64>(held, min(filled + 1, limit))
  }
  return <i32>((target - rows) >> 2)
}
