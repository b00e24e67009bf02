/** Cuts ordered batches into row groups of an exact number of rows, or fewer where so many are too large. */

import type { Batch } from '../batch.js'
import type { RowGroupSlice } from './encode/ipc-stream.js'

/** DuckDB's size too: 60 of its vectors of 2,048 rows. */
export const DEFAULT_ROW_GROUP_ROWS = 122_880

export class RowGroupAssembler {
  private slices: RowGroupSlice[] = []
  private rows = 0
  private bytes = 0

  /** Cuts fall at any row of a batch: the encoder moves bits where it must. */
  constructor(
    private readonly rowGroupSize = DEFAULT_ROW_GROUP_ROWS,
    /** A row group has no more bytes than this, unless a single row has. */
    private readonly mostBytes = Number.POSITIVE_INFINITY,
  ) {}

  /** Rows taken in and not yet given out; their batches must stay alive. */
  get pendingRows(): number {
    return this.rows
  }

  /** Takes a batch, which has `batchBytes`; returns the row groups it completes, in order. */
  push(batch: Batch, batchBytes = 0): RowGroupSlice[][] {
    const complete: RowGroupSlice[][] = []
    const rowBytes = batch.length === 0 ? 0 : batchBytes / batch.length
    for (let start = 0; start < batch.length; ) {
      const length = Math.min(batch.length - start, this.room(rowBytes))
      if (length > 0) this.slices.push({ batch, start, length })
      this.rows += length
      this.bytes += length * rowBytes
      start += length
      if (this.room(rowBytes) === 0) complete.push(this.take())
    }
    return complete
  }

  /** Returns what is left as a last, smaller row group; null if there is nothing. */
  finish(): RowGroupSlice[] | null {
    return this.rows === 0 ? null : this.take()
  }

  private take(): RowGroupSlice[] {
    const { slices } = this
    this.slices = []
    this.rows = 0
    this.bytes = 0
    return slices
  }

  /** How many more rows of so many bytes the row group takes; at least one if it has none. */
  private room(rowBytes: number): number {
    const byBytes = rowBytes === 0 ? this.rowGroupSize : Math.floor((this.mostBytes - this.bytes) / rowBytes)
    return Math.max(this.rows === 0 ? 1 : 0, Math.min(this.rowGroupSize - this.rows, byBytes))
  }
}
