/** Numbers the distinct values of a column in order of appearance. */

import type { MemoryViews, Vector } from '../../batch.js'
import { readBit } from '../../values.js'
import type { RowGroupSlice } from './ipc-stream.js'

export interface DistinctValues {
  /** Of the rows that are not null, in order. */
  readonly codes: Int32Array
  /** Number of distinct values. */
  readonly count: number
  /** As the dictionary page has them: each little endian, or with its length in four bytes in front. */
  readonly plain: Uint8Array
}

/** Beyond this the codec does as well. */
const MAXIMUM_COUNT = 16_384
const MAXIMUM_TEXT_BYTES = 64 * 1024
const SLOTS = MAXIMUM_COUNT * 4

/** Of a fixed-width column, whose values are stored at 4 or 8 bytes; null if there are too many. */
export function distinctNumbers(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  column: number,
): DistinctValues | null {
  const codes = new Int32Array(slices.reduce((sum, slice) => sum + slice.length, 0))
  const words = slices[0].batch.columns[column].width / 4
  const table = new NumberTable()
  const { i32 } = memory
  let filled = 0
  for (const { batch, start, length } of slices) {
    const source = batch.columns[column]
    let at = source.values / 4 + start * words
    for (let row = start; row < start + length; row++, at += words) {
      if (source.validity !== 0 && !readBit(memory, source.validity, row)) continue
      const code = table.codeOf(i32[at], words === 2 ? i32[at + 1] : 0)
      if (code < 0) return null
      codes[filled++] = code
    }
  }
  return { codes: codes.subarray(0, filled), count: table.count, plain: table.plain(words) }
}

/** An open-addressing table of values of one or two words. */
class NumberTable {
  count = 0
  private readonly low = new Int32Array(MAXIMUM_COUNT)
  private readonly high = new Int32Array(MAXIMUM_COUNT)
  /** Code plus one; 0 is free. */
  private readonly slots = new Int32Array(SLOTS)

  /** -1 if the table is full. */
  codeOf(low: number, high: number): number {
    let slot = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> 0
    for (slot = (slot ^ (slot >>> 15)) & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const code = this.slots[slot] - 1
      if (code < 0) return this.add(slot, low, high)
      if (this.low[code] === low && this.high[code] === high) return code
    }
  }

  plain(words: number): Uint8Array {
    const result = new Int32Array(this.count * words)
    for (let code = 0; code < this.count; code++) {
      result[code * words] = this.low[code]
      if (words === 2) result[code * words + 1] = this.high[code]
    }
    return new Uint8Array(result.buffer)
  }

  private add(slot: number, low: number, high: number): number {
    if (this.count === MAXIMUM_COUNT) return -1
    this.low[this.count] = low
    this.high[this.count] = high
    this.slots[slot] = ++this.count
    return this.count - 1
  }
}

/** Of a text column that is dictionary encoded in every slice; null if the words used are too many or too long. */
export function distinctWords(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  column: number,
): DistinctValues | null {
  const codes = new Int32Array(slices.reduce((sum, slice) => sum + slice.length, 0))
  const words = new WordTable(memory)
  const { i32 } = memory
  let filled = 0
  for (const { batch, start, length } of slices) {
    const source = batch.columns[column]
    const dictionary = source.dictionary as Vector
    const known = words.codesOf(dictionary)
    const at = source.values / 4
    for (let row = start; row < start + length; row++) {
      if (source.validity !== 0 && !readBit(memory, source.validity, row)) continue
      const entry = i32[at + row]
      let code = known[entry]
      if (code < 0) {
        code = words.add(dictionary, entry)
        if (code < 0) return null
        known[entry] = code
      }
      codes[filled++] = code
    }
  }
  return { codes: codes.subarray(0, filled), count: words.count, plain: words.plain() }
}

class WordTable {
  /** The same word may have another code in the dictionary of another batch. */
  private readonly byText = new Map<string, number>()
  private readonly parts: Uint8Array[] = []
  private bytes = 0
  private last: { readonly dictionary: Vector; readonly codes: Int32Array } | null = null

  constructor(private readonly memory: MemoryViews) {}

  get count(): number {
    return this.parts.length
  }

  /** Our code of each of a dictionary's entries; -1 where it has not been met. */
  codesOf(dictionary: Vector): Int32Array {
    const { last } = this
    const isSame =
      last !== null && last.dictionary.values === dictionary.values && last.dictionary.offsets === dictionary.offsets
    if (!isSame) this.last = { dictionary, codes: new Int32Array(dictionary.length).fill(-1) }
    return (this.last as { codes: Int32Array }).codes
  }

  /** -1 if there is no room. */
  add(dictionary: Vector, entry: number): number {
    const { i32, u8 } = this.memory
    const start = dictionary.values + i32[dictionary.offsets / 4 + entry]
    const end = dictionary.values + i32[dictionary.offsets / 4 + entry + 1]
    const bytes = u8.slice(start, end)
    const text = Buffer.from(bytes.buffer).toString('latin1')
    const known = this.byText.get(text)
    if (known !== undefined) return known
    this.bytes += 4 + bytes.length
    if (this.count === MAXIMUM_COUNT || this.bytes > MAXIMUM_TEXT_BYTES) return -1
    this.byText.set(text, this.count)
    this.parts.push(bytes)
    return this.count - 1
  }

  plain(): Uint8Array {
    const result = Buffer.alloc(this.bytes)
    let at = 0
    for (const part of this.parts) {
      at = result.writeUInt32LE(part.length, at)
      result.set(part, at)
      at += part.length
    }
    return result
  }
}
