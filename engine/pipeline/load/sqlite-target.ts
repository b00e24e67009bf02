/** Loads tables of SQLite files, from a thread of its own. Rows wait in a file of the temporary directory. */

import type { Batch } from '../../../io/batch.js'
import { columnList, quoteName, quoteTable } from '../../../io/database/names.js'
import { declaredType } from '../../../io/database/sqlite/types.js'
import { VolleyError } from '../../../planner/errors.js'
import { type Schema, schemaOf } from '../../../planner/types.js'
import type { PipelineServices } from '../services.js'
import { SqliteClient } from '../sqlite/client.js'
import type { Refusal } from './faults.js'
import type { Committed, LoadedDatabase, Trial } from './loaded-database.js'
import { makeParentDirectory } from './parent-directory.js'
import { SavepointTrial } from './savepoint-trial.js'
import { type Destination, type StagedTable, upsertAll } from './statements.js'
import type { TableTarget } from './table-loader.js'

/** What is no fault of a row. Triggers may say anything else. */
const NOT_OF_ROWS =
  /database is locked|is full|disk I\/O|malformed|readonly|out of memory|unable to open|not a database|no such|syntax error|interrupted/

export class SqliteTarget implements LoadedDatabase {
  readonly longestName = Number.POSITIVE_INFINITY
  private client: SqliteClient | null = null
  private schema: Schema = schemaOf([])

  constructor(
    private readonly target: TableTarget,
    private readonly services: PipelineServices,
  ) {}

  async open(): Promise<void> {
    const { table, connection } = this.target
    await makeParentDirectory(connection)
    this.client = SqliteClient.start(this.services)
    const stagingPath = await this.services.run.spill.createFile()
    await this.client.call('openStage', { path: connection, table, stagingPath })
  }

  quoted(table: string): string {
    return quoteTable(table)
  }

  async columns(table: string): Promise<readonly string[]> {
    return (await this.rows(`pragma table_info(${quoteTable(table)})`)).map(({ name }) => String(name))
  }

  async createTable(table: string, schema: Schema, key: readonly string[]): Promise<void> {
    const columns = schema.fields.map(({ name, type }) => `${quoteName(name)} ${declaredType(type)}`)
    const primary = key.length === 0 ? [] : [`primary key (${columnList(key)})`]
    await this.transaction([`create table ${quoteTable(table)} (${[...columns, ...primary].join(', ')})`])
  }

  createLike(copy: string, table: string, columns: readonly string[]): string {
    return `create table if not exists ${quoteTable(copy)} as select ${columnList(columns)} from ${quoteTable(table)} limit 0`
  }

  async committed(query: string): Promise<Committed | null> {
    const rows = await this.rows(query)
    return rows.length === 0 ? null : { epoch: Number(rows[0].epoch), isFinished: Number(rows[0].finished) === 1 }
  }

  async begin(schema: Schema): Promise<void> {
    this.schema = schema
  }

  async stage({ length, columns }: Batch, segment: number, firstRow: number): Promise<void> {
    const { schema } = this
    await this.opened().call('stage', { segment: nameOf(segment), schema, batch: { length, columns }, firstRow })
  }

  staged(segment: number): StagedTable {
    return { name: `staging.${nameOf(segment)}`, row: 'row' }
  }

  upsert(destination: Destination, staged: StagedTable): readonly string[] {
    return upsertAll(destination, staged)
  }

  async transaction(statements: readonly string[]): Promise<void> {
    await this.opened().call('transaction', { statements })
  }

  refusal(error: unknown): Refusal | null {
    if (!(error instanceof VolleyError) || error.code !== 'VOLLEY_DATABASE') return null
    const { message } = error
    if (NOT_OF_ROWS.test(message)) return null
    const columns =
      /(?:UNIQUE|NOT NULL) constraint failed: (.*)$/.exec(message)?.[1] ?? /column \S+\.(\S+)$/.exec(message)?.[1]
    const names = columns?.split(', ').map((name) => name.slice(name.lastIndexOf('.') + 1)) ?? []
    return { kind: /cannot store|mismatch|too big/.test(message) ? 'value' : 'constraint', columns: names }
  }

  trial(_segments: readonly number[], before: readonly string[]): Promise<Trial> {
    return SavepointTrial.open(['begin immediate', ...before], {
      table: this.target.table,
      run: (sql) => this.run(sql),
      refusal: (error) => this.refusal(error),
      staged: (segment) => this.staged(segment),
    })
  }

  async drop(segment: number): Promise<void> {
    await this.run(`drop table if exists ${this.staged(segment).name}`)
  }

  async close(): Promise<void> {
    const { client } = this
    this.client = null
    await client?.close()
  }

  private async run(sql: string): Promise<void> {
    await this.opened().call('run', { sql })
  }

  private async rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.opened().call('rows', { sql })).rows
  }

  private opened(): SqliteClient {
    if (this.client === null) throw new VolleyError('VOLLEY_CLOSED', `${this.target.connection} is closed`)
    return this.client
  }
}

function nameOf(segment: number): string {
  return `segment_${segment}`
}
