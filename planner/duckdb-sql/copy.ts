/** `COPY ... TO` a Parquet file. */

import type { Compression, ParquetSinkOptions } from '../run-options.js'
import { type DataType, type Schema, typeName } from '../types.js'
import { namesRefusal } from './names.js'
import { quoteText } from './quoting.js'
import { isHeldAsCount, someType } from './types.js'

const COMPRESSIONS: Record<Compression, string> = {
  snappy: 'SNAPPY',
  zstd: 'ZSTD',
  gzip: 'GZIP',
  lz4: 'LZ4_RAW',
  none: 'UNCOMPRESSED',
}

/** Row groups of DuckDB are whole vectors. */
const VECTOR_ROWS = 2048

export type CopyStatement =
  | { readonly kind: 'sql'; readonly sql: string }
  /** `reason` is a clause: `partitionBy is written by volley`. */
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Writes the rows of `select`, which must be a `typedSelect` of `schema`, to a new file at `path`, which it overwrites.
 * The statement's result is one row with the number of rows written.
 */
export function copyStatement(
  select: string,
  path: string,
  { compression = 'snappy', dictionary, partitionBy = [], rowGroupSize, statistics }: ParquetSinkOptions,
  schema: Schema,
): CopyStatement {
  if (partitionBy.length > 0) return refused("partitionBy is not DuckDB's")
  if (statistics === false) return refused('DuckDB always writes statistics')
  if (dictionary === false) return refused('DuckDB writes dictionaries as it likes')
  if (rowGroupSize !== undefined && rowGroupSize % VECTOR_ROWS !== 0) {
    return refused(`a row group of ${rowGroupSize} rows is not a multiple of DuckDB's ${VECTOR_ROWS}`)
  }
  if (schema.fields.length === 0) return refused('DuckDB writes no file without columns')
  const unnamed = namesRefusal(schema.fields)
  if (unnamed !== null) return refused(unnamed)
  for (const { name, type } of schema.fields) {
    if (someType(type, isLost))
      return refused(`the column ${name} of ${typeName(type)} would be read back as another type`)
    if (someType(type, isFloat))
      return refused(`DuckDB's dictionaries take 0 and -0 in the column ${name} for one value`)
  }
  const options = [
    'FORMAT parquet',
    `COMPRESSION ${COMPRESSIONS[compression]}`,
    ...(rowGroupSize === undefined ? [] : [`ROW_GROUP_SIZE ${rowGroupSize}`]),
    // The path is the one under which an unfinished file may lie.
    'USE_TMP_FILE false',
  ]
  return { kind: 'sql', sql: `COPY (${select}) TO ${quoteText(path)} (${options.join(', ')})` }
}

function refused(reason: string): CopyStatement {
  return { kind: 'refused', reason }
}

function isFloat(type: DataType): boolean {
  return type.kind === 'float'
}

/** Types that volley's writer keeps, with an Arrow schema in the file where needed, and DuckDB's does not. */
function isLost(type: DataType): boolean {
  if (isHeldAsCount(type) || type.kind === 'null' || type.kind === 'interval') return true
  if (type.kind === 'time') return type.unit === 's' || type.unit === 'ms'
  if (type.kind === 'timestamp') return type.unit === 's' || (type.zone !== null && type.zone !== 'UTC')
  return false
}
