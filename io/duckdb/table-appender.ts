/**
 * Appends batches to a table, on a connection of its own.
 *
 * Transactions of many batches are twice as fast as one a batch: what was appended is committed, and visible to others,
 * after `commit`.
 */

import duckdb from '@duckdb/node-bindings'
import { InternalError } from '../../planner/errors.js'
import { type Schema, typeName, typesEqual } from '../../planner/types.js'
import type { MemoryViews, Vector } from '../batch.js'
import { duckDbError } from './faults.js'
import { run } from './session.js'
import { storedType } from './types.js'
import { VectorWriter } from './vector-writer.js'

/** Rows of a data chunk: DuckDB's vector size, a multiple of 64. */
const CHUNK_ROWS = 2048
/** The thread looks at its messages after so many chunks. */
const CHUNKS_BETWEEN_MESSAGES = 32

export class TableAppender {
  private readonly appender: duckdb.Appender
  private readonly chunk: duckdb.DataChunk
  private readonly writer: VectorWriter
  private hasTransaction = false
  private failure: Error | null = null

  constructor(
    readonly connection: duckdb.Connection,
    private readonly table: string,
    private readonly schema: Schema,
    memory: MemoryViews,
  ) {
    this.appender = duckdb.appender_create(connection, null, table)
    this.chunk = duckdb.create_data_chunk(schema.fields.map(({ type }) => storedType(type)))
    this.writer = new VectorWriter(memory)
  }

  /**
   * Copies rows into the table. If it fails, so does everything after it: what the transaction had appended is gone.
   * `checkAborted` throws if the rest of the rows is not wanted any more.
   */
  async append(length: number, columns: readonly Vector[], checkAborted: () => void): Promise<void> {
    if (this.failure !== null) throw this.failure
    this.expectColumns(columns)
    try {
      if (!this.hasTransaction) await run(this.connection, 'begin')
      this.hasTransaction = true
      for (let start = 0; start < length; start += CHUNK_ROWS) {
        this.appendChunk(columns, start, Math.min(CHUNK_ROWS, length - start))
        if ((start / CHUNK_ROWS) % CHUNKS_BETWEEN_MESSAGES === CHUNKS_BETWEEN_MESSAGES - 1) {
          await new Promise(setImmediate)
          checkAborted()
        }
      }
      duckdb.appender_flush_sync(this.appender)
    } catch (error) {
      const failure = this.fail(error)
      await this.abandon()
      throw failure
    }
  }

  /** Makes what was appended visible. */
  async commit(): Promise<void> {
    if (!this.hasTransaction) return
    try {
      await run(this.connection, 'commit')
      this.hasTransaction = false
    } catch (error) {
      throw this.fail(error)
    }
  }

  /** Forgets what was not committed. */
  async abandon(): Promise<void> {
    duckdb.appender_clear(this.appender)
    if (this.hasTransaction) await run(this.connection, 'rollback').catch(() => {})
    this.hasTransaction = false
  }

  private appendChunk(columns: readonly Vector[], start: number, rows: number): void {
    const { chunk } = this
    duckdb.data_chunk_reset(chunk)
    for (const [i, column] of columns.entries()) {
      this.writer.write(duckdb.data_chunk_get_vector(chunk, i), column, start, rows)
    }
    duckdb.data_chunk_set_size(chunk, rows)
    duckdb.append_data_chunk(this.appender, chunk)
  }

  private fail(error: unknown): Error {
    this.failure ??= duckDbError(error)
    return this.failure
  }

  private expectColumns(columns: readonly Vector[]): void {
    const { fields } = this.schema
    for (const [i, { name, type }] of fields.entries()) {
      const actual = columns[i]?.type
      if (actual !== undefined && typesEqual(actual, type)) continue
      const found = actual === undefined ? 'is missing' : `is ${typeName(actual)}`
      throw new InternalError(`column ${name} of a batch for ${this.table} ${found} instead of ${typeName(type)}`)
    }
  }
}
