/** Opens the pages of a column chunk: decompresses them and reads which rows have values. */

import { bitmapBytes } from '../../batch.js'
import type { PageTarget } from '../page-kernels.js'
import { type Page, pagesOf } from '../pages.js'
import type { Temporary } from '../temporary.js'
import type { OwnChunk } from './own-chunk.js'

/** Uncompressed bytes in the shared memory. */
export interface Bytes {
  readonly address: number
  readonly length: number
}

/** The values of a page: one for each of its rows that is valid. */
export interface PageValues extends Bytes {
  readonly encoding: number
  /** Of the chunk. */
  readonly firstRow: number
  readonly rows: number
  readonly valid: number
}

export interface DictionaryPage extends Bytes {
  readonly encoding: number
  readonly entries: number
}

/** All of it lies in temporary blocks. */
export interface OpenChunk {
  readonly dictionary: DictionaryPage | null
  readonly pages: readonly PageValues[]
  /** Bitmap of the valid rows; 0 if all are. */
  readonly validity: number
}

/** Snappy's longest copy, of 64 bytes, takes 3. */
const MOST_EXPANSION = 22
const SNAPPY_HEADER_BYTES = 5

/** Opens the chunk whose bytes lie at `address`; null if something about it is malformed, or unknown here. */
export function openChunk(
  chunk: OwnChunk,
  address: number,
  target: PageTarget,
  temporary: Temporary,
): OpenChunk | null {
  const stored = target.memory.u8.subarray(address, address + chunk.storedBytes)
  const pages = pagesOf(stored, chunk.isCompressed)
  if (pages === null || !addsUp(pages, chunk)) return null
  const opened = decompress(pages, address, target, temporary)
  if (opened === null) return null
  const validity = chunk.isOptional ? temporary.allocate(bitmapBytes(chunk.rows)) : 0
  const data: PageValues[] = []
  let dictionary: DictionaryPage | null = null
  let firstRow = 0
  let nulls = 0
  for (const [index, page] of pages.entries()) {
    const bytes = opened[index]
    if (page.isDictionary) dictionary = { ...bytes, encoding: page.encoding, entries: page.values }
    else {
      const values = chunk.isOptional
        ? behindLevels(page, bytes, firstRow, validity, target)
        : withoutLevels(page, bytes)
      if (values === null) return null
      data.push({ ...values, encoding: page.encoding, firstRow, rows: page.values })
      firstRow += page.values
      nulls += page.values - values.valid
    }
  }
  return { dictionary, pages: data, validity: nulls === 0 ? 0 : validity }
}

/** Whether the pages have all rows, at most one dictionary, in front, and sizes that can be. */
function addsUp(pages: readonly Page[], { rows }: OwnChunk): boolean {
  const data = pages.filter((page) => !page.isDictionary)
  return (
    data.reduce((sum, page) => sum + page.values, 0) === rows &&
    pages.slice(1).every((page) => !page.isDictionary) &&
    pages.every(({ bytes, storedBytes, isCompressed }) =>
      isCompressed ? bytes <= storedBytes * MOST_EXPANSION + SNAPPY_HEADER_BYTES : bytes === storedBytes,
    )
  )
}

function decompress(
  pages: readonly Page[],
  address: number,
  { wasm }: PageTarget,
  temporary: Temporary,
): Bytes[] | null {
  if (pages.every((page) => !page.isCompressed)) {
    return pages.map(({ start, bytes }) => ({ address: address + start, length: bytes }))
  }
  let at = temporary.allocate(pages.reduce((sum, page) => sum + page.bytes, 0))
  const opened: Bytes[] = []
  for (const { start, storedBytes, bytes, levelBytes, isCompressed } of pages) {
    const from = address + start
    const plainBytes = isCompressed ? (levelBytes ?? 0) : storedBytes
    wasm.bytes_copy(at, from, plainBytes)
    const [stored, length] = [storedBytes - plainBytes, bytes - plainBytes]
    // Where there is no value, some writers store nothing, not even the length.
    if (stored + length > 0 && !wasm.snappy_decompress(from + plainBytes, stored, at + plainBytes, length)) return null
    opened.push({ address: at, length: bytes })
    at += bytes
  }
  return opened
}

type Values = Bytes & { readonly valid: number }

function withoutLevels(page: Page, bytes: Bytes): Values | null {
  return (page.levelBytes ?? 0) === 0 ? { ...bytes, valid: page.values } : null
}

function behindLevels(
  page: Page,
  { address, length }: Bytes,
  firstRow: number,
  validity: number,
  { memory, wasm }: PageTarget,
): Values | null {
  let at = address
  let { levelBytes } = page
  if (levelBytes === null) {
    if (length < 4) return null
    levelBytes = new DataView(memory.buffer, at, 4).getUint32(0, true)
    at += 4
  }
  const end = address + length
  if (levelBytes > end - at) return null
  const valid = wasm.page_levels(at, levelBytes, page.values, validity, firstRow)
  at += levelBytes
  return valid < 0 ? null : { address: at, length: end - at, valid }
}
