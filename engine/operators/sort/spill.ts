/** Writes sorted rows to files in batches, and keeps the keys of the first row of each. */

import type { Batch, Vector } from '../../../io/batch.js'
import type { SpilledBatch, SpillFile } from '../../../io/spill/spill-file.js'
import { SpillWriter } from '../../../io/spill/spill-writer.js'
import { concat, persist, plain, releaseVector, take } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { KeyPlace } from './spilled-runs.js'

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
  /** For each key, its values in the first rows of the batches. */
  readonly firsts: readonly Vector[]
}

/** Writes `count` rows, at least one; `rows` gives those of [from, to) in scratch, which is taken back after each batch. */
export function spillRows(
  context: OperatorContext,
  { file, keys, batchRows }: SpillTarget,
  count: number,
  rows: (from: number, to: number) => Batch,
): SpilledRows {
  const writer = new SpillWriter(context.memory, file)
  const batches: SpilledBatch[] = []
  const firsts: Vector[][] = keys.map(() => [])
  try {
    for (let from = 0; from < count; from += batchRows) {
      context.checkCancelled()
      const mark = context.markScratch()
      const batch = rows(from, Math.min(count, from + batchRows))
      const columns = batch.columns.map((column) => plain(context, column))
      batches.push(writer.append({ ...batch, columns }))
      keys.forEach(({ column }, index) => {
        firsts[index].push(persist(context, context.allocate, firstRow(context, columns[column])))
      })
      context.rewindScratch(mark)
    }
    return { batches, firsts: firsts.map((rowsOfKey) => concat(context, context.allocate, rowsOfKey)) }
  } finally {
    for (const vector of firsts.flat()) releaseVector(context, vector)
    writer.close()
  }
}

function firstRow(context: OperatorContext, source: Vector): Vector {
  const row = context.scratch(4)
  context.memory.u32[row / 4] = 0
  return take(context, source, row, 1)
}
