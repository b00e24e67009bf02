/** Writes sorted rows to files in batches, and the keys of the first row of each. */

import type { Vector } from '../../../io/batch.js'
import type { SpilledBatch, SpillFile } from '../../../io/spill/spill-file.js'
import { SpillWriter } from '../../../io/spill/spill-writer.js'
import type { Schema } from '../../../planner/types.js'
import { plain, take } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { KeyPlace } from './keys.js'

/** Where sorted rows are to be written. */
export interface SpillTarget {
  readonly file: SpillFile
  /** Of its batches. */
  readonly schema: Schema
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

/** The rows of a vector in the order of their numbers, as u32 at `order`. */
export interface OrderedColumn {
  readonly vector: Vector
  readonly order: number
}

/** Rows of which each column has an order of its own; there is at least one. */
export interface OrderedRows {
  readonly columns: readonly OrderedColumn[]
  readonly count: number
}

export function spillRows(
  context: OperatorContext,
  { file, schema, keys, batchRows }: SpillTarget,
  { columns, count }: OrderedRows,
): SpilledRows {
  const writer = new SpillWriter(context.memory, file)
  const write = (fields: Schema['fields'], taken: readonly OrderedColumn[], length: number): SpilledBatch => {
    context.checkCancelled()
    const mark = context.markScratch()
    const vectors = taken.map(({ vector, order }) => plain(context, take(context, vector, order, length)))
    const spilled = writer.append({ schema: { fields }, length, columns: vectors })
    context.rewindScratch(mark)
    return spilled
  }
  try {
    const batches: SpilledBatch[] = []
    for (let from = 0; from < count; from += batchRows) {
      const rows = columns.map(({ vector, order }) => ({ vector, order: order + from * 4 }))
      batches.push(write(schema.fields, rows, Math.min(batchRows, count - from)))
    }
    const firsts = keys.map(({ column }) => firstRows(context, columns[column], batches.length, batchRows))
    const keyFields = keys.map(({ column }) => schema.fields[column])
    return { batches, firsts: write(keyFields, firsts, batches.length) }
  } finally {
    writer.close()
  }
}

/** Every `batchRows`-th row. */
function firstRows(
  context: OperatorContext,
  { vector, order }: OrderedColumn,
  count: number,
  batchRows: number,
): OrderedColumn {
  const { u32 } = context.memory
  const rows = context.scratch(count * 4)
  for (let i = 0; i < count; i++) u32[rows / 4 + i] = u32[order / 4 + i * batchRows]
  return { vector, order: rows }
}
