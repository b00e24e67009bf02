/**
 * Sorting: the workers sort ranges of the rows, then each merges shares of the result out of all ranges. Rows that have
 * no room in memory are sorted in files.
 */

import type { Batch } from '../../../io/batch.js'
import type { NamedExpression } from '../../../planner/expression.js'
import { field } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { KeyPlace } from '../../operators/sort/keys.js'
import type { OperatorHandle } from '../../run.js'
import type { Pipeline, PipelineSource } from '../pipeline.js'
import { ExternalSort, type ExternalSortOptions } from './external-sort.js'
import { type Gathered, SortInput } from './sort-input.js'
import { sortedRuns } from './sorted-runs.js'
import { type BulkWork, contiguous, isColumn, OUTPUT_ROWS } from './work.js'

type SortSource = Extract<PipelineSource, { kind: 'sort' }>

export async function* sort(work: BulkWork, source: SortSource): AsyncGenerator<Batch> {
  work.switching.begin('sort')
  const operator = work.run.operator('sort', undefined, work.span(source))
  const { pipeline, keys } = keyed(source)
  const input = new SortInput(work, operator, pipeline, keys)
  const columns = source.input.schema.fields.length
  const options: ExternalSortOptions = { schema: pipeline.schema, columns, keys, limit: source.limit }
  try {
    let external: ExternalSort | null = null
    while (await input.fill()) {
      external ??= new ExternalSort(work, operator, options)
      await external.add(input.take())
    }
    const rest = input.take()
    if (external === null) yield* sortInMemory(work, operator, options, rest)
    else {
      if (rest.rows > 0) await external.add(rest)
      yield* external.merged()
    }
  } finally {
    await input.close()
  }
}

async function* sortInMemory(
  work: BulkWork,
  operator: OperatorHandle,
  { schema, columns, keys, limit }: ExternalSortOptions,
  { pieces }: Gathered,
): AsyncGenerator<Batch> {
  const whole = await contiguous(operator, schema, pieces)
  const vectors = keys.map(({ column, ...direction }) => ({ ...direction, vector: whole.columns[column] }))
  const runs = await sortedRuns(operator, work.run.pool.threads, vectors, whole.length, limit)
  const total = Math.min(whole.length, limit ?? whole.length)
  const batch: Batch = {
    ...whole,
    schema: { fields: schema.fields.slice(0, columns) },
    columns: whole.columns.slice(0, columns),
  }
  yield* work.parts(Math.ceil(total / OUTPUT_ROWS), (part) => {
    const from = part * OUTPUT_ROWS
    const to = Math.min(total, from + OUTPUT_ROWS)
    return operator.task('mergeSorted', { keys: vectors, runs, batch, from, to })
  })
  for (const { address } of runs) operator.context.release(address)
  releaseBatch(operator.context, whole)
}

/** The input with the keys that are no columns computed behind its columns. */
function keyed({ input, keys }: SortSource): { readonly pipeline: Pipeline; readonly keys: readonly KeyPlace[] } {
  const { schema } = input
  const columns = schema.fields.map(
    ({ name, type }, index): NamedExpression => ({ name, expression: { kind: 'column', index, name, type } }),
  )
  const computed: NamedExpression[] = []
  const places = keys.map(({ expression, descending, nullsFirst }): KeyPlace => {
    const column = isColumn(expression) ? expression.index : columns.length + computed.length
    if (!isColumn(expression)) computed.push({ name: `key ${computed.length}`, expression })
    return { column, descending, nullsFirst }
  })
  if (computed.length === 0) return { pipeline: input, keys: places }
  const withKeys = {
    fields: [...schema.fields, ...computed.map(({ name, expression }) => field(name, expression.type))],
  }
  const project: Pipeline['steps'][number] = {
    kind: 'project',
    schema: withKeys,
    expressions: [...columns, ...computed],
  }
  return { pipeline: { ...input, steps: [...input.steps, project], schema: withKeys }, keys: places }
}
