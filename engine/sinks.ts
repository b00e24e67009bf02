/** Writes the batches of a run to files. */

import type { Batch } from '../io/batch.js'
import { CsvSink } from '../io/csv/csv-sink.js'
import { IpcSink } from '../io/ipc/ipc-sink.js'
import { NdjsonSink } from '../io/ndjson/ndjson-sink.js'
import type { EncodedRowGroup, EncodeOptions, RowGroupSlice } from '../io/parquet/encode.js'
import { PartitionWriter } from '../io/parquet/partition-writer.js'
import { DEFAULT_ROW_GROUP_ROWS, RowGroupAssembler } from '../io/parquet/row-group-assembler.js'
import { ParquetFileWriter } from '../io/parquet/writer.js'
import type { Sink, SinkResult } from '../io/sink.js'
import { unreachable } from '../planner/errors.js'
import type { ParquetSinkOptions, SinkTarget } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { releaseBatch } from './kernels/vectors.js'
import type { Run } from './run.js'

/** Opens a sink; nothing appears under the target's name before it finishes. */
export async function openSink(target: SinkTarget, schema: Schema, run: Run): Promise<Sink> {
  const memory = { views: run.memory.views, allocate: run.context.allocate, release: run.memory.release }
  switch (target.format) {
    case 'parquet':
      return ParquetSink.open(target.path, schema, target.options, run)
    case 'arrow':
      return IpcSink.open(target.path, schema, memory, target.options)
    case 'csv':
      return CsvSink.open(target.path, schema, memory, target.options)
    case 'ndjson':
      return NdjsonSink.open(target.path, schema, memory, target.options)
    default:
      return unreachable(target)
  }
}

/** Writes everything, or nothing at all. */
export async function drain(batches: AsyncIterable<Batch>, sink: Sink): Promise<SinkResult> {
  try {
    for await (const batch of batches) await sink.write(batch)
    return await sink.finish()
  } catch (error) {
    await sink.abort()
    throw error
  }
}

/** A file's row groups are encoded by the workers, several at once, and appended in order. */
class ParquetSink implements Sink {
  private readonly assembler: RowGroupAssembler
  /** Row groups not yet appended, in order; each settles when it is in the file. */
  private readonly pending: Promise<void>[] = []
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly writer: ParquetFileWriter,
    private readonly schema: Schema,
    private readonly options: ParquetSinkOptions,
    private readonly run: Run,
  ) {
    this.assembler = new RowGroupAssembler(options.rowGroupSize ?? DEFAULT_ROW_GROUP_ROWS)
  }

  async write(batch: Batch): Promise<void> {
    if (batch.length === 0) return releaseBatch(this.run.memory, batch)
    for (const slices of this.assembler.push(batch)) await this.encode(slices)
  }

  async finish(): Promise<SinkResult> {
    const rest = this.assembler.finish()
    if (rest !== null) await this.encode(rest)
    await this.last
    return this.writer.finish()
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.pending)
    await this.writer.abort()
  }

  private async encode(slices: readonly RowGroupSlice[]): Promise<void> {
    const encoded = this.run.task('encode', { slices, schema: this.schema, options: encodeOptions(this.options) })
    this.last = this.append(this.last, encoded, slices)
    this.pending.push(this.last)
    // A rejection is seen when its turn comes; until then it must not count as unhandled.
    this.last.catch(() => {})
    if (this.pending.length > this.run.pool.threads) await this.pending.shift()
  }

  private async append(
    previous: Promise<void>,
    encoded: Promise<EncodedRowGroup>,
    slices: readonly RowGroupSlice[],
  ): Promise<void> {
    const [group] = await Promise.all([encoded, previous])
    // Row groups are appended in order, so the one that ends a batch is the last to need it.
    for (const { batch, start, length } of slices) {
      if (start + length === batch.length) releaseBatch(this.run.memory, batch)
    }
    await this.writer.append(group)
  }
}

function encodeOptions({ compression, dictionary }: ParquetSinkOptions): EncodeOptions {
  return { compression: compression ?? 'snappy', dictionary: dictionary === false ? false : 'auto' }
}
