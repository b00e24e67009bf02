/**
 * Finds the pages of a column chunk.
 * Source: parquet-format, src/main/thrift/parquet.thrift, PageHeader.
 */

import { flag, integer, struct } from './metadata.js'
import { readThriftStruct, ThriftFormatError, type ThriftStruct } from './thrift.js'

export const Encoding = { PLAIN: 0, PLAIN_DICTIONARY: 2, RLE: 3, BIT_PACKED: 4, RLE_DICTIONARY: 8 } as const
export const PageType = { DATA: 0, INDEX: 1, DICTIONARY: 2, DATA_V2: 3 } as const

const HeaderField = { TYPE: 1, BYTES: 2, STORED_BYTES: 3, DATA: 5, DICTIONARY: 7, DATA_V2: 8 } as const

/** What a page has is `levelBytes` bytes as they are, and behind them the rest, compressed if `isCompressed`. */
export interface Page {
  readonly isDictionary: boolean
  /** Nulls included. */
  readonly values: number
  readonly encoding: number
  /** Of the definition levels; null where their length comes before them, with the values. */
  readonly levelBytes: number | null
  readonly isCompressed: boolean
  /** Where it starts in the chunk, behind its header. */
  readonly start: number
  readonly storedBytes: number
  /** As it is uncompressed. */
  readonly bytes: number
}

export function isCode(encoding: number): boolean {
  return encoding === Encoding.PLAIN_DICTIONARY || encoding === Encoding.RLE_DICTIONARY
}

/** The pages of a chunk of a column that is not repeated; null if one is malformed, or of a kind unknown here. */
export function pagesOf(chunk: Uint8Array, isCompressed: boolean): Page[] | null {
  const pages: Page[] = []
  for (let at = 0; at < chunk.length; ) {
    const page = pageAt(chunk, at, isCompressed)
    if (page === null || page.start + page.storedBytes > chunk.length) return null
    pages.push(page)
    at = page.start + page.storedBytes
  }
  return pages
}

function pageAt(chunk: Uint8Array, at: number, isCompressed: boolean): Page | null {
  try {
    const { struct: header, bytesRead } = readThriftStruct(chunk, at)
    return pageOf(header, at + bytesRead, isCompressed)
  } catch (error) {
    if (error instanceof ThriftFormatError) return null
    throw error
  }
}

/** Throws ThriftFormatError if what every header has is missing or no size. */
function pageOf(header: ThriftStruct, start: number, isCompressed: boolean): Page | null {
  const place = { start, storedBytes: size(header, HeaderField.STORED_BYTES), bytes: size(header, HeaderField.BYTES) }
  switch (integer(header, HeaderField.TYPE)) {
    case PageType.DICTIONARY: {
      const page = part(header, HeaderField.DICTIONARY)
      const [values, encoding] = [size(page, 1), size(page, 2)]
      return { ...place, isDictionary: true, values, encoding, levelBytes: 0, isCompressed }
    }
    case PageType.DATA: {
      const page = part(header, HeaderField.DATA)
      const [values, encoding, levels] = [size(page, 1), size(page, 2), size(page, 3)]
      if (levels !== Encoding.RLE) return null
      return { ...place, isDictionary: false, values, encoding, levelBytes: null, isCompressed }
    }
    case PageType.DATA_V2: {
      const page = part(header, HeaderField.DATA_V2)
      const [values, encoding, levelBytes, repetitionBytes] = [1, 4, 5, 6].map((id) => size(page, id))
      if (repetitionBytes > 0 || levelBytes > place.storedBytes || levelBytes > place.bytes) return null
      const isPart = isCompressed && flag(page, 7) !== false
      return { ...place, isDictionary: false, values, encoding, levelBytes, isCompressed: isPart }
    }
    default:
      return null
  }
}

function part(header: ThriftStruct, id: number): ThriftStruct {
  const found = struct(header, id)
  if (found === null) throw new ThriftFormatError(`required field ${id} is missing`)
  return found
}

function size(tree: ThriftStruct, id: number): number {
  const value = integer(tree, id)
  if (value === null || value < 0 || value > 0x7fff_ffff) throw new ThriftFormatError(`field ${id} is ${value}`)
  return value
}
