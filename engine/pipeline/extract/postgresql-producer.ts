/** Tables and queries of PostgreSQL, through a cursor. */

import Cursor from 'pg-cursor'
import type { Batch } from '../../../io/batch.js'
import { quoteName, quoteTable, quoteText } from '../../../io/database/names.js'
import { AS_TEXT, PostgresqlConnection, shownConnection } from '../../../io/database/postgresql/connection.js'
import { fromPostgresql } from '../../../io/database/postgresql/parse.js'
import { typeOfColumn } from '../../../io/database/postgresql/types.js'
import { batchOfColumns } from '../../../io/row-batches.js'
import type { DatabaseSource } from '../../../planner/pipeline/definition.js'
import { field, type Schema, schemaOf } from '../../../planner/types.js'
import type { Producer } from '../stage.js'
import type { ProducerSetting } from './setting.js'
import { type ReadDatabase, TableProducer } from './table-producer.js'

type Row = readonly (string | null)[]

export async function openPostgresqlProducer(source: DatabaseSource, setting: ProducerSetting): Promise<Producer> {
  const connection = await PostgresqlConnection.open(source.connection, setting.services.signal)
  try {
    // The rows are those of one moment.
    await connection.run('begin isolation level repeatable read read only')
    const schema = source.schema ?? (await schemaOfRelation(connection, relationOf(source)))
    return new TableProducer(source, new PostgresqlRows(source, connection, schema, setting), setting)
  } catch (error) {
    await connection.close()
    throw error
  }
}

class PostgresqlRows implements ReadDatabase {
  readonly label: string

  constructor(
    private readonly source: DatabaseSource,
    private readonly connection: PostgresqlConnection,
    readonly schema: Schema,
    private readonly setting: ProducerSetting,
  ) {
    this.label = shownConnection(source.connection)
  }

  async *batches(from: string | null): AsyncGenerator<Batch> {
    const { services, batchRows } = this.setting
    const { table } = this.source
    const label = table === null ? `query of ${this.connection.label}` : `table ${table}`
    let row = 0
    for await (const rows of this.rowsFrom(from, batchRows)) {
      const first = row
      const columns = this.schema.fields.map((own, index) =>
        rows.map((values, at) => fromPostgresql(values[index], own, first + at, label)),
      )
      row += rows.length
      yield batchOfColumns(this.schema, columns, rows.length, services.target)
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
