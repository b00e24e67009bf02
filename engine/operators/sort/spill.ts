/** Writes sorted rows to files in batches, and the keys of the first row of each. */

import type { Batch, Vector } from '../../../io/batch.js'
import type { SpilledBatch, SpillFile } from '../../../io/spill/spill-file.js'
import { SpillWriter } from '../../../io/spill/spill-writer.js'
import { plain, takeBatch } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { KeyPlace } from './keys.js'

/** Where sorted rows are to be written. */
export interface SpillTarget {
  readonly file: SpillFile
  /** Where the keys lie in its batches. */
  readonly keys: readonly KeyPlace[]
  /** Rows of a batch. */
  readonly batchRows: number
}

export interface SpilledRows {
  /** In order. */
  readonly batches: readonly SpilledBatch[]
  /** Of each batch the first row: its keys. In the file too, as many small blocks would cut the memory into pieces. */
  readonly firsts: SpilledBatch
}

/** Rows of contiguous columns in the order of their numbers: `count` of these, at least one, as u32 at `order`. */
export interface OrderedRows {
  readonly batch: Batch
  readonly order: number
  readonly count: number
}

export function spillRows(
  context: OperatorContext,
  { file, keys, batchRows }: SpillTarget,
  { batch, order, count }: OrderedRows,
): SpilledRows {
  const writer = new SpillWriter(context.memory, file)
  const write = (columns: readonly Vector[], rows: number, length: number): SpilledBatch => {
    context.checkCancelled()
    const mark = context.markScratch()
    const taken = takeBatch(context, { ...batch, columns }, rows, length)
    const spilled = writer.append({ ...taken, columns: taken.columns.map((column) => plain(context, column)) })
    context.rewindScratch(mark)
    return spilled
  }
  try {
    const batches: SpilledBatch[] = []
    const firstRows = context.scratch(Math.ceil(count / batchRows) * 4)
    const { u32 } = context.memory
    for (let from = 0; from < count; from += batchRows) {
      u32[firstRows / 4 + batches.length] = u32[order / 4 + from]
      batches.push(write(batch.columns, order + from * 4, Math.min(batchRows, count - from)))
    }
    const keyColumns = keys.map(({ column }) => batch.columns[column])
    return { batches, firsts: write(keyColumns, firstRows, batches.length) }
  } finally {
    writer.close()
  }
}
