/**
 * Reads and writes the Thrift compact protocol as generic trees.
 *
 * A footer is kept as a tree rather than as typed objects so that a column chunk can be moved into another file
 * without losing a field that this version does not know.
 * Source: Apache Thrift, doc/specs/thrift-compact-protocol.md; Parquet, src/main/thrift/parquet.thrift.
 */

export const ThriftType = {
  TRUE: 1,
  FALSE: 2,
  BYTE: 3,
  I16: 4,
  I32: 5,
  I64: 6,
  DOUBLE: 7,
  BINARY: 8,
  LIST: 9,
  SET: 10,
  MAP: 11,
  STRUCT: 12,
} as const

export type ThriftStruct = Map<number, ThriftField>
export interface ThriftList {
  readonly elementType: number
  readonly values: ThriftValue[]
}
export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftList | ThriftStruct
export interface ThriftField {
  readonly type: number
  readonly value: ThriftValue
}

/** Thrown when bytes are not a well-formed compact-protocol struct. */
export class ThriftFormatError extends Error {}

/** Reads one struct. `bytesRead` tells where it ended, in bytes from `offset`. */
export function readThriftStruct(bytes: Uint8Array, offset = 0): { struct: ThriftStruct; bytesRead: number } {
  const reader = new Reader(bytes, offset)
  const struct = reader.struct(0)
  return { struct, bytesRead: reader.position - offset }
}

export function writeThriftStruct(struct: ThriftStruct): Uint8Array {
  const writer = new Writer()
  writer.struct(struct)
  return writer.finish()
}

const MAX_DEPTH = 64

class Reader {
  private readonly view: DataView

  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw new ThriftFormatError('nested too deep')
    const fields: ThriftStruct = new Map()
    let id = 0
    for (;;) {
      const header = this.byte()
      if (header === 0) return fields
      const delta = header >> 4
      const type = header & 15
      id = delta === 0 ? zigzag(this.varint()) : id + delta
      const value = type === ThriftType.TRUE ? true : type === ThriftType.FALSE ? false : this.value(type, depth)
      fields.set(id, { type, value })
    }
  }

  private value(type: number, depth: number): ThriftValue {
    switch (type) {
      case ThriftType.TRUE:
      case ThriftType.FALSE:
        return this.byte() === ThriftType.TRUE
      case ThriftType.BYTE:
        return (this.byte() << 24) >> 24
      case ThriftType.I16:
      case ThriftType.I32:
        return zigzag(this.varint())
      case ThriftType.I64:
        return this.zigzagBig()
      case ThriftType.DOUBLE: {
        this.need(8)
        const value = this.view.getFloat64(this.position, true)
        this.position += 8
        return value
      }
      case ThriftType.BINARY: {
        const length = this.varint()
        this.need(length)
        this.position += length
        return this.bytes.subarray(this.position - length, this.position)
      }
      case ThriftType.LIST:
      case ThriftType.SET: {
        const header = this.byte()
        const elementType = header & 15
        const count = header >> 4 === 15 ? this.varint() : header >> 4
        if (count > this.bytes.length) throw new ThriftFormatError(`list of ${count} elements`)
        const values: ThriftValue[] = []
        for (let i = 0; i < count; i++) {
          values.push(elementType === ThriftType.STRUCT ? this.struct(depth + 1) : this.value(elementType, depth + 1))
        }
        return { elementType, values }
      }
      case ThriftType.STRUCT:
        return this.struct(depth + 1)
      default:
        throw new ThriftFormatError(`unknown field type ${type}`)
    }
  }

  private need(count: number): void {
    if (count < 0 || this.position + count > this.bytes.length) throw new ThriftFormatError('ends too early')
  }

  private byte(): number {
    this.need(1)
    return this.bytes[this.position++]
  }

  private varint(): number {
    let result = 0
    let factor = 1
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      result += (byte & 127) * factor
      if (byte < 128) return result
      factor *= 128
    }
    throw new ThriftFormatError('integer too long')
  }

  private zigzagBig(): bigint {
    let result = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      result |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, (result >> 1n) ^ -(result & 1n))
    }
    throw new ThriftFormatError('integer too long')
  }
}

/** Decodes ZigZag of a value below 2^35, without 32-bit truncation of the intermediate. */
function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

class Writer {
  private bytes = new Uint8Array(1024)
  private length = 0

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }

  struct(fields: ThriftStruct): void {
    let previous = 0
    for (const [id, field] of [...fields].sort((a, b) => a[0] - b[0])) {
      const type = typeof field.value === 'boolean' ? (field.value ? ThriftType.TRUE : ThriftType.FALSE) : field.type
      const delta = id - previous
      if (delta > 0 && delta < 16) this.byte((delta << 4) | type)
      else {
        this.byte(type)
        this.varint(BigInt(id * 2))
      }
      previous = id
      if (typeof field.value !== 'boolean') this.value(type, field.value)
    }
    this.byte(0)
  }

  private value(type: number, value: ThriftValue): void {
    if (typeof value === 'boolean') this.byte(value ? ThriftType.TRUE : ThriftType.FALSE)
    else if (typeof value === 'bigint') this.varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)))
    else if (typeof value === 'number') this.number(type, value)
    else if (value instanceof Uint8Array) {
      this.varint(BigInt(value.length))
      this.raw(value)
    } else if (value instanceof Map) this.struct(value)
    else {
      const count = value.values.length
      if (count < 15) this.byte((count << 4) | value.elementType)
      else {
        this.byte(0xf0 | value.elementType)
        this.varint(BigInt(count))
      }
      for (const element of value.values) this.value(value.elementType, element)
    }
  }

  private number(type: number, value: number): void {
    if (type === ThriftType.BYTE) this.byte(value & 255)
    else if (type === ThriftType.DOUBLE) this.raw(new Uint8Array(new Float64Array([value]).buffer))
    else this.varint(BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)))
  }

  private varint(value: bigint): void {
    let rest = value
    while (rest >= 128n) {
      this.byte(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.byte(Number(rest))
  }

  private byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  private raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}
