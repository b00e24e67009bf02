/**
 * The protocol between a stage and the thread that works on its SQLite file. Each request is answered once, in order.
 * Batches travel as descriptors: their data is in the shared memory.
 */

import type { Vector } from '../../../io/batch.js'
import type { SqliteFault } from '../../../io/database/sqlite/loader.js'
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
  columns: { request: { readonly table: string }; reply: { readonly names: readonly string[] } }
  createTable: { request: { readonly schema: Schema; readonly key: readonly string[] }; reply: null }
  rows: { request: { readonly sql: string }; reply: { readonly rows: readonly Record<string, unknown>[] } }
  stage: {
    request: { readonly segment: string; readonly schema: Schema; readonly batch: Rows; readonly firstRow: number }
    reply: null
  }
  /** Runs statements in one transaction; if a row of a segment is to blame, the reply says which. */
  load: {
    request: {
      readonly before: readonly string[]
      /** With the statements that move each, and those that move its row `?` alone. */
      readonly segments: readonly {
        readonly name: string
        readonly move: readonly string[]
        readonly moveRow: readonly string[]
      }[]
      readonly after: readonly string[]
    }
    reply: { readonly fault: SqliteFault | null }
  }
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
