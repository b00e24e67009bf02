/**
 * The protocol between a stage and the thread that works on its SQLite file. Each request is answered once, in order.
 * Batches travel as descriptors: their data is in the shared memory.
 */

import type { Vector } from '../../../io/batch.js'
import type { SqliteQuery } from '../../../io/database/sqlite/reader.js'
import type { ErrorMessage } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'

interface Rows {
  readonly length: number
  readonly columns: readonly Vector[]
}

export interface Calls {
  openReader: { request: { readonly query: SqliteQuery }; reply: { readonly schema: Schema } }
  start: { request: { readonly from: string | null }; reply: null }
  next: { request: { readonly rows: number }; reply: { readonly batch: Rows | null } }
  openStage: {
    request: { readonly path: string; readonly table: string; readonly stagingPath: string }
    reply: null
  }
  rows: { request: { readonly sql: string }; reply: { readonly rows: readonly Record<string, unknown>[] } }
  stage: {
    request: { readonly segment: string; readonly schema: Schema; readonly batch: Rows; readonly firstRow: number }
    reply: null
  }
  /** Runs statements, all or none. */
  transaction: { request: { readonly statements: readonly string[] }; reply: null }
  /** Runs statements as they are. */
  run: { request: { readonly sql: string }; reply: null }
  close: { request: Record<never, never>; reply: null }
}

export type CallKind = keyof Calls
export type Request = { [K in CallKind]: { readonly kind: K } & Calls[K]['request'] }[CallKind]
export type Answer =
  | { readonly ok: true; readonly value: Calls[CallKind]['reply'] }
  | { readonly ok: false; readonly error: ErrorMessage }

export interface SqliteStart {
  readonly memory: WebAssembly.Memory
  /** Owner of the blocks of batches. */
  readonly owner: number
}
