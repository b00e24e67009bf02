/** Rows in a table of DuckDB's, which keeps in memory what it may and the rest in its temporary directory. */

import type { Batch } from '../../../io/batch.js'
import type { Schema } from '../../../planner/types.js'
import { schemaOf } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { SharedMemory } from '../../memory/shared-memory.js'
import type { Run } from '../../run.js'
import type { DuckDb } from './duckdb.js'

let tables = 0

export class StagedRows {
  private count = 0
  private size = 0

  private constructor(
    private readonly run: Run,
    private readonly duckdb: DuckDb,
    readonly table: string,
    readonly schema: Schema,
    private readonly dropped: () => void,
  ) {}

  /** The table's columns are called `c0`, `c1`, ... */
  static create(run: Run, schema: Schema): Promise<StagedRows> {
    return StagedRows.createNamed(run, numbered(schema))
  }

  /** The table's columns have the names of the schema, which must differ by more than case. */
  static async createNamed(run: Run, schema: Schema): Promise<StagedRows> {
    const duckdb = await run.duckdb()
    const table = `staged_${++tables}`
    await duckdb.createTable(table, schema)
    // The host may be gone with the engine, and its tables with it.
    const kept = run.cleanUp(() => duckdb.dropTable(table).catch(() => undefined))
    return new StagedRows(run, duckdb, table, schema, kept)
  }

  get rows(): number {
    return this.count
  }

  /** What the rows took in shared memory. */
  get bytes(): number {
    return this.size
  }

  /** Takes over a batch. */
  async append(batch: Batch): Promise<void> {
    try {
      this.run.throwIfCancelled()
      if (batch.length > 0) await this.duckdb.append(this.table, batch)
      this.count += batch.length
      this.size += bytesOfBatch(this.run.memory, batch)
    } finally {
      releaseBatch(this.run.context, batch)
    }
  }

  /** Takes over the batches of a stream, to its end. */
  async appendAll(batches: AsyncIterable<Batch>): Promise<void> {
    for await (const batch of batches) await this.append(batch)
  }

  drop(): Promise<void> {
    this.dropped()
    return this.duckdb.dropTable(this.table)
  }
}

/** Names repeat in a schema, and differ by case alone; those of a table may not. */
export function numbered(schema: Schema): Schema {
  return schemaOf(schema.fields.map((field, index) => ({ ...field, name: `c${index}`, nullable: true })))
}

/** The rows of a query over staged tables; the tables are dropped when it ends. */
export async function* queried(
  run: Run,
  sql: string,
  schema: Schema,
  tables: readonly StagedRows[],
): AsyncGenerator<Batch> {
  const duckdb = await run.duckdb()
  try {
    yield* duckdb.query(sql, schema, { owner: run.handle.owner, signal: run.signal })
    for (const table of tables) await table.drop()
  } catch (error) {
    // What is asked of DuckDB for a cancelled run fails with less to say than the cancellation itself.
    run.throwIfCancelled()
    throw error
  }
}

/** Of the blocks that hold a batch; one that several batches share counts for each. */
export function bytesOfBatch(memory: SharedMemory, batch: Batch): number {
  const blocks = new Set(batch.columns.flatMap(({ blocks }) => blocks))
  return [...blocks].reduce((sum, block) => sum + memory.capacity(block), 0)
}
