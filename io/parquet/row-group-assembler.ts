/** Cuts ordered batches into row groups of an exact number of rows. */

import type { Batch } from '../batch.js'
import type { RowGroupSlice } from './ipc-stream.js'

/** DuckDB's size too: 60 of its vectors of 2,048 rows. */
export const DEFAULT_ROW_GROUP_ROWS = 122_880

export class RowGroupAssembler {
  private slices: RowGroupSlice[] = []
  private rows = 0

  /** Cuts fall at any row of a batch: the encoder moves bits where it must. */
  constructor(private readonly rowGroupSize = DEFAULT_ROW_GROUP_ROWS) {}

  /** Rows taken in and not yet given out; their batches must stay alive. */
  get pendingRows(): number {
    return this.rows
  }

  /** Takes a batch; returns the row groups it completes, in order. */
  push(batch: Batch): RowGroupSlice[][] {
    const complete: RowGroupSlice[][] = []
    for (let start = 0; start < batch.length; ) {
      const length = Math.min(batch.length - start, this.rowGroupSize - this.rows)
      this.slices.push({ batch, start, length })
      this.rows += length
      start += length
      if (this.rows === this.rowGroupSize) complete.push(this.take())
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
    return slices
  }
}
