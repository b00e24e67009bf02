/** What breakers and joins use of the bulk strategy, and the forms of work that they share. */

import type { Batch, Vector } from '../../../io/batch.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { rejoin } from '../../kernels/vectors/rejoin.js'
import { releaseVector, retainVector } from '../../kernels/vectors.js'
import type { PlanPiece } from '../../metrics/plan-part.js'
import type { NodeSpan } from '../../metrics/span.js'
import type { OperatorHandle, Run } from '../../run.js'
import type { ChainEnd, ChainStep, ReplyOf, TaskMorsel } from '../../workers/messages.js'
import type { Pipeline, PipelineSource } from '../pipeline.js'
import type { Switching } from '../switching.js'
import type { MorselFeed } from './feed.js'

/** Rows of a batch that a breaker puts out. */
export const OUTPUT_ROWS = 65_536

export interface WithBatches {
  readonly batches: readonly Batch[]
}

export interface BulkWork {
  readonly run: Run
  readonly switching: Switching
  /** Most tasks under way at once. */
  readonly window: number
  /** Measures a piece, under the strategy that is under way. */
  span(piece: PlanPiece): NodeSpan
  /** The result of a pipeline, behind `last`, in order. The consumer owns the batches and may stop early. */
  batches(pipeline: Pipeline, last?: readonly ChainStep[]): AsyncGenerator<Batch>
  /** The batches of a source behind some steps. */
  output(source: PipelineSource, steps: readonly ChainStep[]): AsyncGenerator<Batch>
  /** The same of a feed, until there are no more morsels or `stop` says so. */
  outputOf(
    feed: MorselFeed<TaskMorsel>,
    steps: readonly ChainStep[],
    stop: () => boolean,
    operator?: OperatorHandle,
  ): AsyncGenerator<Batch>
  /** The morsels of a source. */
  feed(source: PipelineSource): MorselFeed
  /** Sends morsels through a chain in the workers, until there are no more or `stop` says so. */
  chain(
    feed: MorselFeed<TaskMorsel>,
    steps: readonly ChainStep[],
    end: ChainEnd,
    operator?: OperatorHandle,
    stop?: () => boolean,
  ): AsyncGenerator<ReplyOf<'chain'>>
  /** The batches of `count` tasks, in order. */
  parts(count: number, start: (part: number) => Promise<WithBatches>): AsyncGenerator<Batch>
}

/** A source and what is to be done to its batches, as chains take it. */
export interface Prepared {
  readonly source: PipelineSource
  readonly steps: readonly ChainStep[]
}

/** The pieces in one batch whose columns are contiguous; takes over the pieces. */
export async function contiguous(
  operator: OperatorHandle,
  schema: Batch['schema'],
  pieces: readonly Batch[],
): Promise<Batch> {
  const length = pieces.reduce((sum, batch) => sum + batch.length, 0)
  const columns = await Promise.all(
    schema.fields.map(async ({ type }, index) => {
      const vectors = rejoined(
        operator,
        pieces.map((batch) => batch.columns[index]),
      )
      if (vectors.length === 1 && !vectors[0].constant) return vectors[0]
      const { vector } = await operator.task('concat', { vectors, type })
      for (const piece of vectors) releaseVector(operator.context, piece)
      return vector
    }),
  )
  return { schema, length, columns }
}

/** The same rows in fewer vectors, where neighbours are slices of one. Takes over the vectors. */
function rejoined(operator: OperatorHandle, vectors: readonly Vector[]): Vector[] {
  const result: Vector[] = []
  for (const vector of vectors) {
    const last = result.at(-1)
    const joined = last === undefined ? null : rejoin(last, vector)
    if (joined === null) result.push(vector)
    else {
      result[result.length - 1] = joined
      releaseVector(operator.context, vector)
    }
  }
  return result
}

/** Vectors of the expressions over a contiguous batch, each with references of its own. */
export async function evaluate(
  operator: OperatorHandle,
  expressions: readonly TypedExpression[],
  batch: Batch,
): Promise<readonly Vector[]> {
  if (!expressions.every(isColumn)) return (await operator.task('evaluate', { expressions, batch })).vectors
  return expressions.map(({ index }) => retainVector(operator.context, batch.columns[index]))
}

/** Where `count` rows are cut into equal shares: the first row of a share, or the end of the one before it. */
export function shareStart(count: number, share: number, shares: number): number {
  return Math.floor((count * share) / shares)
}

export function isColumn(expression: TypedExpression): expression is Extract<TypedExpression, { kind: 'column' }> {
  return expression.kind === 'column'
}

/** The numbers below `count`. */
export async function* range(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}
