/**
 * The bulk strategy: everything in shared memory, and all threads at work.
 *
 * Morsels of a pipeline go to the workers, several at once; results come back in the order of the morsels. Breakers
 * collect descriptors of what the workers left in shared memory and hand out the next round of work over it.
 */

import type { Batch, Vector } from '../../io/batch.js'
import type { Morsel } from '../../io/source.js'
import { unreachable } from '../../planner/errors.js'
import type { TypedExpression } from '../../planner/expression.js'
import { releaseBatch, releaseVector, retainVector } from '../kernels/vectors.js'
import { type AggregateDescriptor, AggregateState } from '../operators/aggregate.js'
import { releaseJoinTable } from '../operators/join.js'
import { map, type NamedCall } from '../operators/map.js'
import type { ProbeStep } from '../operators/probe.js'
import type { Run } from '../run.js'
import type { ChainEnd, ChainStep, PublishedChain, ReplyOf, SortedRun, SortVector } from '../workers/messages.js'
import { publishChain } from '../workers/published-chain.js'
import { bundled } from './bundled.js'
import { limitBatches } from './limit.js'
import { orderedMap } from './ordered-map.js'
import { type JoinStep, type Pipeline, type PipelineSource, sourceSchema } from './pipeline.js'
import { sliceRowsOf } from './slice-rows.js'

/** Most rows of a task, and tasks that each thread should have of a scan at least. */
const BUNDLE_ROWS = 400_000
const TASKS_PER_THREAD = 8
/** Rows of a batch that a breaker puts out. */
const OUTPUT_ROWS = 65_536
/** Fewer groups than this are merged by one worker. */
const SMALL_GROUPS = 20_000
/** Fewer rows than this are sorted by one worker. */
const SMALL_SORT = 50_000

/** Fewer rows than this are entered into a join table by one worker. */
const SMALL_BUILD = 50_000

type SourceOf<K extends PipelineSource['kind']> = Extract<PipelineSource, { kind: K }>

export class BulkStrategy {
  private readonly window: number

  constructor(private readonly run: Run) {
    this.window = run.pool.threads * 2 + 1
  }

  /** The result of a pipeline in order. The consumer owns the batches and may stop early. */
  async *batches(pipeline: Pipeline): AsyncGenerator<Batch> {
    const built: BuiltJoin[] = []
    try {
      const steps = await this.prepare(pipeline, built)
      for await (const batch of this.output(pipeline.source, steps)) yield { ...batch, schema: pipeline.schema }
    } finally {
      for (const join of built) this.releaseJoin(join)
    }
  }

  private async *output(source: PipelineSource, steps: readonly ChainStep[]): AsyncGenerator<Batch> {
    if (steps.length === 0 && source.kind !== 'scan') return yield* this.sourceBatches(source)
    yield* this.outputs(this.chain(source, steps, { kind: 'output' }))
  }

  /** Sends every morsel of a source through a chain in the workers. */
  private async *chain(
    source: PipelineSource,
    steps: readonly ChainStep[],
    end: ChainEnd,
  ): AsyncGenerator<ReplyOf<'chain'>> {
    const sliceRows = sliceRowsOf(sourceSchema(source), steps, end)
    const chain = publishChain(this.run.context, { sliceRows, steps, end })
    yield* this.replies(source, chain)
    this.run.context.release(chain.address)
  }

  private replies(source: PipelineSource, chain: PublishedChain): AsyncGenerator<ReplyOf<'chain'>> {
    return orderedMap(
      bundled(this.morsels(source), this.bundleRows(source), (morsel) => this.releaseMorsel(morsel)),
      this.window,
      async (morsels, ordinal) => {
        try {
          const reply = await this.run.task('chain', { morsels, ordinal, chain })
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
  private bundleRows(source: PipelineSource): number {
    if (source.kind !== 'scan' || !source.source.isImmediate) return 0
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
    switch (source.kind) {
      case 'aggregate':
        return this.aggregate(source)
      case 'sort':
        return this.sort(source)
      case 'window':
        return this.windows(source)
      case 'limit':
        return limitBatches(this.run.context, this.batches(source.input), source.count, source.offset)
      case 'union':
        return this.union(source)
      case 'outerJoin':
        return this.outerJoin(source)
      case 'closure':
        return this.closure(source)
      default:
        return unreachable(source)
    }
  }

  private async *union(source: SourceOf<'union'>): AsyncGenerator<Batch> {
    for (const input of source.inputs) yield* this.batches(input)
  }

  private async *closure(source: SourceOf<'closure'>): AsyncGenerator<Batch> {
    let position = 0
    for await (const batch of this.batches(source.input)) {
      this.run.throwIfCancelled()
      try {
        yield await map(this.run.context, source.mode, closureOf(source), source.schema, batch, position)
      } finally {
        position += batch.length
        this.release(batch)
      }
    }
  }

  private async *aggregate(source: SourceOf<'aggregate'>): AsyncGenerator<Batch> {
    const { context } = this.run
    const { keys, aggregates, input } = source
    const descriptor: AggregateDescriptor = {
      keys: keys.map(({ name, expression }) => ({ name, type: expression.type })),
      aggregates,
      schema: sourceSchema(source),
    }
    const slots = context.allocate(this.window * 8)
    context.memory.i32.fill(0, slots / 4, slots / 4 + this.window * 2)
    const built: BuiltJoin[] = []
    try {
      const steps = await this.prepare(input, built)
      const end: ChainEnd = {
        kind: 'aggregate',
        descriptor,
        keys: keys.map((key) => key.expression),
        arguments: aggregates.map((aggregate) => aggregate.argument),
        filters: aggregates.map((aggregate) => aggregate.filter),
        slots,
        slotCount: this.window,
      }
      for await (const _ of this.chain(input.source, steps, end)) this.run.throwIfCancelled()
    } finally {
      for (const join of built) this.releaseJoin(join)
    }
    const states = this.statesIn(slots, descriptor)
    if (states.length === 0) states.push(AggregateState.create(context, descriptor))
    const addresses = states.map((state) => state.address)
    const groups = states.reduce((sum, state) => sum + state.groupCount, 0)
    const partitions = groups < SMALL_GROUPS ? 1 : this.run.pool.threads * 4
    yield* this.parts(partitions, (partition) =>
      this.run.task('mergeGroups', { descriptor, states: addresses, partition, partitions }),
    )
    for (const state of states) state.release()
    context.release(slots)
  }

  private statesIn(slots: number, descriptor: AggregateDescriptor): AggregateState[] {
    const { u32 } = this.run.context.memory
    return Array.from({ length: this.window }, (_, slot) => u32[slots / 4 + slot * 2 + 1])
      .filter((address) => address !== 0)
      .map((address) => AggregateState.attach(this.run.context, descriptor, address))
  }

  private async *sort(source: SourceOf<'sort'>): AsyncGenerator<Batch> {
    const whole = await this.contiguous(source.input)
    const vectors = await this.evaluate(
      source.keys.map((key) => key.expression),
      whole,
    )
    const keys = source.keys.map(
      ({ descending, nullsFirst }, index): SortVector => ({ vector: vectors[index], descending, nullsFirst }),
    )
    const runs = await this.sortedRuns(keys, whole.length, source.limit)
    const total = Math.min(whole.length, source.limit ?? whole.length)
    yield* this.parts(Math.ceil(total / OUTPUT_ROWS), (part) => {
      const from = part * OUTPUT_ROWS
      return this.run.task('mergeSorted', { keys, runs, batch: whole, from, to: Math.min(total, from + OUTPUT_ROWS) })
    })
    for (const run of runs) this.run.context.release(run.address)
    for (const vector of vectors) releaseVector(this.run.context, vector)
    this.release(whole)
  }

  private sortedRuns(keys: readonly SortVector[], rows: number, limit: number | null): Promise<SortedRun[]> {
    const parts = rows < SMALL_SORT ? 1 : this.run.pool.threads
    const boundary = (part: number) => Math.floor((rows * part) / parts)
    return Promise.all(
      Array.from({ length: parts }, (_, part) =>
        this.run.task('sortRange', { keys, rows, start: boundary(part), end: boundary(part + 1), limit }),
      ),
    )
  }

  private async *windows(source: SourceOf<'window'>): AsyncGenerator<Batch> {
    const whole = await this.contiguous(source.input)
    const { vectors } = await this.run.task('window', { windows: source.windows, batch: whole })
    yield { ...whole, columns: [...whole.columns, ...vectors] }
  }

  /** All rows of a pipeline in one batch whose columns are contiguous. */
  private async contiguous(pipeline: Pipeline): Promise<Batch> {
    const batches: Batch[] = []
    for await (const batch of this.batches(pipeline)) batches.push(batch)
    const length = batches.reduce((sum, batch) => sum + batch.length, 0)
    const columns = await Promise.all(
      pipeline.schema.fields.map(async ({ type }, index) => {
        const vectors = batches.map((batch) => batch.columns[index])
        const { vector } = await this.run.task('concat', { vectors, type })
        for (const piece of vectors) releaseVector(this.run.context, piece)
        return vector
      }),
    )
    return { schema: pipeline.schema, length, columns }
  }

  /** Vectors of the expressions over a contiguous batch, each with references of its own. */
  private async evaluate(expressions: readonly TypedExpression[], batch: Batch): Promise<readonly Vector[]> {
    if (expressions.every(isColumn)) {
      return expressions.map(({ index }) => {
        retainVector(this.run.context, batch.columns[index])
        return batch.columns[index]
      })
    }
    return (await this.run.task('evaluate', { expressions, batch })).vectors
  }

  /** Builds the joins of a pipeline's steps; `built` learns of each so that it can be released. */
  private async prepare(pipeline: Pipeline, built: BuiltJoin[]): Promise<ChainStep[]> {
    const steps: ChainStep[] = []
    for (const step of pipeline.steps) {
      if (step.kind !== 'join') steps.push(step)
      else {
        const join = await this.build(step)
        built.push(join)
        steps.push(join.step)
      }
    }
    return steps
  }

  private async build(join: JoinStep): Promise<BuiltJoin> {
    const whole = await this.contiguous(join.build)
    const keys = await this.evaluate(join.buildKeys, whole)
    const table = join.how === 'cross' ? 0 : await this.buildTable(keys, whole.length, join.how === 'full')
    const columns = join.buildColumns.map((index) => whole.columns[index])
    const build: Batch = { schema: join.build.schema, length: whole.length, columns }
    const step: ProbeStep = { kind: 'probe', how: join.how, schema: join.schema, keys: join.probeKeys, table, build }
    return { step, whole, keys }
  }

  /** One worker lays out the table, then all enter shares of the rows. */
  private async buildTable(keys: readonly Vector[], rows: number, trackMatches: boolean): Promise<number> {
    const { table } = await this.run.task('buildJoin', { keys, rows, trackMatches })
    const shares = rows < SMALL_BUILD ? 1 : this.run.pool.threads
    const boundary = (share: number) => Math.floor((rows * share) / shares)
    const links = Array.from({ length: shares }, (_, share) =>
      this.run.task('linkJoin', { table, start: boundary(share), count: boundary(share + 1) - boundary(share) }),
    )
    await Promise.all(links)
    return table
  }

  private releaseJoin({ step, whole, keys }: BuiltJoin): void {
    if (step.table !== 0) releaseJoinTable(this.run.context, step.table)
    for (const key of keys) releaseVector(this.run.context, key)
    this.release(whole)
  }

  private async *outerJoin(source: SourceOf<'outerJoin'>): AsyncGenerator<Batch> {
    const built: BuiltJoin[] = []
    try {
      const before = await this.prepare(source.input, built)
      const join = await this.build(source.join)
      built.push(join)
      yield* this.output(source.input.source, [...before, join.step])
      const { step } = join
      yield* this.parts(Math.ceil(step.build.length / OUTPUT_ROWS), (part) => {
        const start = part * OUTPUT_ROWS
        return this.run.task('unmatched', { step, start, count: Math.min(OUTPUT_ROWS, step.build.length - start) })
      })
    } finally {
      for (const join of built) this.releaseJoin(join)
    }
  }

  /** The batches of `count` tasks, in order. */
  private parts(count: number, start: (part: number) => Promise<WithBatches>): AsyncGenerator<Batch> {
    const discard = (reply: WithBatches) => this.discard(reply)
    return this.outputs(orderedMap(range(count), this.window, start, discard, () => this.run.stop()))
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

  private releaseMorsel(morsel: Morsel): void {
    if (morsel.kind === 'batch') this.release(morsel.batch)
  }

  private discard({ batches }: WithBatches): void {
    for (const batch of batches) this.release(batch)
  }

  private release(batch: Batch): void {
    releaseBatch(this.run.context, batch)
  }
}

function isColumn(expression: TypedExpression): expression is Extract<TypedExpression, { kind: 'column' }> {
  return expression.kind === 'column'
}

function closureOf({ function: { call, label } }: SourceOf<'closure'>): NamedCall {
  return { call: call as (input: unknown) => unknown, label }
}

interface WithBatches {
  readonly batches: readonly Batch[]
}

interface BuiltJoin {
  readonly step: ProbeStep
  readonly whole: Batch
  readonly keys: readonly Vector[]
}

async function* range(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}
