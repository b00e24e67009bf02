/** Tables and queries of PostgreSQL, through a cursor. */

import Cursor from 'pg-cursor'
import { quoteName, quoteTable, quoteText } from '../../../io/database/names.js'
import { AS_TEXT, PostgresqlConnection, shownConnection } from '../../../io/database/postgresql/connection.js'
import { fromPostgresql } from '../../../io/database/postgresql/parse.js'
import { typeOfColumn } from '../../../io/database/postgresql/types.js'
import { batchOfColumns } from '../../../io/row-batches.js'
import type { DatabaseSource } from '../../../planner/pipeline/definition.js'
import { field, type Schema, schemaOf } from '../../../planner/types.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'
import { CursorTracker, cursorPosition } from './cursor.js'
import type { ProducerSetting } from './setting.js'

type Row = readonly (string | null)[]

export async function openPostgresqlProducer(source: DatabaseSource, setting: ProducerSetting): Promise<Producer> {
  const connection = await PostgresqlConnection.open(source.connection, setting.services.signal)
  try {
    // The rows are those of one moment.
    await connection.run('begin isolation level repeatable read read only')
    const schema = source.schema ?? (await schemaOfRelation(connection, relationOf(source)))
    return new PostgresqlProducer(source, connection, schema, setting)
  } catch (error) {
    await connection.close()
    throw error
  }
}

class PostgresqlProducer implements Producer {
  readonly bounded = true
  readonly isResumable: boolean
  readonly rows = null
  readonly fingerprint: Json

  constructor(
    private readonly source: DatabaseSource,
    private readonly connection: PostgresqlConnection,
    readonly schema: Schema,
    private readonly setting: ProducerSetting,
  ) {
    const { database, table, query, cursor } = source
    this.isResumable = cursor !== null
    this.fingerprint = { database, connection: shownConnection(source.connection), table, query, cursor }
  }

  async *open(position: Json | null): AsyncGenerator<ProducedBatch> {
    const { services, id, batchRows } = this.setting
    const { cursor, table } = this.source
    const start = cursorPosition(position)
    const tracker = cursor === null ? null : new CursorTracker(cursor, this.schema, start, id)
    const label = table === null ? `query of ${this.connection.label}` : `table ${table}`
    let left = start?.seen ?? 0
    let row = 0
    for await (const rows of this.rowsFrom(start?.value ?? null, batchRows)) {
      const wanted = rows.slice(left)
      left -= rows.length - wanted.length
      if (wanted.length === 0) continue
      const first = row
      const columns = this.schema.fields.map((own, index) =>
        wanted.map((values, at) => fromPostgresql(values[index], own, first + at, label)),
      )
      row += wanted.length
      const batch = batchOfColumns(this.schema, columns, wanted.length, services.target)
      yield { batch, position: tracker?.after(batch, services.memory.views) ?? null }
    }
  }

  async close(): Promise<void> {
    await this.connection.close()
  }

  private async *rowsFrom(from: string | null, count: number): AsyncGenerator<readonly Row[]> {
    const options = { rowMode: 'array' as const, types: AS_TEXT }
    const { connection } = this
    const cursor = connection.client.query(new Cursor<Row>(this.select(from), [], options as object))
    const read = () => connection.attempt(() => cursor.read(count))
    try {
      // The next rows are on their way while these are worked on.
      for (let next = read(); ; ) {
        const rows = await next
        if (rows.length === 0) return
        next = read()
        next.catch(() => undefined)
        yield rows
      }
    } finally {
      await cursor.close().catch(() => undefined)
    }
  }

  private select(from: string | null): string {
    const { cursor } = this.source
    const list = this.schema.fields.map(({ name }) => quoteName(name)).join(', ')
    const select = `select ${list} from (${relationOf(this.source)}) as volley_source`
    if (cursor === null) return select
    const bound = from === null ? '' : ` where ${quoteName(cursor)} >= ${quoteText(from)}`
    return `${select}${bound} order by ${quoteName(cursor)}`
  }
}

function relationOf({ table, query }: DatabaseSource): string {
  return query?.replace(/;\s*$/, '') ?? `select * from ${quoteTable(table ?? '')}`
}

async function schemaOfRelation(connection: PostgresqlConnection, relation: string): Promise<Schema> {
  const { fields } = await connection.query(`select * from (${relation}) as volley_source limit 0`)
  return schemaOf(
    fields.map(({ name, dataTypeID, dataTypeModifier }) => field(name, typeOfColumn(dataTypeID, dataTypeModifier))),
  )
}
