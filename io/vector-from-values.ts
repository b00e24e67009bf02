/** Builds vectors out of JavaScript values. For edges and references: hot loops work on whole buffers. */

import { InternalError, unreachable } from '../planner/errors.js'
import type { Interval, ScalarValue } from '../planner/expression.js'
import { type DataType, typeName } from '../planner/types.js'
import { type Allocate, align64, bitmapBytes, type MemoryViews, type Vector, vector } from './batch.js'
import { bytesOf } from './values.js'

/** What one vector of a tree needs of the block: sizes in bytes, each rounded up to 64. */
interface Part {
  readonly type: DataType
  readonly values: readonly ScalarValue[]
  readonly hasNulls: boolean
  readonly validityBytes: number
  readonly offsetBytes: number
  readonly valueBytes: number
  readonly width: number
  readonly children: readonly Part[]
}

/**
 * Builds a plain vector from values of `type` (the conventions of `ScalarValue`). All of it, children included, lies
 * in one block, which the returned vector owns; the children list no blocks of their own. Without nulls there is no
 * validity bitmap. Null slots hold zeros.
 */
export function vectorFromValues(
  type: DataType,
  values: readonly ScalarValue[],
  memory: MemoryViews,
  allocate: Allocate,
): Vector {
  const part = measure(type, values)
  const bytes = totalBytes(part)
  if (bytes === 0) return vector(type, values.length)
  const block = allocate(bytes)
  memory.u8.fill(0, block, block + bytes)
  return { ...new Layout(memory, block).place(part), blocks: [block] }
}

function totalBytes(part: Part): number {
  let bytes = part.validityBytes + part.offsetBytes + part.valueBytes
  for (const child of part.children) bytes += totalBytes(child)
  return bytes
}

function measure(type: DataType, values: readonly ScalarValue[]): Part {
  const hasNulls = type.kind !== 'null' && values.includes(null)
  const sized = vector(type, values.length)
  const fixedBytes = align64(Math.max(1, values.length) * sized.width)
  const part = {
    type,
    values,
    hasNulls,
    validityBytes: hasNulls ? align64(bitmapBytes(values.length)) : 0,
    offsetBytes: 0,
    valueBytes: fixedBytes,
    width: sized.width,
    children: [],
  }
  const offsetBytes = align64((values.length + 1) * 4)
  switch (type.kind) {
    case 'null':
    case 'int':
    case 'float':
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'interval':
      return part
    case 'bool':
      return { ...part, valueBytes: align64(Math.max(8, bitmapBytes(values.length))) }
    case 'utf8':
    case 'binary': {
      let bytes = 0
      for (const value of values) {
        if (value !== null) bytes += typeof value === 'string' ? Buffer.byteLength(value) : asBytes(value).length
      }
      if (bytes > MAX_OFFSET) throw new InternalError(`${bytes} bytes of ${typeName(type)} in one vector`)
      return { ...part, offsetBytes, valueBytes: align64(Math.max(1, bytes)) }
    }
    case 'list':
      return { ...part, offsetBytes, children: [measure(type.element.type, values.flatMap(elementsOf))] }
    case 'struct':
      return {
        ...part,
        children: type.fields.map((f) =>
          measure(
            f.type,
            values.map((value) => fieldOf(value, f.name)),
          ),
        ),
      }
    case 'map': {
      const entries = values.flatMap(entriesOf)
      const struct: DataType = { kind: 'struct', fields: [type.key, type.value] }
      const keys = measure(
        type.key.type,
        entries.map((entry) => entry[0]),
      )
      const items = measure(
        type.value.type,
        entries.map((entry) => entry[1]),
      )
      // Only its length counts: an entry itself is never null.
      const entryPart = {
        ...measure({ kind: 'null' }, new Array(entries.length)),
        type: struct,
        children: [keys, items],
      }
      return { ...part, offsetBytes, children: [entryPart] }
    }
    default:
      return unreachable(type)
  }
}

const MAX_OFFSET = 2 ** 31 - 1

/** Hands out the parts of one block, in the order validity, offsets, values, children. */
class Layout {
  constructor(
    private readonly memory: MemoryViews,
    private next: number,
  ) {}

  place(part: Part): Vector {
    const { type, values } = part
    const validity = this.take(part.validityBytes)
    const offsets = this.take(part.offsetBytes)
    const start = this.take(part.valueBytes)
    if (part.hasNulls) this.writeValidity(validity, values)
    if (type.kind === 'utf8' || type.kind === 'binary') this.writeBytes(values, offsets, start)
    else if (type.kind === 'list') this.writeOffsets(values, offsets, (value) => elementsOf(value).length)
    else if (type.kind === 'map') this.writeOffsets(values, offsets, (value) => entriesOf(value).length)
    else if (part.valueBytes > 0) {
      for (let row = 0; row < values.length; row++) {
        const value = values[row]
        if (value !== null) writeFixed(this.memory, type, part.width, start, row, value)
      }
    }
    const children = part.children.map((child) => this.place(child))
    return vector(type, values.length, { validity, offsets, values: start, width: part.width, children })
  }

  private take(bytes: number): number {
    if (bytes === 0) return 0
    this.next += bytes
    return this.next - bytes
  }

  private writeValidity(validity: number, values: readonly ScalarValue[]): void {
    for (let row = 0; row < values.length; row++) {
      if (values[row] !== null) this.memory.u8[validity + (row >>> 3)] |= 1 << (row & 7)
    }
  }

  private writeBytes(values: readonly ScalarValue[], offsets: number, start: number): void {
    const bytes = bytesOf(this.memory)
    let used = 0
    for (let row = 0; row < values.length; row++) {
      const value = values[row]
      // Without a length, Node writes nothing into a buffer of 4 GiB. No UTF-16 unit takes more than 3 bytes.
      if (typeof value === 'string') used += bytes.write(value, start + used, value.length * 3)
      else if (value !== null) {
        const given = asBytes(value)
        bytes.set(given, start + used)
        used += given.length
      }
      this.memory.i32[offsets / 4 + row + 1] = used
    }
  }

  private writeOffsets(
    values: readonly ScalarValue[],
    offsets: number,
    lengthOf: (value: ScalarValue) => number,
  ): void {
    let end = 0
    for (let row = 0; row < values.length; row++) {
      end += lengthOf(values[row])
      this.memory.i32[offsets / 4 + row + 1] = end
    }
  }
}

/** Writes a non-null value of a fixed-width type or a boolean into cleared memory at `start`. */
function writeFixed(
  memory: MemoryViews,
  type: DataType,
  width: number,
  start: number,
  row: number,
  value: NonNullable<ScalarValue>,
): void {
  if (type.kind === 'bool') {
    if (value === true) memory.u8[start + (row >>> 3)] |= 1 << (row & 7)
  } else if (type.kind === 'interval') {
    const { months, days, micros } = value as Interval
    const address = start + row * 16
    memory.i32[address / 4] = months
    memory.i32[address / 4 + 1] = days
    memory.i64[address / 8 + 1] = micros
  } else if (type.kind === 'float') {
    if (width === 4) memory.f32[start / 4 + row] = value as number
    else memory.f64[start / 8 + row] = value as number
  } else if (width === 1) memory.i8[start + row] = value as number
  else if (width === 2) memory.i16[start / 2 + row] = value as number
  // Number() as the units of a 32-bit time come as bigint.
  else if (width === 4) memory.i32[start / 4 + row] = Number(value)
  else if (width === 8) memory.i64[start / 8 + row] = value as bigint
  else writeInt128(memory, start + row * 16, value as bigint)
}

function writeInt128(memory: MemoryViews, address: number, value: bigint): void {
  memory.i64[address / 8] = BigInt.asIntN(64, value)
  memory.i64[address / 8 + 1] = BigInt.asIntN(64, value >> 64n)
}

function asBytes(value: ScalarValue): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new InternalError(`expected text or bytes, got ${typeof value}`)
}

function elementsOf(value: ScalarValue): readonly ScalarValue[] {
  return value === null ? [] : (value as readonly ScalarValue[])
}

function entriesOf(value: ScalarValue): (readonly [ScalarValue, ScalarValue])[] {
  return value === null ? [] : [...(value as ReadonlyMap<ScalarValue, ScalarValue>)]
}

function fieldOf(value: ScalarValue, name: string): ScalarValue {
  if (value === null) return null
  const object = value as { readonly [name: string]: ScalarValue }
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null
}
