/** One batch as an Arrow IPC stream of its own, for readers that share no memory with its writer. */

import * as arrow from 'apache-arrow'
import { VolleyError } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import { fromRecordBatch, toRecordBatch } from '../arrow/record-batch.js'
import { fromArrowSchema, toArrowSchema } from '../arrow/schema.js'
import type { Allocate, Batch, MemoryViews } from '../batch.js'
import type { SinkMemory } from '../block-sharing.js'
import { StreamChunkWriter } from './ipc-sink.js'

/** Arrow's buffers are aligned within a stream; so must be its first byte. */
const ALIGNMENT = 8

/** The batch stays the caller's. */
export function encodeBatch(batch: Batch, memory: SinkMemory): Uint8Array<ArrayBuffer> {
  const fresh: number[] = []
  const allocate: Allocate = (bytes) => {
    const block = memory.allocate(bytes)
    fresh.push(block)
    return block
  }
  try {
    const writer = new StreamChunkWriter()
    writer.reset(undefined, toArrowSchema(batch.schema))
    writer.write(toRecordBatch(batch, memory.views, allocate))
    writer.finish()
    return joined(writer.chunks)
  } finally {
    for (const block of fresh) memory.release(block)
  }
}

/** The batch that `encodeBatch` wrote, in blocks that the caller owns; in the given schema, which must be that of the bytes. */
export function decodeBatch(bytes: Uint8Array, memory: MemoryViews, allocate: Allocate, schema?: Schema): Batch {
  const aligned = bytes.byteOffset % ALIGNMENT === 0 ? bytes : bytes.slice()
  const reader = arrow.RecordBatchReader.from(aligned)
  const { value, done } = reader.next()
  if (done === true) throw new VolleyError('VOLLEY_CORRUPT_FILE', 'an Arrow stream of one batch has none')
  return fromRecordBatch(value, memory, allocate, null, schema ?? fromArrowSchema(value.schema))
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
