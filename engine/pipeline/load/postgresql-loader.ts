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
import { type Fault, faultOf } from './faults.js'
import {
  BOOKKEEPING,
  createBookkeeping,
  type Destination,
  forgetCommitted,
  insertAll,
  recordCommitted,
  selectCommitted,
  shadowName,
  stagedColumn,
  upsertAll,
  upsertOnConflict,
} from './statements.js'
import { checkTableColumns, noTable, tableExists } from './table-columns.js'
import type { Committed, TableLoader, TableTarget } from './table-loader.js'

/** Longer names are cut. */
const LONGEST_NAME = 63

export class PostgresqlLoader implements TableLoader {
  private connection: PostgresqlConnection | null = null
  private schema: Schema = schemaOf([])
  private hasUniqueKey = false
  private readonly staged = new Set<number>()

  constructor(
    private readonly target: TableTarget,
    private readonly services: PipelineServices,
  ) {}

  async open(isAnew: boolean): Promise<Committed | null> {
    const { job, mode, table, connection } = this.target
    this.connection = await PostgresqlConnection.open(connection, this.services.signal)
    if (isAnew && mode === 'fail' && (await this.columns(table)).length > 0) throw tableExists(table)
    if (job === null) return null
    await this.opened().run(createBookkeeping(BOOKKEEPING))
    if (isAnew) {
      await this.forget()
      return null
    }
    const [row] = (await this.opened().query(selectCommitted(BOOKKEEPING, job))).rows
    return row === undefined ? null : { epoch: Number(row[0]), isFinished: row[1] === 't' }
  }

  async begin(schema: Schema): Promise<void> {
    const { table, mode, create, key } = this.target
    this.schema = schema
    const present = await this.columns(table)
    if (present.length > 0) checkTableColumns(table, present, schema)
    else if (create || mode === 'fail') await this.createTable()
    else throw noTable(table)
    if (mode === 'upsert') this.hasUniqueKey = await this.isUnique(key)
  }

  async stage(batch: Batch, segment: number, firstRow: number): Promise<void> {
    const { table } = this.target
    const { client } = this.opened()
    const columns = this.schema.fields.map((_, index) => stagedColumn(index))
    if (!this.staged.has(segment)) {
      const list = this.schema.fields.map(({ name }, index) => `${quoteName(name)} as ${columns[index]}`)
      const empty = `select cast(null as bigint) as row_number, ${list.join(', ')} from ${quoteTable(table)} limit 0`
      await this.opened().run(`create temporary table ${nameOf(segment)} as ${empty}`)
      this.staged.add(segment)
    }
    const sql = `copy ${nameOf(segment)} (row_number, ${columns.join(', ')}) from stdin`
    const text = Readable.from(copyText(this.services.memory.views, batch, firstRow, table))
    try {
      await this.opened().attempt(() => pipeline(text, client.query(copyFrom(sql))))
    } catch (error) {
      throw this.ofCopy(error, firstRow)
    }
  }

  async load(segments: readonly number[], epoch: number | null, isLast: boolean): Promise<void> {
    const { table, mode, job, key } = this.target
    const isGathering = mode === 'replace' && !isLast
    const shadow = quoteTable(this.shadow())
    const columns = this.schema.fields.map(({ name }) => name)
    const into = isGathering ? shadow : quoteTable(table)
    const reference = quoteName(table.split('.').at(-1) ?? table)
    const destination: Destination = { table: into, reference, columns, key }
    const filled = segments.filter((segment) => this.staged.has(segment))
    const move = filled.flatMap((segment) => {
      const from = { name: nameOf(segment), row: 'row_number' }
      if (mode !== 'upsert') return [insertAll(destination, from)]
      return this.hasUniqueKey ? upsertOnConflict(destination, from) : upsertAll(destination, from)
    })
    const replacement = mode === 'replace' && isLast ? await this.replacement(shadow) : []
    const like = `create table if not exists ${shadow} (like ${quoteTable(table)} including defaults)`
    const gathering = isGathering && columns.length > 0 ? [like] : []
    const record = job === null || epoch === null ? [] : recordCommitted(BOOKKEEPING, job, epoch, isLast)
    const dropped = filled.map((segment) => `drop table ${nameOf(segment)}`)
    try {
      await this.opened().transaction([...gathering, ...replacement, ...move, ...record, ...dropped])
    } catch (error) {
      throw await this.explained(error, filled)
    }
    for (const segment of filled) this.staged.delete(segment)
  }

  async forget(): Promise<void> {
    const { job } = this.target
    if (this.connection === null || job === null) return
    const shadow = `drop table if exists ${quoteTable(this.shadow())}`
    await this.connection.transaction([shadow, forgetCommitted(BOOKKEEPING, job)])
  }

  async close(): Promise<void> {
    const { connection } = this
    this.connection = null
    await connection?.close()
  }

  private async createTable(): Promise<void> {
    const { table, mode, key } = this.target
    const columns = this.schema.fields.map(({ name, type }) => `${quoteName(name)} ${declaredType(type)}`)
    const primary = mode === 'upsert' ? [`primary key (${columnList(key)})`] : []
    await this.opened().run(`create table ${quoteTable(table)} (${[...columns, ...primary].join(', ')})`)
  }

  private async replacement(shadow: string): Promise<readonly string[]> {
    const { table, job } = this.target
    const clear = [`delete from ${quoteTable(table)}`]
    if (job === null || (await this.columns(this.shadow())).length === 0) return clear
    const list = columnList(this.schema.fields.map(({ name }) => name))
    return [
      ...clear,
      `insert into ${quoteTable(table)} (${list}) select ${list} from ${shadow}`,
      `drop table ${shadow}`,
    ]
  }

  private shadow(): string {
    const parts = shadowName(this.target.table, this.target.job?.stage ?? '').split('.')
    return [...parts.slice(0, -1), parts[parts.length - 1].slice(0, LONGEST_NAME)].join('.')
  }

  /** Names of the columns; none if there is no such table. */
  private async columns(table: string): Promise<readonly string[]> {
    const { rows } = await this.opened().query(
      `select attname from pg_attribute where attrelid = to_regclass(${quoteText(quoteTable(table))})
       and attnum > 0 and not attisdropped order by attnum`,
    )
    return rows.map(([name]) => String(name))
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
    const column = found[2] === undefined ? [] : [this.schema.fields[Number(found[2])].name]
    const fault: Fault = { kind: 'value', columns: column, values: null }
    return faultOf(error, this.target.table, fault, firstRow + Number(found[1]) - 1)
  }

  private async explained(error: unknown, segments: readonly number[]): Promise<unknown> {
    if (!(error instanceof VolleyError)) return error
    const { table } = this.target
    const fault = faultIn(error.details.pg as PostgresqlFault | undefined)
    const names = this.schema.fields.map(({ name }) => name)
    const staged = fault?.columns.map((name) => names.indexOf(name)) ?? []
    if (fault === null || staged.length === 0 || staged.includes(-1)) return faultOf(error, table, fault, null)
    const condition = staged.map((index, at) =>
      fault.values === null
        ? `${stagedColumn(index)} is null`
        : `cast(${stagedColumn(index)} as text) = ${quoteText(fault.values[at] ?? '')}`,
    )
    for (const segment of segments) {
      const sql = `select max(row_number) from ${nameOf(segment)} where ${condition.join(' and ')}`
      const [[row]] = (await this.opened().query(sql)).rows
      if (row !== null) return faultOf(error, table, fault, Number(row))
    }
    return faultOf(error, table, fault, null)
  }

  private opened(): PostgresqlConnection {
    if (this.connection === null) throw new VolleyError('VOLLEY_CLOSED', 'the connection to PostgreSQL is closed')
    return this.connection
  }
}

function nameOf(segment: number): string {
  return `volley_load_${segment}`
}

/** Class 23 of the SQLSTATEs: integrity constraints. */
function faultIn(pg: PostgresqlFault | undefined): Fault | null {
  if (pg === undefined || !pg.state.startsWith('23')) return null
  if (pg.column !== null) return { kind: 'constraint', columns: [pg.column], values: null }
  const key = /^Key \((.*?)\)=\((.*)\) (?:already|is not|conflicts)/s.exec(pg.detail ?? '')
  if (key === null) return { kind: 'constraint', columns: [], values: null }
  const names = key[1].split(', ').map((name) => name.replace(/^"(.*)"$/, '$1').replaceAll('""', '"'))
  return { kind: 'constraint', columns: names, values: names.length === 1 ? [key[2]] : key[2].split(', ') }
}
