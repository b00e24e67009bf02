/**
 * Encodes a column chunk of repeating values without the codec: a dictionary page and one data page of codes.
 *
 * Strings arrive as codes already and integers repeat often enough; numbering them here takes a fraction of the time
 * that the codec spends on hashing every value. The packed codes are stored, not compressed: they hardly compress.
 */

import type { DataType } from '../../../planner/types.js'
import type { MemoryViews } from '../../batch.js'
import { readBit } from '../../values.js'
import { ColumnField, Physical, thriftField } from '../metadata.js'
import { type ThriftField, type ThriftStruct, ThriftType, writeThriftStruct } from '../thrift.js'
import { type DistinctValues, distinctNumbers, distinctWords } from './distinct-values.js'
import { bitWidth, hybridRuns } from './hybrid-runs.js'
import { keepsDictionary, type RowGroupSlice } from './ipc-stream.js'
import { storedFrame } from './stored-frame.js'

export type StoredFormat = 'snappy' | 'lz4' | 'none'

export interface EncodedChunk {
  readonly bytes: Uint8Array
  /** ColumnMetaData, with offsets from the start of `bytes`. */
  readonly metadata: ThriftStruct
}

/** Whether columns of the type, stored as the slices have them, can be encoded here. */
export function suitsDictionaryChunk(slices: readonly RowGroupSlice[], column: number, type: DataType): boolean {
  if (type.kind === 'utf8') return keepsDictionary(slices, column)
  if (physicalOf(type) === null) return false
  const width = physicalOf(type) === Physical.INT32 ? 4 : 8
  return slices.every(({ batch }) => {
    const { constant, dictionary, width: own } = batch.columns[column]
    return !constant && dictionary === null && own === width
  })
}

/** Integers, and what is stored as such without a change. */
function physicalOf(type: DataType): number | null {
  switch (type.kind) {
    case 'int':
      return type.bits === 32 ? Physical.INT32 : type.bits === 64 ? Physical.INT64 : null
    case 'decimal':
      return type.precision <= 18 ? Physical.INT64 : null
    case 'date':
      return Physical.INT32
    case 'timestamp':
      return type.unit === 's' ? null : Physical.INT64
    case 'duration':
      return Physical.INT64
    default:
      return null
  }
}

/** Null if the column has no values or too many different ones: it is then for the codec. */
export function dictionaryChunk(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  column: number,
  type: DataType,
  format: StoredFormat,
): EncodedChunk | null {
  const distinct =
    type.kind === 'utf8' ? distinctWords(memory, slices, column) : distinctNumbers(memory, slices, column)
  if (distinct === null || distinct.count === 0) return null
  const rows = slices.reduce((sum, slice) => sum + slice.length, 0)
  const width = bitWidth(distinct.count)
  const levels = definitionLevels(memory, slices, column, rows, rows - distinct.codes.length)
  const data = concat([uint32(levels.length), levels, Uint8Array.of(width), hybridRuns(distinct.codes, width)])
  const dictionaryPage = page(Page.DICTIONARY, distinct.plain, format, [
    [1, thriftField.i32(distinct.count)],
    [2, thriftField.i32(Encoding.PLAIN)],
  ])
  const dataPage = page(Page.DATA, data, format, [
    [1, thriftField.i32(rows)],
    [2, thriftField.i32(Encoding.RLE_DICTIONARY)],
    [3, thriftField.i32(Encoding.RLE)],
    [4, thriftField.i32(Encoding.RLE)],
  ])
  const bytes = concat([...dictionaryPage.parts, ...dataPage.parts])
  const metadata: ThriftStruct = new Map([
    [ColumnField.TYPE, thriftField.i32(physicalOf(type) ?? Physical.BYTE_ARRAY)],
    [ColumnField.ENCODINGS, numbers([Encoding.PLAIN, Encoding.RLE, Encoding.RLE_DICTIONARY])],
    [ColumnField.CODEC, thriftField.i32({ none: 0, snappy: 1, lz4: 7 }[format])],
    [ColumnField.VALUES, thriftField.i64(rows)],
    [ColumnField.UNCOMPRESSED_BYTES, thriftField.i64(dictionaryPage.uncompressedBytes + dataPage.uncompressedBytes)],
    [ColumnField.COMPRESSED_BYTES, thriftField.i64(bytes.length)],
    [ColumnField.DATA_PAGE, thriftField.i64(dictionaryPage.parts.reduce((sum, part) => sum + part.length, 0))],
    [ColumnField.DICTIONARY_PAGE, thriftField.i64(0)],
    [ColumnField.STATISTICS, thriftField.struct(statistics(distinct, type, rows))],
    [
      ColumnField.ENCODING_STATS,
      thriftField.structs([pageStats(Page.DICTIONARY, Encoding.PLAIN), pageStats(Page.DATA, Encoding.RLE_DICTIONARY)]),
    ],
  ])
  return { bytes, metadata }
}

const Encoding = { PLAIN: 0, RLE: 3, RLE_DICTIONARY: 8 } as const
/** Page types; their headers are fields 5 and 7 of PageHeader. */
const Page = { DATA: 0, DICTIONARY: 2 } as const

function page(
  type: number,
  content: Uint8Array,
  format: StoredFormat,
  fields: readonly (readonly [number, ThriftField])[],
) {
  const stored = storedFrame(content, format)
  const header = writeThriftStruct(
    new Map([
      [1, thriftField.i32(type)],
      [2, thriftField.i32(content.length)],
      [3, thriftField.i32(stored.length)],
      [type === Page.DATA ? 5 : 7, thriftField.struct(new Map(fields))],
    ]),
  )
  return { parts: [header, stored], uncompressedBytes: header.length + content.length }
}

/** 1 for a value, 0 for a null; the bits of the validity bitmaps, moved together. */
function definitionLevels(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  column: number,
  rows: number,
  nulls: number,
): Uint8Array {
  const levels = new Int32Array(rows)
  if (nulls === 0) return hybridRuns(levels.fill(1), 1)
  let at = 0
  for (const { batch, start, length } of slices) {
    const { validity } = batch.columns[column]
    for (let row = start; row < start + length; row++) {
      levels[at++] = validity === 0 || readBit(memory, validity, row) ? 1 : 0
    }
  }
  return hybridRuns(levels, 1)
}

/** Of the dictionary's entries: each occurs. */
function statistics(distinct: DistinctValues, type: DataType, rows: number): ThriftStruct {
  const entries = entriesOf(distinct, type)
  const compare = comparison(type)
  let [min] = entries
  let [max] = entries
  for (const entry of entries) {
    if (compare(entry, min) < 0) min = entry
    if (compare(entry, max) > 0) max = entry
  }
  const tree: ThriftStruct = new Map([[3, thriftField.i64(rows - distinct.codes.length)]])
  if (min.length > LONGEST_BOUND || max.length > LONGEST_BOUND) return tree
  tree.set(5, { type: ThriftType.BINARY, value: max })
  tree.set(6, { type: ThriftType.BINARY, value: min })
  tree.set(7, thriftField.flag(true))
  tree.set(8, thriftField.flag(true))
  return tree
}

/** Longer texts help no reader, but make the footer long. */
const LONGEST_BOUND = 64

/** The entries' bytes, without the lengths. */
function entriesOf({ plain, count }: DistinctValues, type: DataType): Uint8Array[] {
  const view = new DataView(plain.buffer, plain.byteOffset)
  const width = type.kind === 'utf8' ? null : plain.length / count
  const entries: Uint8Array[] = []
  for (let at = 0; at < plain.length; ) {
    const start = width === null ? at + 4 : at
    const end = start + (width ?? view.getUint32(at, true))
    entries.push(plain.subarray(start, end))
    at = end
  }
  return entries
}

function comparison(type: DataType): (a: Uint8Array, b: Uint8Array) => number {
  if (type.kind === 'utf8') return Buffer.compare
  const isUnsigned = type.kind === 'int' && !type.signed
  return (a, b) => {
    // Little endian: the last byte decides first, and it alone has a sign.
    for (let i = a.length - 1; i >= 0; i--) {
      const flip = i === a.length - 1 && !isUnsigned ? 128 : 0
      if (a[i] !== b[i]) return (a[i] ^ flip) - (b[i] ^ flip)
    }
    return 0
  }
}

function pageStats(type: number, encoding: number): ThriftStruct {
  return new Map([
    [1, thriftField.i32(type)],
    [2, thriftField.i32(encoding)],
    [3, thriftField.i32(1)],
  ])
}

function numbers(values: readonly number[]): ThriftField {
  return { type: ThriftType.LIST, value: { elementType: ThriftType.I32, values: [...values] } }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}
