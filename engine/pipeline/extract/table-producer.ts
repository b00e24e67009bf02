/** Tables and queries of databases: what is the same for all of them. */

import type { Batch } from '../../../io/batch.js'
import type { DatabaseSource } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import { CursorTracker, cursorPosition } from './cursor.js'
import type { ProducerSetting } from './setting.js'
import { slicesOf } from './slices.js'

/** A database that is open, for one table or query. */
export interface ReadDatabase {
  readonly schema: Schema
  /** What may be shown of the connection. */
  readonly label: string
  /**
   * Batches of the source's rows, which are the caller's. With a cursor, in its order, and only those whose value is not less
   * than `from`, as text; null: all.
   */
  batches(from: string | null): AsyncGenerator<Batch>
  close(): Promise<void>
}

export class TableProducer implements Producer {
  readonly bounded = true
  readonly isResumable: boolean
  readonly rows = null
  readonly fingerprint: Json

  constructor(
    private readonly source: DatabaseSource,
    private readonly database: ReadDatabase,
    private readonly setting: ProducerSetting,
  ) {
    const { database: kind, table, query, cursor } = source
    this.isResumable = cursor !== null
    this.fingerprint = { database: kind, connection: database.label, table, query, cursor }
  }

  get schema(): Schema {
    return this.database.schema
  }

  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const { services, id, batchRows } = this.setting
    const { cursor } = this.source
    const start = cursorPosition(position)
    const tracker = cursor === null ? null : new CursorTracker(cursor, this.schema, start, id)
    let left = start?.seen ?? 0
    for await (const whole of this.database.batches(start?.value ?? null)) {
      const skipped = Math.min(left, whole.length)
      left -= skipped
      for (const { batch } of slicesOf(whole, batchRows, services, skipped)) {
        yield { batch, position: tracker?.after(batch, services.memory.views) ?? null }
      }
    }
  }

  close(): Promise<void> {
    return this.database.close()
  }
}
