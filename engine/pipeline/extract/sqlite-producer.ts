/** Tables and queries of SQLite files, read in a thread of their own. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import type { DatabaseSource } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'
import { SqliteClient } from '../sqlite/client.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import { CursorTracker, cursorPosition } from './cursor.js'
import type { ProducerSetting } from './setting.js'
import { slicesOf } from './slices.js'

export async function openSqliteProducer(source: DatabaseSource, setting: ProducerSetting): Promise<Producer> {
  const { connection, table, query, cursor, schema } = source
  const client = SqliteClient.start(setting.services)
  try {
    const stagingPath = await setting.services.run.spill.createFile()
    const described = { path: connection, table, query, cursor, schema, stagingPath }
    const opened = await client.call('openReader', { query: described })
    return new SqliteProducer(source, client, schema ?? opened.schema, setting)
  } catch (error) {
    await client.close()
    throw error
  }
}

class SqliteProducer implements Producer {
  readonly bounded = true
  readonly isResumable: boolean
  readonly rows = null
  readonly fingerprint: Json

  constructor(
    private readonly source: DatabaseSource,
    private readonly client: SqliteClient,
    readonly schema: Schema,
    private readonly setting: ProducerSetting,
  ) {
    const { database, connection, table, query, cursor } = source
    this.isResumable = cursor !== null
    this.fingerprint = { database, connection, table, query, cursor }
  }

  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const { services, id, batchRows } = this.setting
    const { cursor } = this.source
    const start = cursorPosition(position)
    const tracker = cursor === null ? null : new CursorTracker(cursor, this.schema, start, id)
    let left = start?.seen ?? 0
    await this.client.call('start', { from: start?.value ?? null })
    for await (const whole of this.batches()) {
      const skipped = Math.min(left, whole.length)
      left -= skipped
      for (const { batch } of slicesOf(whole, batchRows, services, skipped)) {
        yield { batch, position: tracker?.after(batch, services.memory.views) ?? null }
      }
    }
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  /** One batch is read while the one before is worked on. */
  private async *batches(): AsyncGenerator<Batch> {
    const { memory } = this.setting.services
    let ahead: Promise<Batch | null> | null = this.next()
    try {
      for (;;) {
        const batch: Batch | null = await ahead
        ahead = null
        if (batch === null) return
        ahead = this.next()
        // A failure is seen when its turn comes; until then it must not count as unhandled.
        ahead.catch(() => undefined)
        yield batch
      }
    } finally {
      const unused = await ahead?.catch(() => null)
      if (unused !== null && unused !== undefined) releaseBatch(memory, unused)
    }
  }

  private async next(): Promise<Batch | null> {
    const { services, batchRows } = this.setting
    services.run.throwIfCancelled()
    const { batch } = await this.client.call('next', { rows: batchRows })
    return batch === null ? null : { ...batch, schema: this.schema }
  }
}
