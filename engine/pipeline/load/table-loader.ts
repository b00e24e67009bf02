/** Loads a table of any database. Segments are rows that are loaded together, numbered from 1. */

import type { Batch } from '../../../io/batch.js'
import { columnList, quoteName } from '../../../io/database/names.js'
import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { LoadMode } from '../../../planner/pipeline/definition.js'
import { type Schema, schemaOf } from '../../../planner/types.js'
import { isolate } from '../errors/record-faults.js'
import { faultOf } from './faults.js'
import type { Committed, LoadedDatabase, Trial } from './loaded-database.js'
import {
  BOOKKEEPING,
  createBookkeeping,
  type Destination,
  forgetCommitted,
  insertAll,
  partOfStaged,
  recordCommitted,
  type StagedTable,
  selectCommitted,
  shadowName,
} from './statements.js'
import { checkTableColumns, noTable, tableExists } from './table-columns.js'

/** Where rows go, as the definition says. */
export interface TableTarget {
  readonly connection: string
  /** With its schema before it, if it has one. */
  readonly table: string
  readonly mode: LoadMode
  readonly key: readonly string[]
  readonly create: boolean
  /** Of a job that may be resumed: its ID and the stage; null for others. */
  readonly job: { readonly checkpoint: string; readonly stage: string } | null
}

/** Told of a row, by its number, and why it is refused; in order. */
export type OnRefused = (row: number, error: VolleyError) => Promise<void>

export class TableLoader {
  private schema: Schema = schemaOf([])
  /** The numbers of their rows: from the first to the one before `end`. */
  private readonly segments = new Map<number, { readonly first: number; readonly end: number }>()
  private isOpen = false

  constructor(
    private readonly target: TableTarget,
    private readonly database: LoadedDatabase,
  ) {}

  /** Connects. If `isAnew`, forgets what an earlier job has committed, or else tells it. */
  async open(isAnew: boolean): Promise<Committed | null> {
    const { database } = this
    const { job, mode, table } = this.target
    await database.open()
    this.isOpen = true
    if (isAnew && mode === 'fail' && (await database.columns(table)).length > 0) throw tableExists(table)
    if (job === null) return null
    const bookkeeping = database.quoted(BOOKKEEPING)
    await database.transaction([createBookkeeping(bookkeeping)])
    if (!isAnew) return database.committed(selectCommitted(bookkeeping, job))
    await this.forget()
    return null
  }

  /** Makes the table ready for rows of these columns; once, before the first of them. */
  async begin(schema: Schema): Promise<void> {
    const { table, mode, create, key } = this.target
    this.schema = schema
    const present = await this.database.columns(table)
    if (present.length > 0) checkTableColumns(table, present, schema)
    else if (create || mode === 'fail') await this.database.createTable(table, schema, mode === 'upsert' ? key : [])
    else throw noTable(table)
    await this.database.begin(schema)
  }

  /** Copies rows to the end of a segment, or none of them; the batch stays the caller's. `firstRow` counts those before. */
  async stage(batch: Batch, segment: number, firstRow: number): Promise<void> {
    await this.database.stage(batch, segment, firstRow)
    const known = this.segments.get(segment)
    this.segments.set(segment, { first: known?.first ?? firstRow, end: firstRow + batch.length })
  }

  /**
   * Moves segments into the table and writes down the epoch, all in one transaction. Of a replacement, only the last load
   * is seen in the table.
   */
  async load(segments: readonly number[], epoch: number | null, isLast: boolean): Promise<void> {
    const { database } = this
    const { job } = this.target
    const filled = this.filled(segments)
    const before = await this.before(isLast)
    const move = filled.flatMap((segment) => this.move(database.staged(segment), isLast))
    const record =
      job === null || epoch === null ? [] : recordCommitted(database.quoted(BOOKKEEPING), job, epoch, isLast)
    await database.transaction([...before, ...move, ...record])
    for (const segment of filled) {
      this.segments.delete(segment)
      await database.drop(segment)
    }
  }

  /** True of a failed load that could succeed without some of its rows. */
  isRefusal(error: unknown): boolean {
    return this.database.refusal(error) !== null
  }

  /** The error of a load, with the table. */
  explained(error: unknown): unknown {
    if (!(error instanceof VolleyError)) return error
    return faultOf(error, this.target.table, this.database.refusal(error))
  }

  /**
   * Finds the rows that a load of these segments fails for, and leaves them out: a segment that is refused is tried in
   * ever smaller parts. The table is not changed.
   */
  async leaveOutRefused(segments: readonly number[], isLast: boolean, onRefused: OnRefused): Promise<void> {
    const filled = this.filled(segments)
    const trial = await this.database.trial(filled, await this.before(isLast))
    try {
      for (const segment of filled) await this.tryRows(trial, segment, isLast, onRefused)
    } finally {
      await trial.end()
    }
  }

  /** Forgets what is not seen yet, and how far the job came. */
  async forget(): Promise<void> {
    const { job } = this.target
    if (!this.isOpen || job === null) return
    const { database } = this
    const shadow = `drop table if exists ${database.quoted(this.shadow())}`
    await database.transaction([shadow, forgetCommitted(database.quoted(BOOKKEEPING), job)])
  }

  async close(): Promise<void> {
    if (this.isOpen)
      for (const segment of this.segments.keys()) await this.database.drop(segment).catch(() => undefined)
    this.segments.clear()
    this.isOpen = false
    await this.database.close()
  }

  private async tryRows(trial: Trial, segment: number, isLast: boolean, onRefused: OnRefused): Promise<void> {
    const { first, end } = this.rangeOf(segment)
    const staged = this.database.staged(segment)
    const attempt = (start: number, length: number) =>
      trial.attempt(
        { segment, first: start, end: start + length },
        this.move(partOfStaged(staged, start, start + length), isLast),
      )
    const fault = await attempt(first, end - first)
    if (fault === null) return
    await isolate(first, end - first, fault, {
      attempt,
      failed: async (row, error) => {
        await onRefused(row, error)
        await trial.leaveOut(segment, row)
      },
    })
  }

  private filled(segments: readonly number[]): readonly number[] {
    return segments.filter((segment) => this.segments.has(segment))
  }

  private rangeOf(segment: number): { readonly first: number; readonly end: number } {
    const range = this.segments.get(segment)
    if (range === undefined) throw new InternalError(`segment ${segment} has no rows`)
    return range
  }

  /** Rows of a replacement gather beside the table until the last ones are there. */
  private isGathering(isLast: boolean): boolean {
    return this.target.mode === 'replace' && !isLast
  }

  private move(staged: StagedTable, isLast: boolean): readonly string[] {
    const { database } = this
    const { table, mode, key } = this.target
    const destination: Destination = {
      table: database.quoted(this.isGathering(isLast) ? this.shadow() : table),
      reference: quoteName(table.split('.').at(-1) ?? table),
      columns: this.columns,
      key,
    }
    return mode === 'upsert' ? database.upsert(destination, staged) : [insertAll(destination, staged)]
  }

  /** What comes before the rows of a load. */
  private async before(isLast: boolean): Promise<readonly string[]> {
    const { database, columns } = this
    const { table, mode, job } = this.target
    if (mode !== 'replace') return []
    if (this.isGathering(isLast)) {
      return columns.length === 0 ? [] : [database.createLike(this.shadow(), table, columns)]
    }
    const target = database.quoted(table)
    const clear = [`delete from ${target}`]
    if (job === null || (await database.columns(this.shadow())).length === 0) return clear
    const list = columnList(columns)
    const shadow = database.quoted(this.shadow())
    return [...clear, `insert into ${target} (${list}) select ${list} from ${shadow}`, `drop table ${shadow}`]
  }

  private shadow(): string {
    const { table, job } = this.target
    const parts = shadowName(table, job?.stage ?? '').split('.')
    const last = parts[parts.length - 1].slice(0, this.database.longestName)
    return [...parts.slice(0, -1), last].join('.')
  }

  private get columns(): readonly string[] {
    return this.schema.fields.map(({ name }) => name)
  }
}
