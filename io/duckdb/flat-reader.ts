/** Reads vectors of fixed width. */

import duckdb from '@duckdb/node-bindings'
import type { DataType } from '../../planner/types.js'
import { align64, type MemoryViews, type Vector, vector } from '../batch.js'
import { GrowingBits, GrowingBytes } from './growing.js'
import { loadValidity, type Place, storeBits, storeBytes, type VectorReader } from './vector-loading.js'

export class NullReader implements VectorReader {
  private rows = 0

  load(): void {}

  append(_start: number, count: number): void {
    this.rows += count
  }

  storedBytes(): number {
    return 0
  }

  store(): Vector {
    return vector({ kind: 'null' }, this.rows)
  }

  clear(): void {
    this.rows = 0
  }
}

/** Values of the same width on both sides. */
export class FixedReader implements VectorReader {
  private readonly width: number
  private readonly validity = new GrowingBits()
  private readonly values = new GrowingBytes()
  private loadedValidity: Uint8Array | null = null
  private loaded: Uint8Array = new Uint8Array(0)

  constructor(private readonly type: DataType) {
    this.width = vector(type, 0).width
  }

  load(source: duckdb.Vector, rows: number, outer: Uint8Array | null): void {
    this.loadedValidity = loadValidity(source, rows, outer)
    this.loaded = duckdb.vector_get_data(source, rows * this.width)
  }

  append(start: number, count: number): void {
    this.validity.add(this.loadedValidity, start, count)
    const at = this.values.add(count * this.width)
    const { loaded } = this
    const whole = start === 0 && loaded.length === count * this.width
    this.values.u8.set(whole ? loaded : loaded.subarray(start * this.width, (start + count) * this.width), at)
  }

  storedBytes(): number {
    return align64(this.validity.storedBytes) + align64(this.values.length)
  }

  store(memory: MemoryViews, place: Place): Vector {
    const validity = storeBits(this.validity, memory, place)
    return vector(this.type, this.validity.length, { validity, values: storeBytes(this.values, memory, place) })
  }

  clear(): void {
    this.validity.clear()
    this.values.clear()
  }
}

/** Booleans take a byte in DuckDB and a bit in volley. */
export class BooleanReader implements VectorReader {
  private readonly validity = new GrowingBits()
  private readonly values = new GrowingBits()
  private readonly packed = new GrowingBytes()
  private loadedValidity: Uint8Array | null = null
  private loaded: Uint8Array = new Uint8Array(0)

  load(source: duckdb.Vector, rows: number, outer: Uint8Array | null): void {
    this.loadedValidity = loadValidity(source, rows, outer)
    this.loaded = duckdb.vector_get_data(source, rows)
  }

  append(start: number, count: number): void {
    this.validity.add(this.loadedValidity, start, count)
    this.packed.clear()
    this.packed.add(Math.ceil(count / 8))
    const { u8 } = this.packed
    u8.fill(0, 0, this.packed.length)
    for (let i = 0; i < count; i++) if (this.loaded[start + i] === 1) u8[i >>> 3] |= 1 << (i & 7)
    this.values.add(u8, 0, count)
  }

  storedBytes(): number {
    return align64(this.validity.storedBytes) + align64(Math.ceil(this.values.length / 64) * 8)
  }

  store(memory: MemoryViews, place: Place): Vector {
    const validity = storeBits(this.validity, memory, place)
    const bytes = Math.ceil(this.values.length / 64) * 8
    const values = place(bytes)
    if (this.values.hasZeros) this.values.store(memory.u8, values)
    else memory.u8.fill(0xff, values, values + bytes)
    return vector({ kind: 'bool' }, this.validity.length, { validity, values })
  }

  clear(): void {
    this.validity.clear()
    this.values.clear()
  }
}

/** Times of seconds and milliseconds, which DuckDB keeps in microseconds. */
export class TimeReader implements VectorReader {
  private readonly validity = new GrowingBits()
  private readonly values = new GrowingBytes()
  private loadedValidity: Uint8Array | null = null
  private loaded: BigInt64Array = new BigInt64Array(0)

  constructor(
    private readonly type: DataType,
    private readonly microseconds: number,
  ) {}

  load(source: duckdb.Vector, rows: number, outer: Uint8Array | null): void {
    this.loadedValidity = loadValidity(source, rows, outer)
    const bytes = duckdb.vector_get_data(source, rows * 8)
    this.loaded = new BigInt64Array(bytes.buffer, bytes.byteOffset, rows)
  }

  append(start: number, count: number): void {
    this.validity.add(this.loadedValidity, start, count)
    const at = this.values.add(count * 4) / 4
    const { i32 } = this.values
    for (let i = 0; i < count; i++) i32[at + i] = Math.floor(Number(this.loaded[start + i]) / this.microseconds)
  }

  storedBytes(): number {
    return align64(this.validity.storedBytes) + align64(this.values.length)
  }

  store(memory: MemoryViews, place: Place): Vector {
    const validity = storeBits(this.validity, memory, place)
    return vector(this.type, this.validity.length, { validity, values: storeBytes(this.values, memory, place) })
  }

  clear(): void {
    this.validity.clear()
    this.values.clear()
  }
}
