/** Parquet files as DuckDB reads them, with the columns that volley finds in them. */

import type { ScalarValue } from '../expression.js'
import type { PlanOf } from '../plan-tree.js'
import type { DataType, Schema } from '../types.js'
import { typeName } from '../types.js'
import { sqlOfLiteral } from './literals.js'
import { namesRefusal } from './names.js'
import { NoSql } from './no-sql.js'
import { quoteName, quoteText } from './quoting.js'
import { duckDbType, isHeldAsCount, someType } from './types.js'

export interface ScannedFile {
  readonly path: string
  /** The first row to read, from 0; the file is read from its start unless given. */
  readonly fromRow?: number
}

export interface ScannedColumn {
  readonly name: string
  readonly type: DataType
  /** The value in each file, in their order, of a column that is not in the files; null for those that are. */
  readonly constants: readonly ScalarValue[] | null
}

/** Rows of a file that a position leaves room for: 2^40. */
const FILE_STRIDE = 1_099_511_627_776n

/**
 * What a plan's scan needs: a subquery with the columns c0, c1, ... of the types that `duckDbType` gives and, with
 * `position`, the column p0. Rows come in the order of the files and of the rows in them. There is at least one file.
 * @throws NoSql for columns whose values DuckDB would read otherwise.
 */
export function parquetScanSql(
  files: readonly ScannedFile[],
  columns: readonly ScannedColumn[],
  position: boolean,
): string {
  const list = columns.map((column, index) => `${columnSql(column)} AS c${index}`)
  if (position)
    list.push(`${files.length === 1 ? '' : `CAST(file_index AS BIGINT) * ${FILE_STRIDE} + `}file_row_number AS p0`)
  const paths = files.map((file) => quoteText(file.path)).join(', ')
  const from = `read_parquet([${paths}], hive_partitioning = false, union_by_name = false)`
  return `(SELECT ${list.length === 0 ? '1 AS nothing' : list.join(', ')} FROM ${from}${restOf(files)})`
}

function restOf(files: readonly ScannedFile[]): string {
  const conditions = files.flatMap(({ fromRow = 0 }, index) => {
    if (fromRow === 0) return []
    const from = `file_row_number >= ${fromRow}`
    return [files.length === 1 ? from : `(file_index <> ${index} OR ${from})`]
  })
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}

function columnSql({ name, type, constants }: ScannedColumn): string {
  if (constants === null) return storedColumn(quoteName(name), type)
  const texts = constants.map((value) => sqlOfLiteral(value, type))
  if (new Set(texts).size === 1) return texts[0]
  return `([${texts.join(', ')}])[CAST(file_index AS BIGINT) + 1]`
}

/**
 * A column as read, cast to the type that its values have for us: for example UUID to its bytes, JSON to its text.
 * Parquet's times and timestamps in milliseconds are read as microseconds.
 */
function storedColumn(name: string, type: DataType): string {
  const own = duckDbType(type)
  if (own === null) throw new NoSql(`the column ${name} of ${typeName(type)} has no equal in DuckDB`)
  switch (type.kind) {
    case 'null':
      return 'CAST(NULL AS INTEGER)'
    case 'timestamp':
      return storedTimestamp(name, type, own)
    default:
      return `CAST(${name} AS ${own})`
  }
}

function storedTimestamp(name: string, type: Extract<DataType, { kind: 'timestamp' }>, own: string): string {
  if (type.zone === null) return `CAST(${name} AS ${own})`
  return type.unit === 'us' ? `CAST(${name} AS ${own})` : `CAST(CAST(${name} AS TIMESTAMP) AS ${own})`
}

/** What a plan does not say of the files that it scans. */
export interface ScannedSource {
  /** All columns, not only those that are scanned. */
  readonly schema: Schema
  /** Why DuckDB would read a column otherwise, as a clause, by how it is stored; null if it would not. */
  unlikeDuckDb?(name: string): string | null
}

/** Why DuckDB cannot read the columns of a scan as volley does, as a clause; null if it can. */
export function scanRefusal(scan: PlanOf<'scan'>, source: ScannedSource): string | null {
  if (scan.source.format !== 'parquet') return `the source ${scan.source.label} is no Parquet file`
  const unnamed = namesRefusal(source.schema.fields)
  if (unnamed !== null) return unnamed
  for (const { name, type } of scan.schema.fields) {
    const reason = typeRefusal(type) ?? source.unlikeDuckDb?.(name) ?? null
    if (reason !== null) return `the column ${name} of ${typeName(type)} ${reason}`
  }
  return null
}

function typeRefusal(type: DataType): string | null {
  if (type.kind === 'timestamp' && type.unit === 'ns' && type.zone !== null) return 'would lose nanoseconds in DuckDB'
  if (isHeldAsCount(type) || type.kind === 'null') return null
  // Their parts are cast together, which has no name for the zone.
  const isUncast = (own: DataType) => own.kind === 'timestamp' && isHeldAsCount(own)
  return someType(type, isUncast) ? 'has timestamps with a zone inside' : null
}
