/** Writes the definition levels of a page: 1 for a value, 0 for a null. */

import type { Vector } from '../../batch.js'
import type { PageTarget } from '../page-kernels.js'
import type { RowGroupSlice } from './ipc-stream.js'

/** Rows [start, start + length) of a vector. */
export interface Piece {
  readonly source: Vector
  readonly start: number
  readonly length: number
}

/** Rows [from, to) of a column, counted through all slices. */
export function piecesOf(slices: readonly RowGroupSlice[], column: number, from: number, to: number): Piece[] {
  const pieces: Piece[] = []
  let first = 0
  for (const { batch, start, length } of slices) {
    const begin = Math.max(from, first)
    const end = Math.min(to, first + length)
    if (begin < end) pieces.push({ source: batch.columns[column], start: start + begin - first, length: end - begin })
    first += length
  }
  return pieces
}

/** The length of the levels, the header of their one run, and their bits. */
export function levelBytes(rows: number): number {
  return 4 + 5 + Math.ceil(rows / 8)
}

/** Writes the levels behind their length to `out`; `bitmap` is scratch for a bit each. Returns the bytes, and the valid rows. */
export function writeLevels(
  { memory, wasm }: PageTarget,
  pieces: readonly Piece[],
  bitmap: number,
  out: number,
): { bytes: number; valid: number } {
  const rows = pieces.reduce((sum, piece) => sum + piece.length, 0)
  let valid = rows
  if (pieces.some(({ source }) => source.validity !== 0)) {
    let first = 0
    for (const { source, start, length } of pieces) {
      wasm.copy_bits(source.validity, start, length, bitmap, first)
      first += length
    }
    valid = wasm.bitmap_count(bitmap, rows)
  }
  let at = out + 4
  if (valid === rows) {
    at = writeVarint(memory.u8, rows * 2, at)
    memory.u8[at++] = 1
  } else {
    const groups = Math.ceil(rows / 8)
    at = writeVarint(memory.u8, groups * 2 + 1, at)
    wasm.bytes_copy(at, bitmap, groups)
    at += groups
  }
  new DataView(memory.buffer, out, 4).setUint32(0, at - out - 4, true)
  return { bytes: at - out, valid }
}

function writeVarint(bytes: Uint8Array, value: number, at: number): number {
  let rest = value
  let end = at
  while (rest >= 128) {
    bytes[end++] = (rest & 127) | 128
    rest = Math.floor(rest / 128)
  }
  bytes[end++] = rest
  return end
}
