/** Stages rows in a file of their own, and moves them into a table of SQLite in one transaction. */

import { rmSync } from 'node:fs'
import type { Schema } from '../../../planner/types.js'
import type { MemoryViews, Vector } from '../../batch.js'
import { readValue } from '../../values.js'
import { finalize, SqliteConnection } from './connection.js'
import { toSqlite } from './values.js'

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

  rows(sql: string): readonly Record<string, unknown>[] {
    return this.connection.rows(sql)
  }

  /** Runs statements, all or none. */
  transaction(statements: readonly string[]): void {
    this.connection.transaction(() => {
      for (const statement of statements) this.connection.database.exec(statement)
    })
  }

  /** Runs statements as they are. */
  run(sql: string): void {
    this.connection.execute(sql)
  }

  /** Rows are kept by their number, `row`, and as they will be stored. Throws VOLLEY_BAD_RECORD. */
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
    // A row that SQLite cannot hold fails before any is there: this database cannot undo what was written.
    const rows = Array.from({ length }, (_, row) => [
      firstRow + row,
      ...schema.fields.map((own, index) =>
        toSqlite(readValue(memory, columns[index], row), own, firstRow + row, this.table),
      ),
    ])
    const marks = names.map(() => '?').join(', ')
    const statement = this.connection.prepare(`insert into staging.${segment} values (?, ${marks})`)
    database.exec('begin')
    try {
      for (const row of rows) statement.run(row)
      database.exec('commit')
    } catch (error) {
      if (database.inTransaction) database.exec('rollback')
      throw error
    } finally {
      finalize(statement)
    }
  }

  close(): void {
    this.connection.close()
    rmSync(this.stagingPath, { force: true })
  }
}
