/** What a database does for a consumer. Segments are rows that are loaded together, numbered from 1. */

import type { Batch } from '../../../io/batch.js'
import type { LoadMode } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'

/** Where rows go, as the definition says. */
export interface TableTarget {
  readonly connection: string
  /** With its schema before it, if it has one. */
  readonly table: string
  readonly mode: LoadMode
  readonly key: readonly string[]
  readonly create: boolean
  /** Of a job that may be resumed: its ID and the stage; null for others. */
  readonly job: { readonly checkpoint: string; readonly stage: string } | null
}

/** How far an earlier job came. */
export interface Committed {
  readonly epoch: number
  /** True if everything was loaded. */
  readonly isFinished: boolean
}

export interface TableLoader {
  /** Connects. If `isAnew`, forgets what an earlier job has committed, or else tells it. */
  open(isAnew: boolean): Promise<Committed | null>
  /** Makes the table ready for rows of these columns; once, before the first of them. */
  begin(schema: Schema): Promise<void>
  /** Copies rows to the end of a segment, outside of the table; the batch stays the caller's. `firstRow` counts those before. */
  stage(batch: Batch, segment: number, firstRow: number): Promise<void>
  /**
   * Moves segments into the table and writes down the epoch, all in one transaction. Of a replacement, only the last load
   * is seen in the table.
   */
  load(segments: readonly number[], epoch: number | null, isLast: boolean): Promise<void>
  /** Forgets what is not seen yet, and how far the job came. */
  forget(): Promise<void>
  close(): Promise<void>
}
