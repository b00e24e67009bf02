/** Reads the bytes of values from Arrow's several layouts of text and binary data. */

import * as arrow from 'apache-arrow'
import { InternalError } from '../../planner/errors.js'
import { corruptColumn } from './checks.js'

export interface ByteValues {
  /** Rows. */
  readonly length: number
  /** Bytes of the value in `row`; 0 where it is null. */
  size(row: number): number
  /** Copies them to `target`, which is at least as long. */
  copy(row: number, target: Uint8Array): void
}

/** `column` is named in errors about data that does not hold together. */
export function byteValues(data: arrow.Data, column: string): ByteValues {
  switch (data.type.typeId) {
    case arrow.Type.Utf8:
    case arrow.Type.Binary:
    case arrow.Type.LargeUtf8:
    case arrow.Type.LargeBinary:
      return new OffsetBytes(data, column)
    case arrow.Type.Utf8View:
    case arrow.Type.BinaryView:
      return new ViewBytes(data, column)
    case arrow.Type.FixedSizeBinary:
      return new FixedBytes(data)
    default:
      throw new InternalError(`${data.type} has no bytes`)
  }
}

export function holdsBytes(type: arrow.DataType): boolean {
  switch (type.typeId) {
    case arrow.Type.Utf8:
    case arrow.Type.Binary:
    case arrow.Type.LargeUtf8:
    case arrow.Type.LargeBinary:
    case arrow.Type.Utf8View:
    case arrow.Type.BinaryView:
    case arrow.Type.FixedSizeBinary:
      return true
    default:
      return false
  }
}

class OffsetBytes implements ByteValues {
  readonly length: number
  private readonly bytes: Uint8Array
  private readonly offsets: Int32Array | BigInt64Array

  constructor(
    private readonly data: arrow.Data,
    private readonly column: string,
  ) {
    this.length = data.length
    this.bytes = data.values ?? new Uint8Array()
    this.offsets = data.valueOffsets ?? new Int32Array(1)
  }

  size(row: number): number {
    if (!this.data.getValid(row)) return 0
    const start = Number(this.offsets[row])
    const end = Number(this.offsets[row + 1])
    if (start < 0 || end < start || end > this.bytes.length) {
      throw corruptColumn(this.column, `value ${row} spans bytes ${start} to ${end} of ${this.bytes.length}`)
    }
    return end - start
  }

  copy(row: number, target: Uint8Array): void {
    target.set(this.bytes.subarray(Number(this.offsets[row]), Number(this.offsets[row + 1])))
  }
}

/** 16 bytes a value: int32 length, then 12 bytes inline or 4 of prefix, int32 buffer and int32 offset. */
class ViewBytes implements ByteValues {
  readonly length: number
  private readonly views: DataView

  constructor(
    private readonly data: arrow.Data,
    private readonly column: string,
  ) {
    this.length = data.length
    const values: Uint8Array = data.values ?? new Uint8Array()
    this.views = new DataView(values.buffer, values.byteOffset, values.byteLength)
  }

  size(row: number): number {
    if (!this.data.getValid(row)) return 0
    const size = this.views.getInt32(row * 16, true)
    const available = this.source(row, size).length
    if (size < 0 || available !== size) {
      throw corruptColumn(this.column, `value ${row} has ${size} bytes, of which ${available} are there`)
    }
    return size
  }

  copy(row: number, target: Uint8Array): void {
    target.set(this.source(row, this.views.getInt32(row * 16, true)))
  }

  private source(row: number, size: number): Uint8Array {
    if (size <= 12) return new Uint8Array(this.views.buffer, this.views.byteOffset + row * 16 + 4, Math.max(0, size))
    const buffer = this.data.variadicBuffers[this.views.getInt32(row * 16 + 8, true)]
    const offset = this.views.getInt32(row * 16 + 12, true)
    return buffer === undefined || offset < 0 ? new Uint8Array() : buffer.subarray(offset, offset + size)
  }
}

class FixedBytes implements ByteValues {
  readonly length: number
  private readonly bytes: Uint8Array
  private readonly width: number

  constructor(private readonly data: arrow.Data) {
    this.length = data.length
    this.bytes = data.values ?? new Uint8Array()
    this.width = (data.type as arrow.FixedSizeBinary).byteWidth
  }

  size(row: number): number {
    return this.data.getValid(row) ? this.width : 0
  }

  copy(row: number, target: Uint8Array): void {
    target.set(this.bytes.subarray(row * this.width, (row + 1) * this.width))
  }
}
