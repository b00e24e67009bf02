/** What a footer says, as plain data for `volley inspect`. */

import { type DataType, typeName } from '../../planner/types.js'
import type { ColumnStatistics } from '../source.js'
import type { SchemaNode } from './metadata.js'
import { openParquet } from './open-file.js'
import { columnStatistics } from './statistics.js'

export interface ParquetInspection {
  readonly path: string
  readonly fileBytes: number
  readonly rows: number
  readonly createdBy: string | null
  readonly keyValues: Readonly<Record<string, string>>
  readonly schema: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  readonly rowGroups: readonly InspectedRowGroup[]
}

export interface InspectedRowGroup {
  readonly rows: number
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  readonly columns: readonly InspectedColumn[]
}

/** A column chunk; of nested columns, that of one leaf. */
export interface InspectedColumn {
  /** Names from the root, joined by points. */
  readonly path: string
  /** What the statistics are values of: the column's type, or null for leaves of nested columns. */
  readonly type: DataType
  readonly encodings: readonly string[]
  readonly compression: string
  readonly values: number
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  /** Null where the file does not say, and for leaves of nested columns. */
  readonly statistics: ColumnStatistics | null
}

const COMPRESSIONS = ['none', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4 (deprecated)', 'zstd', 'lz4']
const ENCODINGS = [
  'PLAIN',
  'GROUP_VAR_INT',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
]

/** Throws as `openParquet` does. */
export function inspectParquet(path: string): ParquetInspection {
  const file = openParquet(path)
  const { metadata } = file
  const leafTypes = metadata.root.children.flatMap((node, index) =>
    Array.from({ length: node.leafCount }, () => statisticsType(node, file.schema.fields[index].type)),
  )
  return {
    path,
    fileBytes: file.fileBytes,
    rows: metadata.rows,
    createdBy: metadata.createdBy,
    keyValues: Object.fromEntries(metadata.keyValues),
    schema: file.schema.fields.map(({ name, type, nullable }) => ({ name, type: typeName(type), nullable })),
    rowGroups: metadata.rowGroups.map((group) => ({
      rows: group.rows,
      compressedBytes: group.columns.reduce((sum, chunk) => sum + chunk.compressedBytes, 0),
      uncompressedBytes: group.columns.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
      columns: group.columns.map((chunk, leaf) => ({
        path: chunk.path.join('.'),
        type: leafTypes[leaf],
        encodings: chunk.encodings.map((id) => ENCODINGS[id] ?? `encoding ${id}`),
        compression: COMPRESSIONS[chunk.codec] ?? `codec ${chunk.codec}`,
        values: chunk.values,
        compressedBytes: chunk.compressedBytes,
        uncompressedBytes: chunk.uncompressedBytes,
        statistics: columnStatistics(chunk, leafTypes[leaf]),
      })),
    })),
  }
}

/** Of the leaves of nested columns only nulls are told: the null type has no bounds. */
function statisticsType(node: SchemaNode, type: DataType): DataType {
  return node.physical === null ? { kind: 'null' } : type
}
