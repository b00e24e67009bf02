/** What users say about the files and values that they scan, and its checks. */

import type * as arrow from 'apache-arrow'
import type { CsvReadOptions } from '../io/csv/csv-options.js'
import type { NdjsonReadOptions } from '../io/ndjson/ndjson-source.js'
import type { ParquetSourceOptions } from '../io/parquet/source.js'
import type { Records } from '../io/records/records-source.js'
import { checkCount, checkOptions, invalid, show } from '../planner/arguments.js'
import { columnType } from '../planner/map-schema.js'
import type { DataType } from '../planner/types.js'

/** A file, a glob, a directory, or a list of them. */
export type Paths = string | readonly string[]

export type ArrowInput =
  | arrow.Table
  | arrow.RecordBatch
  | Iterable<arrow.RecordBatch>
  | AsyncIterable<arrow.RecordBatch>

/** Types of some or all columns by name, as SQL or Arrow names them; the others are inferred. */
export type ColumnTypes = Readonly<Record<string, string | DataType>>

export type ParquetScanOptions = ParquetSourceOptions

export interface CsvScanOptions extends Omit<CsvReadOptions, 'types'> {
  readonly types?: ColumnTypes
}

export interface NdjsonScanOptions extends Omit<NdjsonReadOptions, 'types'> {
  /** A column that is not in the sample is added. */
  readonly types?: ColumnTypes
}

export function checkPaths(format: string, paths: Paths): void {
  const list = typeof paths === 'string' ? [paths] : paths
  if (Array.isArray(list) && list.length > 0 && list.every((path) => typeof path === 'string' && path !== '')) return
  throw invalid(`a ${format} scan takes a path, a glob, a directory or a list of them, not ${JSON.stringify(paths)}`)
}

export function checkParquetScan(options: ParquetScanOptions): ParquetSourceOptions {
  checkOptions('scanParquet', options, ['hivePartitioning'])
  return options
}

export function checkCsvScan(options: CsvScanOptions): CsvReadOptions {
  checkOptions('scanCsv', options, ['delimiter', 'quote', 'escape', 'header', 'nullStrings', 'types', 'sampleRows'])
  const { nullStrings } = options
  if (nullStrings !== undefined && !Array.isArray(nullStrings)) {
    throw invalid(`nullStrings is a list of texts, not ${show(nullStrings)}`)
  }
  return withTypes(options)
}

export function checkNdjsonScan(options: NdjsonScanOptions): NdjsonReadOptions {
  checkOptions('scanNdjson', options, ['types', 'sampleRows'])
  return withTypes(options)
}

export function checkRecords(records: Records): void {
  if (typeof records === 'object' && records !== null) {
    if (Symbol.iterator in records || Symbol.asyncIterator in records) return
  }
  throw invalid(`fromRecords takes an iterable or async iterable of objects, not ${show(records)}`)
}

/** Names of types become types. */
function withTypes<T extends { readonly types?: ColumnTypes; readonly sampleRows?: number }>(
  options: T,
): Omit<T, 'types'> & { readonly types?: Readonly<Record<string, DataType>> } {
  const { types, ...others } = options
  if (options.sampleRows !== undefined) checkCount('sampleRows', options.sampleRows, 1)
  if (types === undefined) return others
  if (typeof types !== 'object' || types === null)
    throw invalid(`types names a type for each column, not ${show(types)}`)
  const named = Object.entries(types).map(([name, type]) => [name, columnType(name, type)])
  return { ...others, types: Object.fromEntries(named) as Readonly<Record<string, DataType>> }
}
