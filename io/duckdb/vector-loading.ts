/** What all readers of DuckDB's vectors share: their contract, and how validity and values are stored. */

import duckdb from '@duckdb/node-bindings'
import type { MemoryViews, Vector } from '../batch.js'
import type { GrowingBits, GrowingBytes } from './growing.js'

/** Returns the address of `bytes` bytes of the batch being stored, 64-byte aligned. */
export type Place = (bytes: number) => number

export interface VectorReader {
  /** Fetches the first `rows` rows of a vector; null stands for no nulls in the vectors around it. */
  load(source: duckdb.Vector, rows: number, outerValidity: Uint8Array | null): void
  /** Adds rows [start, start + count) of what is loaded to the batch. */
  append(start: number, count: number): void
  /** Bytes that `store` will place. */
  storedBytes(): number
  /** What was added, as a vector that lists no blocks. */
  store(memory: MemoryViews, place: Place): Vector
  /** Forgets what was added. */
  clear(): void
}

/** The validity of a vector and of those around it, as bytes; null if all rows are valid. */
export function loadValidity(source: duckdb.Vector, rows: number, outer: Uint8Array | null): Uint8Array | null {
  const own: Uint8Array | null = duckdb.vector_get_validity(source, Math.ceil(rows / 64) * 8)
  if (own === null || outer === null) return own ?? outer
  for (let i = 0; i < own.length; i++) own[i] &= outer[i]
  return own
}

export function storeBits(bits: GrowingBits, memory: MemoryViews, place: Place): number {
  if (!bits.hasZeros) return 0
  const address = place(bits.storedBytes)
  bits.store(memory.u8, address)
  return address
}

export function storeBytes(bytes: GrowingBytes, memory: MemoryViews, place: Place): number {
  const address = place(bytes.length)
  memory.u8.set(bytes.u8.subarray(0, bytes.length), address)
  return address
}
