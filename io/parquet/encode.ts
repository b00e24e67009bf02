/** Encodes row groups: what a worker does for the writer. */

import { InternalError, VolleyError } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import type { MemoryViews } from '../batch.js'
import { type Codec, withCodec } from './codec.js'
import { wantsDictionary } from './dictionary-choice.js'
import { ipcStream, type RowGroupSlice } from './ipc-stream.js'
import { ColumnField, parseMetadata, thriftField } from './metadata.js'
import { relocateRowGroup } from './relocate.js'
import { leafPaths } from './schema-elements.js'
import { writeThriftStruct } from './thrift.js'

export type { RowGroupSlice } from './ipc-stream.js'

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

/** Plain data; `bytes` has a buffer of its own, which may be transferred. */
export interface EncodedRowGroup {
  /** The pages of all columns. */
  readonly bytes: Uint8Array
  /** The footer's entry for the row group, as Thrift, with offsets as if `bytes` lay at `FIRST_PAGE`. */
  readonly rowGroup: Uint8Array
  readonly rows: number
}

/**
 * Encodes rows of consecutive batches as one row group. Every batch has the columns of `schema`; slices may start at
 * any row, and together have at least one. Throws VOLLEY_OVERFLOW for seconds that do not fit milliseconds.
 */
export function encodeRowGroup(
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  schema: Schema,
  options: EncodeOptions,
): EncodedRowGroup {
  const filled = slices.filter((slice) => slice.length > 0)
  const rows = filled.reduce((sum, slice) => sum + slice.length, 0)
  if (rows === 0) throw new InternalError('a row group has at least one row')
  if (schema.fields.length === 0) throw new VolleyError('VOLLEY_UNSUPPORTED', 'a Parquet file has at least one column')
  const stream = ipcStream(memory, filled, schema)
  const file = withCodec((codec) => {
    const table = codec.Table.fromIPCStream(stream)
    return codec.writeParquet(table, writerProperties(codec, memory, filled, schema, options))
  })
  return cutRowGroup(file, rows, schema)
}

function writerProperties(
  codec: Codec,
  memory: MemoryViews,
  slices: readonly RowGroupSlice[],
  schema: Schema,
  options: EncodeOptions,
) {
  const { dictionary = 'auto' } = options
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
    .setStatisticsEnabled(options.statistics === false ? codec.EnabledStatistics.None : codec.EnabledStatistics.Chunk)
    .setDictionaryEnabled(dictionary !== false)
  if (dictionary === 'auto') {
    for (const [column, { name }] of schema.fields.entries()) {
      if (!wantsDictionary(memory, slices, column)) builder = builder.setColumnDictionaryEnabled(name, false)
    }
  }
  return builder.build()
}

/** Takes the one row group out of the file that the codec made. */
function cutRowGroup(file: Uint8Array, rows: number, schema: Schema): EncodedRowGroup {
  const footerBytes = new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true)
  const { rowGroups } = parseMetadata(file.subarray(file.length - 8 - footerBytes, file.length - 8))
  if (rowGroups.length !== 1 || rowGroups[0].rows !== rows) {
    throw new InternalError(`the codec wrote ${rowGroups.map((group) => group.rows)} rows, not ${rows}`)
  }
  const [group] = rowGroups
  // The codec names the inner levels of maps its own way.
  for (const [leaf, path] of leafPaths(schema).entries()) {
    group.columns[leaf].metadata.set(ColumnField.PATH, thriftField.texts(path))
  }
  const start = Math.min(...group.columns.map((chunk) => chunk.offset))
  const end = Math.max(...group.columns.map((chunk) => chunk.offset + chunk.compressedBytes))
  const tree = relocateRowGroup(group, FIRST_PAGE - start)
  return { bytes: file.subarray(start, end), rowGroup: writeThriftStruct(tree), rows }
}
