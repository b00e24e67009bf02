/** Writes Arrow IPC: the file format, or the stream format. */

import * as arrow from 'apache-arrow'
import type { Schema } from '../../planner/types.js'
import { toRecordBatch } from '../arrow/record-batch.js'
import { toArrowSchema } from '../arrow/schema.js'
import type { Allocate, Batch } from '../batch.js'
import { releaseBatch, type SinkMemory } from '../block-sharing.js'
import { OutputFile, type OutputOptions } from '../output-file.js'
import type { Sink, SinkResult } from '../sink.js'

export interface IpcOptions extends OutputOptions {
  /** Default: `stream` for names that end in `.arrows`, else `file`. */
  readonly format?: 'file' | 'stream'
}

/** What an output holds already: plain data. Blocks are those of record batches, as the footer lists them. */
export interface IpcState {
  readonly rows: number
  readonly blocks: readonly IpcBlock[]
}

export interface IpcBlock {
  readonly metaDataLength: number
  readonly bodyLength: number
  readonly offset: number
}

/** Chunks below this many bytes are joined before they are written. */
const SMALL_CHUNK = 16 << 10

export class IpcSink implements Sink {
  private rows = 0

  private constructor(
    private readonly file: OutputFile,
    private readonly writer: ChunkWriter,
    private readonly memory: SinkMemory,
  ) {}

  static async open(path: string, schema: Schema, memory: SinkMemory, options: IpcOptions = {}): Promise<IpcSink> {
    return IpcSink.over(await OutputFile.open(path, options), schema, memory, options, null)
  }

  /** Goes on behind what the file holds; null if that is nothing. */
  static over(
    file: OutputFile,
    schema: Schema,
    memory: SinkMemory,
    options: IpcOptions,
    state: IpcState | null,
  ): IpcSink {
    const format = options.format ?? (file.path.endsWith('.arrows') ? 'stream' : 'file')
    const writer = format === 'stream' ? new StreamChunkWriter() : new FileChunkWriter()
    writer.reset(undefined, toArrowSchema(schema))
    const sink = new IpcSink(file, writer, memory)
    if (state !== null) {
      writer.goOn(file.bytesWritten, state.blocks)
      sink.rows = state.rows
    }
    return sink
  }

  /** What the file holds, all that was written included. */
  async settle(): Promise<IpcState> {
    await this.flush()
    return { rows: this.rows, blocks: this.writer.blocks() }
  }

  async write(batch: Batch): Promise<void> {
    const fresh: number[] = []
    try {
      const allocate: Allocate = (bytes) => {
        const block = this.memory.allocate(bytes)
        fresh.push(block)
        return block
      }
      this.writer.write(toRecordBatch(batch, this.memory.views, allocate))
      await this.flush()
      this.rows += batch.length
    } finally {
      for (const block of fresh) this.memory.release(block)
      releaseBatch(this.memory, batch)
    }
  }

  async finish(): Promise<SinkResult> {
    this.writer.finish()
    await this.flush()
    await this.file.commit()
    return { rows: this.rows, bytesWritten: this.file.bytesWritten, files: [this.file.path] }
  }

  async abort(): Promise<void> {
    await this.file.abort()
  }

  private async flush(): Promise<void> {
    for (const chunk of joinSmall(this.writer.chunks.splice(0))) await this.file.append(chunk)
  }
}

type ChunkWriter = FileChunkWriter | StreamChunkWriter

/** Collects what apache-arrow's writer puts out, views of shared memory included, instead of queueing it. */
class FileChunkWriter extends arrow.RecordBatchFileWriter {
  readonly chunks: Uint8Array[] = []

  protected override _write(chunk: ArrayBufferView): this {
    this._position += collect(this.chunks, chunk)
    return this
  }

  /** Takes up a file that holds these record batches, and does not begin another. */
  goOn(position: number, blocks: readonly IpcBlock[]): void {
    this.chunks.length = 0
    this._position = position
    this._recordBatchBlocks.push(...blocks)
  }

  blocks(): readonly IpcBlock[] {
    return this._recordBatchBlocks.map(plainBlock)
  }

  /** The format wants a whole stream between the magic and the footer, for readers that go from front to back. */
  protected override _writeSchema(schema: arrow.Schema): this {
    return super._writeSchema(schema)._writeMessage(arrow.Message.from(schema))
  }
}

export class StreamChunkWriter extends arrow.RecordBatchStreamWriter {
  readonly chunks: Uint8Array[] = []

  /** Streams end without a footer: where their batches lie does not matter. */
  goOn(position: number): void {
    this.chunks.length = 0
    this._position = position
  }

  blocks(): readonly IpcBlock[] {
    return []
  }

  protected override _write(chunk: ArrayBufferView): this {
    this._position += collect(this.chunks, chunk)
    return this
  }
}

function plainBlock({ metaDataLength, bodyLength, offset }: IpcBlock): IpcBlock {
  return { metaDataLength, bodyLength, offset }
}

function collect(chunks: Uint8Array[], chunk: ArrayBufferView): number {
  if (chunk.byteLength > 0) chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  return chunk.byteLength
}

function* joinSmall(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = []
  for (const chunk of chunks) {
    if (chunk.length < SMALL_CHUNK) small.push(chunk)
    else {
      if (small.length > 0) yield Buffer.concat(small)
      small = []
      yield chunk
    }
  }
  if (small.length > 0) yield Buffer.concat(small)
}
