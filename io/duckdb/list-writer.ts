/** Writes lists and maps: DuckDB's rows are pairs of offset and length (uint64) into one child vector. */

import duckdb from '@duckdb/node-bindings'
import type { MemoryViews, Vector } from '../batch.js'
import { type RowChoice, rowRange } from './row-choice.js'
import type { Scratch } from './scratch.js'
import type { VectorWriter } from './vector-writer.js'

const ENTRY_BYTES = 16

export class ListWriter {
  constructor(
    private readonly memory: MemoryViews,
    private readonly scratch: Scratch,
    private readonly writer: VectorWriter,
  ) {}

  /** `source` is plain. Null rows become empty ones; that they are null is written elsewhere. */
  write(target: duckdb.Vector, source: Vector, rows: RowChoice): void {
    const { i32 } = this.memory
    const { start, count } = rows
    const offsets = source.offsets / 4
    const chosen = rows.index === null ? this.range(source, start, count) : this.gather(source, rows.index)
    duckdb.list_vector_reserve(target, chosen.count)
    duckdb.list_vector_set_size(target, chosen.count)
    let elements = 0
    this.scratch.inPieces(target, ENTRY_BYTES, count, (done, piece) => {
      const { u32 } = this.scratch
      u32.fill(0, 0, piece * 4)
      for (let i = 0; i < piece; i++) {
        const row = rows.index === null ? start + done + i : rows.index[done + i]
        const length = this.isNull(source, row) && rows.index !== null ? 0 : i32[offsets + row + 1] - i32[offsets + row]
        u32[i * 4] = elements
        u32[i * 4 + 2] = length
        elements += length
      }
    })
    this.writer.writeChild(duckdb.list_vector_get_child(target), source.children[0], chosen)
  }

  /** The elements of adjacent lists lie side by side. */
  private range(source: Vector, start: number, count: number): RowChoice {
    const first = this.memory.i32[source.offsets / 4 + start]
    return rowRange(first, this.memory.i32[source.offsets / 4 + start + count] - first)
  }

  private gather(source: Vector, lists: Int32Array): RowChoice {
    const { i32 } = this.memory
    const offsets = source.offsets / 4
    const elements: number[] = []
    for (const row of lists) {
      if (this.isNull(source, row)) continue
      for (let at = i32[offsets + row]; at < i32[offsets + row + 1]; at++) elements.push(at)
    }
    return { start: 0, count: elements.length, index: Int32Array.from(elements) }
  }

  private isNull({ validity }: Vector, row: number): boolean {
    return validity !== 0 && ((this.memory.u8[validity + (row >>> 3)] >> (row & 7)) & 1) === 0
  }
}
