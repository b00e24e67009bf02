/** Case of ASCII letters, and the order of characters reversed. */

import { next_character } from './string-bytes'

/**
 * Copies bytes with the letters from `first` ('A' or 'a') on, 26 of them, in the other case. Returns 1 if all bytes
 * are ASCII.
 */
export function ascii_swap_case(source: usize, out: usize, length: i32, first: i32): i32 {
  const before = i8x16.splat(<i8>(first - 1))
  const after = i8x16.splat(<i8>(first + 26))
  const bit = i8x16.splat(0x20)
  let seen: i32 = 0
  let i = 0
  for (; i + 16 <= length; i += 16) {
    const bytes = v128.load(source + i)
    const letters = v128.and(i8x16.gt_s(bytes, before), i8x16.lt_s(bytes, after))
    v128.store(out + i, v128.xor(bytes, v128.and(letters, bit)))
    seen |= i8x16.bitmask(bytes)
  }
  for (; i < length; i++) {
    const byte = <i32>load<u8>(source + i)
    store<u8>(out + i, byte >= first && byte < first + 26 ? byte ^ 0x20 : byte)
    seen |= byte & 0x80
  }
  return seen == 0 ? 1 : 0
}

/**
 * Reverses the characters of each row, where they stand, from `offsets` and `values` to the same places from `out`.
 * Returns 0 if any row has characters that may belong together with a neighbour (a letter and its accents, say);
 * those below U+0300 and the ideographs from U+4000 to U+9FFF never do, but for a line feed after a carriage return,
 * which is reversed with it only in a text that is not all ASCII.
 */
export function string_reverse(offsets: usize, values: usize, out: usize, rows: i32): i32 {
  let simple = 1
  for (let row = 0; row < rows; row++) {
    const start = load<i32>(offsets)
    const end_offset = load<i32>(offsets, 4)
    const end = values + <usize>end_offset
    let text = values + <usize>start
    let target = out + <usize>end_offset
    let returns = false
    let wide = false
    while (text < end) {
      const byte = <i32>load<u8>(text)
      if (byte < 0x80) {
        target--
        store<u8>(target, byte)
        text++
        if (byte == 0x0d) returns = true
        continue
      }
      wide = true
      if (byte >= 0xcc && (byte < 0xe4 || byte > 0xe9)) simple = 0
      const next = next_character(text, end)
      target -= next - text
      for (let i: usize = 0; text + i < next; i++) store<u8>(target + i, load<u8>(text + i))
      text = next
    }
    if (returns && wide) simple = 0
    offsets += 4
  }
  return simple
}
