/** Copies of bytes and bits between buffers. */

/**
 * Copies `length` bytes in steps of 8: reads and writes up to 7 bytes beyond the end.
 * A call of the host's copy costs more than this does for short strings.
 */
@inline
export function copy_short(out: usize, from: usize, length: i32): void {
  if (length > 64) memory.copy(out, from, <usize>length)
  else for (let i = 0; i < length; i += 8) store<u64>(out + <usize>i, load<u64>(from + <usize>i))
}

/**
 * Copies bits [first, first + length) of `bitmap` (0 meaning all ones) to `out` from bit `out_first`. The bits of `out`
 * before it are kept; those behind the end, up to the end of the 64-bit word, are cleared.
 */
export function copy_bits(bitmap: usize, first: i32, length: i32, out: usize, out_first: i32): void {
  let done = 0
  while (done < length) {
    const at = out_first + done
    const shift = at & 63
    const count = min(64 - shift, length - done)
    const mask: u64 = count == 64 ? -1 : (<u64>1 << <u64>count) - 1
    const bits: u64 = (bitmap ? read_bits(bitmap, first + done, count) : -1) & mask
    const word = out + (<usize>(at >> 6) << 3)
    const kept: u64 = shift ? load<u64>(word) & ((<u64>1 << <u64>shift) - 1) : 0
    store<u64>(word, kept | (bits << <u64>shift))
    done += count
  }
}

/** Up to 64 bits from bit `first`; those beyond `count` are undefined. */
@inline
function read_bits(bitmap: usize, first: i32, count: i32): u64 {
  const shift = first & 63
  const word = bitmap + (<usize>(first >> 6) << 3)
  let bits = load<u64>(word) >> <u64>shift
  if (shift + count > 64) bits |= load<u64>(word, 8) << <u64>(64 - shift)
  return bits
}

/** out[i] = offsets[i] + delta, for `count` offsets. */
export function copy_offsets(offsets: usize, count: i32, delta: i32, out: usize): void {
  for (let i = 0; i < count; i++) store<i32>(out + (<usize>i << 2), load<i32>(offsets + (<usize>i << 2)) + delta)
}

/** Widens signed 8-byte integers to 16 bytes. */
export function copy_64_to_128(values: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const value = load<i64>(values + (<usize>i << 3))
    store<i64>(out + (<usize>i << 4), value)
    store<i64>(out + (<usize>i << 4), value >> 63, 8)
  }
}

/**
 * Narrows 16-byte integers to 8 bytes. Returns false, leaving `out` undefined, if a valid one does not fit;
 * a `validity` of 0 means that all are valid.
 */
export function copy_128_to_64(values: usize, validity: usize, count: i32, out: usize): bool {
  let misfit: i64 = 0
  for (let i = 0; i < count; i++) {
    const low = load<i64>(values + (<usize>i << 4))
    const high = load<i64>(values + (<usize>i << 4), 8)
    const valid: i64 = validity ? (load<u8>(validity + (<usize>i >> 3)) >> (<u8>i & 7)) & 1 : 1
    misfit |= (high ^ (low >> 63)) & -valid
    store<i64>(out + (<usize>i << 3), low)
  }
  return misfit == 0
}
