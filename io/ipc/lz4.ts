/** Decompresses LZ4 frames. Source: lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md. */

const MAGIC = 0x184d2204
const MINIMUM_MATCH = 4

/** Fills `output` with the frame's content; throws an Error if it has another length. Checksums are not checked. */
export function decompressLz4Frame(source: Uint8Array, output: Uint8Array): void {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  if (source.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Error('not an LZ4 frame')
  const flags = source[4]
  const hasBlockChecksums = (flags & 0x10) !== 0
  const hasContentSize = (flags & 0x08) !== 0
  const hasDictionary = (flags & 0x01) !== 0
  // Magic, flags, block descriptor and header checksum are 7 bytes.
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  let written = 0
  for (;;) {
    const size = view.getUint32(at, true)
    at += 4
    if (size === 0) break
    const length = size & 0x7fffffff
    const block = source.subarray(at, at + length)
    if (block.length < length) throw new Error('an LZ4 block ends too early')
    if (size > 0x7fffffff) {
      output.set(block, written)
      written += length
    } else written = decompressBlock(block, output, written)
    at += length + (hasBlockChecksums ? 4 : 0)
  }
  if (written !== output.length) throw new Error(`an LZ4 frame has ${written} bytes instead of ${output.length}`)
}

/** Appends a block at `start`; matches may reach back into earlier blocks. Returns the new end. */
function decompressBlock(block: Uint8Array, output: Uint8Array, start: number): number {
  let to = start
  let at = 0
  const extended = (nibble: number): number => {
    let length = nibble
    if (nibble === 15) {
      let byte: number
      do {
        byte = block[at++]
        length += byte
      } while (byte === 255)
    }
    return length
  }
  while (at < block.length) {
    const token = block[at++]
    const literals = extended(token >> 4)
    if (at + literals > block.length || to + literals > output.length) throw new Error('LZ4 literals out of bounds')
    output.set(block.subarray(at, at + literals), to)
    at += literals
    to += literals
    // The last sequence has literals only.
    if (at >= block.length) break
    const distance = block[at] | (block[at + 1] << 8)
    at += 2
    const length = extended(token & 15) + MINIMUM_MATCH
    if (distance === 0 || distance > to || to + length > output.length) throw new Error('LZ4 match out of bounds')
    if (distance >= length) output.copyWithin(to, to - distance, to - distance + length)
    // An overlapping match repeats what it writes.
    else for (let i = 0; i < length; i++) output[to + i] = output[to + i - distance]
    to += length
  }
  return to
}
