/**
 * Aggregation in partitions: groups for which there is no room, and rows that are not worth grouping before, lie in files
 * until all input has been read. Then the partitions are aggregated one by one, each of them by a worker on its own.
 */

import type { Batch } from '../../../io/batch.js'
import type { NamedExpression, TypedExpression } from '../../../planner/expression.js'
import { expressionKey } from '../../../planner/expression-tree.js'
import { field, type Schema, schemaOf } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { partialSchema } from '../../operators/aggregate/partials.js'
import { planAggregates } from '../../operators/aggregate/plan.js'
import type { RawColumns } from '../../operators/aggregate/spilled.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainEnd, ChainStep, ReplyOf } from '../../workers/messages.js'
import { orderedMap } from '../ordered-map.js'
import type { BreakerRows } from '../pipeline.js'
import type { MorselFeed } from './feed.js'
import type { GroupedRows, GroupStore } from './group-store.js'
import { Partitions } from './partitions.js'
import { columnOf, partialKeys, spillStates } from './spilled-states.js'
import { type BulkWork, range } from './work.js'

type AggregateEnd = Extract<ChainEnd, { kind: 'aggregate' }>
type Reply = ReplyOf<'aggregateSpilled'>

/** Rows are grouped before they are written as long as that leaves less than this share of them. */
const WORTHWHILE_SHARE = 0.5

export class PartitionedGroups implements GroupStore {
  private constructor(
    private readonly work: BulkWork,
    private readonly operator: OperatorHandle,
    private readonly end: AggregateEnd,
    /** What the input passes before. */
    private readonly steps: readonly ChainStep[],
    /** Rows as they came. */
    private readonly raw: Partitions,
    private readonly columns: RawColumns,
    /** Partial results. */
    private readonly groups: Partitions,
  ) {}

  /** Of what `end` aggregates. To be released. */
  static async create(
    work: BulkWork,
    operator: OperatorHandle,
    end: AggregateEnd,
    steps: readonly ChainStep[],
    bits: number,
  ): Promise<PartitionedGroups> {
    const { schema, columns } = rawRows(end)
    const keys = columns.keys.map((index) => columnOf(schema, index))
    const positions = columns.position !== null
    const raw = await Partitions.create(work, operator, { schema, keys, positions, bits })
    const partials = partialSchema(end.descriptor)
    const groups = await Partitions.create(work, operator, {
      schema: partials,
      keys: partialKeys(end.descriptor),
      bits,
    })
    return new PartitionedGroups(work, operator, end, steps, raw, columns, groups)
  }

  addStates(states: readonly number[]): Promise<void> {
    return spillStates(this.operator, this.end.descriptor, states, this.groups)
  }

  async addRest(feed: MorselFeed, { groups, rows }: GroupedRows): Promise<void> {
    if (groups < rows * WORTHWHILE_SHARE) return
    const { schema, expressions } = rawRows(this.end)
    const named = expressions.map((expression, i): NamedExpression => ({ name: schema.fields[i].name, expression }))
    const written: ChainStep = { kind: 'project', schema, expressions: named }
    await this.raw.fill(feed, [...this.steps, written], this.end.node)
  }

  results(): BreakerRows {
    return { kind: 'batches', batches: this.releasedAfter(this.batches()) }
  }

  private async *releasedAfter(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
    try {
      yield* batches
    } finally {
      await this.release()
    }
  }

  private async *batches(): AsyncGenerator<Batch> {
    const { run } = this.work
    const replies = orderedMap(
      range(this.raw.count),
      () => run.pool.threads,
      (partition) => this.aggregated(partition),
      (reply) => this.discard(reply),
      () => run.stop(),
    )
    let partition = 0
    for await (const { batches, isTooLarge } of replies) {
      if (isTooLarge) yield* this.splitResults(partition)
      let next = 0
      try {
        while (next < batches.length) yield batches[next++]
      } finally {
        for (const batch of batches.slice(next)) releaseBatch(run.context, batch)
      }
      partition++
    }
  }

  /** Removes the files. */
  async release(): Promise<void> {
    await this.raw.release()
    await this.groups.release()
  }

  private async aggregated(partition: number): Promise<Reply> {
    const { columns, end, groups, operator, raw, work } = this
    if (raw.rows(partition) + groups.rows(partition) === 0) return { batches: [], isTooLarge: false }
    const canSplit = raw.canSplit(partition) || groups.canSplit(partition)
    return operator.task('aggregateSpilled', {
      descriptor: end.descriptor,
      input: { raw: { columns, morsels: raw.morselsOf(partition) }, groups: groups.morselsOf(partition) },
      mostBytes: canSplit ? work.switching.sortBytes / work.run.pool.threads : null,
    })
  }

  private async *splitResults(partition: number): AsyncGenerator<Batch> {
    const { work, operator, end, steps, columns } = this
    const raw = await this.raw.split(partition)
    const groups = await this.groups.split(partition)
    const parts = new PartitionedGroups(work, operator, end, steps, raw, columns, groups)
    yield* parts.releasedAfter(parts.batches())
  }

  private discard({ batches }: Reply): void {
    for (const batch of batches) releaseBatch(this.work.run.context, batch)
  }
}

/** The rows that an aggregation takes: of each expression a column. */
function rawRows({ keys, arguments: inputs, filters, descriptor }: AggregateEnd): {
  readonly schema: Schema
  readonly expressions: readonly TypedExpression[]
  readonly columns: RawColumns
} {
  const expressions: TypedExpression[] = []
  const places = new Map<string, number>()
  const placeOf = (expression: TypedExpression): number => {
    const key = expressionKey(expression)
    const place = places.get(key) ?? expressions.push(expression) - 1
    places.set(key, place)
    return place
  }
  const optional = (expression: TypedExpression | null) => (expression === null ? null : placeOf(expression))
  const numbers = { keys: keys.map(placeOf), arguments: inputs.map(optional), filters: filters.map(optional) }
  const { partials } = planAggregates(descriptor).partials
  const position = partials.some(({ form }) => form.kind === 'position') ? expressions.length : null
  const schema = schemaOf(expressions.map(({ type }, i) => field(`c${i}`, type)))
  return { schema, expressions, columns: { ...numbers, position } }
}
