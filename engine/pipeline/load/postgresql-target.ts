/** Loads tables of PostgreSQL: rows are copied into temporary tables, and moved from there in one transaction. */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Batch } from '../../../io/batch.js'
import { columnList, quoteName, quoteTable, quoteText } from '../../../io/database/names.js'
import { PostgresqlConnection, type PostgresqlFault } from '../../../io/database/postgresql/connection.js'
import { copyText } from '../../../io/database/postgresql/copy-text.js'
import { declaredType } from '../../../io/database/postgresql/types.js'
import { VolleyError } from '../../../planner/errors.js'
import { type Schema, schemaOf } from '../../../planner/types.js'
import type { PipelineServices } from '../services.js'
import { atRow, faultOf, type Refusal } from './faults.js'
import type { Committed, LoadedDatabase, Trial } from './loaded-database.js'
import { SavepointTrial } from './savepoint-trial.js'
import { type Destination, type StagedTable, stagedColumn, upsertAll, upsertOnConflict } from './statements.js'
import type { TableTarget } from './table-loader.js'

export class PostgresqlTarget implements LoadedDatabase {
  readonly longestName = 63
  private connection: PostgresqlConnection | null = null
  private schema: Schema = schemaOf([])
  private hasUniqueKey = false
  private readonly made = new Set<number>()

  constructor(
    private readonly target: TableTarget,
    private readonly services: PipelineServices,
  ) {}

  async open(): Promise<void> {
    this.connection = await PostgresqlConnection.open(this.target.connection, this.services.signal)
  }

  quoted(table: string): string {
    return quoteTable(table)
  }

  async columns(table: string): Promise<readonly string[]> {
    const { rows } = await this.opened().query(
      `select attname from pg_attribute where attrelid = to_regclass(${quoteText(quoteTable(table))})
       and attnum > 0 and not attisdropped order by attnum`,
    )
    return rows.map(([name]) => String(name))
  }

  async createTable(table: string, schema: Schema, key: readonly string[]): Promise<void> {
    const columns = schema.fields.map(({ name, type }) => `${quoteName(name)} ${declaredType(type)}`)
    const primary = key.length === 0 ? [] : [`primary key (${columnList(key)})`]
    await this.opened().run(`create table ${quoteTable(table)} (${[...columns, ...primary].join(', ')})`)
  }

  createLike(copy: string, table: string): string {
    return `create table if not exists ${quoteTable(copy)} (like ${quoteTable(table)} including defaults)`
  }

  async committed(query: string): Promise<Committed | null> {
    const [row] = (await this.opened().query(query)).rows
    return row === undefined ? null : { epoch: Number(row[0]), isFinished: row[1] === 't' }
  }

  async begin(schema: Schema): Promise<void> {
    this.schema = schema
    const { mode, key } = this.target
    if (mode === 'upsert') this.hasUniqueKey = await this.isUnique(key)
  }

  async stage(batch: Batch, segment: number, firstRow: number): Promise<void> {
    const { table } = this.target
    const { client } = this.opened()
    const { name, row } = this.staged(segment)
    const columns = this.schema.fields.map((_, index) => stagedColumn(index))
    if (!this.made.has(segment)) {
      const list = this.schema.fields.map((own, index) => `${quoteName(own.name)} as ${columns[index]}`)
      const empty = `select cast(null as bigint) as ${row}, ${list.join(', ')} from ${quoteTable(table)} limit 0`
      await this.opened().run(`create temporary table ${name} as ${empty}`)
      this.made.add(segment)
    }
    // What cannot be written as text fails before anything is sent.
    const text = [...copyText(this.services.memory.views, batch, firstRow, table)]
    const sql = `copy ${name} (${row}, ${columns.join(', ')}) from stdin`
    try {
      await this.opened().attempt(() => pipeline(Readable.from(text), client.query(copyFrom(sql))))
    } catch (error) {
      throw this.ofCopy(error, firstRow)
    }
  }

  staged(segment: number): StagedTable {
    return { name: `volley_load_${segment}`, row: 'row_number' }
  }

  upsert(destination: Destination, staged: StagedTable): readonly string[] {
    return this.hasUniqueKey ? upsertOnConflict(destination, staged) : upsertAll(destination, staged)
  }

  transaction(statements: readonly string[]): Promise<void> {
    return this.opened().transaction(statements)
  }

  /** Classes 22 and 23 of the SQLSTATEs: values, and integrity constraints. P0001 is what functions of the user's raise. */
  refusal(error: unknown): Refusal | null {
    const pg = error instanceof VolleyError ? (error.details.pg as PostgresqlFault | undefined) : undefined
    if (pg === undefined || !/^(?:22|23|P0001)/.test(pg.state)) return null
    const kind = pg.state.startsWith('22') ? 'value' : 'constraint'
    if (pg.column !== null) return { kind, columns: [pg.column] }
    const key = /^Key \((.*?)\)=\(/s.exec(pg.detail ?? '')?.[1].split(', ') ?? []
    return { kind, columns: key.map((name) => name.replace(/^"(.*)"$/, '$1').replaceAll('""', '"')) }
  }

  trial(_segments: readonly number[], before: readonly string[]): Promise<Trial> {
    return SavepointTrial.open(['begin', ...before], {
      table: this.target.table,
      run: (sql) => this.opened().run(sql),
      refusal: (error) => this.refusal(error),
      staged: (segment) => this.staged(segment),
    })
  }

  async drop(segment: number): Promise<void> {
    await this.opened().run(`drop table if exists ${this.staged(segment).name}`)
    this.made.delete(segment)
  }

  async close(): Promise<void> {
    const { connection } = this
    this.connection = null
    await connection?.close()
  }

  /** Whether an index keeps the key from coming twice. */
  private async isUnique(key: readonly string[]): Promise<boolean> {
    const names = key.map(quoteText).join(', ')
    const { rows } = await this.opened().query(
      `select 1 from pg_index where indrelid = to_regclass(${quoteText(quoteTable(this.target.table))})
       and indisunique and indisvalid and indpred is null and indexprs is null and indnkeyatts = ${key.length}
       and (select count(*) from pg_attribute where attrelid = indrelid and attnum = any (indkey) and attname in (${names})) = ${key.length}`,
    )
    return rows.length > 0
  }

  /** PostgreSQL names the line of the rows that were sent, and the column. */
  private ofCopy(error: unknown, firstRow: number): unknown {
    if (!(error instanceof VolleyError)) return error
    const where = (error.details.pg as PostgresqlFault | undefined)?.where ?? ''
    const found = /line (\d+)(?:, column c(\d+))?/.exec(where)
    if (found === null) return error
    const columns = found[2] === undefined ? [] : [this.schema.fields[Number(found[2])].name]
    return atRow(faultOf(error, this.target.table, { kind: 'value', columns }), firstRow + Number(found[1]) - 1)
  }

  private opened(): PostgresqlConnection {
    if (this.connection === null) throw new VolleyError('VOLLEY_CLOSED', 'the connection to PostgreSQL is closed')
    return this.connection
  }
}
