/** Tables and queries of SQLite files, read in a thread of their own. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import type { DatabaseSource } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'
import { SqliteClient } from '../sqlite/client.js'
import type { Producer } from '../stage.js'
import type { ProducerSetting } from './setting.js'
import { type ReadDatabase, TableProducer } from './table-producer.js'

export async function openSqliteProducer(source: DatabaseSource, setting: ProducerSetting): Promise<Producer> {
  const { connection, table, query, cursor, schema } = source
  const client = SqliteClient.start(setting.services)
  try {
    const stagingPath = await setting.services.run.spill.createFile()
    const described = { path: connection, table, query, cursor, schema, stagingPath }
    const opened = await client.call('openReader', { query: described })
    const rows = new SqliteRows(source, client, schema ?? opened.schema, setting)
    return new TableProducer(source, rows, setting)
  } catch (error) {
    await client.close()
    throw error
  }
}

class SqliteRows implements ReadDatabase {
  readonly label: string

  constructor(
    { connection }: DatabaseSource,
    private readonly client: SqliteClient,
    readonly schema: Schema,
    private readonly setting: ProducerSetting,
  ) {
    this.label = connection
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  /** One batch is read while the one before is worked on. */
  async *batches(from: string | null): AsyncGenerator<Batch> {
    await this.client.call('start', { from })
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
