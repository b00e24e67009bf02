/** Encodes row groups: what a worker does for the writer. */

import { InternalError, isMemoryLimit, VolleyError } from '../../planner/errors.js'
import { type Field, type Schema, valueWidth } from '../../planner/types.js'
import type { MemoryViews } from '../batch.js'
import { vectorBytes } from '../vector-bytes.js'
import { type Codec, codecLimits, withCodec } from './codec.js'
import { wantsDictionary } from './encode/dictionary-choice.js'
import { dictionaryChunk, suitsDictionaryChunk } from './encode/dictionary-chunk.js'
import { type EncodedChunk, storedBytes } from './encode/encoded-chunk.js'
import { ipcStream, type RowGroupSlice } from './encode/ipc-stream.js'
import { plainChunk, suitsPlainChunk } from './encode/plain-chunk.js'
import { ColumnField, parseMetadata, RowGroupField, thriftField } from './metadata.js'
import type { PageTarget } from './page-kernels.js'
import { columnChunk, moveColumn } from './relocate.js'
import { leafPaths } from './schema-elements.js'
import { type ThriftStruct, writeThriftStruct } from './thrift.js'

export type { RowGroupSlice } from './encode/ipc-stream.js'

export type ParquetCompression = 'snappy' | 'zstd' | 'gzip' | 'lz4' | 'none'
export const PARQUET_COMPRESSIONS: readonly ParquetCompression[] = ['snappy', 'zstd', 'gzip', 'lz4', 'none']

export interface EncodeOptions {
  /** `lz4` is the codec LZ4_RAW. */
  readonly compression: ParquetCompression
  /** Whether to try dictionaries; `auto` decides for each column from a sample. Default `auto`. */
  readonly dictionary?: 'auto' | boolean
  /** Whether the footer tells each column chunk's smallest and largest value and its nulls. Default true. */
  readonly statistics?: boolean
}

/** Behind the magic, as in a file of its own: an offset of 0 would say that there is no dictionary. */
export const FIRST_PAGE = 4

/** Of what the codec may decode at a time: columns that it encodes at a time, unless a single one is larger. */
const GROUP_SHARE = 0.25

export interface EncodedRowGroup {
  /** The pages of all columns. */
  readonly bytes: Uint8Array
  /** The footer's entry for the row group, as Thrift, with offsets as if `bytes` lay at `FIRST_PAGE`. */
  readonly rowGroup: Uint8Array
  readonly rows: number
}

/**
 * Encodes rows of consecutive batches as one row group. Every batch has the columns of `schema`; slices may start at
 * any row, and together have at least one. `place` gives room for the pages, by default a buffer of their own. Throws
 * VOLLEY_OVERFLOW for seconds that do not fit milliseconds.
 */
export function encodeRowGroup(
  target: PageTarget,
  slices: readonly RowGroupSlice[],
  schema: Schema,
  options: EncodeOptions,
  place: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): EncodedRowGroup {
  const filled = slices.filter((slice) => slice.length > 0)
  const rows = filled.reduce((sum, slice) => sum + slice.length, 0)
  if (rows === 0) throw new InternalError('a row group has at least one row')
  if (schema.fields.length === 0) throw new VolleyError('VOLLEY_UNSUPPORTED', 'a Parquet file has at least one column')
  const { memory } = target
  const dictionaries = dictionaryColumns(memory, filled, schema, options)
  const own = schema.fields.map((field, column) =>
    ownChunk(target, filled, column, field, dictionaries[column], options),
  )
  const coded = codecChunks(memory, filled, schema, own, dictionaries, options)
  const paths = leafPaths(schema)
  const chunks = schema.fields.flatMap((_, column) => own[column] ?? coded.get(column) ?? [])
  return assemble(chunks, paths, rows, place)
}

/** Which columns to encode with a dictionary. */
function dictionaryColumns(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  schema: Schema,
  { dictionary = 'auto' }: EncodeOptions,
): boolean[] {
  return schema.fields.map((_, column) =>
    dictionary === 'auto' ? wantsDictionary(memory, slices, column) : dictionary,
  )
}

/** The chunk of a column that needs no codec; null for others, and where there is no room to encode it. */
function ownChunk(
  target: PageTarget,
  slices: readonly RowGroupSlice[],
  column: number,
  { type }: Field,
  wantsDictionary: boolean,
  { compression, statistics = true }: EncodeOptions,
): EncodedChunk | null {
  // Who asks for zstd or gzip asks for small files: the codec compresses the packed codes as well.
  if (compression === 'zstd' || compression === 'gzip') return null
  try {
    if (wantsDictionary && suitsDictionaryChunk(slices, column, type)) {
      const chunk = dictionaryChunk(target, slices, column, type, compression, statistics)
      if (chunk !== null || type.kind === 'utf8') return chunk
    }
    // The codec finds out whether texts and floating-point numbers repeat.
    if (compression === 'lz4' || (wantsDictionary && (valueWidth(type) === 0 || type.kind === 'float'))) return null
    if (!suitsPlainChunk(slices, column, type)) return null
    return plainChunk(target, slices, column, type, compression, statistics)
  } catch (error) {
    if (isMemoryLimit(error)) return null
    throw error
  }
}

/** Lets the codec encode the columns that are not in `own`; returns the chunks of each, one for each leaf. */
function codecChunks(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  schema: Schema,
  own: readonly (EncodedChunk | null)[],
  dictionaries: readonly boolean[],
  options: EncodeOptions,
): ReadonlyMap<number, readonly EncodedChunk[]> {
  const chunks = new Map<number, readonly EncodedChunk[]>()
  const columns = schema.fields.map((_, column) => column).filter((column) => own[column] === null)
  for (const group of groupsBySize(memory, slices, columns)) {
    const fields = group.map((column) => schema.fields[column])
    const plain = fields.filter((_, index) => !dictionaries[group[index]])
    const narrowed = slices.map(({ batch, start, length }) => ({
      batch: { ...batch, schema: { fields }, columns: group.map((column) => batch.columns[column]) },
      start,
      length,
    }))
    const leaves = codedLeaves(memory, narrowed, fields, plain, options)
    let leaf = 0
    for (const [index, column] of group.entries()) {
      const count = leafPaths({ fields: [fields[index]] }).length
      chunks.set(column, leaves.slice(leaf, leaf + count))
      leaf += count
    }
  }
  return chunks
}

/** Cuts columns into groups that the codec encodes one after the other: its memory grows to six times such a group. */
function groupsBySize(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  columns: readonly number[],
): readonly number[][] {
  const mostBytes = codecLimits().decodeBytes * GROUP_SHARE
  const groups: number[][] = []
  let left = 0
  for (const column of columns) {
    const bytes = slices.reduce(
      (sum, { batch, start, length }) => sum + vectorBytes(memory, batch.columns[column], start, length),
      0,
    )
    if (groups.length === 0 || bytes > left) {
      groups.push([])
      left = mostBytes
    }
    groups[groups.length - 1].push(column)
    left -= bytes
  }
  return groups
}

/** The chunks of all leaves of the columns `fields`. */
function codedLeaves(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  fields: readonly Field[],
  plain: readonly Field[],
  options: EncodeOptions,
): EncodedChunk[] {
  const stream = ipcStream(memory, slices, { fields })
  const file = withCodec((codec) => {
    const table = codec.Table.fromIPCStream(stream)
    return codec.writeParquet(table, writerProperties(codec, plain, options))
  })
  return cutChunks(file, slices)
}

function writerProperties(codec: Codec, plain: readonly Field[], options: EncodeOptions) {
  const compression = {
    snappy: codec.Compression.SNAPPY,
    zstd: codec.Compression.ZSTD,
    gzip: codec.Compression.GZIP,
    lz4: codec.Compression.LZ4_RAW,
    none: codec.Compression.UNCOMPRESSED,
  }[options.compression]
  let builder = new codec.WriterPropertiesBuilder()
    .setCompression(compression)
    .setMaxRowGroupSize(2 ** 31)
    .setStatisticsEnabled(codec.EnabledStatistics.Chunk)
    .setDictionaryEnabled(options.dictionary !== false)
  for (const { name } of plain) builder = builder.setColumnDictionaryEnabled(name, false)
  return builder.build()
}

/** Takes the column chunks of the one row group out of the file that the codec made. */
function cutChunks(file: Uint8Array, slices: readonly RowGroupSlice[]): EncodedChunk[] {
  const footerBytes = new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true)
  const { rowGroups } = parseMetadata(file.subarray(file.length - 8 - footerBytes, file.length - 8))
  const rows = slices.reduce((sum, slice) => sum + slice.length, 0)
  if (rowGroups.length !== 1 || rowGroups[0].rows !== rows) {
    throw new InternalError(`the codec wrote ${rowGroups.map((group) => group.rows)} rows, not ${rows}`)
  }
  return rowGroups[0].columns.map((chunk) => ({
    parts: [file.subarray(chunk.offset, chunk.offset + chunk.compressedBytes)],
    metadata: moveColumn(chunk.metadata, -chunk.offset),
  }))
}

/** Puts the chunks one after the other. */
function assemble(
  chunks: readonly EncodedChunk[],
  paths: readonly string[][],
  rows: number,
  place: (bytes: number) => Uint8Array,
): EncodedRowGroup {
  const bytes = place(chunks.reduce((sum, chunk) => sum + storedBytes(chunk), 0))
  let at = 0
  let uncompressed = 0
  const columns = chunks.map((chunk, leaf) => {
    const metadata = moveColumn(chunk.metadata, FIRST_PAGE + at)
    // The codec names the inner levels of maps its own way.
    metadata.set(ColumnField.PATH, thriftField.texts(paths[leaf]))
    for (const part of chunk.parts) {
      bytes.set(part, at)
      at += part.length
    }
    uncompressed += Number(metadata.get(ColumnField.UNCOMPRESSED_BYTES)?.value)
    return columnChunk(metadata)
  })
  const tree: ThriftStruct = new Map([
    [RowGroupField.COLUMNS, thriftField.structs(columns)],
    [RowGroupField.BYTES, thriftField.i64(uncompressed)],
    [RowGroupField.ROWS, thriftField.i64(rows)],
  ])
  return { bytes, rowGroup: writeThriftStruct(tree), rows }
}
