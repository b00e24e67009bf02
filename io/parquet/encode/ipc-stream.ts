/**
 * Lays slices of batches out as an Arrow IPC stream, the form in which the codec takes a table.
 * Source: Arrow Columnar Format, "IPC Streaming Format". Column data are copied once, from shared memory into the
 * stream; whatever must change on the way (bits moved, constants repeated, decimals narrowed) changes in that copy.
 */

import * as arrow from 'apache-arrow'
import { BufferRegion, DictionaryBatch, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message'
import type { DataType, Schema } from '../../../planner/types.js'
import { align64, type Batch, type MemoryViews, type Vector } from '../../batch.js'
import { storageField } from '../schema-elements.js'
import { stagingBytes } from '../staging.js'
import { IpcBody } from './ipc-body.js'

/** Rows [start, start + length) of a batch; `start` may be any row. */
export interface RowGroupSlice {
  readonly batch: Batch
  readonly start: number
  readonly length: number
}

/** Columns that are dictionary encoded in every slice stay so. */
export function keepsDictionary(slices: readonly RowGroupSlice[], column: number): boolean {
  return slices.every(({ batch }) => isTextDictionary(batch.columns[column]))
}

function isTextDictionary(source: Vector): boolean {
  return source.dictionary?.type.kind === 'utf8' && !source.constant && !source.dictionary.constant
}

/** The stream of one table with a record batch for each slice. Valid until the next call on this thread. */
export function ipcStream(memory: MemoryViews, slices: readonly RowGroupSlice[], schema: Schema): Uint8Array {
  const messages: Planned[] = []
  const kept = schema.fields.map((_, column) => keepsDictionary(slices, column))
  const fields = schema.fields.map(({ name, type }, column) => {
    if (!kept[column]) return storageField(name, type)
    return new arrow.Field(name, new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), column), true)
  })
  messages.push({ header: encapsulate(Message.encode(Message.from(new arrow.Schema(fields)))), body: null })
  const current: (Vector | null)[] = schema.fields.map(() => null)
  for (const { batch, start, length } of slices) {
    const body = new IpcBody(memory)
    for (const [column, source] of batch.columns.entries()) {
      if (kept[column] && source.dictionary !== null) {
        if (!sameData(current[column], source.dictionary))
          messages.push(planDictionary(memory, source.dictionary, column))
        current[column] = source.dictionary
        body.addCodes(source, start, length)
      } else body.add(source, schema.fields[column].type, start, length)
    }
    messages.push({ header: batchHeader(body, length), body })
  }
  return assemble(messages)
}

interface Planned {
  readonly header: Uint8Array
  readonly body: IpcBody | null
}

function sameData(a: Vector | null, b: Vector): boolean {
  return a !== null && a.length === b.length && a.values === b.values && a.offsets === b.offsets
}

function planDictionary(memory: MemoryViews, dictionary: Vector, id: number): Planned {
  const body = new IpcBody(memory)
  const type: DataType = { kind: 'utf8' }
  body.add(dictionary, type, 0, dictionary.length)
  const header = new DictionaryBatch(recordBatch(body, dictionary.length), id)
  return { header: encapsulate(Message.encode(Message.from(header, body.bytes))), body }
}

function batchHeader(body: IpcBody, length: number): Uint8Array {
  return encapsulate(Message.encode(Message.from(recordBatch(body, length), body.bytes)))
}

function recordBatch(body: IpcBody, length: number): RecordBatch {
  const nodes = body.nodes.map((node) => new FieldNode(node.length, node.nulls))
  const regions = body.regions.map((region) => new BufferRegion(region.offset, region.bytes))
  return new RecordBatch(length, nodes, regions, null)
}

/** Puts the continuation mark and the length in front, and pads so that a body starts aligned. */
function encapsulate(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align64(8 + message.length))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0xffffffff, true)
  view.setInt32(4, bytes.length - 8, true)
  bytes.set(message, 8)
  return bytes
}

/** The continuation mark and a length of 0. */
const END_OF_STREAM = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0)

/** Kept between row groups, one a thread: fresh pages cost more than the copy into them. */
let staging = new ArrayBuffer(0)
const MAXIMUM_IDLE_STAGING = 64 * 2 ** 20

function assemble(messages: readonly Planned[]): Uint8Array {
  const total =
    messages.reduce((sum, { header, body }) => sum + header.length + (body?.bytes ?? 0), 0) + END_OF_STREAM.length
  if (staging.byteLength < total || staging.byteLength > MAXIMUM_IDLE_STAGING) {
    staging = new ArrayBuffer(stagingBytes(total))
  }
  const stream = new Uint8Array(staging, 0, total)
  let at = 0
  for (const { header, body } of messages) {
    stream.set(header, at)
    at += header.length
    if (body !== null) {
      body.write(staging, at)
      at += body.bytes
    }
  }
  stream.set(END_OF_STREAM, at)
  return stream
}
