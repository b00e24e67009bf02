/**
 * Decompresses Snappy.
 * Source: google/snappy, format_description.txt.
 */

/** The most bytes that a copy moves at once: whoever calls gives that much room behind input and output. */
const STEP: usize = 16

/**
 * Decompresses `bytes` bytes to exactly `out_bytes`. False, with `out` undefined, if they are malformed or give another
 * number. Reads and writes up to 16 bytes beyond either end.
 */
export function snappy_decompress(source: usize, bytes: i32, out: usize, out_bytes: i32): bool {
  const end = source + <usize>bytes
  const limit = out + <usize>out_bytes
  const start = out
  let stated: u64 = 0
  let shift: u64 = 0
  let byte: u8 = 128
  while (byte >= 128) {
    if (source >= end || shift > 28) return false
    byte = load<u8>(source++)
    stated |= <u64>(byte & 127) << shift
    shift += 7
  }
  if (stated != <u64>out_bytes) return false
  while (source < end) {
    const tag = <usize>load<u8>(source++)
    const kind = tag & 3
    if (kind == 0) {
      let length = (tag >> 2) + 1
      if (length > 60) {
        const width = length - 60
        if (source + width > end) return false
        const stored = load<u32>(source)
        length = <usize>(width == 4 ? stored : stored & ((<u32>1 << (<u32>width << 3)) - 1)) + 1
        source += width
      }
      if (length > end - source || length > limit - out) return false
      copy_apart(out, source, length)
      source += length
      out += length
    } else {
      let length = (tag >> 2) + 1
      let distance: usize = 0
      if (kind == 1) {
        if (source + 1 > end) return false
        length = ((tag >> 2) & 7) + 4
        distance = ((tag >> 5) << 8) | <usize>load<u8>(source)
        source += 1
      } else if (kind == 2) {
        if (source + 2 > end) return false
        distance = <usize>load<u16>(source)
        source += 2
      } else {
        if (source + 4 > end) return false
        distance = <usize>load<u32>(source)
        source += 4
      }
      if (distance == 0 || distance > out - start || length > limit - out) return false
      if (distance >= STEP) copy_apart(out, out - distance, length)
      else copy_pattern(out, distance, length)
      out += length
    }
  }
  return out == limit
}

/** Copies in steps of 16 bytes, each of which is read before it could have been written. */
@inline
function copy_apart(out: usize, from: usize, length: usize): void {
  if (length > 256) memory.copy(out, from, length)
  else for (let i: usize = 0; i < length; i += STEP) v128.store(out + i, v128.load(from + i))
}

/** Repeats the last `distance` bytes: each step doubles what there is of the pattern, until 8 bytes can be copied. */
@inline
function copy_pattern(out: usize, distance: usize, length: usize): void {
  const end = out + length
  let from = out - distance
  while (out - from < 8 && out < end) {
    const gap = out - from
    store<u64>(out, load<u64>(from))
    out += gap
  }
  while (out < end) {
    store<u64>(out, load<u64>(from))
    out += 8
    from += 8
  }
}
