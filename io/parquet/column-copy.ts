/**
 * Copies a column out of the codec's memory into one fresh block, each buffer once.
 *
 *   block   validity | offsets | values        and after them the same of children or of the dictionary;
 *                                              every part starts and ends at a multiple of 64 bytes
 */

import { InternalError } from '../../planner/errors.js'
import { type DataType, typeName, valueWidth } from '../../planner/types.js'
import { align64, bitmapBytes, type MemoryViews, type Vector, vector } from '../batch.js'
import type { DecodeTarget } from '../source.js'
import type { CArray } from './arrow-c-data.js'

/** The vector owns its one block, if it needs one; children and dictionary list none of their own. */
export function copyColumn(array: CArray, type: DataType, target: DecodeTarget): Vector {
  const block = new BlockPlan(target.memory)
  const build = planVector(array, 0, array.length, type, block)
  const address = block.bytes === 0 ? 0 : target.allocate(block.bytes)
  block.fill(address)
  return { ...build(address), blocks: address === 0 ? [] : [address] }
}

/** The parts of a block whose address is not known yet. */
class BlockPlan {
  bytes = 0
  private readonly parts: { readonly offset: number; readonly write: (address: number) => void }[] = []

  constructor(readonly memory: MemoryViews) {}

  /** Reserves `bytes`, written by `write` once the block is there; returns their offset in the block. */
  reserve(bytes: number, write: (address: number) => void): number {
    const offset = this.bytes
    this.parts.push({ offset, write })
    // An empty part gets an address too: 0 means that it is absent.
    this.bytes += align64(Math.max(bytes, 1))
    return offset
  }

  copy(source: Uint8Array, start: number, length: number): number {
    return this.reserve(length, (address) => this.memory.u8.set(source.subarray(start, start + length), address))
  }

  fill(address: number): void {
    for (const part of this.parts) part.write(address + part.offset)
  }
}

/** Makes the vector when the block's address is known. */
type Build = (block: number) => Vector

/** Plans the rows [from, from + length) of an array. */
function planVector(array: CArray, from: number, length: number, type: DataType, block: BlockPlan): Build {
  if (type.kind === 'null') return () => vector(type, length)
  const start = array.offset + from
  const validity = planValidity(array, start, length, block)
  if (array.dictionary !== null) {
    const codes = block.copy(array.memory, array.buffers[1] + start * 4, length * 4)
    const dictionary = planVector(array.dictionary, 0, array.dictionary.length, type, block)
    return (at) => vector(type, length, { validity: validity(at), values: at + codes, dictionary: dictionary(at) })
  }
  switch (type.kind) {
    case 'bool': {
      const values = planBits(array, array.buffers[1], start, length, block)
      return (at) => vector(type, length, { validity: validity(at), values: at + values })
    }
    case 'utf8':
    case 'binary': {
      const { offsets, values } = planBytes(array, start, length, block)
      return (at) => vector(type, length, { validity: validity(at), offsets: at + offsets, values: at + values })
    }
    case 'list':
    case 'map': {
      expectFormat(array, type, array.format === (type.kind === 'list' ? '+l' : '+m'))
      const { offsets, first, last } = planOffsets(array, start, length, block)
      const element: DataType =
        type.kind === 'list' ? type.element.type : { kind: 'struct', fields: [type.key, type.value] }
      const child = planVector(array.children[0], first, last - first, element, block)
      return (at) => vector(type, length, { validity: validity(at), offsets: at + offsets, children: [child(at)] })
    }
    case 'struct': {
      expectFormat(array, type, array.format === '+s' && array.children.length === type.fields.length)
      const children = type.fields.map((field, i) => planVector(array.children[i], start, length, field.type, block))
      return (at) => vector(type, length, { validity: validity(at), children: children.map((child) => child(at)) })
    }
    default: {
      const values = planFixed(array, start, length, type, block)
      return (at) => vector(type, length, { validity: validity(at), values: at + values })
    }
  }
}

function planValidity(array: CArray, start: number, length: number, block: BlockPlan): Locate {
  if (array.nullCount === 0 || array.buffers[0] === 0) return () => 0
  const offset = planBits(array, array.buffers[0], start, length, block)
  return (at) => at + offset
}

/** Finds an address when that of the block is known; 0 if absent. */
type Locate = (block: number) => number

/** Copies bits so that they start in the lowest bit of the first byte. */
function planBits(array: CArray, buffer: number, start: number, length: number, block: BlockPlan): number {
  const { memory } = array
  const first = buffer + (start >>> 3)
  const shift = start & 7
  if (shift === 0) return block.copy(memory, first, Math.ceil(length / 8))
  return block.reserve(bitmapBytes(length), (address) => {
    const { u8 } = block.memory
    for (let i = 0; i < Math.ceil(length / 8); i++) {
      u8[address + i] = (memory[first + i] >> shift) | (memory[first + i + 1] << (8 - shift))
    }
  })
}

/** Copies offsets so that they start at 0. */
function planOffsets(array: CArray, start: number, length: number, block: BlockPlan) {
  // An array without rows may come without offsets.
  const missing = array.buffers[1] === 0
  const source = missing ? new Int32Array(1) : int32s(array, array.buffers[1] + start * 4, length + 1)
  const first = source[0]
  const last = source[source.length - 1]
  const offsets = block.reserve((length + 1) * 4, (address) => {
    const target = block.memory.i32.subarray(address / 4, address / 4 + length + 1)
    target.set(source)
    if (first !== 0) for (let i = 0; i <= length; i++) target[i] -= first
  })
  return { offsets, first, last }
}

function planBytes(array: CArray, start: number, length: number, block: BlockPlan) {
  if (array.format.startsWith('w:')) {
    const width = Number(array.format.slice(2))
    const offsets = block.reserve((length + 1) * 4, (address) => {
      for (let i = 0; i <= length; i++) block.memory.i32[address / 4 + i] = i * width
    })
    return { offsets, values: block.copy(array.memory, array.buffers[1] + start * width, length * width) }
  }
  expectFormat(array, { kind: 'binary' }, array.format === 'u' || array.format === 'z')
  const { offsets, first, last } = planOffsets(array, start, length, block)
  return { offsets, values: block.copy(array.memory, array.buffers[2] + first, last - first) }
}

/** Bytes of a value, by the format's first characters; `d` is a 128-bit decimal, `e` a half float. */
const FORMAT_WIDTHS: Readonly<Record<string, number>> = {
  c: 1,
  C: 1,
  s: 2,
  S: 2,
  e: 2,
  i: 4,
  I: 4,
  f: 4,
  l: 8,
  L: 8,
  g: 8,
}

function planFixed(array: CArray, start: number, length: number, type: DataType, block: BlockPlan): number {
  const { format, memory } = array
  const values = array.buffers[1]
  const width = valueWidth(type)
  const { memory: target } = block
  if (type.kind === 'decimal' && format === 'i') {
    const source = int32s(array, values + start * 4, length)
    return block.reserve(length * width, (address) => widenInt32(source, target.i32, address, width))
  }
  if (type.kind === 'decimal' && format === 'l' && width === 16) {
    const source = int32s(array, values + start * 8, length * 2)
    return block.reserve(length * 16, (address) => widenInt64(source, target.i32, address))
  }
  if (format.startsWith('d:')) {
    expectFormat(array, type, type.kind === 'decimal')
    if (width === 16) return block.copy(memory, values + start * 16, length * 16)
    const source = int32s(array, values + start * 16, length * 4)
    return block.reserve(length * 8, (address) => narrowInt128(source, target.i32, address))
  }
  if (type.kind === 'float' && format === 'e') {
    const source = new Uint16Array(memory.buffer, values + start * 2, length)
    return block.reserve(length * 4, (address) => {
      for (let i = 0; i < length; i++) target.f32[address / 4 + i] = halfToNumber(source[i])
    })
  }
  if (format.startsWith('tsm') && type.kind === 'timestamp' && type.unit === 's') {
    const source = new BigInt64Array(memory.buffer, values + start * 8, length)
    return block.reserve(length * 8, (address) => {
      for (let i = 0; i < length; i++) target.i64[address / 8 + i] = floorSeconds(source[i])
    })
  }
  if (format === 'ttm' && type.kind === 'time' && type.unit === 's') {
    const source = int32s(array, values + start * 4, length)
    return block.reserve(length * 4, (address) => {
      for (let i = 0; i < length; i++) target.i32[address / 4 + i] = Math.floor(source[i] / 1000)
    })
  }
  const stored = FORMAT_WIDTHS[format] ?? (/^ts[smun]:/.test(format) ? 8 : 0)
  expectFormat(array, type, stored === width)
  return block.copy(memory, values + start * width, length * width)
}

function int32s(array: CArray, address: number, length: number): Int32Array {
  return new Int32Array(array.memory.buffer, address, length)
}

function widenInt32(source: Int32Array, target: Int32Array, address: number, width: number): void {
  const words = width / 4
  for (let i = 0, at = address / 4; i < source.length; i++, at += words) {
    const value = source[i]
    target[at] = value
    target.fill(value >> 31, at + 1, at + words)
  }
}

function widenInt64(source: Int32Array, target: Int32Array, address: number): void {
  for (let i = 0, at = address / 4; i < source.length; i += 2, at += 4) {
    target[at] = source[i]
    target[at + 1] = source[i + 1]
    target[at + 2] = target[at + 3] = source[i + 1] >> 31
  }
}

/** Keeps the low 8 of 16 bytes: values of a precision up to 18 fit. */
function narrowInt128(source: Int32Array, target: Int32Array, address: number): void {
  for (let i = 0, at = address / 4; i < source.length; i += 4, at += 2) {
    target[at] = source[i]
    target[at + 1] = source[i + 1]
  }
}

function floorSeconds(milliseconds: bigint): bigint {
  const seconds = milliseconds / 1000n
  return milliseconds < 0n && seconds * 1000n !== milliseconds ? seconds - 1n : seconds
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function expectFormat(array: CArray, type: DataType, fits: boolean): void {
  if (!fits) throw new InternalError(`the codec decoded ${typeName(type)} as Arrow format "${array.format}"`)
}
