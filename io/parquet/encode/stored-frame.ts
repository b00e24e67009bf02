/**
 * Frames bytes as a compression format asks, without compressing them: for packed codes, which hardly compress.
 * Sources: snappy, format_description.txt; LZ4, lz4_Block_format.md.
 */

const SNAPPY_LITERAL_4_BYTES = 63 << 2

/** `snappy` as one literal, `lz4` (the raw block format) as one last sequence, `none` as they are. */
export function storedFrame(bytes: Uint8Array, format: 'snappy' | 'lz4' | 'none'): Uint8Array {
  switch (format) {
    case 'none':
      return bytes
    case 'snappy': {
      // The length, then a tag for a literal whose length minus one follows in four bytes.
      const head = bytes.length === 0 ? [] : [SNAPPY_LITERAL_4_BYTES, ...littleEndian(bytes.length - 1)]
      return joined([...varint(bytes.length), ...head], bytes)
    }
    case 'lz4': {
      // The token's upper half holds lengths up to 14; 15 says that bytes to be added follow, of which 255 goes on.
      if (bytes.length < 15) return joined([bytes.length << 4], bytes)
      const rest = bytes.length - 15
      const more = new Uint8Array(Math.floor(rest / 255) + 2).fill(255)
      more[0] = 0xf0
      more[more.length - 1] = rest % 255
      return joined(more, bytes)
    }
  }
}

function varint(value: number): number[] {
  const result: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) result.push((rest & 127) | 128)
  return [...result, rest]
}

function littleEndian(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24]
}

function joined(head: ArrayLike<number>, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(head.length + bytes.length)
  result.set(head)
  result.set(bytes, head.length)
  return result
}
