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
import { DuckDbTrial } from './duckdb-trial.js'
import type { Refusal } from './faults.js'
import type { Committed, LoadedDatabase, Trial } from './loaded-database.js'
import { numberedRows } from './numbered-rows.js'
import { makeParentDirectory } from './parent-directory.js'
import { type Destination, type StagedTable, stagedColumn, upsertAll } from './statements.js'
import type { TableTarget } from './table-loader.js'

const ROW = 'row_number'
let targets = 0

export class DuckDbTarget implements LoadedDatabase {
  readonly longestName = Number.POSITIVE_INFINITY
  /** Tells its tables from those of others. */
  private readonly number = ++targets
  private file: DuckDbFile | null = null
  private schema: Schema = schemaOf([])
  private readonly made = new Set<number>()

  constructor(
    private readonly target: TableTarget,
    private readonly services: PipelineServices,
  ) {}

  async open(): Promise<void> {
    await makeParentDirectory(this.target.connection)
    this.file = await openDuckDbFile(this.target.connection, 'write', this.services)
  }

  quoted(table: string): string {
    return quoteTable(`${this.opened().alias}.${table.includes('.') ? table : `main.${table}`}`)
  }

  async columns(table: string): Promise<readonly string[]> {
    return (await this.columnTypes(table)).map(({ name }) => name)
  }

  async createTable(table: string, schema: Schema): Promise<void> {
    await this.transaction([`create table ${this.quoted(table)} (${columnDefinitions(schema)})`])
  }

  createLike(copy: string, table: string, columns: readonly string[]): string {
    return `create table if not exists ${this.quoted(copy)} as select ${columnList(columns)} from ${this.quoted(table)} limit 0`
  }

  async committed(query: string): Promise<Committed | null> {
    const [row] = await this.rows(query, schemaOf([field('epoch', INT64), field('finished', BOOL)]))
    return row === undefined ? null : { epoch: Number(row.epoch), isFinished: row.finished === true }
  }

  async begin(schema: Schema): Promise<void> {
    this.schema = schema
  }

  async stage(batch: Batch, segment: number, firstRow: number): Promise<void> {
    const { duckdb } = this.opened()
    const { memory, allocate, signal } = this.services
    const name = this.nameOf(segment)
    if (!this.made.has(segment)) {
      const columns = this.schema.fields.map((own, index) => ({ ...own, name: stagedColumn(index) }))
      await duckdb.createTable(name, schemaOf([...columns, field(ROW, INT64, false)]), signal)
      this.made.add(segment)
    }
    const { numbered, release } = numberedRows(batch, ROW, firstRow, { memory, allocate })
    try {
      if (batch.length > 0) await duckdb.append(name, numbered, signal)
    } finally {
      release()
    }
  }

  staged(segment: number): StagedTable {
    return { name: quoteName(this.nameOf(segment)), row: ROW }
  }

  upsert(destination: Destination, staged: StagedTable): readonly string[] {
    return upsertAll(destination, staged)
  }

  /** A failed one is rolled back before anybody else's statement can run on its connection. */
  async transaction(statements: readonly string[]): Promise<void> {
    const { duckdb } = this.opened()
    const done = duckdb.execute(['begin transaction', ...statements, 'commit'].join(';\n'))
    const undone = duckdb.execute('rollback').catch(() => undefined)
    await Promise.all([done, undone])
  }

  refusal(error: unknown): Refusal | null {
    if (!(error instanceof VolleyError)) return null
    const { code, message } = error
    if (code === 'VOLLEY_CAST' || code === 'VOLLEY_OVERFLOW') return { kind: 'value', columns: [] }
    if (code !== 'VOLLEY_IO' || !/constraint/i.test(message)) return null
    const missing = /NOT NULL constraint failed: (?:.*\.)?([^.]+)$/.exec(message)
    if (missing !== null) return { kind: 'constraint', columns: [missing[1]] }
    const key = /key "((?:[^"])*)" (?:violates|does not exist)/.exec(message)?.[1].split(', ') ?? []
    return { kind: 'constraint', columns: key.map((part) => part.split(': ')[0]) }
  }

  trial(segments: readonly number[], before: readonly string[]): Promise<Trial> {
    const { table, key, mode } = this.target
    return DuckDbTrial.open({
      table,
      schema: this.schema,
      key: mode === 'upsert' ? key : [],
      before,
      types: () => this.columnTypes(table),
      uniqueKeys: () => this.uniqueKeys(),
      staged: segments.map((segment) => [segment, this.staged(segment)]),
      execute: (sql) => this.opened().duckdb.execute(sql),
      found: async (sql) => {
        const [{ found }] = await this.rows(sql, schemaOf([field('found', INT64)]))
        return found === null ? null : Number(found)
      },
      refusal: (error) => this.refusal(error),
    })
  }

  async drop(segment: number): Promise<void> {
    if (!this.made.delete(segment)) return
    // Not waited for: the host may be gone with the engine, and the table with it.
    void this.file?.duckdb.dropTable(this.nameOf(segment)).catch(() => undefined)
  }

  async close(): Promise<void> {
    const { file } = this
    this.file = null
    await file?.close()
  }

  private nameOf(segment: number): string {
    return `volley_load_${this.number}_${segment}`
  }

  private async columnTypes(table: string): Promise<readonly { readonly name: string; readonly type: string }[]> {
    const sql = `select column_name, data_type from duckdb_columns() where ${this.isTable(table)} order by column_index`
    const rows = await this.rows(sql, schemaOf([field('column_name', UTF8), field('data_type', UTF8)]))
    return rows.map((row) => ({ name: String(row.column_name), type: String(row.data_type) }))
  }

  /** The columns of constraints and indexes that values may not come twice in; indexes of expressions are left out. */
  private async uniqueKeys(): Promise<readonly (readonly string[])[]> {
    const { table } = this.target
    const known = (await this.columns(table)).map((name) => name.toLowerCase())
    const sql = `select to_json(constraint_column_names)::varchar as names from duckdb_constraints()
      where ${this.isTable(table)} and constraint_type in ('PRIMARY KEY', 'UNIQUE') union all
      select to_json(string_split(trim(replace(expressions, '"', ''), '[]'), ', '))::varchar from duckdb_indexes()
      where ${this.isTable(table)} and is_unique`
    const rows = await this.rows(sql, schemaOf([field('names', UTF8)]))
    return rows
      .map(({ names }) => JSON.parse(String(names)) as string[])
      .filter((names) => names.every((name) => known.includes(name.toLowerCase())))
  }

  private isTable(table: string): string {
    const [schema, name] = table.includes('.') ? table.split('.') : ['main', table]
    return `database_name = ${quoteText(this.opened().alias)}
      and lower(schema_name) = lower(${quoteText(schema)}) and lower(table_name) = lower(${quoteText(name)})`
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

  private opened(): DuckDbFile {
    if (this.file === null) throw new VolleyError('VOLLEY_CLOSED', `${this.target.connection} is closed`)
    return this.file
  }
}
