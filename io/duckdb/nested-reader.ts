/** Reads lists, maps and structs. DuckDB's lists are pairs of offset and length (uint64) into a child, in any order. */

import duckdb from '@duckdb/node-bindings'
import type { DataType } from '../../planner/types.js'
import { align64, type MemoryViews, type Vector, vector } from '../batch.js'
import { GrowingBits, GrowingBytes } from './growing.js'
import { loadValidity, type Place, storeBits, storeBytes, type VectorReader } from './vector-loading.js'

const ENTRY_BYTES = 16

export class ListReader implements VectorReader {
  private readonly validity = new GrowingBits()
  private readonly offsets = new GrowingBytes()
  private loadedValidity: Uint8Array | null = null
  private entries: Uint32Array = new Uint32Array(0)
  private elements = 0

  constructor(
    private readonly type: DataType,
    private readonly child: VectorReader,
  ) {
    this.offsets.startWithZero()
  }

  load(source: duckdb.Vector, rows: number, outer: Uint8Array | null): void {
    this.loadedValidity = loadValidity(source, rows, outer)
    const bytes = duckdb.vector_get_data(source, rows * ENTRY_BYTES)
    this.entries = new Uint32Array(bytes.buffer, bytes.byteOffset, rows * 4)
    this.child.load(duckdb.list_vector_get_child(source), duckdb.list_vector_get_size(source), null)
  }

  append(start: number, count: number): void {
    const { entries, loadedValidity: validity } = this
    this.validity.add(validity, start, count)
    const at = this.offsets.add(count * 4) / 4
    const { i32 } = this.offsets
    // Lists that lie side by side are added together.
    let from = 0
    let to = 0
    for (let i = 0; i < count; i++) {
      const row = start + i
      if (validity === null || ((validity[row >>> 3] >> (row & 7)) & 1) === 1) {
        const length = entries[row * 4 + 2]
        const offset = entries[row * 4]
        if (length > 0) {
          if (offset !== to) {
            if (to > from) this.child.append(from, to - from)
            from = offset
          }
          to = offset + length
          this.elements += length
        }
      }
      i32[at + i] = this.elements
    }
    if (to > from) this.child.append(from, to - from)
  }

  storedBytes(): number {
    return align64(this.validity.storedBytes) + align64(this.offsets.length) + this.child.storedBytes()
  }

  store(memory: MemoryViews, place: Place): Vector {
    const validity = storeBits(this.validity, memory, place)
    const offsets = storeBytes(this.offsets, memory, place)
    return vector(this.type, this.validity.length, { validity, offsets, children: [this.child.store(memory, place)] })
  }

  clear(): void {
    this.validity.clear()
    this.offsets.startWithZero()
    this.child.clear()
    this.elements = 0
  }
}

export class StructReader implements VectorReader {
  private readonly validity = new GrowingBits()
  private loadedValidity: Uint8Array | null = null

  constructor(
    private readonly type: DataType,
    private readonly children: readonly VectorReader[],
  ) {}

  load(source: duckdb.Vector, rows: number, outer: Uint8Array | null): void {
    this.loadedValidity = loadValidity(source, rows, outer)
    for (const [i, child] of this.children.entries()) {
      child.load(duckdb.struct_vector_get_child(source, i), rows, this.loadedValidity)
    }
  }

  append(start: number, count: number): void {
    this.validity.add(this.loadedValidity, start, count)
    for (const child of this.children) child.append(start, count)
  }

  storedBytes(): number {
    return this.children.reduce((bytes, child) => bytes + child.storedBytes(), align64(this.validity.storedBytes))
  }

  store(memory: MemoryViews, place: Place): Vector {
    const validity = storeBits(this.validity, memory, place)
    const children = this.children.map((child) => child.store(memory, place))
    return vector(this.type, this.validity.length, { validity, children })
  }

  clear(): void {
    this.validity.clear()
    for (const child of this.children) child.clear()
  }
}
