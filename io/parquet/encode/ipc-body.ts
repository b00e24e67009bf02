/** The body of one IPC message: field nodes and buffers of columns, planned first and then written at one address. */

import { InternalError, VolleyError } from '../../../planner/errors.js'
import { type DataType, typeName, valueWidth } from '../../../planner/types.js'
import { align64, type MemoryViews, type Vector } from '../../batch.js'
import { readBit } from '../../values.js'

/** Where the copy goes: views of the whole stream's buffer; addresses are offsets in it, multiples of 64. */
interface Target {
  readonly u8: Uint8Array
  readonly i32: Int32Array
  readonly i64: BigInt64Array
}

type Write = (target: Target, address: number) => void

const NO_BYTES: Write = () => undefined

export class IpcBody {
  /** Length so far: a multiple of 64. */
  bytes = 0
  readonly nodes: { readonly length: number; readonly nulls: number }[] = []
  readonly regions: { readonly offset: number; readonly bytes: number }[] = []
  private readonly writes: Write[] = []

  constructor(private readonly memory: MemoryViews) {}

  /** Copies the planned buffers to `address` of `buffer`, a multiple of 64. */
  write(buffer: ArrayBuffer, address: number): void {
    const target = {
      u8: new Uint8Array(buffer),
      i32: new Int32Array(buffer),
      i64: new BigInt64Array(buffer, 0, Math.floor(buffer.byteLength / 8)),
    }
    for (const [index, write] of this.writes.entries()) write(target, address + this.regions[index].offset)
  }

  /** Adds rows of a dictionary-encoded vector as codes. Codes of null rows, which are undefined, become 0. */
  addCodes(source: Vector, start: number, length: number): void {
    const nulls = this.addValidity(source, start, length)
    const { i32, u8 } = this.memory
    const codes = source.values / 4 + start
    this.region(length * 4, ({ i32: target }, address) => {
      target.set(i32.subarray(codes, codes + length), address / 4)
      if (nulls === 0) return
      for (let row = 0; row < length; row++) {
        const bit = start + row
        if (((u8[source.validity + (bit >>> 3)] >> (bit & 7)) & 1) === 0) target[address / 4 + row] = 0
      }
    })
  }

  /** Adds rows [start, start + length) of a vector in any form, in plain form. */
  add(source: Vector, type: DataType, start: number, length: number): void {
    if (type.kind === 'null') this.nodes.push({ length, nulls: length })
    else if (source.constant || source.dictionary !== null) {
      const indexes = new Int32Array(length)
      for (let row = 0; row < length; row++) indexes[row] = start + row
      this.gather(source, type, indexes)
    } else this.addRange(source, type, start, length)
  }

  private addRange(source: Vector, type: DataType, start: number, length: number): void {
    this.addValidity(source, start, length)
    switch (type.kind) {
      case 'bool':
        this.region(Math.ceil(length / 8), this.copyBits(source.values, start, length))
        return
      case 'utf8':
      case 'binary': {
        const [first, last] = this.addOffsets(source, start, length)
        this.region(last - first, this.copyBytes(source.values + first, last - first))
        return
      }
      case 'list':
      case 'map': {
        const [first, last] = this.addOffsets(source, start, length)
        this.add(source.children[0], elementType(type), first, last - first)
        return
      }
      case 'struct':
        for (const [i, child] of source.children.entries()) this.add(child, type.fields[i].type, start, length)
        return
      default: {
        const width = valueWidth(type)
        const isPlain = source.width === width && !isSeconds(type)
        const write = isPlain
          ? this.copyBytes(source.values + start * width, length * width)
          : this.convert(source, type, (row) => start + row, length)
        this.region(length * width, write)
      }
    }
  }

  /** Adds the rows that `indexes` names, one by one; -1 stands for a null. */
  private gather(source: Vector, type: DataType, indexes: Int32Array): void {
    const { i32, u8 } = this.memory
    const { length } = indexes
    if (type.kind === 'null') {
      this.nodes.push({ length, nulls: length })
      return
    }
    if (source.constant) indexes = indexes.map((index) => (index < 0 ? -1 : 0))
    if (source.validity !== 0) {
      indexes = indexes.map((index) => (index >= 0 && readBit(this.memory, source.validity, index) ? index : -1))
    }
    if (source.dictionary !== null) {
      const codes = source.values / 4
      this.gather(
        source.dictionary,
        type,
        indexes.map((index) => (index < 0 ? -1 : i32[codes + index])),
      )
      return
    }
    this.addGatheredValidity(indexes)
    switch (type.kind) {
      case 'bool':
        this.region(Math.ceil(length / 8), ({ u8: target }, address) => {
          target.fill(0, address, address + Math.ceil(length / 8))
          for (let row = 0; row < length; row++) {
            if (indexes[row] >= 0 && readBit(this.memory, source.values, indexes[row])) {
              target[address + (row >>> 3)] |= 1 << (row & 7)
            }
          }
        })
        return
      case 'utf8':
      case 'binary': {
        const total = this.addGatheredOffsets(source, indexes)
        this.region(total, ({ u8: target }, address) => {
          let at = address
          for (const index of indexes) {
            if (index < 0) continue
            const start = source.values + i32[source.offsets / 4 + index]
            const end = source.values + i32[source.offsets / 4 + index + 1]
            for (let from = start; from < end; from++) target[at++] = u8[from]
          }
        })
        return
      }
      case 'list':
      case 'map': {
        const elements = new Int32Array(this.addGatheredOffsets(source, indexes))
        let at = 0
        for (const index of indexes) {
          if (index < 0) continue
          const end = i32[source.offsets / 4 + index + 1]
          for (let from = i32[source.offsets / 4 + index]; from < end; from++) elements[at++] = from
        }
        this.gather(source.children[0], elementType(type), elements)
        return
      }
      case 'struct':
        for (const [i, child] of source.children.entries()) this.gather(child, type.fields[i].type, indexes)
        return
      default:
        this.region(
          length * valueWidth(type),
          this.convert(source, type, (row) => indexes[row], length),
        )
    }
  }

  /** Adds node and bitmap of the rows; returns the number of nulls. Without nulls there is no bitmap. */
  private addValidity(source: Vector, start: number, length: number): number {
    const nulls = source.validity === 0 ? 0 : length - countBits(this.memory.u8, source.validity, start, length)
    this.nodes.push({ length, nulls })
    if (nulls === 0) this.region(0, NO_BYTES)
    else this.region(Math.ceil(length / 8), this.copyBits(source.validity, start, length))
    return nulls
  }

  private addGatheredValidity(indexes: Int32Array): void {
    const { length } = indexes
    const nulls = indexes.reduce((sum, index) => sum + (index < 0 ? 1 : 0), 0)
    this.nodes.push({ length, nulls })
    if (nulls === 0) {
      this.region(0, NO_BYTES)
      return
    }
    this.region(Math.ceil(length / 8), ({ u8 }, address) => {
      u8.fill(0, address, address + Math.ceil(length / 8))
      for (let row = 0; row < length; row++) if (indexes[row] >= 0) u8[address + (row >>> 3)] |= 1 << (row & 7)
    })
  }

  /** Adds the offsets of the rows, from 0; returns the first and the end of what they point to. */
  private addOffsets(source: Vector, start: number, length: number): [number, number] {
    const { i32 } = this.memory
    const from = source.offsets / 4 + start
    const isMissing = source.offsets === 0
    const first = isMissing ? 0 : i32[from]
    this.region((length + 1) * 4, ({ i32: target }, address) => {
      const at = address / 4
      if (isMissing) target.fill(0, at, at + length + 1)
      else target.set(i32.subarray(from, from + length + 1), at)
      if (first !== 0) for (let i = 0; i <= length; i++) target[at + i] -= first
    })
    return [first, isMissing ? 0 : i32[from + length]]
  }

  /** Adds offsets for the rows of `indexes`, from 0; returns where they end. */
  private addGatheredOffsets(source: Vector, indexes: Int32Array): number {
    const { i32 } = this.memory
    const offsets = new Int32Array(indexes.length + 1)
    for (let row = 0; row < indexes.length; row++) {
      const at = source.offsets / 4 + indexes[row]
      const bytes = indexes[row] < 0 ? 0 : i32[at + 1] - i32[at]
      if (offsets[row] + bytes > MAX_OFFSET) throw new InternalError(`${indexes.length} rows exceed 2 GiB`)
      offsets[row + 1] = offsets[row] + bytes
    }
    this.region(offsets.length * 4, ({ i32: target }, address) => target.set(offsets, address / 4))
    return offsets[indexes.length]
  }

  private region(bytes: number, write: Write): void {
    this.regions.push({ offset: this.bytes, bytes })
    this.writes.push(write)
    this.bytes += align64(bytes)
  }

  private copyBytes(from: number, bytes: number): Write {
    return ({ u8 }, address) => u8.set(this.memory.u8.subarray(from, from + bytes), address)
  }

  private copyBits(bitmap: number, start: number, length: number): Write {
    const { u8 } = this.memory
    const from = bitmap + (start >>> 3)
    const shift = start & 7
    const bytes = Math.ceil(length / 8)
    if (shift === 0) return this.copyBytes(from, bytes)
    return ({ u8: target }, address) => {
      for (let i = 0; i < bytes; i++) target[address + i] = (u8[from + i] >> shift) | (u8[from + i + 1] << (8 - shift))
    }
  }

  /** Writes fixed-width values one by one, in the width and unit of the file. */
  private convert(source: Vector, type: DataType, indexOf: (row: number) => number, length: number): Write {
    const { i32, i64, u8 } = this.memory
    const width = valueWidth(type)
    const { values } = source
    if (type.kind === 'decimal') {
      const words = source.width / 4
      const stored = width / 4
      return ({ i32: target }, address) => {
        for (let row = 0, to = address / 4; row < length; row++, to += stored) {
          const from = values / 4 + Math.max(0, indexOf(row)) * words
          for (let word = 0; word < stored; word++) {
            target[to + word] = word < words ? i32[from + word] : i32[from + words - 1] >> 31
          }
        }
      }
    }
    if (isSeconds(type) && type.kind === 'timestamp') {
      return ({ i64: target }, address) => {
        for (let row = 0; row < length; row++) {
          const index = indexOf(row)
          target[address / 8 + row] =
            index < 0 || !this.isValid(source, index) ? 0n : milliseconds(i64[values / 8 + index])
        }
      }
    }
    if (isSeconds(type)) {
      return ({ i32: target }, address) => {
        for (let row = 0; row < length; row++)
          target[address / 4 + row] = i32[values / 4 + Math.max(0, indexOf(row))] * 1000
      }
    }
    if (source.width !== width) throw new InternalError(`${typeName(type)} is stored in ${source.width} bytes`)
    return ({ u8: target }, address) => {
      for (let row = 0; row < length; row++) {
        const from = values + Math.max(0, indexOf(row)) * width
        for (let i = 0; i < width; i++) target[address + row * width + i] = u8[from + i]
      }
    }
  }

  private isValid(source: Vector, index: number): boolean {
    return source.validity === 0 || readBit(this.memory, source.validity, index)
  }
}

const MAX_OFFSET = 2 ** 31 - 1

function elementType(type: Extract<DataType, { kind: 'list' | 'map' }>): DataType {
  return type.kind === 'list' ? type.element.type : { kind: 'struct', fields: [type.key, type.value] }
}

function isSeconds(type: DataType): boolean {
  return (type.kind === 'time' || type.kind === 'timestamp') && type.unit === 's'
}

function milliseconds(seconds: bigint): bigint {
  const result = seconds * 1000n
  if (BigInt.asIntN(64, result) === result) return result
  throw new VolleyError('VOLLEY_OVERFLOW', `timestamp ${seconds} s is outside of the range of milliseconds in 64 bits`)
}

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

/** Set bits among [start, start + length). */
function countBits(u8: Uint8Array, bitmap: number, start: number, length: number): number {
  const end = start + length
  let count = 0
  let bit = start
  for (; bit < end && (bit & 7) !== 0; bit++) count += (u8[bitmap + (bit >>> 3)] >> (bit & 7)) & 1
  for (; bit + 8 <= end; bit += 8) count += BITS[u8[bitmap + (bit >>> 3)]]
  for (; bit < end; bit++) count += (u8[bitmap + (bit >>> 3)] >> (bit & 7)) & 1
  return count
}
