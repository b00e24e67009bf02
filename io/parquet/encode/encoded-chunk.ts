/** What encoded column chunks have in common. */

import type { DataType } from '../../../planner/types.js'
import { ColumnField, Physical, thriftField } from '../metadata.js'
import { PageType } from '../pages.js'
import { type ThriftField, type ThriftStruct, ThriftType, writeThriftStruct } from '../thrift.js'

export interface EncodedChunk {
  /** Its bytes, cut anywhere. */
  readonly parts: readonly Uint8Array[]
  /** ColumnMetaData, with offsets from the start of the first part. */
  readonly metadata: ThriftStruct
}

export interface EncodedPage {
  readonly parts: readonly Uint8Array[]
  /** With the header. */
  readonly uncompressedBytes: number
}

/** A data page, or a dictionary page: its content, which has `uncompressedBytes` bytes when it is not compressed. */
export function encodedPage(
  type: typeof PageType.DATA | typeof PageType.DICTIONARY,
  stored: Uint8Array,
  uncompressedBytes: number,
  fields: readonly (readonly [number, ThriftField])[],
): EncodedPage {
  const header = writeThriftStruct(
    new Map([
      [1, thriftField.i32(type)],
      [2, thriftField.i32(uncompressedBytes)],
      [3, thriftField.i32(stored.length)],
      [type === PageType.DATA ? 5 : 7, thriftField.struct(new Map(fields))],
    ]),
  )
  return { parts: [header, stored], uncompressedBytes: header.length + uncompressedBytes }
}

export interface ChunkDescription {
  readonly type: DataType
  readonly compression: 'snappy' | 'lz4' | 'none'
  readonly rows: number
  readonly encodings: readonly number[]
  /** Of the data pages. */
  readonly encoding: number
  /** Statistics; null for none. */
  readonly statistics: ThriftStruct | null
}

/** A chunk of pages, the first of which may be a dictionary. */
export function encodedChunk(
  dictionary: EncodedPage | null,
  pages: readonly EncodedPage[],
  { type, compression, rows, encodings, encoding, statistics }: ChunkDescription,
): EncodedChunk {
  const all = dictionary === null ? pages : [dictionary, ...pages]
  const metadata: ThriftStruct = new Map([
    [ColumnField.TYPE, thriftField.i32(physicalOf(type) as number)],
    [ColumnField.ENCODINGS, numbers(encodings)],
    [ColumnField.CODEC, thriftField.i32({ none: 0, snappy: 1, lz4: 7 }[compression])],
    [ColumnField.VALUES, thriftField.i64(rows)],
    [ColumnField.UNCOMPRESSED_BYTES, thriftField.i64(sum(all.map((page) => page.uncompressedBytes)))],
    [ColumnField.COMPRESSED_BYTES, thriftField.i64(sum(all.map(storedBytes)))],
    [ColumnField.DATA_PAGE, thriftField.i64(dictionary === null ? 0 : storedBytes(dictionary))],
    [
      ColumnField.ENCODING_STATS,
      thriftField.structs([
        ...(dictionary === null ? [] : [pageStatistics(PageType.DICTIONARY, 0, 1)]),
        pageStatistics(PageType.DATA, encoding, pages.length),
      ]),
    ],
  ])
  if (dictionary !== null) metadata.set(ColumnField.DICTIONARY_PAGE, thriftField.i64(0))
  if (statistics !== null) metadata.set(ColumnField.STATISTICS, thriftField.struct(statistics))
  return { parts: all.flatMap((page) => page.parts), metadata }
}

/** How a column is stored that is encoded without the codec; null for types that only the codec encodes. */
export function physicalOf(type: DataType): number | null {
  switch (type.kind) {
    case 'int':
      return type.bits === 32 ? Physical.INT32 : type.bits === 64 ? Physical.INT64 : null
    case 'float':
      return type.bits === 32 ? Physical.FLOAT : Physical.DOUBLE
    case 'decimal':
      return type.precision <= 18 ? Physical.INT64 : null
    case 'date':
      return Physical.INT32
    case 'timestamp':
      return type.unit === 's' ? null : Physical.INT64
    case 'duration':
      return Physical.INT64
    case 'utf8':
    case 'binary':
      return Physical.BYTE_ARRAY
    default:
      return null
  }
}

export function storedBytes({ parts }: { readonly parts: readonly Uint8Array[] }): number {
  return sum(parts.map((part) => part.length))
}

function pageStatistics(type: number, encoding: number, count: number): ThriftStruct {
  return new Map([
    [1, thriftField.i32(type)],
    [2, thriftField.i32(encoding)],
    [3, thriftField.i32(count)],
  ])
}

function numbers(values: readonly number[]): ThriftField {
  return { type: ThriftType.LIST, value: { elementType: ThriftType.I32, values: [...values] } }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
