/**
 * Files of batches as they lie in memory: what does not fit is written without a conversion, and read back in one call.
 *
 *   | header: rows, its bytes, then 6 words a node | buffer | buffer | ... |     a batch; all parts 64-byte aligned
 *
 * The nodes of a batch are its columns in order, each followed by its children and then its dictionary; the buffers are
 * in the order of the nodes, a node's validity first, then offsets and values. Types are not stored: whoever reads knows
 * the schema. All threads may append at once, as each takes its place by an atomic addition.
 */

import { align64, type MemoryViews } from '../batch.js'

/** Plain data, for any thread. */
export interface SpillFile {
  /** Of a file that exists. */
  readonly path: string
  /** Address of a word, 0 at first, that counts the units of 64 bytes taken so far. */
  readonly end: number
}

/** A batch in a file. */
export interface SpilledBatch {
  readonly path: string
  readonly position: number
  readonly bytes: number
  readonly rows: number
}

const UNIT = 64

/** Takes `bytes` at the end of the file, up to 256 GiB in all, and returns where they begin. */
export function takePlace({ i32 }: MemoryViews, { end }: SpillFile, bytes: number): number {
  return (Atomics.add(i32, end / 4, Math.ceil(bytes / UNIT)) >>> 0) * UNIT
}

/** Words of a header before those of its nodes. */
const HEADER_WORDS = 2
/** Words of a node: rows, bytes of a value, flags, and the bytes of its three buffers. */
export const NODE_WORDS = 6

export const NODE_CONSTANT = 1
export const NODE_DICTIONARY = 2
/** The node has the buffer, though it may be empty. */
export const NODE_VALIDITY = 4
export const NODE_OFFSETS = 8
export const NODE_VALUES = 16

export function writeHeader(rows: number, nodes: readonly number[]): Int32Array {
  const bytes = align64((HEADER_WORDS + nodes.length) * 4)
  const words = new Int32Array(bytes / 4)
  words.set([rows, bytes, ...nodes])
  return words
}

/** The words of the nodes of a batch that was read to `address`, and where its first buffer lies. */
export function readHeader(
  { i32 }: MemoryViews,
  address: number,
): { readonly rows: number; readonly nodes: Int32Array; readonly buffers: number } {
  const [rows, bytes] = [i32[address / 4], i32[address / 4 + 1]]
  return { rows, nodes: i32.subarray(address / 4 + HEADER_WORDS, (address + bytes) / 4), buffers: address + bytes }
}
