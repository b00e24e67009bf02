/**
 * Lists, structs and maps as byte strings that compare as the values do, so that grouping, joining, sorting and extremes
 * of nested values are those of bytes. Works value by value: nested keys are rare.
 *
 *   field of a struct, element of a list   1 and the value, or 2 for null, which is greater than any value; a list ends with 0
 *   integer, decimal, date, time           16 bytes, big endian, with the sign flipped
 *   float                                  the same of the order-preserving word of its double
 *   utf8, binary                           the bytes, 0 written as 0 255, and 0 0
 */

import type { Vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { InternalError, unreachable } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { BINARY, type DataType, typeName } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'

const END = 0
const VALUE = 1
const NULL_VALUE = 2

/** The rows of a vector as a binary vector in scratch; null rows stay null. */
export function encodeRows(context: KernelContext, source: Vector): Vector {
  const rows: (Uint8Array | null)[] = []
  for (let row = 0; row < source.length; row++) {
    const value = readValue(context.memory, source, row)
    if (value === null) rows.push(null)
    else {
      const writer = new RowWriter()
      writer.value(source.type, value)
      rows.push(writer.finish())
    }
  }
  return { ...vectorFromValues(BINARY, rows, context.memory, context.scratch), blocks: [] }
}

/** The inverse: a plain vector of `type` in scratch. */
export function decodeRows(context: KernelContext, type: DataType, source: Vector): Vector {
  const values: ScalarValue[] = []
  for (let row = 0; row < source.length; row++) {
    const bytes = readValue(context.memory, source, row)
    values.push(bytes instanceof Uint8Array ? new RowReader(bytes).value(type) : null)
  }
  return { ...vectorFromValues(type, values, context.memory, context.scratch), blocks: [] }
}

const floatBits = new DataView(new ArrayBuffer(8))

/** The order-preserving word of a float, as words.ts of the kernels has it. */
function wordOfFloat(value: number): bigint {
  floatBits.setFloat64(0, value === 0 ? 0 : value)
  const bits = Number.isNaN(value) ? 0x7ff8000000000000n : floatBits.getBigInt64(0)
  return bits < 0n ? bits ^ 0x7fffffffffffffffn : bits
}

function floatOfWord(word: bigint): number {
  floatBits.setBigInt64(0, word < 0n ? word ^ 0x7fffffffffffffffn : word)
  return floatBits.getFloat64(0)
}

class RowWriter {
  private bytes = Buffer.alloc(64)
  private used = 0

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.used)
  }

  value(type: DataType, value: NonNullable<ScalarValue>): void {
    switch (type.kind) {
      case 'bool':
        this.integer(value === true ? 1n : 0n)
        break
      case 'int':
      case 'decimal':
      case 'date':
      case 'time':
      case 'timestamp':
      case 'duration':
        this.integer(BigInt(value as number | bigint))
        break
      case 'float':
        this.integer(wordOfFloat(value as number))
        break
      case 'utf8':
        this.text(Buffer.from(value as string))
        break
      case 'binary':
        this.text(value as Uint8Array)
        break
      case 'list':
        for (const element of value as readonly ScalarValue[]) this.optional(type.element.type, element)
        this.byte(END)
        break
      case 'struct':
        for (const field of type.fields) {
          this.optional(field.type, (value as { readonly [name: string]: ScalarValue })[field.name])
        }
        break
      case 'map':
        for (const [key, item] of value as ReadonlyMap<ScalarValue, ScalarValue>) {
          this.optional(type.key.type, key)
          this.optional(type.value.type, item)
        }
        this.byte(END)
        break
      case 'null':
      case 'interval':
        throw new InternalError(`no bytes of ${typeName(type)}`)
      default:
        unreachable(type)
    }
  }

  private optional(type: DataType, value: ScalarValue): void {
    if (value === null) this.byte(NULL_VALUE)
    else {
      this.byte(VALUE)
      this.value(type, value)
    }
  }

  private byte(value: number): void {
    this.reserve(1)
    this.bytes[this.used++] = value
  }

  private integer(value: bigint): void {
    this.reserve(16)
    const flipped = BigInt.asUintN(128, value) ^ (1n << 127n)
    this.bytes.writeBigUInt64BE(flipped >> 64n, this.used)
    this.bytes.writeBigUInt64BE(flipped & 0xffffffffffffffffn, this.used + 8)
    this.used += 16
  }

  private text(bytes: Uint8Array): void {
    this.reserve(bytes.length * 2 + 2)
    for (const byte of bytes) {
      this.bytes[this.used++] = byte
      if (byte === 0) this.bytes[this.used++] = 255
    }
    this.bytes[this.used++] = 0
    this.bytes[this.used++] = 0
  }

  private reserve(bytes: number): void {
    if (this.used + bytes <= this.bytes.length) return
    const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.used + bytes))
    this.bytes.copy(larger)
    this.bytes = larger
  }
}

class RowReader {
  private position = 0
  private readonly view: DataView

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  value(type: DataType): ScalarValue {
    switch (type.kind) {
      case 'bool':
        return this.integer() === 1n
      case 'int':
        return type.bits === 64 ? this.integer() : Number(this.integer())
      case 'date':
        return Number(this.integer())
      case 'float':
        return floatOfWord(this.integer())
      case 'decimal':
      case 'time':
      case 'timestamp':
      case 'duration':
        return this.integer()
      case 'utf8':
        return Buffer.from(this.text()).toString()
      case 'binary':
        return Uint8Array.from(this.text())
      case 'list': {
        const elements: ScalarValue[] = []
        while (!this.ended()) elements.push(this.optional(type.element.type))
        return elements
      }
      case 'struct': {
        const result: Record<string, ScalarValue> = Object.create(null)
        for (const field of type.fields) result[field.name] = this.optional(field.type)
        return result
      }
      case 'map': {
        const entries = new Map<ScalarValue, ScalarValue>()
        while (!this.ended()) entries.set(this.optional(type.key.type), this.optional(type.value.type))
        return entries
      }
      case 'null':
      case 'interval':
        throw new InternalError(`no bytes of ${typeName(type)}`)
      default:
        return unreachable(type)
    }
  }

  private ended(): boolean {
    if (this.bytes[this.position] !== END) return false
    this.position++
    return true
  }

  private optional(type: DataType): ScalarValue {
    return this.bytes[this.position++] === NULL_VALUE ? null : this.value(type)
  }

  private integer(): bigint {
    const high = this.view.getBigUint64(this.position)
    const low = this.view.getBigUint64(this.position + 8)
    this.position += 16
    return BigInt.asIntN(128, ((high << 64n) | low) ^ (1n << 127n))
  }

  private text(): number[] {
    const result: number[] = []
    for (;;) {
      const byte = this.bytes[this.position++]
      if (byte === 0 && this.bytes[this.position++] === 0) return result
      result.push(byte)
    }
  }
}
