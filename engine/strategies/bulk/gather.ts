/** Gathers all rows of a pipeline: in memory while they have room there, in DuckDB from then on. */

import type { Batch } from '../../../io/batch.js'
import type { NamedExpression, TypedExpression } from '../../../planner/expression.js'
import type { Schema } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainStep } from '../../workers/messages.js'
import { computedKeys, Relation } from '../bigdata/relation.js'
import { isSql, SqlSteps, sqlOverColumns, withKeys } from '../bigdata/rest.js'
import { bytesOfBatch, StagedRows } from '../bigdata/staged-rows.js'
import type { Pipeline } from '../pipeline.js'
import type { MorselFeed } from './feed.js'
import { type BulkWork, contiguous, type Prepared } from './work.js'

export type Gathered =
  | { readonly kind: 'memory'; readonly whole: Batch }
  | { readonly kind: 'staged'; readonly relation: Relation }

/**
 * `keys` are expressions over the rows, which the breaker will compare. `last` leaves out rows that it can do without: those
 * that DuckDB reads do not pass it.
 */
export function gather(
  work: BulkWork,
  pipeline: Pipeline,
  operator: OperatorHandle,
  keys: readonly TypedExpression[],
  last: readonly ChainStep[] = [],
): Promise<Gathered> {
  const steps = pipeline.steps.flatMap((step) => (step.kind === 'join' ? [] : [step]))
  const sqlSteps = steps.length < pipeline.steps.length ? null : SqlSteps.of(work.run, pipeline.source, steps)
  return sqlSteps !== null && areSql(keys)
    ? gatherScan(work, pipeline, [...steps, ...last], sqlSteps, operator, keys)
    : gatherAny(work, pipeline, last, operator, keys)
}

/** Once there is no more room, DuckDB reads the rest of the files itself. */
async function gatherScan(
  work: BulkWork,
  { source, schema }: Pipeline,
  steps: readonly ChainStep[],
  sqlSteps: SqlSteps,
  operator: OperatorHandle,
  keys: readonly TypedExpression[],
): Promise<Gathered> {
  const feed = work.feed(source)
  const pieces = new Pieces(work, operator, feed)
  try {
    for await (const batch of operator.span.input(work.outputOf(feed, steps, () => pieces.areTooMany()))) {
      pieces.add({ ...batch, schema })
    }
    if (feed.exhausted) return { kind: 'memory', whole: await contiguous(operator, schema, pieces.take()) }
    const morsels = feed.taken
    if (computedKeys(keys).length === 0) await work.run.releaseWorkers()
    const staged = await stage(work, schema, pieces.drain(), keys)
    operator.span.spilled(staged.bytes)
    const rest = await sqlSteps.rest(feed, work.run)
    const bytes = (staged.bytes / Math.max(1, morsels)) * feed.taken
    return { kind: 'staged', relation: Relation.of(work.run, schema, keys, { staged, rest, bytes }) }
  } finally {
    pieces.release()
    await feed.close()
  }
}

async function gatherAny(
  work: BulkWork,
  pipeline: Pipeline,
  last: readonly ChainStep[],
  operator: OperatorHandle,
  keys: readonly TypedExpression[],
): Promise<Gathered> {
  const { schema } = pipeline
  const batches = operator.span.input(work.batches(pipeline, last))
  const pieces = new Pieces(work, operator, null)
  try {
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
      pieces.add(next.value)
      if (!pieces.areTooMany()) continue
      const staged = await stage(work, schema, pieces.drain(batches), keys)
      operator.span.spilled(staged.bytes)
      return { kind: 'staged', relation: Relation.of(work.run, schema, keys, { staged, rest: null }) }
    }
    return { kind: 'memory', whole: await contiguous(operator, schema, pieces.take()) }
  } finally {
    pieces.release()
    await batches.return(undefined)
  }
}

/** Batches on their way to one place. */
export class Pieces {
  private pieces: Batch[] = []
  private held = 0

  constructor(
    private readonly work: BulkWork,
    private readonly operator: OperatorHandle,
    private readonly feed: MorselFeed | null,
  ) {}

  add(batch: Batch): void {
    this.pieces.push(batch)
    this.held += bytesOfBatch(this.work.run.memory, batch)
  }

  /** Of all that was added. */
  get bytes(): number {
    return this.held
  }

  areTooMany(): boolean {
    const { bytes, feed, pieces, operator, work } = this
    const [morsel, morsels] = feed === null ? [pieces.length, null] : [feed.taken, feed.total]
    // Columns are made contiguous one by one, each beside its pieces.
    return work.switching.shouldSpill({ label: operator.label, bytes, growthBytes: bytes / 2, morsel, morsels })
  }

  /** Hands all of them over. */
  take(): Batch[] {
    return this.pieces.splice(0)
  }

  /** Hands them over one by one, then those of `rest`. */
  async *drain(rest?: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
    for (let batch = this.pieces.shift(); batch !== undefined; batch = this.pieces.shift()) yield batch
    if (rest !== undefined) yield* rest
  }

  release(): void {
    for (const batch of this.take()) releaseBatch(this.work.run.context, batch)
  }
}

/** The rows of a source behind some steps, for DuckDB: read by itself where it can, and staged otherwise. */
export async function relationOf(
  work: BulkWork,
  { source, steps }: Prepared,
  schema: Schema,
  keys: readonly TypedExpression[],
): Promise<Relation> {
  const sqlSteps = areSql(keys) ? SqlSteps.of(work.run, source, steps) : null
  if (sqlSteps !== null) {
    const rest = await sqlSteps.rest(work.feed(source), work.run)
    if (rest !== null) return Relation.of(work.run, schema, keys, { staged: null, rest })
  }
  const staged = await stage(work, schema, work.output(source, steps), keys)
  return Relation.of(work.run, schema, keys, { staged, rest: null })
}

/** Takes over the batches, whose columns are those of `schema`. */
async function stage(
  work: BulkWork,
  schema: Schema,
  batches: AsyncGenerator<Batch>,
  keys: readonly TypedExpression[],
): Promise<StagedRows> {
  const computed = computedKeys(keys)
  const staged = await StagedRows.create(work.run, withKeys(schema, computed))
  const stream = async () => ({ kind: 'batches', batches }) as const
  await staged.appendAll(work.output({ kind: 'stream', schema, rows: stream }, keySteps(schema, computed)))
  return staged
}

/** Steps that put computed keys behind the columns; none where there are no keys. */
function keySteps(schema: Schema, keys: readonly TypedExpression[]): ChainStep[] {
  if (keys.length === 0) return []
  const columns = schema.fields.map(
    ({ name, type }, index): NamedExpression => ({ name, expression: { kind: 'column', index, name, type } }),
  )
  const computed = keys.map((expression, index): NamedExpression => ({ name: `key ${index}`, expression }))
  return [{ kind: 'project', schema: withKeys(schema, keys), expressions: [...columns, ...computed] }]
}

function areSql(expressions: readonly TypedExpression[]): boolean {
  return isSql(() => expressions.map(sqlOverColumns))
}
