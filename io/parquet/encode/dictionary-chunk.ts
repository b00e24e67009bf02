/**
 * Encodes a column chunk of repeating values without the codec: a dictionary page and one data page of codes.
 *
 * Strings arrive as codes already and integers repeat often enough; numbering them here takes a fraction of the time
 * that the codec spends on hashing every value. The packed codes are stored, not compressed: they hardly compress.
 */

import type { DataType } from '../../../planner/types.js'
import { valueWidth } from '../../../planner/types.js'
import { bitmapBytes } from '../../batch.js'
import { Physical, thriftField } from '../metadata.js'
import type { PageTarget } from '../page-kernels.js'
import { Encoding, PageType } from '../pages.js'
import { Temporary } from '../temporary.js'
import { Bounds } from './bounds.js'
import { distinctNumbers, distinctWords } from './distinct-values.js'
import { type EncodedChunk, encodedChunk, encodedPage, physicalOf } from './encoded-chunk.js'
import { keepsDictionary, type RowGroupSlice } from './ipc-stream.js'
import { levelBytes, piecesOf, writeLevels } from './levels.js'
import { storedFrame } from './stored-frame.js'

export type StoredFormat = 'snappy' | 'lz4' | 'none'

/** Whether columns of the type, stored as the slices have them, can be encoded here. */
export function suitsDictionaryChunk(slices: readonly RowGroupSlice[], column: number, type: DataType): boolean {
  if (type.kind === 'utf8') return keepsDictionary(slices, column)
  const physical = physicalOf(type)
  if (physical !== Physical.INT32 && physical !== Physical.INT64) return false
  return slices.every(({ batch }) => {
    const { constant, dictionary, width } = batch.columns[column]
    return !constant && dictionary === null && width === valueWidth(type)
  })
}

/** Null if the column has no values or too many different ones. Throws what `target` throws. */
export function dictionaryChunk(
  target: PageTarget,
  slices: readonly RowGroupSlice[],
  column: number,
  type: DataType,
  format: StoredFormat,
  hasStatistics: boolean,
): EncodedChunk | null {
  const temporary = new Temporary(target)
  try {
    return encode(target, temporary, slices, column, type, format, hasStatistics)
  } finally {
    temporary.release()
  }
}

function encode(
  target: PageTarget,
  temporary: Temporary,
  slices: readonly RowGroupSlice[],
  column: number,
  type: DataType,
  format: StoredFormat,
  hasStatistics: boolean,
): EncodedChunk | null {
  const { memory, wasm } = target
  const number = type.kind === 'utf8' ? distinctWords : distinctNumbers
  const distinct = number(target, temporary, slices, column)
  if (distinct === null || distinct.count === 0) return null
  const { codes, count, plain, plainBytes } = distinct
  const rows = slices.reduce((sum, slice) => sum + slice.length, 0)
  const width = bitWidth(count)
  const content = temporary.allocate(levelBytes(rows) + 1 + mostRunBytes(rows, width))
  const bitmap = temporary.allocate(bitmapBytes(rows))
  const levels = writeLevels(target, piecesOf(slices, column, 0, rows), bitmap, content)
  memory.u8[content + levels.bytes] = width
  const runs = wasm.page_write_codes(codes, levels.valid, width, content + levels.bytes + 1)
  const contentBytes = levels.bytes + 1 + runs
  const stored = (address: number, bytes: number) => storedFrame(memory.u8.slice(address, address + bytes), format)
  const dictionaryPage = encodedPage(PageType.DICTIONARY, stored(plain, plainBytes), plainBytes, [
    [1, thriftField.i32(count)],
    [2, thriftField.i32(Encoding.PLAIN)],
  ])
  const dataPage = encodedPage(PageType.DATA, stored(content, contentBytes), contentBytes, [
    [1, thriftField.i32(rows)],
    [2, thriftField.i32(Encoding.RLE_DICTIONARY)],
    [3, thriftField.i32(Encoding.RLE)],
    [4, thriftField.i32(Encoding.RLE)],
  ])
  const bounds = hasStatistics ? new Bounds(target, temporary, type) : null
  // Of the dictionary's entries: each occurs.
  bounds?.add(plain, count)
  return encodedChunk(dictionaryPage, [dataPage], {
    type,
    compression: format,
    rows,
    encodings: [Encoding.PLAIN, Encoding.RLE, Encoding.RLE_DICTIONARY],
    encoding: Encoding.RLE_DICTIONARY,
    statistics: bounds?.statistics(rows - levels.valid) ?? null,
  })
}

/** Bits that hold the values 0 to `count` - 1; at least one. */
function bitWidth(count: number): number {
  return Math.max(1, 32 - Math.clz32(Math.max(0, count - 1)))
}

/** Packing is never longer: each run, header included, replaces more packed bytes than it takes, or 10 for each of 16 rows. */
function mostRunBytes(rows: number, width: number): number {
  return Math.ceil(rows / 8) * width + Math.ceil(rows / 16) * 10 + 16
}
