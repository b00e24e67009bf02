/** Breakers on one thread: aggregation a slice at a time, sorts and windows over bounded inputs that are gathered first. */

import { type Batch, emptyVector } from '../../../io/batch.js'
import type { NamedExpression, TypedExpression } from '../../../planner/expression.js'
import { field, type Schema, schemaOf } from '../../../planner/types.js'
import { evaluateGathered } from '../../kernels/evaluate.js'
import { concat, persistBatch, releaseBatch, releaseVector, takeBatch } from '../../kernels/vectors.js'
import type { PlanPiece } from '../../metrics/plan-part.js'
import { type AggregateDescriptor, AggregateState } from '../../operators/aggregate.js'
import { sortIndices } from '../../operators/sort.js'
import { top } from '../../operators/top.js'
import { computeWindow } from '../../operators/window.js'
import type { TaskContext } from '../../workers/task-context.js'
import { type Pipeline, type PipelineSource, sourceSchema } from '../pipeline.js'
import { type RecordWork, stageContext } from './context.js'
import { MOST_ROWS } from './slices.js'

type SourceOf<K extends PipelineSource['kind']> = Extract<PipelineSource, { kind: K }>

/** Keys, arguments and filters become columns of the records, so that one that fails is told like any other. */
export async function* aggregateRecords(work: RecordWork, source: SourceOf<'aggregate'>): AsyncGenerator<Batch> {
  const { keys, aggregates, input } = source
  const descriptor: AggregateDescriptor = {
    keys: keys.map(({ name, expression }) => ({ name, type: expression.type })),
    aggregates,
    schema: sourceSchema(source),
  }
  const inputs = [
    ...keys.map((key) => key.expression),
    ...aggregates.map((aggregate) => aggregate.argument),
    ...aggregates.map((aggregate) => aggregate.filter),
  ]
  const context = stageContext(work.run, 'aggregate', work.meter.span(source))
  const state = AggregateState.create(context, descriptor)
  try {
    let position = 0
    for await (const { batch } of work.meter.input(source, work.slices(computed(input, inputs)))) {
      let next = 0
      const columns = inputs.map((one) => (one === null ? null : batch.columns[next++]))
      const rest = columns.slice(keys.length)
      const keyColumns = columns.slice(0, keys.length).filter((column) => column !== null)
      state.update(keyColumns, rest.slice(0, aggregates.length), rest.slice(aggregates.length), batch.length, position)
      position += batch.length
      context.resetScratch()
    }
    yield* handedOut(context, state.finish())
  } finally {
    state.release()
    context.freeScratch()
  }
}

/** The pipeline with the expressions, as far as there are, for columns. */
function computed(input: Pipeline, expressions: readonly (TypedExpression | null)[]): Pipeline {
  const named = expressions.flatMap((expression, index): NamedExpression[] =>
    expression === null ? [] : [{ name: String(index), expression }],
  )
  const schema = schemaOf(named.map(({ name, expression }) => field(name, expression.type)))
  return { source: input.source, steps: [...input.steps, { kind: 'project', schema, expressions: named }], schema }
}

/** Yields batches that the consumer then owns; releases those that it does not take. */
async function* handedOut(context: TaskContext, batches: readonly Batch[]): AsyncGenerator<Batch> {
  let next = 0
  try {
    while (next < batches.length) yield batches[next++]
  } finally {
    for (const batch of batches.slice(next)) releaseBatch(context, batch)
  }
}

/** More gathered rows than these, beyond twice those wanted, are thinned by a top-k sort. */
const THINNED_ROWS = 65_536

export async function* sortRecords(work: RecordWork, source: SourceOf<'sort'>): AsyncGenerator<Batch> {
  const { input, keys, limit } = source
  const context = stageContext(work.run, 'sort', work.meter.span(source))
  const thin = (whole: Batch) =>
    limit === null ? null : persistBatch(context, context.allocate, top(context, keys, limit, whole))
  const thinning = limit === null ? null : { rows: limit * 2 + THINNED_ROWS, thin }
  const whole = await gathered(work, context, source, input, thinning)
  try {
    const vectors = evaluateGathered(
      context,
      keys.map((key) => key.expression),
      whole,
    )
    const sortKeys = keys.map((key, index) => ({ ...key, vector: vectors[index] }))
    const total = Math.min(whole.length, limit ?? whole.length)
    const indices = sortIndices(context, sortKeys, whole.length, { limit })
    for (let start = 0; start < total; start += MOST_ROWS) {
      work.run.throwIfCancelled()
      const mark = context.markScratch()
      const rows = Math.min(MOST_ROWS, total - start)
      const batch = persistBatch(context, context.allocate, takeBatch(context, whole, indices + start * 4, rows))
      context.rewindScratch(mark)
      yield batch
    }
  } finally {
    releaseBatch(context, whole)
    context.freeScratch()
  }
}

export async function* windowRecords(work: RecordWork, source: SourceOf<'window'>): AsyncGenerator<Batch> {
  const context = stageContext(work.run, 'window', work.meter.span(source))
  try {
    const whole = await gathered(work, context, source, source.input)
    const vectors = computeWindow(context, source.windows, whole)
    yield { ...whole, columns: [...whole.columns, ...vectors] }
  } finally {
    context.freeScratch()
  }
}

interface Thinning {
  /** Rows from which on what has been gathered is thinned. */
  readonly rows: number
  readonly thin: (whole: Batch) => Batch | null
}

/** All rows of a pipeline in one batch whose columns are contiguous, for a piece of the plan; the caller owns it. */
export async function gathered(
  work: RecordWork,
  context: TaskContext,
  piece: PlanPiece,
  pipeline: Pipeline,
  thinning: Thinning | null = null,
): Promise<Batch> {
  let pieces: Batch[] = []
  let rows = 0
  for await (const batch of work.meter.span(piece).input(work.batches(pipeline))) {
    pieces.push(batch)
    rows += batch.length
    if (thinning === null || rows <= thinning.rows) continue
    const whole = joined(context, pipeline.schema, pieces)
    const thinned = thinning.thin(whole)
    if (thinned !== null) releaseBatch(context, whole)
    context.resetScratch()
    pieces = [thinned ?? whole]
    rows = pieces[0].length
  }
  const whole = joined(context, pipeline.schema, pieces)
  context.resetScratch()
  return whole
}

/** Takes over the pieces' blocks. */
function joined(context: TaskContext, schema: Schema, pieces: readonly Batch[]): Batch {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const columns = schema.fields.map(({ type }, index) => {
    const vectors = pieces.map((piece) => piece.columns[index])
    if (vectors.length === 0) return emptyVector(type)
    const whole = concat(context, context.allocate, vectors)
    for (const vector of vectors) releaseVector(context, vector)
    return whole
  })
  return { schema, length, columns }
}
