/**
 * Writes rows of volley's vectors, of any form, into DuckDB's vectors.
 *
 * DuckDB's memory is reached by copies only, and those take no shared memory: values pass through a small scratch that
 * stays in the first-level cache.
 */

import duckdb from '@duckdb/node-bindings'
import { unreachable } from '../../planner/errors.js'
import type { MemoryViews, Vector } from '../batch.js'
import { ListWriter } from './list-writer.js'
import { plainRows, type RowChoice, rowRange, storedRows } from './row-choice.js'
import { Scratch } from './scratch.js'
import { StringWriter } from './string-writer.js'
import { decimalWidth } from './types.js'

export class VectorWriter {
  private readonly scratch = new Scratch()
  private readonly strings: StringWriter
  private readonly lists: ListWriter

  constructor(private readonly memory: MemoryViews) {
    this.strings = new StringWriter(memory, this.scratch)
    this.lists = new ListWriter(memory, this.scratch, this)
  }

  /**
   * Writes `rows` of `source` to the start of `target`, which has the stored type of `source`, room for them, and no
   * null rows yet.
   */
  write(target: duckdb.Vector, source: Vector, start: number, count: number): void {
    const rows = rowRange(start, count)
    this.writeValues(target, source, rows)
    if (source.type.kind === 'null' || source.validity !== 0) this.writeValidity(target, source, rows)
  }

  /** The same for a vector inside of another, which may have been used before. */
  writeChild(target: duckdb.Vector, source: Vector, rows: RowChoice): void {
    this.writeValues(target, source, rows)
    this.writeValidity(target, source, rows)
  }

  private writeValues(target: duckdb.Vector, source: Vector, chosen: RowChoice): void {
    if (chosen.count === 0 || isAllNull(this.memory, source)) return
    const { base, rows } = plainRows(this.memory, source, chosen)
    const { type } = base
    switch (type.kind) {
      case 'null':
        return
      case 'bool':
        this.writeBooleans(target, base, rows)
        return
      case 'utf8':
      case 'binary':
        this.strings.write(target, base, rows)
        return
      case 'decimal':
        this.writeDecimals(target, base, decimalWidth(type.precision), rows)
        return
      case 'time':
        if (type.unit === 's') this.writeTimes(target, base, 1_000_000, rows)
        else if (type.unit === 'ms') this.writeTimes(target, base, 1_000, rows)
        else this.writeFixed(target, base, rows)
        return
      case 'int':
      case 'float':
      case 'date':
      case 'timestamp':
      case 'duration':
      case 'interval':
        this.writeFixed(target, base, rows)
        return
      case 'list':
      case 'map':
        this.lists.write(target, base, rows)
        return
      case 'struct':
        for (const [i, child] of base.children.entries()) {
          this.writeChild(duckdb.struct_vector_get_child(target, i), child, rows)
        }
        return
      default:
        unreachable(type)
    }
  }

  private writeValidity(target: duckdb.Vector, source: Vector, chosen: RowChoice): void {
    const { memory, scratch } = this
    const { index, start, count } = storedRows(source, chosen)
    duckdb.vector_ensure_validity_writable(target)
    const rowsAtOnce = scratch.u8.length * 8
    for (let done = 0; done < count; done += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, count - done)
      // The mask is made of whole words.
      const bytes = Math.ceil(rows / 64) * 8
      if (source.type.kind === 'null') scratch.u8.fill(0, 0, bytes)
      else if (source.validity === 0) scratch.u8.fill(0xff, 0, bytes)
      else if (index === null) copyBits(memory.u8, source.validity, start + done, rows, scratch.u8)
      else gatherBits(memory.u8, source.validity, index.subarray(done, done + rows), scratch.u8)
      duckdb.copy_data_to_vector_validity(target, done / 8, scratch.buffer, 0, bytes)
    }
  }

  private writeFixed(target: duckdb.Vector, { values, width }: Vector, { index, start, count }: RowChoice): void {
    const { memory, scratch } = this
    scratch.inPieces(target, width, count, (done, rows) => {
      if (index === null) {
        const from = values + (start + done) * width
        scratch.u8.set(memory.u8.subarray(from, from + rows * width))
      } else if (width % 4 === 0) {
        const words = width / 4
        for (let i = 0; i < rows; i++) {
          const from = values / 4 + index[done + i] * words
          for (let word = 0; word < words; word++) scratch.i32[i * words + word] = memory.i32[from + word]
        }
      } else {
        for (let i = 0; i < rows; i++) {
          const from = values + index[done + i] * width
          for (let byte = 0; byte < width; byte++) scratch.u8[i * width + byte] = memory.u8[from + byte]
        }
      }
    })
  }

  private writeBooleans(target: duckdb.Vector, { values }: Vector, { index, start, count }: RowChoice): void {
    const { u8 } = this.memory
    this.scratch.inPieces(target, 1, count, (done, rows) => {
      for (let i = 0; i < rows; i++) {
        const row = index === null ? start + done + i : index[done + i]
        this.scratch.u8[i] = (u8[values + (row >>> 3)] >> (row & 7)) & 1
      }
    })
  }

  /** Widens or narrows: the width of decimals goes by their values in volley, by their precision in DuckDB. */
  private writeDecimals(target: duckdb.Vector, source: Vector, width: 2 | 4 | 8 | 16, chosen: RowChoice): void {
    if (source.width === width) {
      this.writeFixed(target, source, chosen)
      return
    }
    const { scratch } = this
    const { index, start, count } = chosen
    const read = wordReader(source, this.memory)
    const words = Math.max(1, source.width / 4)
    scratch.inPieces(target, width, count, (done, rows) => {
      for (let i = 0; i < rows; i++) {
        const row = index === null ? start + done + i : index[done + i]
        if (width === 2) scratch.i16[i] = read(row, 0)
        else {
          let word = 0
          for (let k = 0; k < width / 4; k++) {
            word = k < words ? read(row, k) : word >> 31
            scratch.i32[(i * width) / 4 + k] = word
          }
        }
      }
    })
  }

  /** DuckDB has no times of seconds or milliseconds: they become microseconds. */
  private writeTimes(target: duckdb.Vector, source: Vector, factor: number, { index, start, count }: RowChoice): void {
    const { i32 } = this.memory
    this.scratch.inPieces(target, 8, count, (done, rows) => {
      for (let i = 0; i < rows; i++) {
        const row = index === null ? start + done + i : index[done + i]
        this.scratch.i64[i] = BigInt(i32[source.values / 4 + row] * factor)
      }
    })
  }
}

/** True if there may be no values at all, not even for nulls to point to. */
function isAllNull(memory: MemoryViews, source: Vector): boolean {
  if (source.type.kind === 'null' || source.dictionary?.length === 0) return true
  return source.constant && source.validity !== 0 && (memory.u8[source.validity] & 1) === 0
}

/** Reads the 32-bit words of a value, low ones first. Values of fewer than 4 bytes are extended by their sign. */
function wordReader({ values, width }: Vector, memory: MemoryViews): (row: number, word: number) => number {
  if (width === 1) return (row) => memory.i8[values + row]
  if (width === 2) return (row) => memory.i16[values / 2 + row]
  const words = width / 4
  return (row, word) => memory.i32[values / 4 + row * words + word]
}

/** Copies `count` bits that start at bit `from` of the bitmap at `address` to the start of `target`. */
function copyBits(u8: Uint8Array, address: number, from: number, count: number, target: Uint8Array): void {
  const bytes = Math.ceil(count / 8)
  const first = address + (from >>> 3)
  const shift = from & 7
  if (shift === 0) target.set(u8.subarray(first, first + bytes))
  else {
    for (let i = 0; i < bytes; i++) target[i] = (u8[first + i] >> shift) | (u8[first + i + 1] << (8 - shift))
  }
}

function gatherBits(u8: Uint8Array, address: number, index: Int32Array, target: Uint8Array): void {
  target.fill(0, 0, Math.ceil(index.length / 8))
  for (let i = 0; i < index.length; i++) {
    const bit = (u8[address + (index[i] >>> 3)] >> (index[i] & 7)) & 1
    target[i >>> 3] |= bit << (i & 7)
  }
}
