/** Appends batches to a spill file, straight out of shared memory. */

import { closeSync, openSync, writevSync } from 'node:fs'
import { align64, type Batch, bitmapBytes, type MemoryViews, type Vector } from '../batch.js'
import { writeError } from '../file-errors.js'
import {
  NODE_CONSTANT,
  NODE_DICTIONARY,
  NODE_OFFSETS,
  NODE_VALIDITY,
  NODE_VALUES,
  type SpilledBatch,
  type SpillFile,
  takePlace,
  writeHeader,
} from './spill-file.js'

const PADDING = new Uint8Array(64)
/** Those of no rows. */
const NO_OFFSETS = new Int32Array(1)

export class SpillWriter {
  private readonly descriptor: number

  /** Throws VOLLEY_IO. */
  constructor(
    private readonly memory: MemoryViews,
    private readonly file: SpillFile,
  ) {
    try {
      this.descriptor = openSync(file.path, 'r+')
    } catch (error) {
      throw writeError(file.path, error)
    }
  }

  /** Writes the rows of a batch, those of slices only. Throws VOLLEY_DISK_FULL, VOLLEY_IO. */
  append(batch: Batch): SpilledBatch {
    return this.appendAll([batch])[0]
  }

  /** The same of several batches, one after the other, in one call. */
  appendAll(batches: readonly Batch[]): SpilledBatch[] {
    const { path } = this.file
    const buffers: NodeJS.ArrayBufferView[] = []
    const sizes = batches.map((batch) => {
      const layout = new Layout(this.memory)
      for (const column of batch.columns) layout.add(column, 0, column.length)
      const header = writeHeader(batch.length, layout.nodes)
      buffers.push(header, ...layout.buffers)
      return header.byteLength + layout.bytes
    })
    const start = takePlace(
      this.memory,
      this.file,
      sizes.reduce((sum, bytes) => sum + bytes, 0),
    )
    try {
      writeFully(this.descriptor, buffers, start)
    } catch (error) {
      throw writeError(path, error)
    }
    let end = start
    return batches.map(({ length: rows }, i) => {
      const position = end
      end += sizes[i]
      return { path, position, bytes: sizes[i], rows }
    })
  }

  close(): void {
    closeSync(this.descriptor)
  }
}

/** A full device takes a part before it refuses the rest. */
function writeFully(descriptor: number, buffers: readonly NodeJS.ArrayBufferView[], position: number): void {
  let left = buffers
  let at = position
  while (left.length > 0) {
    let written = writevSync(descriptor, left, at)
    at += written
    let whole = 0
    while (whole < left.length && written >= left[whole].byteLength) written -= left[whole++].byteLength
    left = left.slice(whole)
    if (written > 0) {
      const { buffer, byteOffset, byteLength } = left[0]
      left = [new Uint8Array(buffer, byteOffset + written, byteLength - written), ...left.slice(1)]
    }
  }
}

/** Lists the buffers of vectors, as views, and describes them. */
class Layout {
  readonly nodes: number[] = []
  readonly buffers: NodeJS.ArrayBufferView[] = []
  bytes = 0

  constructor(private readonly memory: MemoryViews) {}

  /** Rows [start, start + length); `start` is a multiple of 64. */
  add(vector: Vector, start: number, length: number): void {
    const { type, width, validity, dictionary, constant } = vector
    const [first, rows] = constant ? [0, Math.min(length, 1)] : [start, length]
    const at = this.nodes.length
    const flags = (constant ? NODE_CONSTANT : 0) | (dictionary === null ? 0 : NODE_DICTIONARY)
    this.nodes.push(length, width, flags, 0, 0, 0)
    if (type.kind === 'null') return
    if (validity !== 0) this.buffer(at, NODE_VALIDITY, 3, this.view(validity + first / 8, bitmapBytes(rows)))
    if (dictionary !== null) {
      this.buffer(at, NODE_VALUES, 5, this.view(vector.values + first * width, rows * width))
      this.add(dictionary, 0, dictionary.length)
      return
    }
    switch (type.kind) {
      case 'bool':
        this.buffer(at, NODE_VALUES, 5, this.view(vector.values + first / 8, bitmapBytes(rows)))
        break
      case 'utf8':
      case 'binary': {
        const [from, to] = this.reach(vector, first, rows)
        this.offsets(at, vector, first, rows, from)
        this.buffer(at, NODE_VALUES, 5, this.view(vector.values + from, to - from))
        break
      }
      case 'list':
      case 'map': {
        const [from, to] = this.reach(vector, first, rows)
        // Bitmaps of the elements are cut between bytes.
        const base = from - (from % 64)
        this.offsets(at, vector, first, rows, base)
        this.add(vector.children[0], base, to - base)
        break
      }
      case 'struct':
        for (const child of vector.children) this.add(child, first, rows)
        break
      default:
        this.buffer(at, NODE_VALUES, 5, this.view(vector.values + first * width, rows * width))
    }
  }

  /** The first and the last of the offsets; a vector without rows may have none. */
  private reach({ offsets }: Vector, start: number, rows: number): readonly [number, number] {
    const { i32 } = this.memory
    return rows === 0 ? [0, 0] : [i32[offsets / 4 + start], i32[offsets / 4 + start + rows]]
  }

  /** The offsets as they are when what they point into begins at `base`. */
  private offsets(at: number, { offsets }: Vector, start: number, rows: number, base: number): void {
    const place = offsets / 4 + start
    const own = rows === 0 ? NO_OFFSETS : this.memory.i32.subarray(place, place + rows + 1)
    this.buffer(at, NODE_OFFSETS, 4, base === 0 ? own : own.map((offset) => offset - base))
  }

  private view(address: number, bytes: number): Uint8Array {
    return this.memory.u8.subarray(address, address + bytes)
  }

  private buffer(at: number, flag: number, word: number, view: NodeJS.ArrayBufferView): void {
    const padding = align64(view.byteLength) - view.byteLength
    this.nodes[at + 2] |= flag
    this.nodes[at + word] = view.byteLength
    this.buffers.push(view)
    if (padding > 0) this.buffers.push(PADDING.subarray(0, padding))
    this.bytes += view.byteLength + padding
  }
}
