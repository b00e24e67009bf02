/** What breakers and joins use of the bulk strategy, and the forms of work that they share. */

import type { Batch, Vector } from '../../../io/batch.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { releaseVector, retainVector } from '../../kernels/vectors.js'
import type { Run } from '../../run.js'
import type { ChainEnd, ChainStep, ReplyOf } from '../../workers/messages.js'
import type { Pipeline, PipelineSource } from '../pipeline.js'

/** Rows of a batch that a breaker puts out. */
export const OUTPUT_ROWS = 65_536

export interface WithBatches {
  readonly batches: readonly Batch[]
}

export interface BulkWork {
  readonly run: Run
  /** Most tasks under way at once. */
  readonly window: number
  /** The result of a pipeline in order. The consumer owns the batches and may stop early. */
  batches(pipeline: Pipeline): AsyncGenerator<Batch>
  /** The batches of a source behind some steps. */
  output(source: PipelineSource, steps: readonly ChainStep[]): AsyncGenerator<Batch>
  /** Sends every morsel of a source through a chain in the workers. */
  chain(source: PipelineSource, steps: readonly ChainStep[], end: ChainEnd): AsyncGenerator<ReplyOf<'chain'>>
  /** The batches of `count` tasks, in order. */
  parts(count: number, start: (part: number) => Promise<WithBatches>): AsyncGenerator<Batch>
}

/** All rows of a pipeline in one batch whose columns are contiguous. */
export async function contiguous(work: BulkWork, pipeline: Pipeline): Promise<Batch> {
  const { run } = work
  const pieces: Batch[] = []
  for await (const batch of work.batches(pipeline)) pieces.push(batch)
  const length = pieces.reduce((sum, batch) => sum + batch.length, 0)
  const columns = await Promise.all(
    pipeline.schema.fields.map(async ({ type }, index) => {
      const vectors = pieces.map((batch) => batch.columns[index])
      const { vector } = await run.task('concat', { vectors, type })
      for (const piece of vectors) releaseVector(run.context, piece)
      return vector
    }),
  )
  return { schema: pipeline.schema, length, columns }
}

/** Vectors of the expressions over a contiguous batch, each with references of its own. */
export async function evaluate(
  run: Run,
  expressions: readonly TypedExpression[],
  batch: Batch,
): Promise<readonly Vector[]> {
  if (!expressions.every(isColumn)) return (await run.task('evaluate', { expressions, batch })).vectors
  return expressions.map(({ index }) => retainVector(run.context, batch.columns[index]))
}

/** Where `count` rows are cut into equal shares: the first row of a share, or the end of the one before it. */
export function shareStart(count: number, share: number, shares: number): number {
  return Math.floor((count * share) / shares)
}

function isColumn(expression: TypedExpression): expression is Extract<TypedExpression, { kind: 'column' }> {
  return expression.kind === 'column'
}
