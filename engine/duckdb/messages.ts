/**
 * The protocol between the coordinating thread and the thread that hosts DuckDB.
 *
 * Requests carry a number; each is answered once, by `done` or `failed`. They begin in the order in which they were posted,
 * one after the other, but for a query: the next begins as soon as the query has started, and its batches come while
 * others run.
 *
 *   coordinator                              host
 *     | -- query { id, sql, credit } ---------> |
 *     | <------ batch { id, batch } ----------- |   at most `credit` batches that were not answered
 *     | -- more { target } -------------------> |   one batch was taken
 *     | <------ done { id } ------------------- |
 *     | -- abort { target } ------------------> |   no answer of its own: what it aborts is answered by `failed`
 */

import type { ResultBatch } from '../../io/duckdb/result-stream.js'
import type { SessionOptions } from '../../io/duckdb/session.js'
import type { ErrorMessage } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'

export type Work =
  | { readonly kind: 'createTable'; readonly table: string; readonly schema: Schema }
  | { readonly kind: 'append'; readonly table: string; readonly batch: ResultBatch }
  | { readonly kind: 'dropTable'; readonly table: string }
  | { readonly kind: 'execute'; readonly sql: string }
  | {
      readonly kind: 'query'
      readonly sql: string
      readonly schema: Schema
      /** Owner of the blocks of the batches. */
      readonly owner: number
      readonly batchRows: number
      /** Run on the query's connection first. */
      readonly before: string | null
      readonly credit: number
    }
  | { readonly kind: 'setMemoryLimit'; readonly bytes: number }
  | { readonly kind: 'setThreads'; readonly threads: number }

export type Request =
  | (Work & { readonly id: number })
  | { readonly kind: 'more'; readonly target: number }
  /** Without a target, everything that was posted before. */
  | { readonly kind: 'abort'; readonly target: number | null }
  /** Aborts everything, frees DuckDB and ends the thread. */
  | { readonly kind: 'close' }

export type Answer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: ErrorMessage }
  | { readonly kind: 'batch'; readonly id: number; readonly batch: ResultBatch }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorMessage }

export interface HostStart {
  readonly memory: WebAssembly.Memory
  readonly session: SessionOptions
  readonly words: SharedArrayBuffer
}

/** Words that both threads see: float64 samples, then an int32 that becomes 1 when DuckDB is closed. */
export const SAMPLES = { memoryBytes: 0, spilledBytes: 1, totalSpilledBytes: 2 } as const
export const CLOSED_WORD = 6
export const WORDS_BYTES = 32
