/** A question of db-benchmark in the words of each engine, over tables that are in its memory. */

import type { ColumnTable } from 'arquero'
import type { BenchTables } from '../../../data-fixtures/bench-tables.js'
import type { Frame } from '../../../index.js'
import type { ArqueroEngine } from '../../engines/arquero.js'
import type { PolarsEngine, PolarsFrame } from '../../engines/polars.js'

/** A Parquet file, of which these columns are loaded. */
export interface LoadedFile {
  readonly path: string
  readonly columns: readonly string[]
}

export type Tables<Table> = Readonly<Record<string, Table>>

/** `Row` is of the tables of plain JavaScript. All forms give the columns of `columns`, in rows of any order. */
export interface Work<Row extends object = Readonly<Record<string, unknown>>> {
  readonly name: string
  readonly title: string
  /** The result has almost as many rows, and as long ones, as the input: not asked at size large. */
  readonly isHuge?: boolean
  /** What is loaded, by the name of the table. */
  readonly files: (tables: BenchTables) => Promise<Tables<LoadedFile>>
  /** Of the result. */
  readonly columns: readonly string[]
  /** How results are compared. */
  readonly comparison: Comparison
  readonly sql: (tables: Tables<string>) => string
  readonly volley: (tables: Tables<Frame>) => Frame
  readonly polars: (tables: Tables<PolarsFrame>, engine: PolarsEngine) => PolarsFrame
  readonly arquero: (tables: Tables<ColumnTable>, engine: ArqueroEngine) => ColumnTable
  readonly records: (tables: Tables<readonly Row[]>) => readonly object[]
}

/** `rows`: all of them, sorted. Otherwise, for large results, their number and the sums of these products of columns. */
export type Comparison = 'rows' | { readonly sums: readonly (readonly string[])[] }
