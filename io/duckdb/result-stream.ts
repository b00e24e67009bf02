/** The result of a query, as batches that are made when asked for. Runs on a connection of its own. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import duckdb from '@duckdb/node-bindings'
import { InternalError, VolleyError } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import { type Allocate, align64, type MemoryViews, type Vector } from '../batch.js'
import { duckDbError } from './faults.js'
import type { VectorReader } from './vector-loading.js'
import { vectorReader } from './vector-reader.js'

export interface ResultTarget {
  readonly memory: MemoryViews
  readonly allocate: Allocate
  readonly release: (address: number) => void
  /** Most rows of a batch. */
  readonly batchRows: number
}

export interface ResultBatch {
  readonly length: number
  readonly columns: readonly Vector[]
}

/** A batch ends when it has so many bytes, even if it could take more rows. */
const BATCH_BYTES = 8 << 20
/** Chunks of the bindings lie outside of the heap, which does not know how much they hold: it is cleaned this often. */
const CHUNKS_BETWEEN_COLLECTIONS = 32
/** How long a statement may run again to learn why it failed. */
const MOST_REASONING_MS = 60_000

let collect: ((options: { type: 'minor' }) => void) | null = null

function collectChunks(): void {
  if (collect === null) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as typeof collect
  }
  collect?.({ type: 'minor' })
}

/** Held until another is read: readers keep addresses of what lies in the chunk, which is freed once it is collected. */
interface LoadedChunk {
  readonly chunk: duckdb.DataChunk
  readonly rows: number
}

export class ResultStream {
  private chunks = 0
  private loaded: LoadedChunk | null = null
  /** Of the chunk read last. */
  private takenRows = 0
  private isComplete = false

  private constructor(
    private readonly connection: duckdb.Connection,
    private readonly statement: duckdb.PreparedStatement,
    private readonly result: duckdb.Result,
    private readonly readers: readonly VectorReader[],
    private readonly sql: string,
    private readonly target: ResultTarget,
  ) {}

  /** Starts a query. Throws InternalError if its columns are not those of `schema`. */
  static async start(
    connection: duckdb.Connection,
    sql: string,
    schema: Schema,
    target: ResultTarget,
  ): Promise<ResultStream> {
    let statement: duckdb.PreparedStatement | null = null
    try {
      statement = await duckdb.prepare(connection, sql)
      const result = await duckdb.execute_prepared_streaming(statement)
      return new ResultStream(connection, statement, result, readersOf(result, schema), sql, target)
    } catch (error) {
      // Its plan holds what the operators had in memory.
      if (statement !== null) duckdb.destroy_prepare_sync(statement)
      throw duckDbError(error, sql)
    }
  }

  /** The next batch, whose blocks belong to the caller; null after the last one. */
  async next(): Promise<ResultBatch | null> {
    let rows = 0
    let bytes = 0
    while (rows < this.target.batchRows && bytes < BATCH_BYTES && (await this.load())) {
      const taken = Math.min(this.target.batchRows - rows, this.leftRows())
      for (const reader of this.readers) reader.append(this.takenRows, taken)
      this.takenRows += taken
      rows += taken
      bytes = this.readers.reduce((sum, reader) => sum + reader.storedBytes(), 0)
    }
    return rows === 0 ? null : this.store(rows)
  }

  /** Nothing may be asked for any more. */
  close(): void {
    duckdb.destroy_prepare_sync(this.statement)
  }

  /** Loads a chunk unless there is something left of the last one; false at the end of the result. */
  private async load(): Promise<boolean> {
    while (this.leftRows() === 0) {
      if (this.isComplete) return false
      const chunk = await this.fetch()
      if (chunk === null) {
        this.isComplete = true
        return false
      }
      const loaded = { chunk, rows: duckdb.data_chunk_get_size(chunk) }
      this.loaded = loaded
      this.takenRows = 0
      for (const [i, reader] of this.readers.entries()) {
        reader.load(duckdb.data_chunk_get_vector(chunk, i), loaded.rows, null)
      }
      if (++this.chunks % CHUNKS_BETWEEN_COLLECTIONS === 0) collectChunks()
    }
    return true
  }

  private leftRows(): number {
    return (this.loaded?.rows ?? 0) - this.takenRows
  }

  private async fetch(): Promise<duckdb.DataChunk | null> {
    const chunk = await duckdb.fetch_chunk(this.result)
    if (chunk !== null && duckdb.data_chunk_get_size(chunk) > 0) return chunk
    // A result that failed looks as if it had ended.
    if (duckdb.result_return_type(this.result) === duckdb.ResultType.INVALID) throw await this.reason()
    return null
  }

  /** The bindings do not say why a result failed: the statement is run again, without handing out its rows. */
  private async reason(): Promise<Error> {
    let isOverdue = false
    const timer = setTimeout(() => {
      isOverdue = true
      duckdb.interrupt(this.connection)
    }, MOST_REASONING_MS)
    try {
      await duckdb.query(this.connection, `explain analyze ${this.sql}`)
    } catch (error) {
      if (!isOverdue) return duckDbError(error, this.sql)
    } finally {
      clearTimeout(timer)
    }
    // Faults of data come again; memory may have become free in between.
    return new VolleyError('VOLLEY_MEMORY_LIMIT', 'DuckDB ran out of memory while its result was read', {
      sql: this.sql,
    })
  }

  private store(length: number): ResultBatch {
    const { memory, allocate, release } = this.target
    const blocks: number[] = []
    try {
      const columns = this.readers.map((reader) => {
        const bytes = reader.storedBytes()
        if (bytes === 0) return reader.store(memory, () => 0)
        const block = allocate(bytes)
        blocks.push(block)
        let address = block
        const place = (part: number) => {
          const at = address
          address += align64(part)
          return at
        }
        return { ...reader.store(memory, place), blocks: [block] }
      })
      return { length, columns }
    } catch (error) {
      for (const block of blocks) release(block)
      throw error
    } finally {
      for (const reader of this.readers) reader.clear()
    }
  }
}

function readersOf(result: duckdb.Result, schema: Schema): VectorReader[] {
  const found = duckdb.column_count(result)
  if (found !== schema.fields.length) {
    throw new InternalError(`DuckDB gave ${found} columns instead of ${schema.fields.length}`)
  }
  return schema.fields.map(({ name, type }, i) => {
    try {
      return vectorReader(type, duckdb.column_logical_type(result, i))
    } catch (error) {
      throw new InternalError(`column ${name}: ${error instanceof Error ? error.message : error}`)
    }
  })
}
