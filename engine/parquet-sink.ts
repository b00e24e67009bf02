/** Writes batches as Parquet: the workers encode row groups, several at once, and they are appended in order. */

import type { Batch } from '../io/batch.js'
import type { EncodedRowGroup, EncodeOptions, RowGroupSlice } from '../io/parquet/encode.js'
import { partitionedSchema, partitionRows } from '../io/parquet/partition-rows.js'
import { PartitionWriter } from '../io/parquet/partition-writer.js'
import { DEFAULT_ROW_GROUP_ROWS, RowGroupAssembler } from '../io/parquet/row-group-assembler.js'
import { ParquetFileWriter } from '../io/parquet/writer.js'
import type { Sink, SinkResult } from '../io/sink.js'
import type { ParquetSinkOptions } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { persistBatch, releaseBatch, takeBatch } from './kernels/vectors.js'
import { batchBytes } from './metrics/batch-bytes.js'
import type { Run } from './run.js'
import type { ReplyOf } from './workers/messages.js'

/** Rows that may wait for their partition's row group to fill, in row groups. */
const WAITING_ROW_GROUPS = 16
/** Of what a codec may decode at a time: it takes more memory to encode the same. */
const ROW_GROUP_SHARE = 0.5

export async function openParquetSink(
  path: string,
  schema: Schema,
  options: ParquetSinkOptions,
  run: Run,
): Promise<Sink> {
  const { overwrite, partitionBy = [] } = options
  if (partitionBy.length === 0) {
    const writer = await ParquetFileWriter.open(path, schema, { overwrite })
    return new FileSink(writer, new Encoder(schema, options, run), run, options.rowGroupSize)
  }
  const inner = partitionedSchema(schema, partitionBy)
  const writer = await PartitionWriter.open(path, inner, { overwrite })
  return new PartitionSink(writer, new Encoder(inner, options, run), run, inner, partitionBy, options.rowGroupSize)
}

/** A sink that can bring all of its rows into the file before the end: with a smaller row group, if it must. */
export interface SettlingSink extends Sink {
  settle(): Promise<void>
}

/** Writes to a file that is open. */
export function parquetSinkOver(
  writer: ParquetFileWriter,
  schema: Schema,
  options: ParquetSinkOptions,
  run: Run,
): SettlingSink {
  return new FileSink(writer, new Encoder(schema, options, run), run, options.rowGroupSize)
}

/** Writes to a directory of files; `inner` is their schema, as `partitionedSchema` tells it. */
export function partitionSinkOver(
  writer: PartitionWriter,
  inner: Schema,
  options: ParquetSinkOptions,
  run: Run,
): SettlingSink {
  const { partitionBy = [], rowGroupSize } = options
  return new PartitionSink(writer, new Encoder(inner, options, run), run, inner, partitionBy, rowGroupSize)
}

/** Has row groups encoded by the workers, and passes them on in the order in which they were given. */
class Encoder {
  private readonly options: EncodeOptions
  private readonly pending: Promise<void>[] = []
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly schema: Schema,
    { compression = 'snappy', dictionary, statistics }: ParquetSinkOptions,
    private readonly run: Run,
  ) {
    this.options = { compression, dictionary: dictionary === false ? false : 'auto', statistics: statistics ?? true }
  }

  /** Takes over a batch with the row group that holds its last row. Resolves when the next one may be given. */
  async encode(slices: readonly RowGroupSlice[], append: (group: EncodedRowGroup) => Promise<void>): Promise<void> {
    const encoded = this.run.task('encode', { slices, schema: this.schema, options: this.options })
    this.last = this.append(this.last, encoded, slices, append)
    // A rejection is seen when its turn comes; until then it must not count as unhandled.
    this.last.catch(() => {})
    this.pending.push(this.last)
    const { memory, pool } = this.run
    while (this.pending.length > (memory.isCrowded ? 0 : pool.threads)) await this.pending.shift()
  }

  async finish(): Promise<void> {
    await this.last
  }

  async settle(): Promise<void> {
    await Promise.allSettled(this.pending)
  }

  private async append(
    previous: Promise<void>,
    encoded: Promise<ReplyOf<'encode'>>,
    slices: readonly RowGroupSlice[],
    append: (group: EncodedRowGroup) => Promise<void>,
  ): Promise<void> {
    try {
      const [group] = await Promise.all([encoded, previous])
      for (const { batch, start, length } of slices) {
        if (start + length === batch.length) releaseBatch(this.run.memory, batch)
      }
      await this.appendPages(group, append)
    } catch (error) {
      // There will be no output: nothing else needs to be computed.
      this.run.stop()
      throw error
    }
  }

  private async appendPages(
    { pages, ...group }: ReplyOf<'encode'>,
    append: (group: EncodedRowGroup) => Promise<void>,
  ): Promise<void> {
    if (pages instanceof Uint8Array) return append({ ...group, bytes: pages })
    const { memory } = this.run
    const { block } = pages
    await append({ ...group, bytes: memory.views.u8.subarray(block, block + pages.bytes) })
    memory.release(block)
  }
}

class FileSink implements SettlingSink {
  private readonly assembler: RowGroupAssembler

  constructor(
    private readonly writer: ParquetFileWriter,
    private readonly encoder: Encoder,
    private readonly run: Run,
    rowGroupSize: number | undefined,
  ) {
    // Who names a size gets it; otherwise threads get no more than they can encode within the limit.
    const mostBytes = run.monitor.budget.worker.codec.decodeBytes * ROW_GROUP_SHARE
    this.assembler =
      rowGroupSize === undefined
        ? new RowGroupAssembler(DEFAULT_ROW_GROUP_ROWS, mostBytes)
        : new RowGroupAssembler(rowGroupSize)
  }

  async write(batch: Batch): Promise<void> {
    const { memory } = this.run
    if (batch.length === 0) releaseBatch(memory, batch)
    for (const slices of this.assembler.push(batch, batchBytes(memory.views, batch))) await this.encode(slices)
  }

  async settle(): Promise<void> {
    const rest = this.assembler.finish()
    if (rest !== null) await this.encode(rest)
    await this.encoder.finish()
  }

  async finish(): Promise<SinkResult> {
    await this.settle()
    return this.writer.finish()
  }

  async abort(): Promise<void> {
    await this.encoder.settle()
    await this.writer.abort()
  }

  private encode(slices: readonly RowGroupSlice[]): Promise<void> {
    return this.encoder.encode(slices, (group) => this.writer.append(group))
  }
}

/** One assembler for each directory; when too many rows wait, the fullest directory gives its row group early. */
class PartitionSink implements SettlingSink {
  private readonly assemblers = new Map<string, RowGroupAssembler>()
  private waiting = 0

  constructor(
    private readonly writer: PartitionWriter,
    private readonly encoder: Encoder,
    private readonly run: Run,
    /** Of the files: without the partition columns. */
    private readonly schema: Schema,
    private readonly keys: readonly string[],
    private readonly rowGroupSize = DEFAULT_ROW_GROUP_ROWS,
  ) {}

  async write(batch: Batch): Promise<void> {
    const parts = partitionRows(this.run.memory.views, batch, this.keys)
    const columns = batch.columns.filter((_, index) => !this.keys.includes(batch.schema.fields[index].name))
    const inner: Batch = { schema: this.schema, length: batch.length, columns }
    const copies = parts.map(({ directory, rows }) => ({ directory, part: this.copy(inner, rows) }))
    releaseBatch(this.run.memory, batch)
    for (const { directory, part } of copies) await this.push(directory, part)
  }

  async settle(): Promise<void> {
    for (const [directory, assembler] of this.assemblers) await this.flush(directory, assembler)
    await this.encoder.finish()
  }

  async finish(): Promise<SinkResult> {
    await this.settle()
    return this.writer.finish()
  }

  async abort(): Promise<void> {
    await this.encoder.settle()
    await this.writer.abort()
  }

  private copy(batch: Batch, rows: Int32Array): Batch {
    const { context } = this.run
    const indices = context.scratch(rows.byteLength)
    context.memory.i32.set(rows, indices / 4)
    const part = persistBatch(context, context.allocate, takeBatch(context, batch, indices, rows.length))
    context.resetScratch()
    return part
  }

  private async push(directory: string, part: Batch): Promise<void> {
    let assembler = this.assemblers.get(directory)
    if (assembler === undefined) {
      assembler = new RowGroupAssembler(this.rowGroupSize)
      this.assemblers.set(directory, assembler)
    }
    this.waiting -= assembler.pendingRows
    const complete = assembler.push(part)
    this.waiting += assembler.pendingRows
    for (const slices of complete) await this.encode(directory, slices)
    while (this.waiting > WAITING_ROW_GROUPS * this.rowGroupSize) {
      const [fullest] = [...this.assemblers].sort((a, b) => b[1].pendingRows - a[1].pendingRows)
      await this.flush(...fullest)
    }
  }

  private async flush(directory: string, assembler: RowGroupAssembler): Promise<void> {
    this.waiting -= assembler.pendingRows
    const rest = assembler.finish()
    if (rest !== null) await this.encode(directory, rest)
  }

  private encode(directory: string, slices: readonly RowGroupSlice[]): Promise<void> {
    return this.encoder.encode(slices, (group) => this.writer.append(directory, group))
  }
}
