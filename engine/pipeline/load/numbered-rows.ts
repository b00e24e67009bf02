/** Batches with the numbers of their rows as a column behind the others. */

import { type Batch, vector } from '../../../io/batch.js'
import { releaseVector } from '../../../io/block-sharing.js'
import { field, INT64, schemaOf } from '../../../planner/types.js'
import type { PipelineServices } from '../services.js'

/** Rows are numbered from `firstRow` on. The other columns stay those of the batch; `release` frees the new one. */
export function numberedRows(
  batch: Batch,
  name: string,
  firstRow: number,
  { memory, allocate }: Pick<PipelineServices, 'memory' | 'allocate'>,
): { readonly numbered: Batch; readonly release: () => void } {
  const { length } = batch
  const values = allocate(Math.max(1, length) * 8)
  for (let row = 0; row < length; row++) memory.views.i64[values / 8 + row] = BigInt(firstRow + row)
  const numbers = vector(INT64, length, { values, blocks: [values] })
  const schema = schemaOf([...batch.schema.fields, field(name, INT64, false)])
  return {
    numbered: { schema, length, columns: [...batch.columns, numbers] },
    release: () => releaseVector(memory, numbers),
  }
}
