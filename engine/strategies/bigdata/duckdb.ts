/** What the strategies ask of the DuckDB host. */

import type { Batch } from '../../../io/batch.js'
import type { Schema } from '../../../planner/types.js'

/** Statements run one after the other, each to its end; a stream that is left early is interrupted. */
export interface DuckDb {
  createTable(name: string, schema: Schema, signal?: AbortSignal): Promise<void>
  /** Copies the rows of a batch to the end of a table; the batch stays the caller's. */
  append(table: string, batch: Batch, signal?: AbortSignal): Promise<void>
  dropTable(name: string): Promise<void>
  execute(sql: string, signal?: AbortSignal): Promise<void>
  /** Streams a result whose columns have exactly the types of `schema`, in blocks of `owner`. */
  query(
    sql: string,
    schema: Schema,
    target: {
      readonly owner: number
      readonly batchRows?: number
      readonly signal?: AbortSignal
      /** A statement for the query's connection, such as what names stand for. */
      readonly before?: string
    },
  ): AsyncGenerator<Batch>
  setMemoryLimit(bytes: number): Promise<void>
  setThreads(threads: number): Promise<void>
  statistics(): { readonly memoryBytes: number; readonly spilledBytes: number }
}
