/** What functions and components of the user take and return. */

import type { RecordBatch, Table, Vector } from 'apache-arrow'

/** A record as an object. */
export type Row = Record<string, unknown>
export type RowResult = Row | readonly Row[] | null | undefined
/** Returns a row, several, or none. Fields that the schema does not declare are left out; those that lack are null. */
export type RowFunction = (row: Row) => RowResult | Promise<RowResult>

/** Columns by name, of one length: those that the schema declares. */
type Columns = Readonly<Record<string, ArrayBufferView | Vector | readonly unknown[]>>
export type BatchResult = RecordBatch | Table | Columns
/** What a function of batches may return besides: records. */
type Returned = BatchResult | readonly Row[]
export type BatchFunction = (batch: RecordBatch) => Returned | Promise<Returned>

/** A function that worker threads load themselves, which lets it run in parallel. */
export interface ModuleFunction {
  /** A URL of an ES module, a path (relative ones begin with `./` or `../` and start at the working directory), or a package. */
  readonly module: string | URL
  /** The name of the export; `default` unless given. */
  readonly function?: string
  /** Passed as the second argument. Must survive structured cloning. */
  readonly kwargs?: Readonly<Record<string, unknown>>
}
