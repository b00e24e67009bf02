/** The contract of everything a plan can read from. */

import type { ScalarValue, TypedExpression } from '../planner/expression.js'
import type { TableSource } from '../planner/logical-plan.js'
import type { Schema } from '../planner/types.js'
import type { Allocate, Batch, MemoryViews } from './batch.js'

export type { ColumnStatistics } from '../planner/prune.js'

/** Where decoded data goes, and how a reader learns that nobody waits for it any more. */
export interface DecodeTarget {
  readonly memory: MemoryViews
  readonly allocate: Allocate
  /** Throws a VolleyError when the run was cancelled; readers call it between units of work. */
  readonly checkCancelled: () => void
}

export interface ScanRequest {
  /** Names of the columns to read, in output order; each is in the source's schema. */
  readonly columns: readonly string[]
  /** Over a schema of exactly `columns`; row groups that cannot match are left out. Only a hint. */
  readonly predicate: TypedExpression | null
  /** True if rows are wanted as soon as the producer pauses; otherwise a source may wait a while for a larger batch. */
  readonly isPrompt?: boolean
}

/** A unit of work that any thread can decode: plain data, posted to workers. */
export interface ParquetMorsel {
  readonly kind: 'parquet'
  readonly path: string
  readonly rowGroup: number
  readonly rows: number
  /** First row of the group within its file. */
  readonly firstRow: number
  readonly schema: Schema
  /** Byte ranges of the file, in the order in which the reader lays them out. */
  readonly ranges: readonly { readonly offset: number; readonly length: number }[]
  /** A footer for a file of these ranges alone, as the codec takes it. */
  readonly footer: Uint8Array
  /** Columns of `schema` that do not lie in the file: keys of the directories it lies in. */
  readonly constants: readonly ColumnConstant[]
  /** The file as it was when planned; a reader refuses another that took its place. */
  readonly fileBytes: number
  readonly modifiedMs: number
}

/** A column with the same value in every row. */
export interface ColumnConstant {
  readonly name: string
  readonly value: ScalarValue
}

/** A batch already in shared memory. */
export interface BatchMorsel {
  readonly kind: 'batch'
  readonly batch: Batch
  readonly firstRow: number
}

export type Morsel = ParquetMorsel | BatchMorsel

export interface ScanEstimate {
  /** Rows and bytes that will be read after pruning; null where it cannot be known without reading. */
  readonly rows: number | null
  readonly bytes: number | null
  /** Row groups in all and after pruning; null for formats without. */
  readonly rowGroups: { readonly total: number; readonly read: number } | null
  /** Uncompressed bytes of the largest morsel, where footers tell. */
  readonly largestMorselBytes?: number
}

/** A source whose schema is known: a file's footer or first records have been read. */
export interface Source extends TableSource {
  readonly schema: Schema
  readonly bounded: boolean
  /** False if only one run can read it. */
  readonly isRepeatable?: boolean
  /** True if morsels cost nothing to make, so that several may be gathered into one task. */
  readonly isImmediate?: boolean
  estimate(request: ScanRequest): ScanEstimate
  /** Cuts the input in order. The consumer owns each batch morsel's blocks. May stop early: call `return()`. */
  morsels(request: ScanRequest, target: DecodeTarget): AsyncIterable<Morsel>
  /** Bytes read from files by this process so far on behalf of morsels that are decoded here. */
  close(): Promise<void>
}
