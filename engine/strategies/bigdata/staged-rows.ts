/** Rows in a table of DuckDB's, which keeps in memory what it may and the rest in its temporary directory. */

import type { Batch } from '../../../io/batch.js'
import type { Schema } from '../../../planner/types.js'
import { schemaOf } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { SharedMemory } from '../../memory/shared-memory.js'
import type { Run } from '../../run.js'
import type { BreakerRows } from '../pipeline.js'
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
    /** Takes the table away: for all that is asked of DuckDB from now on, it is gone. */
    readonly drop: () => void,
  ) {}

  /** The table's columns are called `c0`, `c1`, ... */
  static create(run: Run, schema: Schema): Promise<StagedRows> {
    return StagedRows.createNamed(run, numbered(schema))
  }

  /** The table's columns have the names of the schema, which must differ by more than case. */
  static async createNamed(run: Run, schema: Schema): Promise<StagedRows> {
    const duckdb = await run.duckdb()
    const table = `staged_${++tables}`
    await ofRun(run, duckdb.createTable(table, schema, run.signal))
    const drop = () => {
      keep()
      // Not waited for: what others ask of DuckDB may take long. The host may be gone with the engine, and the table with it.
      void duckdb.dropTable(table).catch(() => undefined)
    }
    const keep = run.cleanUp(async () => drop())
    return new StagedRows(run, duckdb, table, schema, drop)
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
      if (batch.length > 0) await ofRun(this.run, this.duckdb.append(this.table, batch, this.run.signal))
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
}

/** What is asked of DuckDB for a cancelled run fails with less to say than the cancellation itself. */
async function ofRun<T>(run: Run, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    run.throwIfCancelled()
    throw error
  }
}

/** Names repeat in a schema, and differ by case alone; those of a table may not. */
function numbered(schema: Schema): Schema {
  return schemaOf(schema.fields.map((field, index) => ({ ...field, name: `c${index}`, nullable: true })))
}

/** The rows of a query over staged tables; the tables are dropped when it ends. */
export async function* queried(
  run: Run,
  sql: string,
  schema: Schema,
  tables: readonly { drop(): void }[],
): AsyncGenerator<Batch> {
  const duckdb = await run.duckdb()
  try {
    yield* duckdb.query(sql, schema, { owner: run.handle.owner, signal: run.signal })
    for (const table of tables) table.drop()
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

/** The batches of what a breaker puts out. */
export function batchesOf(run: Run, schema: Schema, rows: BreakerRows): AsyncGenerator<Batch> {
  return rows.kind === 'batches' ? rows.batches : queried(run, rows.sql, schema, rows.tables)
}
