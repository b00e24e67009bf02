/**
 * Writes strings and bytes. DuckDB's `string_t` takes 16 bytes:
 *
 *   | length | up to 12 bytes, zeros after them        |
 *   | length | first 4 bytes | address of all bytes    |
 *     uint32
 *
 * The bytes of a slice are given to DuckDB as if they were one string; the address it then has for them is what the
 * strings of the slice are built with.
 */

import duckdb from '@duckdb/node-bindings'
import { VolleyError } from '../../planner/errors.js'
import type { MemoryViews, Vector } from '../batch.js'
import type { RowChoice } from './row-choice.js'
import type { Scratch } from './scratch.js'

const STRING_BYTES = 16
const INLINE_BYTES = 12
/** A dictionary up to this size is given to DuckDB whole with every slice, rather than row by row. */
const SMALL_DICTIONARY = 65_536
const WORD = 2 ** 32
const EMPTY = new Uint8Array(0)

/** Where the bytes of rows lie, in memory and in DuckDB. */
interface Placed {
  /** Address of the first byte in shared memory, and in DuckDB as two words. */
  readonly from: number
  readonly low: number
  readonly high: number
}

export class StringWriter {
  constructor(
    private readonly memory: MemoryViews,
    private readonly scratch: Scratch,
  ) {}

  /** `source` is plain. Throws VOLLEY_INVALID_UTF8. */
  write(target: duckdb.Vector, source: Vector, rows: RowChoice): void {
    const { i32 } = this.memory
    const { index, start, count } = rows
    const offsets = source.offsets / 4
    const first = index === null ? start : 0
    const last = index === null ? start + count : source.length
    const from = source.values + i32[offsets + first]
    const to = source.values + i32[offsets + last]
    const placed = index === null || to - from <= SMALL_DICTIONARY ? this.place(target, from, to) : null
    if (placed === null) {
      this.writeValidOnes(target, source, rows)
      return
    }
    this.scratch.inPieces(target, STRING_BYTES, count, (done, piece) => {
      for (let i = 0; i < piece; i++) {
        const row = index === null ? start + done + i : index[done + i]
        const begin = source.values + i32[offsets + row]
        this.fill(i, begin, source.values + i32[offsets + row + 1] - begin, placed)
      }
    })
  }

  /** Gives bytes to DuckDB as row 0; null if it does not take them as text. */
  private place(target: duckdb.Vector, from: number, to: number): Placed | null {
    // What is inline has no address, and needs none.
    if (to - from <= INLINE_BYTES) return { from, low: 0, high: 0 }
    duckdb.vector_assign_string_element_len(target, 0, EMPTY)
    duckdb.vector_assign_string_element_len(target, 0, this.memory.u8.subarray(from, to))
    const string = duckdb.vector_get_data(target, STRING_BYTES)
    const words = new Uint32Array(string.buffer, string.byteOffset, 4)
    return words[0] === to - from ? { from, low: words[2], high: words[3] } : null
  }

  /** Builds one string at place `i` of the scratch. */
  private fill(i: number, begin: number, length: number, placed: Placed): void {
    const { u8, u32 } = this.scratch
    const source = this.memory.u8
    const word = i * 4
    const byte = i * STRING_BYTES + 4
    u32[word] = length
    if (length <= INLINE_BYTES) {
      u32[word + 1] = 0
      u32[word + 2] = 0
      u32[word + 3] = 0
      for (let k = 0; k < length; k++) u8[byte + k] = source[begin + k]
      return
    }
    for (let k = 0; k < 4; k++) u8[byte + k] = source[begin + k]
    const low = placed.low + (begin - placed.from)
    u32[word + 2] = low
    u32[word + 3] = placed.high + (low >= WORD ? 1 : 0)
  }

  /** Null rows may hold any bytes: leaves those out that cannot be text. */
  private writeValidOnes(target: duckdb.Vector, source: Vector, { index, start, count }: RowChoice): void {
    const { i32, u8 } = this.memory
    const offsets = source.offsets / 4
    const isValid = (row: number) =>
      source.validity === 0 || ((u8[source.validity + (row >>> 3)] >> (row & 7)) & 1) === 1
    const rowAt = (i: number) => (index === null ? start + i : index[i])
    duckdb.vector_ensure_validity_writable(target)
    const maskBytes = Math.ceil(count / 64) * 8
    duckdb.copy_data_to_vector_validity(target, 0, new Uint8Array(maskBytes).fill(0xff).buffer, 0, maskBytes)
    for (let i = 0; i < count; i++) {
      const row = rowAt(i)
      const begin = source.values + i32[offsets + row]
      const bytes = isValid(row) ? u8.subarray(begin, source.values + i32[offsets + row + 1]) : EMPTY
      duckdb.vector_assign_string_element_len(target, i, bytes)
    }
    // DuckDB makes a null of text that is not UTF-8, without a word.
    const mask = duckdb.vector_get_validity(target, maskBytes)
    for (let i = 0; i < count; i++) {
      if (((mask[i >>> 3] >> (i & 7)) & 1) === 1) continue
      throw new VolleyError('VOLLEY_INVALID_UTF8', `row ${rowAt(i)} of a batch holds text that is not UTF-8`)
    }
  }
}
