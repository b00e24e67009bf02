/** Limit: passes a range of the rows of an ordered stream of batches, and stops it once they have passed. */

import { type Batch, sliceBatch } from '../../io/batch.js'
import { persist, releaseBatch, take } from '../kernels/vectors.js'
import type { TaskContext } from '../workers/task-context.js'

/** Rows [offset, offset + count), or all from `offset` on when `count` is null. */
export async function* limitBatches(
  context: TaskContext,
  batches: AsyncGenerator<Batch>,
  count: number | null,
  offset: number,
): AsyncGenerator<Batch> {
  let toSkip = offset
  let left = count ?? Number.POSITIVE_INFINITY
  if (left === 0) return
  for await (const batch of batches) {
    const start = Math.min(toSkip, batch.length)
    const length = Math.min(left, batch.length - start)
    toSkip -= start
    left -= length
    if (length === 0) releaseBatch(context, batch)
    else if (start === 0) yield sliceBatch(batch, 0, length)
    else {
      yield copyRange(context, batch, start, length)
      releaseBatch(context, batch)
    }
    if (left === 0) return
  }
}

/** Copies rows: a slice must start at a multiple of 64 rows to be a view; this one need not. Resets scratch. */
export function copyRange(context: TaskContext, batch: Batch, start: number, length: number): Batch {
  const indices = context.scratch(length * 4)
  for (let i = 0; i < length; i++) context.memory.u32[indices / 4 + i] = start + i
  const columns = batch.columns.map((column) =>
    persist(context, context.allocate, take(context, column, indices, length)),
  )
  context.resetScratch()
  return { schema: batch.schema, length, columns }
}
