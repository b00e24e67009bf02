/** Brings the batches of a producer to the size that the pipeline asks for. */

import { type Batch, sliceBatch } from '../../../io/batch.js'
import { releaseBatch, retainBatch } from '../../../io/block-sharing.js'
import { assemble } from '../../kernels/vectors/assemble.js'
import { expand } from '../../kernels/vectors/form.js'
import { sharedDictionary } from '../../kernels/vectors/shared-dictionary.js'
import { concat } from '../../kernels/vectors.js'
import type { TaskContext } from '../../workers/task-context.js'
import { isMadeOf, isPartOf } from '../errors/origins.js'

/** Rows at whose multiples a batch is cut without a copy. */
const CUT_ROWS = 64
/** Below this share of the size asked for, batches are joined: to do so is to copy. */
const SMALL = 0.5

export class BatchCutter {
  private gathered: Batch[] = []
  private rows = 0

  constructor(
    private readonly context: TaskContext,
    private readonly batchSize: number,
  ) {}

  /** Takes over the batch; the outputs are the caller's. */
  push(batch: Batch): readonly Batch[] {
    if (batch.length < this.batchSize * SMALL && this.fits(batch)) {
      this.gathered.push(batch)
      this.rows += batch.length
      return this.rows >= this.batchSize ? this.flush() : []
    }
    return [...this.flush(), ...this.cut(batch)]
  }

  /** What was kept to be joined with more. */
  flush(): readonly Batch[] {
    const { gathered } = this
    this.gathered = []
    this.rows = 0
    return gathered.length < 2 ? gathered : [joinBatches(this.context, gathered)]
  }

  drop(): void {
    for (const batch of this.gathered.splice(0)) releaseBatch(this.context, batch)
    this.rows = 0
  }

  private fits(batch: Batch): boolean {
    return this.gathered.length === 0 || this.gathered[0].schema === batch.schema
  }

  private cut(batch: Batch): readonly Batch[] {
    if (batch.length <= this.batchSize) return [batch]
    const parts: Batch[] = []
    try {
      for (let start = 0; start < batch.length; start += this.batchSize) {
        const length = Math.min(this.batchSize, batch.length - start)
        const part =
          start % CUT_ROWS === 0
            ? retainBatch(this.context, sliceBatch(batch, start, length))
            : copyRows(this.context, batch, start, length)
        parts.push(isPartOf(batch, start, part))
      }
      return parts
    } finally {
      releaseBatch(this.context, batch)
    }
  }
}

/** Rows from any row on, in fresh blocks; the batch stays the caller's. */
export function copyRows(context: TaskContext, batch: Batch, start: number, length: number): Batch {
  const columns = batch.columns.map((column) => {
    const full = expand(context, column)
    const vector = { ...full, dictionary: sharedDictionary(full) }
    return assemble(context, context.allocate, [{ vector, start, length }])
  })
  context.resetScratch()
  return { schema: batch.schema, length, columns }
}

/** All rows in one batch of fresh blocks. Takes over the batches, which have one schema; there is at least one. */
export function joinBatches(context: TaskContext, batches: readonly Batch[]): Batch {
  if (batches.length === 1) return batches[0]
  const [{ schema }] = batches
  try {
    const columns = schema.fields.map((field, index) =>
      concat(
        context,
        context.allocate,
        batches.map((batch) => batch.columns[index]),
        field.type,
      ),
    )
    return isMadeOf(batches, { schema, length: batches.reduce((rows, batch) => rows + batch.length, 0), columns })
  } finally {
    for (const batch of batches) releaseBatch(context, batch)
    context.resetScratch()
  }
}
