/** Loads tables of SQLite files, from a thread of its own. Rows wait in a file of the temporary directory. */

import type { Batch } from '../../../io/batch.js'
import { columnList, quoteName, quoteTable } from '../../../io/database/names.js'
import { VolleyError } from '../../../planner/errors.js'
import { type Schema, schemaOf } from '../../../planner/types.js'
import type { PipelineServices } from '../services.js'
import { SqliteClient } from '../sqlite/client.js'
import { faultOf } from './faults.js'
import {
  BOOKKEEPING,
  createBookkeeping,
  type Destination,
  forgetCommitted,
  insertAll,
  recordCommitted,
  selectCommitted,
  shadowName,
  upsertAll,
} from './statements.js'
import { checkTableColumns, noTable, tableExists } from './table-columns.js'
import type { Committed, TableLoader, TableTarget } from './table-loader.js'

export class SqliteLoader implements TableLoader {
  private client: SqliteClient | null = null
  private schema: Schema = schemaOf([])
  private readonly staged = new Set<number>()

  constructor(
    private readonly target: TableTarget,
    private readonly services: PipelineServices,
  ) {}

  async open(isAnew: boolean): Promise<Committed | null> {
    const { job, mode, table, connection } = this.target
    this.client = SqliteClient.start(this.services)
    const stagingPath = await this.services.run.spill.createFile()
    await this.client.call('openStage', { path: connection, table, stagingPath })
    if (isAnew && mode === 'fail' && (await this.columns(table)).length > 0) throw tableExists(table)
    if (job === null) return null
    await this.execute([createBookkeeping(BOOKKEEPING)])
    if (isAnew) {
      await this.forget()
      return null
    }
    const { rows } = await this.opened().call('rows', { sql: selectCommitted(BOOKKEEPING, job) })
    return rows.length === 0 ? null : { epoch: Number(rows[0].epoch), isFinished: Number(rows[0].finished) === 1 }
  }

  async begin(schema: Schema): Promise<void> {
    const { table, mode, create, key } = this.target
    this.schema = schema
    const present = await this.columns(table)
    if (present.length > 0) checkTableColumns(table, present, schema)
    else if (create || mode === 'fail') {
      await this.opened().call('createTable', { schema, key: mode === 'upsert' ? key : [] })
    } else throw noTable(table)
  }

  async stage(batch: Batch, segment: number, firstRow: number): Promise<void> {
    const { length, columns } = batch
    await this.opened().call('stage', {
      segment: nameOf(segment),
      schema: this.schema,
      batch: { length, columns },
      firstRow,
    })
    this.staged.add(segment)
  }

  async load(segments: readonly number[], epoch: number | null, isLast: boolean): Promise<void> {
    const { table, mode, job, key } = this.target
    const isGathering = mode === 'replace' && !isLast
    const shadow = quoteTable(shadowName(table, job?.stage ?? ''))
    const columns = this.schema.fields.map(({ name }) => name)
    const into = isGathering ? shadow : quoteTable(table)
    const destination: Destination = { table: into, reference: quoteName(table), columns, key }
    const replacement = mode === 'replace' && isLast ? await this.replacement(shadow) : []
    const gathering = isGathering && columns.length > 0 ? [this.createShadow(shadow)] : []
    const record = job === null || epoch === null ? [] : recordCommitted(BOOKKEEPING, job, epoch, isLast)
    const moved = (name: string) =>
      mode === 'upsert' ? upsertAll(destination, { name, row: 'row' }) : [insertAll(destination, { name, row: 'row' })]
    const { fault } = await this.opened().call('load', {
      before: [...gathering, ...replacement],
      segments: segments
        .filter((segment) => this.staged.has(segment))
        .map((segment) => ({
          name: nameOf(segment),
          move: moved(`staging.${nameOf(segment)}`),
          moveRow: moved(`(select * from staging.${nameOf(segment)} where row = ?1)`),
        })),
      after: record,
    })
    if (fault !== null) {
      const error = new VolleyError('VOLLEY_DATABASE', fault.message, { path: this.target.connection })
      throw faultOf(error, table, { kind: fault.kind, columns: fault.columns, values: null }, fault.row)
    }
    for (const segment of segments) this.staged.delete(segment)
  }

  async forget(): Promise<void> {
    const { job, table } = this.target
    if (this.client === null || job === null) return
    const shadow = `drop table if exists ${quoteTable(shadowName(table, job.stage))}`
    await this.execute([shadow, forgetCommitted(BOOKKEEPING, job)])
  }

  async close(): Promise<void> {
    const { client } = this
    this.client = null
    await client?.close()
  }

  private createShadow(shadow: string): string {
    const list = columnList(this.schema.fields.map(({ name }) => name))
    return `create table if not exists ${shadow} as select ${list} from ${quoteTable(this.target.table)} limit 0`
  }

  private async replacement(shadow: string): Promise<readonly string[]> {
    const { table, job } = this.target
    const clear = [`delete from ${quoteTable(table)}`]
    if (job === null || (await this.columns(shadowName(table, job.stage))).length === 0) return clear
    const list = columnList(this.schema.fields.map(({ name }) => name))
    return [
      ...clear,
      `insert into ${quoteTable(table)} (${list}) select ${list} from ${shadow}`,
      `drop table ${shadow}`,
    ]
  }

  private async columns(table: string): Promise<readonly string[]> {
    return (await this.opened().call('columns', { table })).names
  }

  private async execute(statements: readonly string[]): Promise<void> {
    await this.opened().call('load', { before: statements, segments: [], after: [] })
  }

  private opened(): SqliteClient {
    if (this.client === null) throw new VolleyError('VOLLEY_CLOSED', `${this.target.connection} is closed`)
    return this.client
  }
}

function nameOf(segment: number): string {
  return `segment_${segment}`
}
