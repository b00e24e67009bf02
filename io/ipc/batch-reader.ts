/** Reads the record batches of one Arrow IPC file into shared memory, where their columns are views of the bodies. */

import * as arrow from 'apache-arrow'
import { VectorLoader } from 'apache-arrow/visitor/vectorloader'
import { VolleyError } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import { type BlockOwner, fromRecordBatch } from '../arrow/record-batch.js'
import { align64, type Batch } from '../batch.js'
import type { BlockSharing } from '../block-sharing.js'
import type { DecodeTarget } from '../source.js'
import { decompressor } from './compression.js'
import { IpcFile, type IpcMessage } from './messages.js'

/** Gaps up to this many bytes between wanted buffers are read along with them. */
const READ_GAP = 64 << 10

type RecordBatchHeader = ReturnType<arrow.Message<arrow.MessageHeader.RecordBatch>['header']>
interface Region {
  readonly offset: number
  readonly length: number
}

export class BatchReader {
  private readonly file: IpcFile
  private readonly messages: Generator<IpcMessage>
  private readonly bodies: Bodies
  private readonly dictionaries = new Map<number, arrow.Vector>()

  /** `positions` are those of `schema`'s fields in the file. */
  constructor(
    path: string,
    private readonly schema: Schema,
    private readonly positions: readonly number[],
    private readonly target: DecodeTarget,
    sharing: BlockSharing,
  ) {
    this.file = IpcFile.open(path)
    this.messages = this.file.messages()
    this.bodies = new Bodies(sharing)
  }

  /** The next batch, whose blocks the caller owns; null at the end. */
  next(): Batch | null {
    try {
      for (;;) {
        // Not by `for of`, which would end the messages with the first batch that is returned.
        const step = this.messages.next()
        if (step.done) return null
        if (step.value.message.isDictionaryBatch()) this.loadDictionary(step.value)
        else if (step.value.message.isRecordBatch()) return this.loadBatch(step.value)
      }
    } catch (error) {
      throw this.explain(error)
    } finally {
      this.bodies.dropBatch()
    }
  }

  close(): void {
    this.bodies.dropAll()
    this.file.close()
  }

  private loadBatch(next: IpcMessage): Batch {
    const header = (next.message as arrow.Message<arrow.MessageHeader.RecordBatch>).header()
    const { fields } = this.file.schema
    const wanted = (all: readonly arrow.Data[]): arrow.Data[] => this.positions.map((position) => all[position])
    const children = wanted(this.load(next, header, fields, false, wanted))
    const struct = new arrow.Struct(this.positions.map((position) => fields[position]))
    const projected = new arrow.RecordBatch(
      new arrow.Schema(struct.children),
      new arrow.Data(struct, 0, header.length, 0, {}, children),
    )
    return fromRecordBatch(projected, this.target.memory, this.target.allocate, this.bodies, this.schema)
  }

  private loadDictionary(next: IpcMessage): void {
    const { id, isDelta, data } = (next.message as arrow.Message<arrow.MessageHeader.DictionaryBatch>).header()
    const type = this.file.schema.dictionaries.get(id)
    if (type === undefined) throw new Error(`dictionary ${id} belongs to no column`)
    const loaded = this.load(next, data, [type], true, (all) => all)
    const known = this.dictionaries.get(id)
    const vector = new arrow.Vector(loaded)
    this.dictionaries.set(id, isDelta && known !== undefined ? known.concat(vector) : vector)
  }

  /** Lays out views first and reads what `wanted` of them show: looking at data is left to the importer. */
  private load(
    next: IpcMessage,
    header: RecordBatchHeader,
    types: readonly (arrow.Field | arrow.DataType)[],
    isDictionary: boolean,
    wanted: (all: readonly arrow.Data[]) => readonly arrow.Data[],
  ): arrow.Data[] {
    if (header.compression !== null) {
      const { body, regions } = this.decompressed(next, header, isDictionary)
      return this.views(body, header, regions, types)
    }
    const body = this.allocate(next.bodyLength, isDictionary)
    const all = this.views(body, header, header.buffers, types)
    for (const { offset, length } of joinRegions(wanted(all).flatMap((data) => regionsOf(data, body)))) {
      this.file.read(next.bodyOffset + offset, body.subarray(offset, offset + length))
    }
    return all
  }

  private views(
    body: Uint8Array,
    header: RecordBatchHeader,
    regions: readonly Region[],
    types: readonly (arrow.Field | arrow.DataType)[],
  ): arrow.Data[] {
    for (const { offset, length } of regions) {
      if (offset < 0 || length < 0 || offset + length > body.length) {
        throw new Error(`a buffer ends at byte ${offset + length} of a body of ${body.length}`)
      }
    }
    const loader = new VectorLoader(
      body,
      header.nodes,
      regions as ConstructorParameters<typeof VectorLoader>[2],
      this.dictionaries,
      this.file.schema.metadataVersion,
      header.variadicBufferCounts,
    )
    return loader.visitMany([...types] as arrow.DataType[])
  }

  private allocate(bytes: number, isDictionary: boolean): Uint8Array {
    const block = this.target.allocate(Math.max(1, bytes))
    this.bodies.add(block, bytes, isDictionary)
    return this.target.memory.u8.subarray(block, block + bytes)
  }

  /** Each buffer is an int64 length, -1 if it is stored as it is, and the bytes. */
  private decompressed(next: IpcMessage, header: RecordBatchHeader, isDictionary: boolean) {
    const decompress = decompressor(header.compression?.type ?? null, this.file.path)
    const packed = Buffer.alloc(next.bodyLength)
    this.file.read(next.bodyOffset, packed)
    const regions: Region[] = []
    let total = 0
    for (const { offset, length } of header.buffers) {
      const stored = length === 0 ? 0 : Number(packed.readBigInt64LE(offset))
      const size = stored === -1 ? length - 8 : stored
      if (size < 0 || size > MAX_BUFFER_BYTES) throw new Error(`a compressed buffer of ${size} bytes`)
      regions.push({ offset: total, length: size })
      total += align64(size)
    }
    const body = this.allocate(total, isDictionary)
    for (const [index, { offset, length }] of header.buffers.entries()) {
      if (length === 0) continue
      const source = packed.subarray(offset + 8, offset + length)
      const region = regions[index]
      const output = body.subarray(region.offset, region.offset + region.length)
      if (packed.readBigInt64LE(offset) === -1n) output.set(source)
      else decompress(source, output)
    }
    return { body, regions }
  }

  private explain(error: unknown): Error {
    const { path } = this.file
    if (error instanceof VolleyError) {
      if (error.details.path !== undefined) return error
      return new VolleyError(error.code, `${path}: ${error.message}`, { ...error.details, path }, error)
    }
    const fault = error instanceof Error ? error.message : String(error)
    return new VolleyError('VOLLEY_CORRUPT_FILE', `${path} is corrupt: ${fault}`, { path }, error)
  }
}

const MAX_BUFFER_BYTES = 2 ** 32 - 1

/** The blocks that bodies were read into: a dictionary's serves until the end, a record batch's only its batch. */
class Bodies implements BlockOwner {
  private held: { readonly block: number; readonly length: number; readonly isDictionary: boolean }[] = []
  readonly retain: (block: number) => void

  constructor(private readonly sharing: BlockSharing) {
    this.retain = sharing.retain
  }

  add(block: number, length: number, isDictionary: boolean): void {
    this.held.push({ block, length, isDictionary })
  }

  blockOf(address: number): number | null {
    const found = this.held.find(({ block, length }) => address >= block && address < block + length)
    return found === undefined ? null : found.block
  }

  dropBatch(): void {
    for (const { block, isDictionary } of this.held) if (!isDictionary) this.sharing.release(block)
    this.held = this.held.filter(({ isDictionary }) => isDictionary)
  }

  dropAll(): void {
    for (const { block } of this.held) this.sharing.release(block)
    this.held = []
  }
}

/** Where in `body` the buffers of a column and its children lie. */
function regionsOf(data: arrow.Data, body: Uint8Array): Region[] {
  const views: unknown[] = [...Object.values(data.buffers), ...data.variadicBuffers]
  const own = views.filter(ArrayBuffer.isView).filter((view) => view.byteLength > 0 && view.buffer === body.buffer)
  return [
    ...own.map((view) => ({ offset: view.byteOffset - body.byteOffset, length: view.byteLength })),
    ...data.children.flatMap((child) => regionsOf(child, body)),
  ]
}

function joinRegions(regions: readonly Region[]): Region[] {
  const joined: Region[] = []
  for (const region of [...regions].sort((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1)
    if (last !== undefined && region.offset <= last.offset + last.length + READ_GAP) {
      const end = Math.max(last.offset + last.length, region.offset + region.length)
      joined[joined.length - 1] = { offset: last.offset, length: end - last.offset }
    } else joined.push(region)
  }
  return joined
}
