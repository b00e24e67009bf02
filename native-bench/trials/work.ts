/** A piece of work that engines do, each in a process of its own, in the words of each of them. */

import type { DuckDBConnection } from '@duckdb/node-api'
import type { Frame } from '../../index.js'
import type { PolarsEngine, PolarsFrame } from '../engines/polars.js'

export interface Work {
  readonly name: string
  /** One line for the report. */
  readonly title: string
  /** Names of the tables that it reads, the one that it reads most of first. */
  readonly tables: readonly string[]
  readonly volley: (scan: (table: string) => Frame) => Frame
  /** A query; a table's name stands for what to write after `from`. */
  readonly duckdb: (from: (table: string) => string) => string
  /** Registers what the query needs. */
  readonly prepareDuckDb?: (connection: DuckDBConnection) => Promise<void>
  /** Text: why Polars takes no part. */
  readonly polars: string | ((engine: PolarsEngine, scan: (table: string) => PolarsFrame) => PolarsFrame)
  /** The columns of the result, in types that are the same for all engines: SQL over their Parquet files. */
  readonly columns: readonly string[]
  /** Columns by which the result must be sorted. */
  readonly order?: readonly string[]
}
