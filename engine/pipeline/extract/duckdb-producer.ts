/** Tables and queries of DuckDB files, run by the engine's DuckDB in its own thread. */

import type { Batch } from '../../../io/batch.js'
import { quoteName, quoteTable, quoteText } from '../../../io/database/names.js'
import { typeOfText } from '../../../io/duckdb/type-text.js'
import { storedTypeName } from '../../../io/duckdb/types.js'
import { toRow } from '../../../io/records/row.js'
import type { DatabaseSource } from '../../../planner/pipeline/definition.js'
import { type Field, field, type Schema, schemaOf, UTF8 } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { type DuckDbFile, openDuckDbFile } from '../duckdb-files.js'
import type { Producer } from '../stage.js'
import type { ProducerSetting } from './setting.js'
import { type ReadDatabase, TableProducer } from './table-producer.js'

/** A column, and what of DuckDB's columns is read as it. */
interface Column {
  readonly field: Field
  readonly expression: string
}

const DESCRIPTION = schemaOf([field('column_name', UTF8), field('column_type', UTF8)])

export async function openDuckDbProducer(source: DatabaseSource, setting: ProducerSetting): Promise<Producer> {
  const file = await openDuckDbFile(source.connection, 'read', setting.services)
  try {
    const columns = source.schema === null ? await columnsOf(file, source, setting) : declared(source.schema)
    return new TableProducer(source, new DuckDbRows(source, file, columns, setting), setting)
  } catch (error) {
    await file.close()
    throw error
  }
}

class DuckDbRows implements ReadDatabase {
  readonly schema: Schema
  readonly label: string

  constructor(
    private readonly source: DatabaseSource,
    private readonly file: DuckDbFile,
    private readonly columns: readonly Column[],
    private readonly setting: ProducerSetting,
  ) {
    this.schema = schemaOf(columns.map((column) => column.field))
    this.label = source.connection
  }

  batches(from: string | null): AsyncGenerator<Batch> {
    return rowsOf(this.file, this.select(from), this.schema, this.setting)
  }

  async close(): Promise<void> {
    await this.file.close()
  }

  private select(from: string | null): string {
    const { cursor } = this.source
    const list = this.columns.map((column) => `${column.expression} as ${quoteName(column.field.name)}`)
    const select = `select ${list.join(', ')} from (${relationOf(this.source)})`
    if (cursor === null) return select
    const type = this.schema.fields.find(({ name }) => name === cursor)?.type ?? UTF8
    const bound =
      from === null ? '' : `where ${quoteName(cursor)} >= cast(${quoteText(from)} as ${storedTypeName(type)})`
    return `select * from (${select}) ${bound} order by ${quoteName(cursor)}`
  }
}

function relationOf({ table, query }: DatabaseSource): string {
  return query?.replace(/;\s*$/, '') ?? `from ${quoteTable(table ?? '')}`
}

function declared(schema: Schema): Column[] {
  return schema.fields.map((own) => ({ field: own, expression: castTo(own) }))
}

async function columnsOf(file: DuckDbFile, source: DatabaseSource, setting: ProducerSetting): Promise<Column[]> {
  const sql = `select column_name, column_type from (describe ${relationOf(source)})`
  const { memory } = setting.services
  const columns: Column[] = []
  for await (const batch of rowsOf(file, sql, DESCRIPTION, setting)) {
    for (let row = 0; row < batch.length; row++) {
      const { column_name: name, column_type: text } = toRow(memory.views, batch, row)
      const own = field(String(name), typeOfText(String(text)))
      // Values of more than 38 digits pass as they are.
      columns.push({ field: own, expression: text === 'HUGEINT' ? quoteName(own.name) : castTo(own) })
    }
    releaseBatch(memory, batch)
  }
  return columns
}

function castTo({ name, type }: Field): string {
  return `cast(${quoteName(name)} as ${storedTypeName(type)})`
}

function rowsOf(
  { duckdb, alias }: DuckDbFile,
  sql: string,
  schema: Schema,
  { services, batchRows }: ProducerSetting,
): AsyncGenerator<Batch> {
  const { run, signal } = services
  return duckdb.query(sql, schema, { owner: run.handle.owner, batchRows, signal, before: `use ${alias}` })
}
