/** Numbers the distinct values of a column in order of appearance. */

import type { Vector } from '../../batch.js'
import type { PageTarget } from '../page-kernels.js'
import type { Temporary } from '../temporary.js'
import type { RowGroupSlice } from './ipc-stream.js'

export interface DistinctValues {
  /** Where the numbers of the rows that are not null lie, in order, 4 bytes each. */
  readonly codes: number
  /** Number of distinct values. */
  readonly count: number
  /** Where the values lie as the dictionary page has them: as they are, or each behind its length in 4 bytes. */
  readonly plain: number
  readonly plainBytes: number
}

/** More than these are not worth it. */
const MOST_NUMBERS = 65_536
const MOST_WORDS = 16_384
const MOST_WORD_BYTES = 64 * 1024
const SLOTS_PER_NUMBER = 4

/** Of a column whose values are stored at 4 or 8 bytes; null if there are too many. */
export function distinctNumbers(
  { memory, wasm }: PageTarget,
  temporary: Temporary,
  slices: readonly RowGroupSlice[],
  column: number,
): DistinctValues | null {
  const rows = rowsOf(slices)
  const most = Math.min(MOST_NUMBERS, rows)
  const { width } = slices[0].batch.columns[column]
  const mask = 2 ** Math.ceil(Math.log2(most * SLOTS_PER_NUMBER)) - 1
  const slots = temporary.allocate((mask + 1) * 4)
  memory.u8.fill(0, slots, slots + (mask + 1) * 4)
  const entries = temporary.allocate(most * width)
  const codes = temporary.allocate(rows * 4)
  const number = width === 4 ? wasm.page_distinct_32 : wasm.page_distinct_64
  let count = 0
  let at = codes
  for (const { batch, start, length } of slices) {
    const { values, validity } = batch.columns[column]
    count = number(values, validity, start, length, slots, mask, entries, count, most, at)
    if (count < 0) return null
    at += validRows(wasm, validity, start, length) * 4
  }
  return { codes, count, plain: entries, plainBytes: count * width }
}

/** Of a text column that is dictionary encoded in every slice; null if the words used are too many or too long. */
export function distinctWords(
  target: PageTarget,
  temporary: Temporary,
  slices: readonly RowGroupSlice[],
  column: number,
): DistinctValues | null {
  const { memory, wasm } = target
  const codes = temporary.allocate(rowsOf(slices) * 4)
  const words = new WordTable(target)
  let at = codes
  for (const group of byDictionary(slices, column)) {
    const dictionary = group[0].batch.columns[column].dictionary as Vector
    const mapping = temporary.allocate(dictionary.length * 4)
    const order = temporary.allocate(dictionary.length * 4)
    memory.u8.fill(0xff, mapping, mapping + dictionary.length * 4)
    const first = at
    let known = 0
    for (const { batch, start, length } of group) {
      const { values, validity } = batch.columns[column]
      known = wasm.page_renumber(values, validity, start, length, mapping, order, known, at)
      at += validRows(wasm, validity, start, length) * 4
    }
    if (known > MOST_WORDS) return null
    for (let i = 0; i < known; i++) {
      const code = words.add(dictionary, memory.u32[order / 4 + i])
      if (code < 0) return null
      memory.i32[mapping / 4 + i] = code
    }
    // What was numbered within the dictionary is now numbered among all words.
    wasm.take_32(mapping, first, (at - first) / 4, first)
  }
  return { codes, count: words.count, ...words.plain(temporary) }
}

function rowsOf(slices: readonly RowGroupSlice[]): number {
  return slices.reduce((sum, slice) => sum + slice.length, 0)
}

function validRows(wasm: PageTarget['wasm'], validity: number, start: number, length: number): number {
  return validity === 0 ? length : wasm.page_count(validity, start, length)
}

/** Neighbours that share their dictionary. */
function byDictionary(slices: readonly RowGroupSlice[], column: number): RowGroupSlice[][] {
  const groups: RowGroupSlice[][] = []
  let last: Vector | null = null
  for (const slice of slices) {
    const { dictionary } = slice.batch.columns[column]
    const isSame = last !== null && last.values === dictionary?.values && last.offsets === dictionary.offsets
    if (isSame) groups[groups.length - 1].push(slice)
    else groups.push([slice])
    last = dictionary
  }
  return groups
}

class WordTable {
  /** The same word may have another code in the dictionary of another batch. */
  private readonly byText = new Map<string, number>()
  private readonly parts: Uint8Array[] = []
  private bytes = 0

  constructor(private readonly target: PageTarget) {}

  get count(): number {
    return this.parts.length
  }

  /** -1 if there is no room. */
  add(dictionary: Vector, entry: number): number {
    const { i32, u8 } = this.target.memory
    const start = dictionary.values + i32[dictionary.offsets / 4 + entry]
    const end = dictionary.values + i32[dictionary.offsets / 4 + entry + 1]
    const bytes = u8.slice(start, end)
    const text = Buffer.from(bytes.buffer).toString('latin1')
    const known = this.byText.get(text)
    if (known !== undefined) return known
    this.bytes += 4 + bytes.length
    if (this.count === MOST_WORDS || this.bytes > MOST_WORD_BYTES) return -1
    this.byText.set(text, this.count)
    this.parts.push(bytes)
    return this.count - 1
  }

  plain(temporary: Temporary): { plain: number; plainBytes: number } {
    const { u8, buffer } = this.target.memory
    const plain = temporary.allocate(this.bytes)
    const lengths = new DataView(buffer, plain, this.bytes)
    let at = 0
    for (const part of this.parts) {
      lengths.setUint32(at, part.length, true)
      u8.set(part, plain + at + 4)
      at += 4 + part.length
    }
    return { plain, plainBytes: this.bytes }
  }
}
