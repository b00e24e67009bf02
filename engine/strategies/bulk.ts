/**
 * The bulk strategy: everything in shared memory, and all threads at work.
 *
 * Morsels of a pipeline go to the workers, several at once; results come back in the order of the morsels. Breakers
 * collect descriptors of what the workers left in shared memory and hand out the next round of work over it.
 */

import type { Batch } from '../../io/batch.js'
import type { Morsel } from '../../io/source.js'
import { unreachable } from '../../planner/errors.js'
import { releaseBatch } from '../kernels/vectors.js'
import type { PlanPiece } from '../metrics/plan-part.js'
import type { NodeSpan } from '../metrics/span.js'
import { TASK_GROWTH_BYTES } from '../operators/aggregate-slot.js'
import { map, type NamedCall } from '../operators/map.js'
import type { OperatorHandle, Run } from '../run.js'
import type { ChainEnd, ChainStep, PublishedChain, ReplyOf, TaskMorsel } from '../workers/messages.js'
import { publishChain } from '../workers/published-chain.js'
import { sqlOverQuery } from './bigdata/rest.js'
import { batchesOf } from './bigdata/staged-rows.js'
import { aggregate } from './bulk/aggregate.js'
import { MorselFeed } from './bulk/feed.js'
import { BuiltJoins, outerJoin } from './bulk/joins.js'
import { sort } from './bulk/sort.js'
import { windows } from './bulk/window.js'
import { type BulkWork, range, type WithBatches } from './bulk/work.js'
import { bundled } from './bundled.js'
import { rejectingClosure, retriedCall } from './closures.js'
import { componentBatches } from './component.js'
import { tasksThatFit } from './in-flight.js'
import { limitBatches } from './limit.js'
import { orderedMap } from './ordered-map.js'
import {
  type BreakerRows,
  chainParts,
  type FeedSource,
  type Pipeline,
  type PipelineSource,
  type PipelineStep,
  sourceSchema,
} from './pipeline.js'
import { RestOfSource } from './row/rest-of-source.js'
import { RowStrategy } from './row.js'
import { sliceRowsOf } from './slice-rows.js'
import type { Switching } from './switching.js'

/** Most rows of a task, and tasks that each thread should have of a scan at least. */
const BUNDLE_ROWS = 400_000
const TASKS_PER_THREAD = 8

type SourceOf<K extends PipelineSource['kind']> = Extract<PipelineSource, { kind: K }>

export class BulkStrategy implements BulkWork {
  readonly window: number

  constructor(
    readonly run: Run,
    readonly switching: Switching,
  ) {
    // Where memory is short, little is under way between two moments at which a breaker can give up its state.
    this.window = run.pool.threads * (run.monitor.budget.isAmple ? 2 : 1) + 1
  }

  span({ node }: PlanPiece): NodeSpan {
    return this.run.metrics.span(node, () => this.switching.current)
  }

  async *batches(pipeline: Pipeline, last: readonly ChainStep[] = []): AsyncGenerator<Batch> {
    const joins = new BuiltJoins(this)
    try {
      const { source, steps } = await joins.prepare(pipeline.source, pipeline.steps)
      for await (const batch of this.output(source, [...steps, ...last])) yield { ...batch, schema: pipeline.schema }
    } finally {
      joins.release()
    }
  }

  /** The result of a run. Where DuckDB has the last rows, it may take them to the output itself: there are none here then. */
  async *result(pipeline: Pipeline): AsyncGenerator<Batch> {
    const { queryTaker } = this.run
    if (pipeline.source.kind === 'scan' && pipeline.steps.every(holdsNothing)) {
      return yield* this.streamed(pipeline, pipeline.source)
    }
    if (queryTaker === null) return yield* this.batches(pipeline)
    const joins = new BuiltJoins(this)
    try {
      const { source, steps } = await joins.prepare(pipeline.source, pipeline.steps)
      const rows = await this.lastRows(source)
      if (rows?.kind === 'query') {
        const select = sqlOverQuery(rows.sql, sourceSchema(source), steps, pipeline.schema)
        if (select !== null && (await queryTaker(select, pipeline.schema))) {
          for (const table of rows.tables) table.drop()
          return
        }
      }
      const { schema } = pipeline
      const given: PipelineSource =
        rows === null
          ? source
          : { kind: 'stream', schema: sourceSchema(source), rows: async () => rows, node: source.node }
      for await (const batch of this.output(given, steps)) yield { ...batch, schema }
    } finally {
      joins.release()
    }
  }

  /** A pipeline that holds nothing: where even that is too much, the rest of it runs by records. */
  private async *streamed(pipeline: Pipeline, source: SourceOf<'scan'>): AsyncGenerator<Batch> {
    const { steps, schema } = pipeline
    const feed = this.feed(source)
    try {
      const stop = () => this.switching.shouldEndAsRow({ morsel: feed.taken, morsels: feed.total })
      for await (const batch of this.outputOf(feed, steps.filter(isChained), stop)) yield { ...batch, schema }
      if (feed.exhausted) return
      await this.run.releaseWorkers()
      const rest = { ...source, source: new RestOfSource(source.source, feed) }
      yield* new RowStrategy(this.run).batches({ ...pipeline, source: rest })
    } finally {
      await feed.close()
    }
  }

  private async lastRows(source: PipelineSource): Promise<BreakerRows | null> {
    if (source.kind === 'aggregate') return aggregate(this, source)
    return source.kind === 'stream' ? source.rows() : null
  }

  async *output(source: PipelineSource, steps: readonly ChainStep[]): AsyncGenerator<Batch> {
    if (steps.length === 0 && source.kind !== 'scan') return yield* this.sourceBatches(source)
    const feed = this.feed(source)
    try {
      yield* this.outputOf(feed, steps, () => false)
    } finally {
      await feed.close()
    }
  }

  outputOf(
    feed: MorselFeed<TaskMorsel>,
    steps: readonly ChainStep[],
    stop: () => boolean,
    operator?: OperatorHandle,
  ): AsyncGenerator<Batch> {
    return this.outputs(this.chain(feed, steps, { kind: 'output' }, operator, stop))
  }

  feed(source: PipelineSource): MorselFeed {
    return new MorselFeed(source, this.morsels(source), morselCount(source))
  }

  async *chain(
    feed: MorselFeed<TaskMorsel>,
    steps: readonly ChainStep[],
    end: ChainEnd,
    operator: OperatorHandle = this.run.operator('scan', undefined, this.span(feed.source)),
    stop: () => boolean = () => false,
  ): AsyncGenerator<ReplyOf<'chain'>> {
    const sliceRows = sliceRowsOf(sourceSchema(feed.source), steps, end)
    const chain = publishChain(this.run.context, { sliceRows, steps, end })
    const parts = chainParts(feed.source, steps, end)
    const { rejects } = this.run.recovery
    for await (const reply of this.replies(feed, chain, operator, stop, growthOf(end))) {
      if (rejects !== null) await rejects.take(reply.rejects, this.run.context.checkCancelled)
      this.run.metrics.recordChain(parts, this.switching.current, reply.metrics)
      yield reply
    }
    this.run.context.release(chain.address)
  }

  private replies(
    feed: MorselFeed<TaskMorsel>,
    chain: PublishedChain,
    operator: OperatorHandle,
    stop: () => boolean,
    growthBytes: number,
  ): AsyncGenerator<ReplyOf<'chain'>> {
    const { memory } = this.run
    const { source } = feed
    const rejects = this.run.recovery.rejects !== null
    const rows = this.bundleRows(source)
    const window = tasksThatFit(source, rows, memory.limit, this.window)
    const first = feed.taken
    return orderedMap(
      bundled(feed.until(stop), rows, (morsel) => this.releaseMorsel(morsel)),
      () => {
        if (memory.isCrowded || this.run.monitor.pressure === 'hard') return 1
        // Those under way go on when a breaker has stopped the feed: what they come to keep must have room.
        return growthBytes === 0
          ? window
          : Math.max(1, Math.min(window, Math.floor(this.switching.roomBytes / growthBytes)))
      },
      async (morsels, ordinal) => {
        try {
          const reply = await operator.task('chain', { morsels, ordinal: first + ordinal, chain, rejects })
          if (source.kind === 'scan') {
            this.run.counts.rowsIn += reply.rowsIn
            this.run.counts.bytesRead += reply.bytesRead
            this.run.onCount()
          }
          return reply
        } finally {
          for (const morsel of morsels) this.releaseMorsel(morsel)
        }
      },
      (reply) => this.discard(reply),
      () => this.run.stop(),
    )
  }

  /** Rows that a task should have, so that its message costs little beside its work and all threads end together. */
  private bundleRows(source: FeedSource): number {
    if (source.kind !== 'scan' || !source.source.isImmediate || !this.run.monitor.budget.isAmple) return 0
    const { rows } = source.source.estimate({ columns: source.columns, predicate: source.predicate })
    return rows === null ? 0 : Math.min(BUNDLE_ROWS, rows / (this.run.pool.threads * TASKS_PER_THREAD))
  }

  private async *morsels(source: PipelineSource): AsyncGenerator<Morsel> {
    if (source.kind === 'scan') {
      yield* source.source.morsels({ columns: source.columns, predicate: source.predicate }, this.run.context)
      return
    }
    let firstRow = 0
    for await (const batch of this.sourceBatches(source)) {
      yield { kind: 'batch', batch, firstRow }
      firstRow += batch.length
    }
  }

  private sourceBatches(source: Exclude<PipelineSource, SourceOf<'scan'>>): AsyncGenerator<Batch> {
    return this.span(source).output(this.unmeasured(source))
  }

  private unmeasured(source: Exclude<PipelineSource, SourceOf<'scan'>>): AsyncGenerator<Batch> {
    switch (source.kind) {
      case 'aggregate':
        return this.breakerBatches(source, aggregate(this, source))
      case 'sort':
        return sort(this, source)
      case 'window':
        return windows(this, source)
      case 'limit':
        return limitBatches(this.run.context, this.inputOf(source, source.input), source.count, source.offset)
      case 'union':
        return this.union(source)
      case 'outerJoin':
        return outerJoin(this, source)
      case 'closure':
        return this.closure(source)
      case 'component':
        return componentBatches(this.run, source, this.inputOf(source, source.input), this.span(source))
      case 'stream':
        return this.breakerBatches(source, source.rows())
      default:
        return unreachable(source)
    }
  }

  private async *breakerBatches(source: PipelineSource, rows: Promise<BreakerRows>): AsyncGenerator<Batch> {
    yield* batchesOf(this.run, sourceSchema(source), await rows)
  }

  private async *union(source: SourceOf<'union'>): AsyncGenerator<Batch> {
    for (const input of source.inputs) yield* this.inputOf(source, input)
  }

  /** The batches that a source takes from a pipeline. */
  private inputOf(source: PipelineSource, pipeline: Pipeline): AsyncGenerator<Batch> {
    return this.span(source).input(this.batches(pipeline))
  }

  private async *closure(source: SourceOf<'closure'>): AsyncGenerator<Batch> {
    const { context, recovery } = this.run
    const span = this.span(source)
    const call = retriedCall(this.run, closureOf(source), span)
    if (source.mode === 'row' && recovery.rejects !== null) {
      return yield* rejectingClosure(this.run, call, source.schema, this.inputOf(source, source.input), span)
    }
    let position = 0
    for await (const batch of this.inputOf(source, source.input)) {
      this.run.throwIfCancelled()
      const began = performance.now()
      try {
        const mapped = await map(context, source.mode, call, source.schema, batch, position)
        span.busy(performance.now() - began)
        yield mapped
      } finally {
        position += batch.length
        this.release(batch)
      }
    }
  }

  parts(count: number, start: (part: number) => Promise<WithBatches>): AsyncGenerator<Batch> {
    const discard = (reply: WithBatches) => this.discard(reply)
    return this.outputs(
      orderedMap(
        range(count),
        () => this.window,
        start,
        discard,
        () => this.run.stop(),
      ),
    )
  }

  /** The batches of replies one by one; those that the consumer does not take are released. */
  private async *outputs(replies: AsyncGenerator<WithBatches>): AsyncGenerator<Batch> {
    for await (const { batches } of replies) {
      let next = 0
      try {
        while (next < batches.length) yield batches[next++]
      } finally {
        for (const batch of batches.slice(next)) this.release(batch)
      }
    }
  }

  private releaseMorsel(morsel: TaskMorsel): void {
    if (morsel.kind === 'batch') this.release(morsel.batch)
  }

  private discard({ batches }: WithBatches): void {
    for (const batch of batches) this.release(batch)
  }

  private release(batch: Batch): void {
    releaseBatch(this.run.context, batch)
  }
}

/** Functions stay in the workers, whatever they do there. */
function holdsNothing(step: PipelineStep): boolean {
  return step.kind === 'filter' || step.kind === 'project'
}

function isChained(step: PipelineStep): step is ChainStep & PipelineStep {
  return step.kind !== 'join'
}

/** Row groups that a scan reads; null where it is not known. */
function morselCount(source: PipelineSource): number | null {
  if (source.kind !== 'scan') return null
  return source.source.estimate({ columns: source.columns, predicate: source.predicate }).rowGroups?.read ?? null
}

function closureOf({ function: { call, label } }: SourceOf<'closure'>): NamedCall {
  return { call: call as (input: unknown) => unknown, takesOutput: false, label }
}

/** What a task may need to leave something behind beside its reply, in bytes: a table that grows is there twice for a while. */
function growthOf(end: ChainEnd): number {
  return end.kind === 'aggregate' ? TASK_GROWTH_BYTES * 1.5 : 0
}
