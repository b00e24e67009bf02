/** Reads decimals, whose width goes by precision in DuckDB; wide ones whose values all fit are stored at 8 bytes. */

import duckdb from '@duckdb/node-bindings'
import type { DataType } from '../../planner/types.js'
import { align64, type MemoryViews, type Vector, vector } from '../batch.js'
import { GrowingBits, GrowingBytes } from './growing.js'
import { loadValidity, type Place, storeBits, storeBytes, type VectorReader } from './vector-loading.js'

export class DecimalReader implements VectorReader {
  private readonly validity = new GrowingBits()
  private readonly values = new GrowingBytes()
  private loadedValidity: Uint8Array | null = null
  private loaded: Uint8Array = new Uint8Array(0)
  /** True if a value of the batch does not fit 8 bytes. */
  private isWide = false

  constructor(
    private readonly type: DataType,
    /** Bytes of a value in DuckDB. */
    private readonly loadedWidth: 2 | 4 | 8 | 16,
  ) {}

  load(source: duckdb.Vector, rows: number, outer: Uint8Array | null): void {
    this.loadedValidity = loadValidity(source, rows, outer)
    this.loaded = duckdb.vector_get_data(source, rows * this.loadedWidth)
  }

  append(start: number, count: number): void {
    this.validity.add(this.loadedValidity, start, count)
    const { loaded, loadedWidth } = this
    if (loadedWidth === 16) {
      this.appendWide(start, count)
      return
    }
    if (loadedWidth === 8) {
      const at = this.values.add(count * 8)
      this.values.u8.set(loaded.subarray(start * 8, (start + count) * 8), at)
      return
    }
    const at = this.values.add(count * 8) / 4
    const { i32 } = this.values
    const source =
      loadedWidth === 2
        ? new Int16Array(loaded.buffer, loaded.byteOffset + start * 2, count)
        : new Int32Array(loaded.buffer, loaded.byteOffset + start * 4, count)
    for (let i = 0; i < count; i++) {
      i32[at + i * 2] = source[i]
      i32[at + i * 2 + 1] = source[i] >> 31
    }
  }

  storedBytes(): number {
    return align64(this.validity.storedBytes) + align64(this.values.length)
  }

  store(memory: MemoryViews, place: Place): Vector {
    const validity = storeBits(this.validity, memory, place)
    const values = storeBytes(this.values, memory, place)
    return vector(this.type, this.validity.length, { validity, values, width: this.isWide ? 16 : 8 })
  }

  clear(): void {
    this.validity.clear()
    this.values.clear()
    this.isWide = false
  }

  private appendWide(start: number, count: number): void {
    const { loaded, loadedValidity: validity } = this
    const source = new Int32Array(loaded.buffer, loaded.byteOffset + start * 16, count * 4)
    for (let i = 0; i < count && !this.isWide; i++) {
      const sign = source[i * 4 + 1] >> 31
      if (source[i * 4 + 2] === sign && source[i * 4 + 3] === sign) continue
      const row = start + i
      // What null rows hold does not count.
      if (validity === null || ((validity[row >>> 3] >> (row & 7)) & 1) === 1) this.widen()
    }
    const words = this.isWide ? 4 : 2
    const at = this.values.add(count * words * 4) / 4
    const { i32 } = this.values
    for (let i = 0; i < count; i++) {
      for (let word = 0; word < words; word++) i32[at + i * words + word] = source[i * 4 + word]
    }
  }

  private widen(): void {
    this.isWide = true
    const rows = this.values.length / 8
    this.values.add(rows * 8)
    const { i32 } = this.values
    for (let row = rows - 1; row >= 0; row--) {
      const high = i32[row * 2 + 1]
      i32[row * 4] = i32[row * 2]
      i32[row * 4 + 1] = high
      i32[row * 4 + 2] = high >> 31
      i32[row * 4 + 3] = high >> 31
    }
  }
}
