/**
 * Encodes a column chunk with kernels: pages of plain values, stored as they are or with Snappy.
 *
 *   content   levels | values          stored   header | content, compressed | header | ...
 */

import { type DataType, valueWidth } from '../../../planner/types.js'
import { bitmapBytes } from '../../batch.js'
import { thriftField } from '../metadata.js'
import type { PageTarget } from '../page-kernels.js'
import { Encoding, PageType } from '../pages.js'
import { Temporary } from '../temporary.js'
import { Bounds } from './bounds.js'
import { type EncodedChunk, type EncodedPage, encodedChunk, encodedPage, physicalOf } from './encoded-chunk.js'
import type { RowGroupSlice } from './ipc-stream.js'
import { levelBytes, type Piece, piecesOf, writeLevels } from './levels.js'

export type PlainFormat = 'snappy' | 'none'

/** Values of a page, uncompressed, as far as rows can be cut: what other writers make of them. */
const PAGE_BYTES = 2 ** 20
const SNAPPY_TABLE_BYTES = 2 ** 15

/** Whether columns of the type, stored as the slices have them, can be encoded here. */
export function suitsPlainChunk(slices: readonly RowGroupSlice[], column: number, type: DataType): boolean {
  if (physicalOf(type) === null) return false
  return slices.every(({ batch }) => {
    const { constant, dictionary, width } = batch.columns[column]
    return !constant && dictionary === null && width === valueWidth(type)
  })
}

/** Throws what `target` throws. */
export function plainChunk(
  target: PageTarget,
  slices: readonly RowGroupSlice[],
  column: number,
  type: DataType,
  format: PlainFormat,
  hasStatistics: boolean,
): EncodedChunk {
  const temporary = new Temporary(target)
  try {
    return new PlainEncoder(target, temporary, type, format).encode(
      pagesOf(target, slices, column, type),
      hasStatistics,
    )
  } finally {
    temporary.release()
  }
}

interface PlannedPage {
  readonly pieces: readonly Piece[]
  readonly rows: number
  /** At most. */
  readonly valueBytes: number
}

function pagesOf(target: PageTarget, slices: readonly RowGroupSlice[], column: number, type: DataType): PlannedPage[] {
  const rows = slices.reduce((sum, slice) => sum + slice.length, 0)
  const bytesOf = (pieces: readonly Piece[]) => pieces.reduce((sum, piece) => sum + valueBytes(target, piece, type), 0)
  const bytes = bytesOf(piecesOf(slices, column, 0, rows))
  const pageRows = Math.max(1, Math.floor((rows * PAGE_BYTES) / Math.max(bytes, 1)))
  const pages: PlannedPage[] = []
  for (let from = 0; from < rows; from += pageRows) {
    const to = Math.min(from + pageRows, rows)
    const pieces = piecesOf(slices, column, from, to)
    pages.push({ pieces, rows: to - from, valueBytes: bytesOf(pieces) })
  }
  return pages
}

function valueBytes({ memory }: PageTarget, { source, start, length }: Piece, type: DataType): number {
  const width = valueWidth(type)
  if (width > 0) return length * width
  const offsets = source.offsets / 4 + start
  return length * 4 + memory.i32[offsets + length] - memory.i32[offsets]
}

class PlainEncoder {
  constructor(
    private readonly target: PageTarget,
    private readonly temporary: Temporary,
    private readonly type: DataType,
    private readonly format: PlainFormat,
  ) {}

  encode(planned: readonly PlannedPage[], hasStatistics: boolean): EncodedChunk {
    const { target, temporary, type, format } = this
    const most = Math.max(...planned.map((page) => levelBytes(page.rows) + page.valueBytes))
    const content = temporary.allocate(most)
    const bitmap = temporary.allocate(bitmapBytes(Math.max(...planned.map((page) => page.rows))))
    const store = format === 'snappy' ? this.compressor(most) : (bytes: number) => this.copy(content, bytes)
    const bounds = hasStatistics ? new Bounds(target, temporary, type) : null
    let rows = 0
    let nulls = 0
    const pages = planned.map((page): EncodedPage => {
      const levels = writeLevels(target, page.pieces, bitmap, content)
      const values = content + levels.bytes
      const bytes = levels.bytes + this.pack(page.pieces, values)
      bounds?.add(values, levels.valid)
      rows += page.rows
      nulls += page.rows - levels.valid
      return encodedPage(PageType.DATA, store(bytes, content), bytes, [
        [1, thriftField.i32(page.rows)],
        [2, thriftField.i32(Encoding.PLAIN)],
        [3, thriftField.i32(Encoding.RLE)],
        [4, thriftField.i32(Encoding.RLE)],
      ])
    })
    return encodedChunk(null, pages, {
      type,
      compression: format,
      rows,
      encodings: [Encoding.PLAIN, Encoding.RLE],
      encoding: Encoding.PLAIN,
      statistics: bounds?.statistics(nulls) ?? null,
    })
  }

  /** Puts the valid values of the pieces behind one another; returns their bytes. */
  private pack(pieces: readonly Piece[], out: number): number {
    const { wasm } = this.target
    const width = valueWidth(this.type)
    let at = out
    for (const { source, start, length } of pieces) {
      if (width === 0) at += wasm.page_pack_bytes(source.offsets, source.values, source.validity, start, length, at)
      else {
        const pack = width === 4 ? wasm.page_pack_32 : wasm.page_pack_64
        at += pack(source.values, source.validity, start, length, at) * width
      }
    }
    return at - out
  }

  private compressor(mostBytes: number): (bytes: number, content: number) => Uint8Array {
    const { wasm } = this.target
    const out = this.temporary.allocate(wasm.snappy_bound(mostBytes))
    const table = this.temporary.allocate(SNAPPY_TABLE_BYTES)
    return (bytes, content) => this.copy(out, wasm.snappy_compress(content, bytes, out, table))
  }

  private copy(address: number, bytes: number): Uint8Array {
    return this.target.memory.u8.slice(address, address + bytes)
  }
}
