/** Reads single values out of vectors. For edges and references: hot loops work on whole buffers. */

import { unreachable } from '../planner/errors.js'
import type { Interval, ScalarValue } from '../planner/expression.js'
import type { Field } from '../planner/types.js'
import type { MemoryViews, Vector } from './batch.js'

/** Decodes UTF-8 bytes of the shared memory; malformed sequences become U+FFFD. */
export function readText(memory: MemoryViews, start: number, end: number): string {
  return bytesOf(memory).toString('utf8', start, end)
}

let lastBytes: { readonly buffer: SharedArrayBuffer; readonly bytes: Buffer } | null = null

/** The memory as a Buffer, whose text methods take half the time of TextDecoder and TextEncoder for short texts. */
export function bytesOf(memory: MemoryViews): Buffer {
  if (lastBytes?.buffer !== memory.buffer) lastBytes = { buffer: memory.buffer, bytes: Buffer.from(memory.buffer) }
  return lastBytes.bytes
}

export function isValid(memory: MemoryViews, source: Vector, row: number): boolean {
  if (source.type.kind === 'null') return false
  return source.validity === 0 || readBit(memory, source.validity, source.constant ? 0 : row)
}

export function readBit(memory: MemoryViews, bitmap: number, row: number): boolean {
  return ((memory.u8[bitmap + (row >>> 3)] >> (row & 7)) & 1) === 1
}

/** Row `row` of a vector in any form: plain, constant, dictionary encoded, narrow or wide. */
export function readValue(memory: MemoryViews, source: Vector, row: number): ScalarValue {
  if (!isValid(memory, source, row)) return null
  const index = source.constant ? 0 : row
  if (source.dictionary !== null) return readValue(memory, source.dictionary, memory.i32[source.values / 4 + index])
  const { type, values } = source
  switch (type.kind) {
    case 'null':
      return null
    case 'bool':
      return readBit(memory, values, index)
    case 'int':
      return readInteger(memory, values, type.bits, type.signed, index)
    case 'float':
      return type.bits === 32 ? memory.f32[values / 4 + index] : memory.f64[values / 8 + index]
    case 'decimal':
      return source.width === 8 ? memory.i64[values / 8 + index] : readInt128(memory, values + index * 16)
    case 'utf8':
    case 'binary': {
      const start = values + memory.i32[source.offsets / 4 + index]
      const end = values + memory.i32[source.offsets / 4 + index + 1]
      return type.kind === 'utf8' ? readText(memory, start, end) : memory.u8.slice(start, end)
    }
    case 'date':
      return memory.i32[values / 4 + index]
    case 'time':
      return source.width === 4 ? BigInt(memory.i32[values / 4 + index]) : memory.i64[values / 8 + index]
    case 'timestamp':
    case 'duration':
      return memory.i64[values / 8 + index]
    case 'interval':
      return readInterval(memory, values + index * 16)
    case 'list': {
      const elements: ScalarValue[] = []
      const end = memory.i32[source.offsets / 4 + index + 1]
      for (let at = memory.i32[source.offsets / 4 + index]; at < end; at++) {
        elements.push(readValue(memory, source.children[0], at))
      }
      return elements
    }
    case 'struct': {
      const { children } = source
      return objectOf(type.fields, (i) => readValue(memory, children[i], index))
    }
    case 'map': {
      const entries = new Map<ScalarValue, ScalarValue>()
      const [keys, items] = source.children[0].children
      const end = memory.i32[source.offsets / 4 + index + 1]
      for (let at = memory.i32[source.offsets / 4 + index]; at < end; at++) {
        entries.set(readValue(memory, keys, at), readValue(memory, items, at))
      }
      return entries
    }
    default:
      return unreachable(type)
  }
}

/** An object of the fields' names; one named `__proto__` becomes a field like any other. */
export function objectOf<T>(fields: readonly Field[], read: (index: number) => T): Record<string, T> {
  const result: Record<string, T> = {}
  for (let index = 0; index < fields.length; index++) {
    const { name } = fields[index]
    if (name !== '__proto__') result[name] = read(index)
    else {
      const value = read(index)
      Object.defineProperty(result, name, { value, enumerable: true, writable: true, configurable: true })
    }
  }
  return result
}

function readInteger(memory: MemoryViews, values: number, bits: 8 | 16 | 32 | 64, signed: boolean, index: number) {
  switch (bits) {
    case 8:
      return (signed ? memory.i8 : memory.u8)[values + index]
    case 16:
      return (signed ? memory.i16 : memory.u16)[values / 2 + index]
    case 32:
      return (signed ? memory.i32 : memory.u32)[values / 4 + index]
    case 64:
      return (signed ? memory.i64 : memory.u64)[values / 8 + index]
  }
}

export function readInt128(memory: MemoryViews, address: number): bigint {
  return (memory.i64[address / 8 + 1] << 64n) | memory.u64[address / 8]
}

/** 16 bytes: int32 months, int32 days, int64 microseconds. */
function readInterval(memory: MemoryViews, address: number): Interval {
  return { months: memory.i32[address / 4], days: memory.i32[address / 4 + 1], micros: memory.i64[address / 8 + 1] }
}
