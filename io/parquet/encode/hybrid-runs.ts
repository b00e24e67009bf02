/**
 * Writes integers as Parquet's hybrid of run lengths and bit packing.
 * Source: parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
 */

/** Shorter runs cost less packed. */
const SHORTEST_RUN = 16

/** Bits that hold the values 0 to `count` - 1; at least one. */
export function bitWidth(count: number): number {
  return Math.max(1, 32 - Math.clz32(Math.max(0, count - 1)))
}

/** Encodes `values`, each below 2^`width`, with `width` at most 24. */
export function hybridRuns(values: Int32Array, width: number): Uint8Array {
  const writer = new RunWriter(values, width)
  const { length } = values
  let packedFrom = 0
  for (let row = 0; row < length; ) {
    const value = values[row]
    let end = row + 1
    while (end < length && values[end] === value) end++
    // Packed values come in groups of eight: the run gives what the last group lacks.
    const start = row + ((8 - ((row - packedFrom) & 7)) & 7)
    if (end - start >= SHORTEST_RUN) {
      writer.packed(packedFrom, start)
      writer.repeated(value, end - start)
      packedFrom = end
    }
    row = end
  }
  writer.packed(packedFrom, length)
  return writer.finish()
}

class RunWriter {
  private readonly bytes: Uint8Array
  private at = 0

  constructor(
    private readonly values: Int32Array,
    private readonly width: number,
  ) {
    // Packing is never longer than this: each run, header included, replaces more packed bytes than it takes.
    this.bytes = new Uint8Array(
      Math.ceil(values.length / 8) * width + Math.ceil(values.length / SHORTEST_RUN) * 10 + 16,
    )
  }

  packed(from: number, to: number): void {
    if (from === to) return
    const { values, bytes, width } = this
    const groups = Math.ceil((to - from) / 8)
    this.varint(groups * 2 + 1)
    let at = this.at
    const end = at + groups * width
    let pending = 0
    let bits = 0
    for (let row = from; row < to; row++) {
      pending |= values[row] << bits
      bits += width
      while (bits >= 8) {
        bytes[at++] = pending
        pending >>>= 8
        bits -= 8
      }
    }
    if (bits > 0) bytes[at++] = pending
    this.at = end
  }

  repeated(value: number, count: number): void {
    this.varint(count * 2)
    for (let bits = 0; bits < this.width; bits += 8) this.bytes[this.at++] = value >> bits
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }

  private varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.bytes[this.at++] = (rest & 127) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.at++] = rest
  }
}
