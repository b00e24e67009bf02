/** Cuts batches into batches of the pipeline's size. */

import { type Batch, sliceBatch } from '../../../io/batch.js'
import { releaseBatch, retainBatch } from '../../../io/block-sharing.js'
import { batchOfColumns } from '../../../io/row-batches.js'
import { readValue } from '../../../io/values.js'
import { isPartOf } from '../errors/origins.js'
import type { PipelineServices } from '../services.js'

/** Bitmaps cannot start inside a word. */
const ALIGNED_ROWS = 64

export interface Slice {
  readonly batch: Batch
  /** Rows of the whole batch up to the end of the slice. */
  readonly end: number
}

/**
 * The rows of a batch from `first` on, at most `rows` at a time; takes over the batch, and each slice belongs to who gets
 * it. Nothing is copied, unless there are to be fewer than 64 rows in a slice or `first` is no multiple of 64.
 */
export function* slicesOf(
  batch: Batch,
  rows: number,
  { memory, target }: Pick<PipelineServices, 'memory' | 'target'>,
  first = 0,
): Generator<Slice> {
  const aligned = rows < ALIGNED_ROWS ? rows : rows - (rows % ALIGNED_ROWS)
  const step = batch.length - first <= rows ? rows : aligned
  try {
    for (let start = first; start < batch.length; start += step) {
      const length = Math.min(step, batch.length - start)
      const isWhole = start === 0 && length === batch.length
      const slice =
        isWhole || start % ALIGNED_ROWS === 0
          ? retainBatch(memory, sliceBatch(batch, start, length))
          : copyRows(batch, start, length, target)
      yield { batch: isPartOf(batch, start, slice), end: start + length }
    }
  } finally {
    releaseBatch(memory, batch)
  }
}

function copyRows(batch: Batch, start: number, length: number, target: PipelineServices['target']): Batch {
  const columns = batch.columns.map((column) =>
    Array.from({ length }, (_, row) => readValue(target.memory, column, start + row)),
  )
  return batchOfColumns(batch.schema, columns, length, target)
}
