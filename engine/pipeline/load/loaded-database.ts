/** What loading tables asks of a database: everything else is the same for all of them. */

import type { Batch } from '../../../io/batch.js'
import type { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { Refusal } from './faults.js'
import type { Destination, StagedTable } from './statements.js'

/** How far an earlier job came. */
export interface Committed {
  readonly epoch: number
  /** True if everything was loaded. */
  readonly isFinished: boolean
}

/** Rows of one segment, by their numbers: from `first` to the one before `end`. */
export interface StagedPart {
  readonly segment: number
  readonly first: number
  readonly end: number
}

/** Moves rows in order to see which of them are refused; nothing of it stays. */
export interface Trial {
  /** Moves a part with `statements`, after those that were moved before; null if it was, or else why a row is refused. */
  attempt(part: StagedPart, statements: readonly string[]): Promise<VolleyError | null>
  /** Leaves a row out of its segment for good. */
  leaveOut(segment: number, row: number): Promise<void>
  end(): Promise<void>
}

/** Statements are SQL; tables are named as the user does. */
export interface LoadedDatabase {
  /** Most characters of a table's name; longer ones are cut. */
  readonly longestName: number
  open(): Promise<void>
  /** A table's name as statements take it. */
  quoted(table: string): string
  /** Names of the columns; none if there is no such table. */
  columns(table: string): Promise<readonly string[]>
  createTable(table: string, schema: Schema, key: readonly string[]): Promise<void>
  /** A statement that makes a table with the columns of another, if there is none. */
  createLike(copy: string, table: string, columns: readonly string[]): string
  /** What a query of `epoch` and `finished` gives. */
  committed(query: string): Promise<Committed | null>
  /** Gets ready for rows of these columns; once, before the first of them. */
  begin(schema: Schema): Promise<void>
  /**
   * Copies rows to the end of a segment, outside of the table, or none of them; the batch stays the caller's. They are
   * numbered from `firstRow` on.
   */
  stage(batch: Batch, segment: number, firstRow: number): Promise<void>
  staged(segment: number): StagedTable
  upsert(destination: Destination, staged: StagedTable): readonly string[]
  /** Runs statements, all or none. */
  transaction(statements: readonly string[]): Promise<void>
  /** Why a statement failed, if a row is to blame. */
  refusal(error: unknown): Refusal | null
  /** `before` are the statements that come before the rows. */
  trial(segments: readonly number[], before: readonly string[]): Promise<Trial>
  drop(segment: number): Promise<void>
  close(): Promise<void>
}
