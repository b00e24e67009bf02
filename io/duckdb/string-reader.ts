/**
 * Reads strings and bytes. A `string_t` (see `string-writer.ts`) holds up to 12 bytes itself; longer ones lie behind an
 * address, and fetching what lies there costs a call. Most lie near each other: they are fetched in runs.
 */

import duckdb from '@duckdb/node-bindings'
import { VolleyError } from '../../planner/errors.js'
import type { DataType } from '../../planner/types.js'
import { align64, type MemoryViews, type Vector, vector } from '../batch.js'
import { GrowingBits, GrowingBytes } from './growing.js'
import { loadValidity, type Place, storeBits, storeBytes, type VectorReader } from './vector-loading.js'

const STRING_BYTES = 16
const INLINE_BYTES = 12
/** The widest gap within a run. A gap below the size of a page lies in pages that hold strings: it can be read. */
const WIDEST_GAP = 1024
/** How many of the runs found last are looked at for the one a string belongs to. */
const RECENT_RUNS = 8
/** Below this many bytes a loop is quicker than a call. */
const SHORT_COPY = 40
const MOST_BYTES = 2 ** 31 - 1

/** A stretch of DuckDB's memory that holds strings. */
interface Run {
  from: number
  to: number
  bytes: Uint8Array
}

export class StringReader implements VectorReader {
  private readonly validity = new GrowingBits()
  private readonly offsets = new GrowingBytes()
  private readonly values = new GrowingBytes()
  private readonly pointer = new Float64Array(1)
  private readonly pointerWords = new BigUint64Array(this.pointer.buffer)
  private loadedValidity: Uint8Array | null = null
  private strings: Uint8Array = new Uint8Array(0)
  private words: Uint32Array = new Uint32Array(0)
  /** The run of each row that is loaded and long. */
  private runOf = new Int32Array(0)

  constructor(private readonly type: DataType) {
    this.offsets.startWithZero()
  }

  load(source: duckdb.Vector, rows: number, outer: Uint8Array | null): void {
    this.loadedValidity = loadValidity(source, rows, outer)
    this.strings = duckdb.vector_get_data(source, rows * STRING_BYTES)
    this.words = new Uint32Array(this.strings.buffer, this.strings.byteOffset, rows * 4)
    if (this.runOf.length < rows) this.runOf = new Int32Array(rows)
  }

  append(start: number, count: number): void {
    const { words, loadedValidity: validity } = this
    this.validity.add(validity, start, count)
    const runs: Run[] = []
    let total = 0
    for (let row = start; row < start + count; row++) {
      // The words of a null row may be anything, addresses of nothing included.
      if (validity !== null && ((validity[row >>> 3] >> (row & 7)) & 1) === 0) words[row * 4] = 0
      const length = words[row * 4]
      total += length
      if (length > INLINE_BYTES) this.runOf[row] = extendRuns(runs, this.addressOf(row), length)
    }
    if (this.values.length + total > MOST_BYTES) {
      throw new VolleyError('VOLLEY_MEMORY_LIMIT', `text of ${total} bytes in ${count} rows is too long for a batch`)
    }
    for (const run of runs) run.bytes = this.fetch(run)
    this.copy(start, count, this.values.add(total), runs)
  }

  storedBytes(): number {
    return align64(this.validity.storedBytes) + align64(this.offsets.length) + align64(this.values.length)
  }

  store(memory: MemoryViews, place: Place): Vector {
    const validity = storeBits(this.validity, memory, place)
    const offsets = storeBytes(this.offsets, memory, place)
    const values = storeBytes(this.values, memory, place)
    return vector(this.type, this.validity.length, { validity, offsets, values })
  }

  clear(): void {
    this.validity.clear()
    this.offsets.startWithZero()
    this.values.clear()
  }

  private addressOf(row: number): number {
    return this.words[row * 4 + 2] + this.words[row * 4 + 3] * 2 ** 32
  }

  private fetch({ from, to }: Run): Uint8Array {
    this.pointerWords[0] = BigInt(from)
    return duckdb.get_data_from_pointer(this.pointer.buffer, 0, to - from)
  }

  /** Copies the loaded rows to place `to` of the values, and adds their offsets. */
  private copy(start: number, count: number, to: number, runs: readonly Run[]): void {
    const { words, strings, runOf } = this
    const offsetsAt = this.offsets.add(count * 4) / 4
    const offsets = this.offsets.i32
    const target = this.values.u8
    let at = to
    for (let i = 0; i < count; i++) {
      const row = start + i
      const length = words[row * 4]
      if (length > INLINE_BYTES) {
        const run = runs[runOf[row]]
        copyBytes(run.bytes, this.addressOf(row) - run.from, length, target, at)
      } else {
        const from = row * STRING_BYTES + 4
        for (let k = 0; k < length; k++) target[at + k] = strings[from + k]
      }
      at += length
      offsets[offsetsAt + i] = at
    }
  }
}

/** Adds a string to the run it lies next to, or to a new one; returns the run's index. */
function extendRuns(runs: Run[], address: number, length: number): number {
  const end = address + length
  for (let i = runs.length - 1; i >= 0 && i >= runs.length - RECENT_RUNS; i--) {
    const run = runs[i]
    if (address > run.to + WIDEST_GAP || end < run.from - WIDEST_GAP) continue
    if (address < run.from) run.from = address
    if (end > run.to) run.to = end
    return i
  }
  return runs.push({ from: address, to: end, bytes: EMPTY }) - 1
}

const EMPTY = new Uint8Array(0)

function copyBytes(source: Uint8Array, from: number, length: number, target: Uint8Array, to: number): void {
  if (length > SHORT_COPY) target.set(source.subarray(from, from + length), to)
  else for (let k = 0; k < length; k++) target[to + k] = source[from + k]
}
