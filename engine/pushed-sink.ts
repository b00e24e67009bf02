/** Whole runs in DuckDB, from Parquet to Parquet: no row passes through volley. */

import { OutputFile } from '../io/output-file.js'
import { readFooter } from '../io/parquet/footer.js'
import type { SinkResult } from '../io/sink.js'
import { copyStatement } from '../planner/duckdb-sql/copy.js'
import { VolleyError } from '../planner/errors.js'
import type { SinkTarget } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { isPushdown, type PlannedRun } from './planned-run.js'
import { cannotSpill, isWorthOwnRun } from './recovery/degradation.js'
import type { Run } from './run.js'

/** An error of the unfinished file is one of the output, which has its name. */
function fileFault(error: unknown, temporaryPath: string, path: string): unknown {
  if (!(error instanceof VolleyError) || !error.message.includes(temporaryPath)) return error
  const reason =
    error.code === 'VOLLEY_DISK_FULL' ? 'no space left on the device' : error.message.split(temporaryPath).join(path)
  return new VolleyError(error.code, `cannot write ${path}: ${reason}`, { path }, error)
}

/** Writes the output, or nothing at all; null if volley is to run it, or has to after DuckDB failed. */
export async function pushedSink(
  { choice, pushed }: PlannedRun,
  target: SinkTarget,
  run: Run,
): Promise<SinkResult | null> {
  if (choice.name !== 'bigdata' || !isPushdown(pushed)) return null
  try {
    return await copiedTo(target, pushed.select, pushed.schema, run)
  } catch (error) {
    if (!isWorthOwnRun(error)) throw error
    run.pushFailure = error
    return null
  }
}

/** Has DuckDB write the rows of a `typedSelect`; null if it cannot write such an output. */
export async function copiedTo(
  { format, path, options }: SinkTarget,
  select: string,
  schema: Schema,
  run: Run,
): Promise<SinkResult | null> {
  if (format !== 'parquet' || copyStatement(select, path, options, schema).kind === 'refused') return null
  const output = await OutputFile.open(path, { overwrite: options.overwrite })
  try {
    const statement = copyStatement(select, output.temporaryPath, options, schema)
    if (statement.kind === 'refused') return null
    const duckdb = await run.duckdb()
    await duckdb.execute(statement.sql, run.signal).catch((error: unknown) => {
      throw fileFault(error, output.temporaryPath, path)
    })
    await output.adopt()
    const { metadata } = readFooter(output.temporaryPath)
    const rows = metadata.rowGroups.reduce((sum, group) => sum + group.rows, 0)
    await output.commit()
    return { rows, bytesWritten: output.bytesWritten, files: [path] }
  } catch (error) {
    run.throwIfCancelled()
    // Its batches may be made without.
    if (cannotSpill(error)) return null
    throw error
  } finally {
    await output.abort()
  }
}
