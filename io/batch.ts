/**
 * Vectors and batches: small descriptors of column data that lies in the engine's shared memory.
 *
 * A descriptor is plain data (it is what crosses threads); the bytes never move. All addresses are byte offsets into
 * the shared memory, 0 meaning absent.
 *
 *   kind of type            validity      offsets            values
 *   fixed width             bitmap or 0   0                  length × width bytes
 *   bool                    bitmap or 0   0                  bitmap
 *   utf8, binary            bitmap or 0   int32[length + 1]  bytes
 *   dictionary encoded      bitmap or 0   0                  int32[length] codes into `dictionary`
 *   list, map               bitmap or 0   int32[length + 1]  0; children[0] (a map's is a struct of key and value)
 *   struct                  bitmap or 0   0                  0; children
 *   null                    0             0                  0
 *
 * Bitmaps are least significant bit first (Arrow Columnar Format, "Validity bitmaps") and never start inside a byte:
 * slices are cut at multiples of 64 rows. Offsets need not start at 0. Bits and bytes past the end are undefined.
 * The values of null slots are undefined; codes of null slots are undefined too and must not be dereferenced.
 */

import type { DataType, Schema } from '../planner/types.js'
import { valueWidth } from '../planner/types.js'

export interface Vector {
  readonly type: DataType
  /** Rows. */
  readonly length: number
  readonly validity: number
  readonly offsets: number
  readonly values: number
  /**
   * Bytes of one stored value, 0 where `valueWidth` says so; 4 when dictionary encoded.
   * A decimal is stored at 8 bytes (int64) or at 16 (two's complement int128, little endian), whatever its precision:
   * kernels keep wide decimals at 8 bytes while all their values fit. Tables in memory pack them into 1, 2 or 4 bytes
   * (`packed.ts`), which filters at the head of a chain read and widen.
   */
  readonly width: number
  readonly children: readonly Vector[]
  /** The plain vector that codes point into, or null when not dictionary encoded. It has no nulls of its own. */
  readonly dictionary: Vector | null
  /** True if one stored value (row 0) stands for all rows; validity, if any, is then a single bit too. */
  readonly constant: boolean
  /** The blocks that hold the data, each retained once by this vector; empty for scratch, which its user must copy. */
  readonly blocks: readonly number[]
}

/** Columns of equal length, in the order of the schema's fields. */
export interface Batch {
  readonly schema: Schema
  readonly length: number
  readonly columns: readonly Vector[]
}

/** Returns the address of `bytes` fresh bytes, 64-byte aligned, not cleared. The caller owns the block. */
export type Allocate = (bytes: number) => number

/** A thread's typed views of the one shared memory. Its buffer never changes: it is reserved whole at creation. */
export interface MemoryViews {
  readonly buffer: SharedArrayBuffer
  readonly i8: Int8Array
  readonly u8: Uint8Array
  readonly i16: Int16Array
  readonly u16: Uint16Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly i64: BigInt64Array
  readonly u64: BigUint64Array
  readonly f32: Float32Array
  readonly f64: Float64Array
}

export function viewsOf(buffer: SharedArrayBuffer): MemoryViews {
  return {
    buffer,
    i8: new Int8Array(buffer),
    u8: new Uint8Array(buffer),
    i16: new Int16Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    i64: new BigInt64Array(buffer),
    u64: new BigUint64Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  }
}

const NO_VECTORS: readonly Vector[] = Object.freeze([])
const NO_BLOCKS: readonly number[] = Object.freeze([])

/** Builds a vector; what is not given is absent, and the width is that of the type. */
export function vector(type: DataType, length: number, parts: Partial<Omit<Vector, 'type' | 'length'>> = {}): Vector {
  return {
    type,
    length,
    validity: parts.validity ?? 0,
    offsets: parts.offsets ?? 0,
    values: parts.values ?? 0,
    width: parts.width ?? (parts.dictionary ? 4 : valueWidth(type)),
    children: parts.children ?? NO_VECTORS,
    dictionary: parts.dictionary ?? null,
    constant: parts.constant ?? false,
    blocks: parts.blocks ?? NO_BLOCKS,
  }
}

/** A vector of no values, which needs no buffers. */
export function emptyVector(type: DataType): Vector {
  return vector(type, 0, { children: childTypes(type).map(emptyVector) })
}

/** Types of the children that a vector of a type has. */
export function childTypes(type: DataType): readonly DataType[] {
  switch (type.kind) {
    case 'list':
      return [type.element.type]
    case 'struct':
      return type.fields.map((field) => field.type)
    case 'map':
      return [{ kind: 'struct', fields: [type.key, type.value] }]
    default:
      return []
  }
}

/**
 * Rows [start, start + length) of a vector, without copying; `start` is a multiple of 64.
 * Does not retain blocks: the slice lives no longer than the vector.
 */
export function sliceVector(source: Vector, start: number, length: number): Vector {
  if (source.constant || source.type.kind === 'null') return { ...source, length }
  const { kind } = source.type
  return {
    ...source,
    length,
    validity: source.validity === 0 ? 0 : source.validity + start / 8,
    offsets: source.offsets === 0 ? 0 : source.offsets + start * 4,
    values: kind === 'bool' ? source.values + start / 8 : source.values + start * source.width,
    children: kind === 'struct' ? source.children.map((child) => sliceVector(child, start, length)) : source.children,
  }
}

export function sliceBatch(batch: Batch, start: number, length: number): Batch {
  if (start === 0 && length === batch.length) return batch
  return { schema: batch.schema, length, columns: batch.columns.map((column) => sliceVector(column, start, length)) }
}

/** Bytes of a bitmap of `length` bits, rounded up to whole 64-bit words. */
export function bitmapBytes(length: number): number {
  return Math.ceil(length / 64) * 8
}

/** Rounds up to Arrow's recommended alignment. */
export function align64(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
