/**
 * Compresses and decompresses Snappy.
 * Source: google/snappy, format_description.txt; the search for matches is that of its `CompressFragment`.
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

/** What is compressed at a time: places in it take 16 bits. */
const BLOCK: usize = 1 << 16
const TABLE_BITS: u32 = 14
/** Fewer bytes before the end of a block are not searched: what is read ahead must lie in the block. */
const MARGIN: usize = 15

/**
 * Compresses `bytes` bytes to `out`, which has room for `snappy_bound(bytes)`, and returns how many there are then. `table`
 * is scratch of 32 KiB.
 */
export function snappy_compress(source: usize, bytes: i32, out: usize, table: usize): i32 {
  const start = out
  const end = source + <usize>bytes
  let rest = <u32>bytes
  while (rest >= 128) {
    store<u8>(out++, <u8>(rest | 128))
    rest >>= 7
  }
  store<u8>(out++, <u8>rest)
  while (source < end) {
    const length = min(BLOCK, end - source)
    out = compress_block(source, length, out, table)
    source += length
  }
  return <i32>(out - start)
}

/** The most bytes that `bytes` bytes are compressed to, and what is written beyond them on the way. */
export function snappy_bound(bytes: i32): i32 {
  return 64 + bytes + bytes / 6
}

function compress_block(base: usize, length: usize, out: usize, table: usize): usize {
  const end = base + length
  let unwritten = base
  if (length > MARGIN) {
    memory.fill(table, 0, (<usize>1 << TABLE_BITS) << 1)
    const limit = end - MARGIN
    let at = base + 1
    let next = slot_of(load<u32>(at), table)
    let isOver = false
    while (!isOver) {
      // The longer nothing is found, the larger the steps.
      let skip: u32 = 32
      let ahead = at
      let match: usize = 0
      do {
        at = ahead
        const slot = next
        ahead = at + <usize>(skip >> 5)
        skip += skip >> 5
        isOver = ahead > limit
        if (isOver) break
        next = slot_of(load<u32>(ahead), table)
        match = base + <usize>load<u16>(slot)
        store<u16>(slot, <u16>(at - base))
      } while (load<u32>(at) != load<u32>(match))
      if (isOver) break
      out = write_literal(unwritten, at - unwritten, out)
      do {
        const matched = 4 + match_length(match + 4, at + 4, end)
        out = write_copy(at - match, matched, out)
        at += matched
        unwritten = at
        isOver = at >= limit
        if (isOver) break
        store<u16>(slot_of(load<u32>(at - 1), table), <u16>(at - 1 - base))
        const slot = slot_of(load<u32>(at), table)
        match = base + <usize>load<u16>(slot)
        store<u16>(slot, <u16>(at - base))
      } while (load<u32>(at) == load<u32>(match))
      at++
      next = slot_of(load<u32>(at), table)
    }
  }
  return unwritten < end ? write_literal(unwritten, end - unwritten, out) : out
}

@inline
function slot_of(bytes: u32, table: usize): usize {
  return table + (<usize>((bytes * 0x1e35a7bd) >> (32 - TABLE_BITS)) << 1)
}

/** How many bytes from `a` on are those from `b` on, which come later and end at `end`. */
@inline
function match_length(a: usize, b: usize, end: usize): usize {
  const start = b
  while (b + 8 <= end) {
    const difference = load<u64>(a) ^ load<u64>(b)
    if (difference) return b - start + <usize>(ctz<u64>(difference) >> 3)
    a += 8
    b += 8
  }
  while (b < end && load<u8>(a) == load<u8>(b)) {
    a++
    b++
  }
  return b - start
}

@inline
function write_literal(from: usize, length: usize, out: usize): usize {
  if (length == 0) return out
  const last = length - 1
  if (last < 60) store<u8>(out++, <u8>(last << 2))
  else if (last < 256) {
    store<u8>(out, 60 << 2)
    store<u8>(out, <u8>last, 1)
    out += 2
  } else {
    store<u8>(out, 61 << 2)
    store<u16>(out, <u16>last, 1)
    out += 3
  }
  copy_apart(out, from, length)
  return out + length
}

@inline
function write_copy(distance: usize, length: usize, out: usize): usize {
  // A copy of 4 bytes or more must be left: a shorter one would need another form.
  while (length >= 68) {
    out = write_far(distance, 64, out)
    length -= 64
  }
  if (length > 64) {
    out = write_far(distance, 60, out)
    length -= 60
  }
  if (length >= 12 || distance >= 2048) return write_far(distance, length, out)
  store<u8>(out, <u8>(1 | ((length - 4) << 2) | ((distance >> 8) << 5)))
  store<u8>(out, <u8>distance, 1)
  return out + 2
}

@inline
function write_far(distance: usize, length: usize, out: usize): usize {
  store<u8>(out, <u8>(2 | ((length - 1) << 2)))
  store<u16>(out, <u16>distance, 1)
  return out + 3
}
