/** Gathers all rows of a pipeline: in memory while they have room there, in DuckDB from then on. */

import type { Batch } from '../../../io/batch.js'
import type { NamedExpression, TypedExpression } from '../../../planner/expression.js'
import { field, type Schema, schemaOf } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainStep } from '../../workers/messages.js'
import { bytesOfBatch, StagedRows } from '../bigdata/staged-rows.js'
import type { Pipeline } from '../pipeline.js'
import { type BulkWork, contiguous } from './work.js'

/** `staged` has the pipeline's columns, then those of the keys. */
export type Gathered =
  | { readonly kind: 'memory'; readonly whole: Batch }
  | { readonly kind: 'staged'; readonly staged: StagedRows }

/** `keys` are computed as further columns of what is staged, in the order of the rows. */
export async function gather(
  work: BulkWork,
  pipeline: Pipeline,
  operator: OperatorHandle,
  keys: readonly TypedExpression[],
): Promise<Gathered> {
  const pieces: Batch[] = []
  const batches = work.batches(pipeline)
  let bytes = 0
  try {
    for (;;) {
      const next = await batches.next()
      if (next.done === true) break
      pieces.push(next.value)
      bytes += bytesOfBatch(work.run.memory, next.value)
      const holder = { label: operator.label, bytes, morsel: pieces.length, morsels: null }
      if (work.switching.shouldSpill(holder)) {
        const all = concatenated(pieces.splice(0), batches)
        return { kind: 'staged', staged: await stage(work, pipeline.schema, all, keys) }
      }
    }
    return { kind: 'memory', whole: await contiguous(operator, pipeline.schema, pieces) }
  } catch (error) {
    await batches.return(undefined)
    for (const piece of pieces) releaseBatch(work.run.context, piece)
    throw error
  }
}

/** Takes over the batches, whose columns are those of `schema`. */
export async function stage(
  work: BulkWork,
  schema: Schema,
  batches: AsyncGenerator<Batch>,
  keys: readonly TypedExpression[],
): Promise<StagedRows> {
  const withKeys = schemaOf([...schema.fields, ...keys.map((key, index) => field(`key ${index}`, key.type))])
  const staged = await StagedRows.create(work.run, withKeys)
  await staged.appendAll(work.output({ kind: 'stream', schema, batches: () => batches }, keyedSteps(schema, keys)))
  return staged
}

/** Steps that put computed keys behind the columns; none where there are no keys. */
export function keyedSteps(schema: Schema, keys: readonly TypedExpression[]): ChainStep[] {
  if (keys.length === 0) return []
  const columns = schema.fields.map(
    ({ name, type }, index): NamedExpression => ({ name, expression: { kind: 'column', index, name, type } }),
  )
  const computed = keys.map((expression, index): NamedExpression => ({ name: `key ${index}`, expression }))
  const withKeys = schemaOf([...schema.fields, ...keys.map((key, index) => field(`key ${index}`, key.type))])
  return [{ kind: 'project', schema: withKeys, expressions: [...columns, ...computed] }]
}

async function* concatenated(first: Batch[], rest: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  try {
    for (let batch = first.shift(); batch !== undefined; batch = first.shift()) yield batch
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}
