/** Brings apache-arrow RecordBatches into the shared memory; the way out is `record-batch.ts`. */

import * as arrow from 'apache-arrow'
import { InternalError, VolleyError } from '../../planner/errors.js'
import type { DataType, Schema } from '../../planner/types.js'
import { valueWidth } from '../../planner/types.js'
import {
  type Allocate,
  align64,
  type Batch,
  bitmapBytes,
  emptyVector,
  type MemoryViews,
  type Vector,
  vector,
} from '../batch.js'
import { readValue } from '../values.js'
import { vectorFromValues } from '../vector-from-values.js'
import { adoptColumn, type BlockOwner, elementType, isStoredAlike } from './adopt.js'
import { checkBytes, checkCodes, checkOffsets, corruptColumn } from './checks.js'
import { fromArrowSchema } from './schema.js'
import { type ByteValues, byteValues, holdsBytes } from './variable-bytes.js'

export type { BlockOwner }

const MILLISECONDS_PER_DAY = 86_400_000
const MAX_OFFSET = 2 ** 31 - 1

/**
 * A RecordBatch as a batch whose blocks the caller owns. Columns are copied once; one that lies in the shared memory
 * already, in the layout of a vector and in blocks of `owner`, is not copied at all: its blocks are retained.
 * `schema` is what `fromArrowSchema` makes of the batch's. Throws VOLLEY_CORRUPT_FILE if the data contradicts itself.
 */
export function fromRecordBatch(
  recordBatch: arrow.RecordBatch,
  memory: MemoryViews,
  allocate: Allocate,
  owner: BlockOwner | null = null,
  schema: Schema = fromArrowSchema(recordBatch.schema),
): Batch {
  const columns = schema.fields.map(({ name, type }, index) => {
    const data = recordBatch.data.children[index]
    const adopted = owner === null ? null : adoptColumn(data, type, memory, owner, name)
    return adopted ?? new ColumnCopy(memory, allocate, name).column(data, type)
  })
  return { schema, length: recordBatch.numRows, columns }
}

class ColumnCopy {
  private readonly blocks: number[] = []

  constructor(
    private readonly memory: MemoryViews,
    private readonly allocate: Allocate,
    private readonly name: string,
  ) {}

  column(data: arrow.Data, type: DataType): Vector {
    const copied = this.vector(data, type)
    return { ...copied, blocks: this.blocks }
  }

  private vector(data: arrow.Data, type: DataType): Vector {
    const { length } = data
    // Without values, Arrow may leave out offsets too.
    if (length === 0) return emptyVector(type)
    if (type.kind === 'null') return vector(type, length)
    if (data.type.typeId === arrow.Type.Dictionary) return this.dictionary(data, type)
    if (data.type.typeId === arrow.Type.Utf8 || data.type.typeId === arrow.Type.Binary) return this.text(data, type)
    if (holdsBytes(data.type)) return this.bytes([byteValues(data, this.name)], type, this.validity(data))
    switch (type.kind) {
      case 'bool':
        checkBytes(data.values, Math.ceil((data.offset + length) / 8), this.name)
        return vector(type, length, {
          validity: this.validity(data),
          values: this.bits(data.values, data.offset, length),
        })
      case 'list':
      case 'map':
        return this.list(data, type)
      case 'struct': {
        const children = type.fields.map((f, index) => this.vector(data.children[index].slice(0, length), f.type))
        return vector(type, length, { validity: this.validity(data), children })
      }
      default:
        return this.fixedWidth(data, type)
    }
  }

  private take(bytes: number): number {
    const block = this.allocate(align64(Math.max(1, bytes)))
    this.blocks.push(block)
    return block
  }

  private validity(data: arrow.Data): number {
    return data.nullCount > 0 ? this.bits(data.nullBitmap, data.offset, data.length) : 0
  }

  /** Copies bits from any bit offset to the start of a block. */
  private bits(source: Uint8Array, offset: number, length: number): number {
    const target = this.take(bitmapBytes(length))
    const first = offset >>> 3
    const shift = offset & 7
    const bytes = Math.ceil(length / 8)
    if (shift === 0) this.memory.u8.set(source.subarray(first, first + bytes), target)
    else {
      for (let i = 0; i < bytes; i++) {
        this.memory.u8[target + i] = (source[first + i] >> shift) | (source[first + i + 1] << (8 - shift))
      }
    }
    return target
  }

  private fixedWidth(data: arrow.Data, type: DataType): Vector {
    const { length } = data
    const validity = this.validity(data)
    if (type.kind === 'decimal') return this.decimal(data, type, validity)
    if (!isStoredAlike(data.type)) {
      const values = convertedValues(data)
      return this.placed(new Uint8Array(values.buffer), vector(type, length, { validity }))
    }
    const bytes = length * valueWidth(type)
    checkBytes(data.values, bytes, this.name)
    return this.placed(bytesOf(data.values).subarray(0, bytes), vector(type, length, { validity }))
  }

  private placed(bytes: Uint8Array, target: Vector): Vector {
    const values = this.take(bytes.length)
    this.memory.u8.set(bytes, values)
    return { ...target, values }
  }

  /** Keeps 8 bytes where the precision says that they hold every value, and 16 otherwise. */
  private decimal(data: arrow.Data, type: DataType, validity: number): Vector {
    const { length } = data
    const sourceWords = (data.type as arrow.Decimal).bitWidth / 32
    const width = valueWidth(type)
    checkBytes(data.values, length * sourceWords * 4, this.name)
    const values = this.take(length * width)
    const source = bytesOf(data.values)
    const words = new Int32Array(source.buffer, source.byteOffset, length * sourceWords)
    const targetWords = width / 4
    for (let row = 0; row < length; row++) {
      const sign = words[row * sourceWords + sourceWords - 1] >> 31
      for (let word = 0; word < targetWords; word++) {
        this.memory.i32[values / 4 + row * targetWords + word] =
          word < sourceWords ? words[row * sourceWords + word] : sign
      }
    }
    return vector(type, length, { validity, values, width })
  }

  /** The layout of a vector: one copy of all bytes, and offsets moved to start at 0. */
  private text(data: arrow.Data, type: DataType): Vector {
    const { length, valueOffsets } = data
    checkOffsets(valueOffsets, length, data.values.byteLength, this.name)
    const first = valueOffsets[0]
    const offsets = this.take((length + 1) * 4)
    for (let row = 0; row <= length; row++) this.memory.i32[offsets / 4 + row] = valueOffsets[row] - first
    const target = vector(type, length, { validity: this.validity(data), offsets })
    return this.placed(data.values.subarray(first, valueOffsets[length]), target)
  }

  private bytes(chunks: readonly ByteValues[], type: DataType, validity: number): Vector {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const offsets = this.take((length + 1) * 4)
    const ends = offsets / 4
    let used = 0
    let at = 0
    this.memory.i32[ends] = 0
    for (const chunk of chunks) {
      for (let row = 0; row < chunk.length; row++) {
        used += chunk.size(row)
        this.memory.i32[ends + ++at] = used
      }
    }
    if (used > MAX_OFFSET) {
      throw new VolleyError(
        'VOLLEY_UNSUPPORTED',
        `column ${this.name} has ${used} bytes in one batch, more than ${MAX_OFFSET}: use smaller batches`,
        { column: this.name },
      )
    }
    const values = this.take(used)
    at = 0
    for (const chunk of chunks) {
      for (let row = 0; row < chunk.length; row++) {
        const start = values + this.memory.i32[ends + at]
        const end = values + this.memory.i32[ends + ++at]
        if (end > start) chunk.copy(row, this.memory.u8.subarray(start, end))
      }
    }
    return vector(type, length, { validity, offsets, values })
  }

  private list(data: arrow.Data, type: DataType): Vector {
    const { length } = data
    const child = data.children[0]
    const starts = listOffsets(data)
    checkOffsets(starts, length, child.length, this.name)
    const first = Number(starts[0])
    const offsets = this.take((length + 1) * 4)
    for (let row = 0; row <= length; row++) this.memory.i32[offsets / 4 + row] = Number(starts[row]) - first
    const element = elementType(type)
    if (element === null) throw new InternalError(`${data.type} read as ${type.kind}`)
    const elements = this.vector(child.slice(first, Number(starts[length]) - first), element)
    return vector(type, length, { validity: this.validity(data), offsets, children: [elements] })
  }

  /** Stays encoded if its values are text or bytes; others are decoded. */
  private dictionary(data: arrow.Data, type: DataType): Vector {
    const chunks = data.dictionary?.data
    if (chunks === undefined) throw corruptColumn(this.name, 'its dictionary is missing')
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    checkBytes(data.values, data.length * ((data.type as arrow.Dictionary).indices.bitWidth / 8), this.name)
    checkCodes(data, size, this.name)
    const codes: ArrayLike<number | bigint> = data.values
    const valid = dictionaryValidity(data, chunks)
    if (holdsBytes((data.type as arrow.Dictionary).dictionary)) {
      const dictionary = this.bytes(
        chunks.map((chunk) => byteValues(chunk, this.name)),
        type,
        0,
      )
      const values = this.take(data.length * 4)
      for (let row = 0; row < data.length; row++) this.memory.i32[values / 4 + row] = Number(codes[row])
      const validity = valid === null ? 0 : this.bits(valid, 0, data.length)
      return vector(type, data.length, { validity, values, dictionary })
    }
    const parts = chunks.map((chunk) => this.vector(chunk, type))
    const entries = parts.flatMap((part) =>
      Array.from({ length: part.length }, (_, row) => readValue(this.memory, part, row)),
    )
    const decoded = Array.from({ length: data.length }, (_, row) =>
      valid === null || (valid[row >>> 3] >> (row & 7)) & 1 ? entries[Number(codes[row])] : null,
    )
    const plain = vectorFromValues(type, decoded, this.memory, this.allocate)
    this.blocks.push(...plain.blocks)
    return { ...plain, blocks: [] }
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** A row is null if its code is, or if the code points at a null. Returns null if all rows are valid. */
function dictionaryValidity(data: arrow.Data, chunks: readonly arrow.Data[]): Uint8Array | null {
  const entriesHaveNulls = chunks.some((chunk) => chunk.nullCount > 0)
  if (data.nullCount === 0 && !entriesHaveNulls) return null
  const bitmap = new Uint8Array(bitmapBytes(data.length))
  const entryValid = chunks.flatMap((chunk) => Array.from({ length: chunk.length }, (_, i) => chunk.getValid(i)))
  for (let row = 0; row < data.length; row++) {
    if (data.getValid(row) && entryValid[Number(data.values[row])]) bitmap[row >>> 3] |= 1 << (row & 7)
  }
  return bitmap
}

function listOffsets(data: arrow.Data): Int32Array | BigInt64Array {
  if (data.type.typeId !== arrow.Type.FixedSizeList) return data.valueOffsets
  const { listSize } = data.type as arrow.FixedSizeList
  return Int32Array.from({ length: data.length + 1 }, (_, row) => row * listSize)
}

/** Values of date64 as days, and of float16 as float32. */
function convertedValues(data: arrow.Data): Int32Array | Float32Array {
  if (data.type.typeId === arrow.Type.Date) {
    const milliseconds = data.values as BigInt64Array
    return Int32Array.from({ length: data.length }, (_, row) =>
      Math.floor(Number(milliseconds[row]) / MILLISECONDS_PER_DAY),
    )
  }
  const halves = data.values as Uint16Array
  return Float32Array.from({ length: data.length }, (_, row) => halfToNumber(halves[row]))
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
