/**
 * Decodes column chunks with kernels, from the file's bytes to a vector in the shared memory:
 *
 *   chunk   header | page, compressed      header | page      ...
 *   pages   levels | values                levels | values    ...          temporary
 *   vector  validity | values                                              one block
 *           validity | offsets | bytes                                     of texts without dictionary
 *           validity | codes | offsets of the dictionary | its bytes       of texts with one
 *
 * What this does not know, or finds malformed, is left to the codec, which has the last word on it.
 */

import { valueWidth } from '../../../planner/types.js'
import { align64, bitmapBytes, type Vector, vector } from '../../batch.js'
import { KERNEL_SLACK, type PageTarget } from '../page-kernels.js'
import { Encoding, isCode } from '../pages.js'
import { Temporary } from '../temporary.js'
import type { OwnChunk } from './own-chunk.js'
import { type DictionaryPage, type OpenChunk, openChunk, type PageValues } from './page-values.js'

const MOST_TEXT_BYTES = 2 ** 31 - 1

/**
 * The vector of a chunk whose bytes lie at `address`, with `KERNEL_SLACK` bytes behind them; null if it is for the codec.
 * Throws what `target` throws.
 */
export function decodeChunk(chunk: OwnChunk, address: number, target: PageTarget): Vector | null {
  const temporary = new Temporary(target)
  try {
    const open = openChunk(chunk, address, target, temporary)
    return open === null ? null : new ChunkDecoder(chunk, open, target, temporary).decode()
  } finally {
    temporary.release()
  }
}

class ChunkDecoder {
  constructor(
    private readonly chunk: OwnChunk,
    private readonly open: OpenChunk,
    private readonly target: PageTarget,
    private readonly temporary: Temporary,
  ) {}

  decode(): Vector | null {
    const { pages, dictionary } = this.open
    const isPlain = pages.every(({ encoding }) => encoding === Encoding.PLAIN)
    switch (this.chunk.type.kind) {
      case 'bool':
        return isPlain ? this.bits() : null
      case 'utf8':
        if (dictionary !== null && pages.every(({ encoding }) => isCode(encoding))) return this.codedTexts(dictionary)
        return isPlain ? this.texts() : null
      case 'binary':
        return isPlain ? this.texts() : null
      default:
        return this.numbers(dictionary)
    }
  }

  private bits(): Vector | null {
    const { type, rows } = this.chunk
    const { pages } = this.open
    if (pages.some(({ valid, length }) => length * 8 < valid)) return null
    const { block, validity, parts } = this.allocate([bitmapBytes(rows)])
    for (const page of pages) {
      this.target.wasm.page_spread_bits(page.address, this.validityOf(page), page.firstRow, page.rows, parts[0])
    }
    return vector(type, rows, { validity, values: parts[0], blocks: [block] })
  }

  private numbers(dictionary: DictionaryPage | null): Vector | null {
    const { wasm } = this.target
    const { type, rows, storedWidth } = this.chunk
    const width = valueWidth(type)
    const isFull = ({ encoding, valid, length }: PageValues) =>
      isCode(encoding) || (encoding === Encoding.PLAIN && valid * storedWidth <= length)
    if (!this.open.pages.every(isFull)) return null
    const entries = dictionary === null ? 0 : this.entries(dictionary)
    const codes = this.codes(dictionary)
    if (entries === null || codes === null) return null
    const [take, spread] = width === 4 ? [wasm.take_32, wasm.page_spread_32] : [wasm.take_64, wasm.page_spread_64]
    // Where the values of a page with nulls are put together, before they are moved apart.
    const together = this.open.validity === 0 ? 0 : this.temporary.allocate(rows * width)
    const { block, validity, parts } = this.allocate([rows * width])
    for (const page of this.open.pages) {
      const out = parts[0] + page.firstRow * width
      const bitmap = this.validityOf(page)
      let from = bitmap === 0 ? out : together
      if (isCode(page.encoding)) take(entries, codes + page.firstRow * 4, page.valid, from)
      else if (width !== storedWidth) wasm.page_widen(page.address, page.valid, from)
      else from = page.address
      if (bitmap !== 0) spread(from, bitmap, page.firstRow, page.rows, out)
      else if (from !== out) wasm.bytes_copy(out, from, page.rows * width)
    }
    return vector(type, rows, { validity, values: parts[0], blocks: [block] })
  }

  /** Where the dictionary's numbers lie, as wide as the vector's; null if it is too short. */
  private entries({ encoding, address, length, entries }: DictionaryPage): number | null {
    const { type, storedWidth } = this.chunk
    if (!isDictionaryEncoding(encoding) || entries * storedWidth > length) return null
    if (valueWidth(type) === storedWidth) return address
    const wide = this.temporary.allocate(entries * 8)
    this.target.wasm.page_widen(address, entries, wide)
    return wide
  }

  private codedTexts(dictionary: DictionaryPage): Vector | null {
    const { wasm, memory } = this.target
    const { type, rows } = this.chunk
    const { address, length, entries, encoding } = dictionary
    const bytes = isDictionaryEncoding(encoding) ? wasm.page_bytes_total(address, length, entries) : -1
    const codes = this.codes(dictionary)
    if (bytes < 0 || codes === null) return null
    const { block, validity, parts } = this.allocate([rows * 4, (entries + 1) * 4, bytes])
    const [values, offsets, texts] = parts
    memory.i32[offsets / 4] = 0
    wasm.page_bytes(address, 0, 0, entries, offsets, texts, 0)
    if (!wasm.page_is_utf8(offsets, texts, entries)) return this.refuse(block)
    for (const page of this.open.pages) {
      const [from, out] = [codes + page.firstRow * 4, values + page.firstRow * 4]
      const bitmap = this.validityOf(page)
      if (bitmap === 0) wasm.bytes_copy(out, from, page.rows * 4)
      else wasm.page_spread_32(from, bitmap, page.firstRow, page.rows, out)
    }
    const entriesVector = vector(type, entries, { offsets, values: texts })
    return vector(type, rows, { validity, values, dictionary: entriesVector, blocks: [block] })
  }

  private texts(): Vector | null {
    const { wasm, memory } = this.target
    const { type, rows } = this.chunk
    const { pages } = this.open
    const sizes = pages.map(({ address, length, valid }) => wasm.page_bytes_total(address, length, valid))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    if (sizes.some((size) => size < 0) || bytes > MOST_TEXT_BYTES) return null
    const { block, validity, parts } = this.allocate([(rows + 1) * 4, bytes])
    const [offsets, values] = parts
    memory.i32[offsets / 4] = 0
    let end = 0
    for (const page of pages) {
      end = wasm.page_bytes(page.address, this.validityOf(page), page.firstRow, page.rows, offsets, values, end)
    }
    if (type.kind === 'utf8' && !wasm.page_is_utf8(offsets, values, rows)) return this.refuse(block)
    return vector(type, rows, { validity, offsets, values, blocks: [block] })
  }

  /** The codes of all pages that have some, those of each from its first row on; null if one points nowhere. */
  private codes(dictionary: DictionaryPage | null): number | null {
    const coded = this.open.pages.filter(({ encoding, valid }) => isCode(encoding) && valid > 0)
    if (coded.length === 0) return 0
    if (dictionary === null) return null
    const { memory, wasm } = this.target
    const codes = this.temporary.allocate(this.chunk.rows * 4)
    for (const { address, length, valid, firstRow } of coded) {
      const width = length === 0 ? 33 : memory.u8[address]
      if (width > 32) return null
      const largest = wasm.page_codes(address + 1, length - 1, width, valid, codes + firstRow * 4)
      if (largest < 0 || largest >= dictionary.entries) return null
    }
    return codes
  }

  /** The bitmap of the valid rows if a page has others, or 0. */
  private validityOf(page: PageValues): number {
    return page.valid === page.rows ? 0 : this.open.validity
  }

  /** A block that starts with the validity, if there are nulls; returns where `parts` of so many bytes each lie behind it. */
  private allocate(parts: readonly number[]): { block: number; validity: number; parts: number[] } {
    const { validity } = this.open
    const bits = validity === 0 ? 0 : bitmapBytes(this.chunk.rows)
    const sizes = [align64(bits), ...parts.map((bytes) => align64(bytes + KERNEL_SLACK))]
    const block = this.target.allocate(sizes.reduce((sum, size) => sum + size, 0))
    if (validity !== 0) this.target.wasm.bytes_copy(block, validity, bits)
    let at = block
    const starts = sizes.map((size) => {
      at += size
      return at - size
    })
    return { block, validity: validity === 0 ? 0 : block, parts: starts.slice(1) }
  }

  private refuse(block: number): null {
    this.target.release(block)
    return null
  }
}

/** Some writers give dictionaries the encoding of the codes. */
function isDictionaryEncoding(encoding: number): boolean {
  return encoding === Encoding.PLAIN || encoding === Encoding.PLAIN_DICTIONARY
}
