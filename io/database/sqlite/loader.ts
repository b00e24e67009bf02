/** Stages rows in a file of their own, and moves them into a table of SQLite in one transaction. */

import { rmSync } from 'node:fs'
import type { Statement } from 'node-sqlite3-wasm'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { MemoryViews, Vector } from '../../batch.js'
import { readValue } from '../../values.js'
import { quoteName, quoteTable } from '../names.js'
import { finalize, SqliteConnection } from './connection.js'
import { declaredType } from './types.js'
import { toSqlite } from './values.js'

/** What of a load failed: the column that a constraint is about, if it is one, and the staged row. */
export interface SqliteFault {
  readonly message: string
  readonly columns: readonly string[]
  readonly kind: 'constraint' | 'value'
  readonly row: number | null
}

export class SqliteStage {
  private readonly connection: SqliteConnection

  constructor(
    path: string,
    private readonly table: string,
    private readonly stagingPath: string,
  ) {
    this.connection = SqliteConnection.open(path, 'write')
    try {
      this.connection.attachStaging(stagingPath)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Names of the columns; none if there is no such table. */
  columns(table: string): readonly string[] {
    return this.connection.rows(`pragma table_info(${quoteTable(table)})`).map(({ name }) => String(name))
  }

  rows(sql: string): readonly Record<string, unknown>[] {
    return this.connection.rows(sql)
  }

  /** One transaction. */
  execute(statements: readonly string[]): void {
    this.connection.transaction(() => {
      for (const statement of statements) this.connection.database.exec(statement)
    })
  }

  createTable(schema: Schema, key: readonly string[]): void {
    const columns = schema.fields.map(({ name, type }) => `${quoteName(name)} ${declaredType(type)}`)
    const primary = key.length === 0 ? [] : [`primary key (${key.map(quoteName).join(', ')})`]
    this.execute([`create table ${quoteTable(this.table)} (${[...columns, ...primary].join(', ')})`])
  }

  /** Rows are kept by their number, `row`, and as they will be stored. */
  stage(
    segment: string,
    schema: Schema,
    columns: readonly Vector[],
    length: number,
    firstRow: number,
    memory: MemoryViews,
  ): void {
    const names = schema.fields.map((_, index) => `c${index}`)
    const { database } = this.connection
    database.exec(`create table if not exists staging.${segment} (row integer primary key, ${names.join(', ')})`)
    const marks = names.map(() => '?').join(', ')
    const statement = this.connection.prepare(`insert into staging.${segment} values (?, ${marks})`)
    database.exec('begin')
    try {
      for (let row = 0; row < length; row++) {
        const values = schema.fields.map((own, index) =>
          toSqlite(readValue(memory, columns[index], row), own, firstRow + row, this.table),
        )
        statement.run([firstRow + row, ...values])
      }
      database.exec('commit')
    } catch (error) {
      if (database.inTransaction) database.exec('rollback')
      throw error
    } finally {
      finalize(statement)
    }
  }

  drop(segment: string): void {
    this.connection.database.exec(`drop table if exists staging.${segment}`)
  }

  /**
   * Finds the row that makes a load fail, by loading one after the other in a transaction that is undone.
   * `insert` moves the row `?`.
   */
  fault(
    cause: Error,
    before: readonly string[],
    segments: readonly string[],
    insert: (segment: string) => readonly string[],
  ): SqliteFault {
    const found = { row: null as number | null, message: messageOf(cause) }
    const { connection } = this
    connection.execute('begin immediate')
    try {
      for (const statement of before) connection.database.exec(statement)
      for (const segment of segments) {
        const statements = insert(segment).map((sql) => connection.prepare(sql))
        found.row = this.firstFailing(segment, statements, found)
        for (const statement of statements) finalize(statement)
        if (found.row !== null) break
      }
    } finally {
      if (connection.database.inTransaction) connection.execute('rollback')
    }
    const columns =
      /(?:UNIQUE|NOT NULL) constraint failed: (.*)$/.exec(found.message)?.[1] ??
      /column \S+\.(\S+)$/.exec(found.message)?.[1]
    const names = columns?.split(', ').map((name) => name.slice(name.lastIndexOf('.') + 1)) ?? []
    return { ...found, columns: names, kind: /constraint failed/.test(found.message) ? 'constraint' : 'value' }
  }

  close(): void {
    this.connection.close()
    rmSync(this.stagingPath, { force: true })
  }

  private firstFailing(segment: string, statements: readonly Statement[], found: { message: string }): number | null {
    const rows = this.connection.rows(`select row from staging.${segment} order by row`)
    for (const { row } of rows) {
      try {
        for (const statement of statements) statement.run([row as number])
      } catch (error) {
        found.message = messageOf(error)
        return Number(row)
      }
    }
    return null
  }
}

function messageOf(error: unknown): string {
  const cause = error instanceof VolleyError && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
