/** Loads tables of DuckDB files. Rows wait in tables of the engine's DuckDB, which spills what does not fit its memory. */

import type { Batch } from '../../../io/batch.js'
import { columnList, quoteName, quoteTable, quoteText } from '../../../io/database/names.js'
import { columnDefinitions } from '../../../io/duckdb/types.js'
import { toRow } from '../../../io/records/row.js'
import { VolleyError } from '../../../planner/errors.js'
import { BOOL, field, INT64, type Schema, schemaOf, UTF8 } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { type DuckDbFile, openDuckDbFile } from '../duckdb-files.js'
import type { PipelineServices } from '../services.js'
import { type Fault, faultOf } from './faults.js'
import {
  BOOKKEEPING,
  createBookkeeping,
  type Destination,
  forgetCommitted,
  insertAll,
  recordCommitted,
  type StagedTable,
  selectCommitted,
  shadowName,
  stagedColumn,
  upsertAll,
} from './statements.js'
import { checkTableColumns, noTable, tableExists } from './table-columns.js'
import type { Committed, TableLoader, TableTarget } from './table-loader.js'

let loaders = 0

export class DuckDbLoader implements TableLoader {
  /** Tells its tables from those of others. */
  private readonly number = ++loaders
  private file: DuckDbFile | null = null
  private schema: Schema = schemaOf([])
  private readonly segments = new Map<number, { readonly table: StagedTable; readonly firstRow: number }>()

  constructor(
    private readonly target: TableTarget,
    private readonly services: PipelineServices,
  ) {}

  async open(isAnew: boolean): Promise<Committed | null> {
    this.file = await openDuckDbFile(this.target.connection, 'write', this.services)
    const { job, mode, table } = this.target
    if (isAnew && mode === 'fail' && (await this.columns(table)).length > 0) throw tableExists(table)
    if (job === null) return null
    await this.execute([createBookkeeping(this.qualified(BOOKKEEPING))])
    if (isAnew) {
      await this.forget()
      return null
    }
    const known = schemaOf([field('epoch', INT64), field('finished', BOOL)])
    const [row] = await this.rows(selectCommitted(this.qualified(BOOKKEEPING), job), known)
    return row === undefined ? null : { epoch: Number(row.epoch), isFinished: row.finished === true }
  }

  async begin(schema: Schema): Promise<void> {
    const { table, mode, create } = this.target
    this.schema = schema
    const present = await this.columns(table)
    if (present.length > 0) checkTableColumns(table, present, schema)
    else if (create || mode === 'fail') {
      await this.execute([`create table ${this.qualified(table)} (${columnDefinitions(schema)})`])
    } else throw noTable(table)
  }

  async stage(batch: Batch, segment: number, firstRow: number): Promise<void> {
    const { duckdb } = this.opened()
    const { signal } = this.services
    let staged = this.segments.get(segment)
    if (staged === undefined) {
      const name = `volley_load_${this.number}_${segment}`
      const numbered = this.schema.fields.map((own, index) => ({ ...own, name: stagedColumn(index) }))
      await duckdb.createTable(name, schemaOf(numbered), signal)
      staged = { table: { name: quoteName(name), row: 'rowid' }, firstRow }
      this.segments.set(segment, staged)
    }
    if (batch.length > 0) await duckdb.append(nameOf(staged.table), batch, signal)
  }

  async load(segments: readonly number[], epoch: number | null, isLast: boolean): Promise<void> {
    const { table, mode, job, key } = this.target
    const staged = segments.flatMap((segment) => this.segments.get(segment)?.table ?? [])
    const isGathering = mode === 'replace' && !isLast
    const shadow = this.qualified(shadowName(table, job?.stage ?? ''))
    const target = isGathering ? shadow : this.qualified(table)
    const columns = this.schema.fields.map(({ name }) => name)
    const name = quoteName(table.split('.').at(-1) ?? table)
    const destination: Destination = { table: target, reference: name, columns, key }
    const move = staged.flatMap((one) =>
      mode === 'upsert' ? upsertAll(destination, one) : [insertAll(destination, one)],
    )
    const replacement = mode === 'replace' && isLast ? await this.replacement(shadow) : []
    const gathering = isGathering && columns.length > 0 ? [this.createShadow(shadow)] : []
    const record =
      job === null || epoch === null ? [] : recordCommitted(this.qualified(BOOKKEEPING), job, epoch, isLast)
    try {
      await this.execute([...gathering, ...replacement, ...move, ...record])
    } catch (error) {
      throw await this.explained(error, segments)
    }
    for (const segment of segments) this.drop(segment)
  }

  async forget(): Promise<void> {
    const { job, table } = this.target
    if (this.file === null || job === null) return
    const shadow = `drop table if exists ${this.qualified(shadowName(table, job.stage))}`
    await this.execute([shadow, forgetCommitted(this.qualified(BOOKKEEPING), job)])
  }

  async close(): Promise<void> {
    for (const segment of [...this.segments.keys()]) this.drop(segment)
    const { file } = this
    this.file = null
    await file?.close()
  }

  private createShadow(shadow: string): string {
    const columns = this.schema.fields.map(({ name }) => name)
    return `create table if not exists ${shadow} as select ${columnList(columns)} from ${this.qualified(this.target.table)} limit 0`
  }

  private async replacement(shadow: string): Promise<readonly string[]> {
    const { table, job } = this.target
    const target = this.qualified(table)
    const clear = [`delete from ${target}`]
    if (job === null || (await this.columns(shadowName(table, job.stage))).length === 0) return clear
    const list = columnList(this.schema.fields.map(({ name }) => name))
    return [...clear, `insert into ${target} (${list}) select ${list} from ${shadow}`, `drop table ${shadow}`]
  }

  private drop(segment: number): void {
    const staged = this.segments.get(segment)
    this.segments.delete(segment)
    // Not waited for: the host may be gone with the engine, and the table with it.
    if (staged !== undefined) void this.file?.duckdb.dropTable(nameOf(staged.table)).catch(() => undefined)
  }

  /** Names of the columns; none if there is no such table. */
  private async columns(table: string): Promise<readonly string[]> {
    return (await this.columnTypes(table)).map(({ name }) => name)
  }

  private async columnTypes(table: string): Promise<readonly { readonly name: string; readonly type: string }[]> {
    const { alias } = this.opened()
    const [schema, name] = table.includes('.') ? table.split('.') : ['main', table]
    const sql = `select column_name, data_type from duckdb_columns() where database_name = ${quoteText(alias)}
      and lower(schema_name) = lower(${quoteText(schema)}) and lower(table_name) = lower(${quoteText(name)}) order by column_index`
    const rows = await this.rows(sql, schemaOf([field('column_name', UTF8), field('data_type', UTF8)]))
    return rows.map((row) => ({ name: String(row.column_name), type: String(row.data_type) }))
  }

  private async rows(sql: string, schema: Schema): Promise<readonly Record<string, unknown>[]> {
    const { memory, run } = this.services
    const rows: Record<string, unknown>[] = []
    for await (const batch of this.opened().duckdb.query(sql, schema, { owner: run.handle.owner })) {
      for (let row = 0; row < batch.length; row++) rows.push(toRow(memory.views, batch, row))
      releaseBatch(memory, batch)
    }
    return rows
  }

  /** One transaction. A failed one is rolled back before anybody else's statement can run on its connection. */
  private async execute(statements: readonly string[]): Promise<void> {
    const { duckdb } = this.opened()
    const done = duckdb.execute(['begin transaction', ...statements, 'commit'].join(';\n'))
    const undone = duckdb.execute('rollback').catch(() => undefined)
    await Promise.all([done, undone])
  }

  private async explained(error: unknown, segments: readonly number[]): Promise<unknown> {
    if (!(error instanceof VolleyError)) return error
    const { table } = this.target
    const columns = this.schema.fields.map(({ name }) => name)
    if (error.code === 'VOLLEY_CAST' || error.code === 'VOLLEY_OVERFLOW') return this.ofValue(error, segments)
    const fault = duckDbFault(error.message)
    for (const segment of fault === null ? [] : segments) {
      const staged = this.segments.get(segment)
      const condition = fault === null ? null : faultCondition(fault, columns)
      if (staged === undefined || condition === null) continue
      const sql = `select max(rowid) as found from ${staged.table.name} where ${condition}`
      const [row] = await this.rows(sql, schemaOf([field('found', INT64)]))
      if (row.found === null) continue
      return faultOf(error, table, fault, Number(row.found) + staged.firstRow)
    }
    return faultOf(error, table, fault, null)
  }

  /** Finds the value that does not become one of its column's type. */
  private async ofValue(error: VolleyError, segments: readonly number[]): Promise<VolleyError> {
    const { table } = this.target
    const types = await this.columnTypes(table)
    const message = error.message.replace(/ when casting from source column c\d+/, '')
    const plain = new VolleyError(error.code, message, error.details, error)
    for (const staged of segments.flatMap((segment) => this.segments.get(segment) ?? [])) {
      for (const [index, { name }] of this.schema.fields.entries()) {
        const column = stagedColumn(index)
        const type = types.find((own) => own.name.toLowerCase() === name.toLowerCase())?.type
        if (type === undefined) continue
        const bad = `${column} is not null and try_cast(${column} as ${type}) is null`
        const sql = `select min(rowid) as found from ${staged.table.name} where ${bad}`
        const [{ found }] = await this.rows(sql, schemaOf([field('found', INT64)]))
        if (found === null) continue
        return faultOf(plain, table, { kind: 'value', columns: [name], values: null }, Number(found) + staged.firstRow)
      }
    }
    return faultOf(plain, table, null, null)
  }

  private qualified(table: string): string {
    return quoteTable(`${this.opened().alias}.${table.includes('.') ? table : `main.${table}`}`)
  }

  private opened(): DuckDbFile {
    if (this.file === null) throw new VolleyError('VOLLEY_CLOSED', `${this.target.connection} is closed`)
    return this.file
  }
}

function nameOf({ name }: StagedTable): string {
  return name.slice(1, -1)
}

function duckDbFault(message: string): Fault | null {
  const missing = /NOT NULL constraint failed: (?:.*\.)?([^.]+)$/.exec(message)
  if (missing !== null) return { columns: [missing[1]], values: null, kind: 'constraint' }
  const double = /key "((?:[^"])*)" (?:violates|does not exist)/.exec(message)
  if (double === null) return /constraint/i.test(message) ? { kind: 'constraint', columns: [], values: null } : null
  const parts = double[1].split(', ').map((part) => part.split(': '))
  return { kind: 'constraint', columns: parts.map(([name]) => name), values: parts.map(([, value]) => value) }
}

/** Which staged rows may be to blame; null if it cannot be told. */
function faultCondition({ columns, values }: Fault, all: readonly string[]): string | null {
  if (columns.length === 0) return null
  const staged = columns.map((name) => all.findIndex((own) => own.toLowerCase() === name.toLowerCase()))
  if (staged.includes(-1)) return null
  return staged
    .map((index, at) =>
      values === null
        ? `${stagedColumn(index)} is null`
        : `cast(${stagedColumn(index)} as varchar) = ${quoteText(values[at] ?? '')}`,
    )
    .join(' and ')
}
