/** Batches as apache-arrow RecordBatches: typed arrays that view the shared memory. The way back is `import-batch.ts`. */

import * as arrow from 'apache-arrow'
import type { Allocate, Batch, MemoryViews, Vector } from '../batch.js'
import { plainVector } from './plain.js'
import { toArrowSchema } from './schema.js'

export { type BlockOwner, fromRecordBatch } from './import-batch.js'

/** Applied to every view that reaches the RecordBatch; lets its user tie the life of blocks to that of views. */
export type WrapView = <T extends ArrayBufferView>(view: T) => T

/**
 * A batch as a RecordBatch of views, without copying column data. Copied into fresh blocks of `allocate` are only:
 * decimals stored at 8 bytes (widened to 16), constants (repeated) and dictionary-encoded columns (decoded), so that all
 * batches of a result have one schema. The views are valid as long as the batch's blocks and those fresh ones are.
 */
export function toRecordBatch(
  batch: Batch,
  memory: MemoryViews,
  allocate: Allocate,
  wrap: WrapView = (view) => view,
): arrow.RecordBatch {
  const schema = toArrowSchema(batch.schema)
  const exporter = new Exporter(memory, allocate, wrap)
  const children = batch.columns.map((column, index) => exporter.data(column, schema.fields[index].type))
  return recordBatchOf(schema, new arrow.Data(structOf(schema), 0, batch.length, 0, {}, children))
}

/**
 * What the constructor makes of a schema and columns of equal length, but with the schema itself: the constructor takes
 * longer than all else to make a new one, and whoever gets many batches would not see that theirs is always the same.
 */
function recordBatchOf(schema: arrow.Schema, data: arrow.Data<arrow.Struct>): arrow.RecordBatch {
  return Object.assign(Object.create(arrow.RecordBatch.prototype) as arrow.RecordBatch, {
    schema,
    data,
    _metadata: new Map<string, string>(),
  })
}

const structs = new WeakMap<arrow.Schema, arrow.Struct>()

function structOf(schema: arrow.Schema): arrow.Struct {
  let struct = structs.get(schema)
  if (struct === undefined) {
    struct = new arrow.Struct(schema.fields)
    structs.set(schema, struct)
  }
  return struct
}

type Buffers = Partial<arrow.Data['buffers']>

class Exporter {
  constructor(
    private readonly memory: MemoryViews,
    private readonly allocate: Allocate,
    private readonly wrap: WrapView,
  ) {}

  data(source: Vector, type: arrow.DataType): arrow.Data {
    const plain = plainVector(source, this.memory, this.allocate)
    const { length } = plain
    if (plain.type.kind === 'null') return new arrow.Data(type, 0, length, length)
    const buffers: Buffers = {}
    const nulls = plain.validity === 0 ? 0 : -1
    if (plain.validity !== 0) buffers[arrow.BufferType.VALIDITY] = this.bytes(plain.validity, Math.ceil(length / 8))
    if (plain.offsets !== 0 || needsOffsets(plain)) buffers[arrow.BufferType.OFFSET] = this.offsets(plain)
    const values = this.values(plain, type)
    if (values !== null) buffers[arrow.BufferType.DATA] = values
    // Not by `makeData`: it makes new views of byte arrays, which the wrapped ones would not outlive.
    return new arrow.Data(type, 0, length, nulls, buffers, this.children(plain, type))
  }

  private children(plain: Vector, type: arrow.DataType): arrow.Data[] {
    return plain.children.map((child, index) => this.data(child, (type.children as arrow.Field[])[index].type))
  }

  private offsets(plain: Vector): Int32Array {
    if (plain.offsets === 0) return new Int32Array(1)
    return this.wrap(new Int32Array(this.memory.buffer, plain.offsets, plain.length + 1))
  }

  private values(plain: Vector, type: arrow.DataType): ArrayBufferView | null {
    const { kind } = plain.type
    if (kind === 'bool') return this.bytes(plain.values, Math.ceil(plain.length / 8))
    if (kind === 'utf8' || kind === 'binary') {
      return this.bytes(plain.values, plain.offsets === 0 ? 0 : this.memory.i32[plain.offsets / 4 + plain.length])
    }
    if (plain.width === 0) return null
    const { ArrayType } = type
    const elements = (plain.length * plain.width) / ArrayType.BYTES_PER_ELEMENT
    return this.wrap(new ArrayType(this.memory.buffer, plain.values, elements))
  }

  private bytes(address: number, length: number): Uint8Array {
    return this.wrap(new Uint8Array(this.memory.buffer, address, length))
  }
}

function needsOffsets(plain: Vector): boolean {
  const { kind } = plain.type
  return kind === 'utf8' || kind === 'binary' || kind === 'list' || kind === 'map'
}
