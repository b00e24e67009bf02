/** A little memory of this thread alone, through which values pass on their way into DuckDB's vectors. */

import duckdb from '@duckdb/node-bindings'

/** Small enough for the first-level cache. */
const BYTES = 32_768

export class Scratch {
  readonly buffer = new ArrayBuffer(BYTES)
  readonly u8 = new Uint8Array(this.buffer)
  readonly i16 = new Int16Array(this.buffer)
  readonly i32 = new Int32Array(this.buffer)
  readonly u32 = new Uint32Array(this.buffer)
  readonly i64 = new BigInt64Array(this.buffer)

  /**
   * Writes `count` values of `width` bytes to the start of `target`: `fill(done, rows)` puts the values of rows
   * [done, done + rows) at the start of the scratch.
   */
  inPieces(target: duckdb.Vector, width: number, count: number, fill: (done: number, rows: number) => void): void {
    const rowsAtOnce = BYTES / width
    for (let done = 0; done < count; done += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, count - done)
      fill(done, rows)
      duckdb.copy_data_to_vector(target, done * width, this.buffer, 0, rows * width)
    }
  }
}
