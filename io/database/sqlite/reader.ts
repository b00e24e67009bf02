/**
 * Rows of a table or query of SQLite, as batches. They are copied into a file of their own first: who reads locks the whole
 * file, against other readers too.
 */

import { rmSync } from 'node:fs'
import type { Statement } from 'node-sqlite3-wasm'
import { VolleyError } from '../../../planner/errors.js'
import { type DataType, field, type Schema, schemaOf } from '../../../planner/types.js'
import type { Batch } from '../../batch.js'
import { batchOfColumns } from '../../row-batches.js'
import type { DecodeTarget } from '../../source.js'
import { quoteName, quoteTable, quoteText } from '../names.js'
import { finalize, SqliteConnection, sqliteError } from './connection.js'
import { typeOfDeclaration, typeOfValues } from './types.js'
import { fromSqlite, type SqliteValue } from './values.js'

export interface SqliteQuery {
  readonly path: string
  /** One of the two. */
  readonly table: string | null
  readonly query: string | null
  /** The column that orders the rows; null for none. */
  readonly cursor: string | null
  readonly schema: Schema | null
  /** An empty file, which is removed with the reader. */
  readonly stagingPath: string
}

const SAMPLE_ROWS = 1000
const VIEW = 'volley_source'

export class SqliteReader {
  private statement: Statement | null = null
  private rows: Iterator<Record<string, unknown>> | null = null
  private row = 0

  private constructor(
    private readonly connection: SqliteConnection,
    private readonly query: SqliteQuery,
    readonly schema: Schema,
  ) {}

  static open(query: SqliteQuery): SqliteReader {
    const connection = SqliteConnection.open(query.path, 'read')
    try {
      const relation = query.query?.replace(/;\s*$/, '') ?? `select * from ${quoteTable(query.table ?? '')}`
      connection.attachStaging(query.stagingPath)
      // A view tells what its columns are declared as, where they come straight from a table.
      connection.execute(`create temp view ${VIEW} as ${relation}`)
      return new SqliteReader(connection, query, query.schema ?? schemaOfView(connection, nameOf(query)))
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** Begins with the rows whose cursor is not less than `from`, or with the first. */
  start(from: string | null): void {
    const { cursor } = this.query
    const columns = this.schema.fields.map(({ name }) => quoteName(name)).join(', ')
    const names = this.schema.fields.map((_, index) => `c${index}`).join(', ')
    const order = cursor === null ? '' : ` order by ${quoteName(cursor)}`
    const bound = cursor === null || from === null ? '' : ` where ${quoteName(cursor)} >= ${this.literal(cursor, from)}`
    this.connection.execute(`drop table if exists staging.copied; create table staging.copied (${names})`)
    this.connection.execute(`insert into staging.copied select ${columns} from ${VIEW}${bound}${order}`)
    this.statement = this.connection.prepare('select * from staging.copied order by rowid')
    this.rows = this.statement.iterate() as Iterator<Record<string, unknown>>
  }

  /** The next rows; null after the last. Its blocks are the caller's. */
  next(count: number, target: Pick<DecodeTarget, 'memory' | 'allocate'>): Batch | null {
    const { fields } = this.schema
    const columns = fields.map((): ReturnType<typeof fromSqlite>[] => [])
    const name = nameOf(this.query)
    let length = 0
    for (; length < count; length++) {
      const step = this.connection.patiently(() => this.rows?.next())
      if (step === undefined || step.done === true) break
      for (const [index, own] of fields.entries()) {
        columns[index].push(fromSqlite(step.value[`c${index}`] as SqliteValue, own, this.row, name))
      }
      this.row++
    }
    return length === 0 ? null : batchOfColumns(this.schema, columns, length, target)
  }

  close(): void {
    if (this.statement !== null) finalize(this.statement)
    this.statement = null
    this.rows = null
    this.connection.close()
    rmSync(this.query.stagingPath, { force: true })
  }

  private literal(cursor: string, value: string): string {
    const kind = this.schema.fields.find(({ name }) => name === cursor)?.type.kind
    return kind === 'int' || kind === 'float' ? value : quoteText(value)
  }
}

function nameOf({ path, table }: SqliteQuery): string {
  return table === null ? `query of ${path}` : `table ${table}`
}

function schemaOfView(connection: SqliteConnection, name: string): Schema {
  const columns = connection.rows(`pragma table_info(${VIEW})`)
  if (columns.length === 0) throw sqliteError(new Error(`${name} has no columns`), connection.path)
  return schemaOf(
    columns.map((column) => {
      const own = String(column.name)
      return field(
        own,
        typeOfDeclaration(String(column.type)) ?? sampledType(connection, own, String(column.type), name),
      )
    }),
  )
}

function sampledType(connection: SqliteConnection, column: string, declaration: string, name: string): DataType {
  const sample = `select ${quoteName(column)} as value from ${VIEW} limit ${SAMPLE_ROWS}`
  const kinds = connection
    .rows(`select distinct typeof(value) as kind from (${sample})`)
    .map(({ kind }) => String(kind))
  const type = typeOfValues(kinds, declaration)
  if (type !== null) return type
  throw new VolleyError(
    'VOLLEY_BAD_RECORD',
    `${name}: column ${column} has values of several types (${kinds.join(', ')}); give a schema`,
    { column, actual: kinds.join(', '), expected: 'one type' },
  )
}
