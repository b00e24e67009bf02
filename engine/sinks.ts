/** Writes the batches of a run to files. */

import type { Batch } from '../io/batch.js'
import { CsvSink } from '../io/csv/csv-sink.js'
import { isTabSeparated } from '../io/file-format.js'
import { IpcSink } from '../io/ipc/ipc-sink.js'
import { NdjsonSink } from '../io/ndjson/ndjson-sink.js'
import type { Sink, SinkResult } from '../io/sink.js'
import { unreachable } from '../planner/errors.js'
import type { SinkTarget } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { openParquetSink } from './parquet-sink.js'
import type { Run } from './run.js'

/** Opens a sink; nothing appears under the target's name before it finishes. */
export async function openSink(target: SinkTarget, schema: Schema, run: Run): Promise<Sink> {
  const memory = { views: run.memory.views, allocate: run.context.allocate, release: run.memory.release }
  switch (target.format) {
    case 'parquet':
      return openParquetSink(target.path, schema, target.options, run)
    case 'arrow':
      return IpcSink.open(target.path, schema, memory, target.options)
    case 'csv':
      return CsvSink.open(target.path, schema, memory, {
        ...(isTabSeparated(target.path) ? { delimiter: '\t' } : {}),
        ...target.options,
      })
    case 'ndjson':
      return NdjsonSink.open(target.path, schema, memory, target.options)
    default:
      return unreachable(target)
  }
}

/** Writes everything, or nothing at all; nothing, too, if the output was written past the sink meanwhile. */
export async function drain(
  batches: AsyncIterable<Batch>,
  sink: Sink,
  writtenPast: () => SinkResult | null = () => null,
): Promise<SinkResult> {
  try {
    for await (const batch of batches) await sink.write(batch)
    const result = writtenPast()
    if (result === null) return await sink.finish()
    await sink.abort()
    return result
  } catch (error) {
    await sink.abort()
    throw error
  }
}
