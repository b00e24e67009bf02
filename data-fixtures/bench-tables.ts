/** The files that benchmarks read, at a number of rows: each is made when it is first asked for, and kept. */

import { complexFile } from './complex-table.js'
import { groupFile, type JoinFiles, joinFiles } from './db-benchmark.js'
import { FORMAT_NAMES, type FormatName, lineitemFormats } from './lineitem-formats.js'
import { TPCH_TABLES, type TpchFiles, type TpchTable, warehouseFiles } from './warehouse.js'

export { FORMAT_NAMES, type FormatName, type JoinFiles, TPCH_TABLES, type TpchFiles, type TpchTable }

export interface BenchTables {
  /** Rows of lineitem, of the group-by table, of the join's left side, and of the complex table. */
  readonly rows: number
  /**
   * Parquet files of the eight tables after TPC-H, with about `rows` rows of lineitem. From 10,000 rows up, every query
   * of TPC-H finds rows.
   */
  readonly tpch: () => Promise<TpchFiles>
  /** Parquet, after db-benchmark's `G1_<rows>_1e2_0_0`. */
  readonly groups: () => Promise<string>
  /** Parquet, after db-benchmark's `J1_<rows>_NA_0_0`. */
  readonly joins: () => Promise<JoinFiles>
  /** Parquet: nested columns, long texts, nulls, dictionaries, timestamps. */
  readonly complex: () => Promise<string>
  /** The columns of lineitem in every format that engines read; the Parquet ones differ by codec. */
  readonly formats: () => Promise<Readonly<Record<FormatName, string>>>
}

/** Nothing is made before it is asked for. `directory` keeps the files; other processes may use it at the same time. */
export function openBenchTables(directory: string, rows: number): BenchTables {
  return {
    rows,
    tpch: once(() => warehouseFiles(directory, rows)),
    groups: once(() => groupFile(directory, rows)),
    joins: once(() => joinFiles(directory, rows)),
    complex: once(() => complexFile(directory, rows)),
    formats: once(() => lineitemFormats(directory, rows)),
  }
}

/** Those who ask while files are being made get the same promise; after a failure, the next one tries again. */
function once<Files>(make: () => Promise<Files>): () => Promise<Files> {
  let files: Promise<Files> | null = null
  return () => {
    files ??= make().catch((error: unknown) => {
      files = null
      throw error
    })
    return files
  }
}
