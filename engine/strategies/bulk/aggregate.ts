/**
 * Aggregation: the workers group in states of their own, one for each task under way; shares of groups are merged. When
 * the states have no more room, their groups go to a store out of memory, as often as that happens, which merges them at the
 * end.
 */

import type { Batch } from '../../../io/batch.js'
import { planAggregates } from '../../operators/aggregate/plan.js'
import { type AggregateDescriptor, AggregateState, type StatePart } from '../../operators/aggregate.js'
import { AggregateSlots } from '../../operators/aggregate-slot.js'
import { repeatsTasks } from '../../recovery/recovery.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainEnd } from '../../workers/messages.js'
import { type BreakerRows, type PipelineSource, sourceSchema } from '../pipeline.js'
import { DisjointGroups, isDisjoint, MOST_DISJOINT_GROUPS } from './disjoint-groups.js'
import type { MorselFeed } from './feed.js'
import type { GroupStore } from './group-store.js'
import { BuiltJoins } from './joins.js'
import { PartitionedGroups } from './partitioned-groups.js'
import { partitionBits } from './partitions.js'
import { distinctValues } from './spilled-states.js'
import { StagedGroups } from './staged-groups.js'
import type { BulkWork, Prepared } from './work.js'

/** Fewer groups than this are merged by one worker. */
const SMALL_GROUPS = 20_000
/** Of many groups, those of a partition stay in the second-level cache while they are merged. */
const PARTITION_GROUPS = 16_384
const MOST_PARTITIONS = 256
/** States of single tasks that are kept, and how many of them are merged when there are so many. */
const MOST_HELD = 8
const MERGED_HELD = 6
/** The least part of what groups may hold that is worth its files. */
const LEAST_SHARE = 1 / 8

type AggregateEnd = Extract<ChainEnd, { kind: 'aggregate' }>
type AggregateSource = Extract<PipelineSource, { kind: 'aggregate' }>

export async function aggregate(work: BulkWork, source: AggregateSource): Promise<BreakerRows> {
  work.switching.begin('aggregate')
  const operator = work.run.operator('aggregate', undefined, work.span(source))
  const descriptor: AggregateDescriptor = {
    keys: source.keys.map(({ name, expression }) => ({ name, type: expression.type })),
    aggregates: source.aggregates,
    schema: sourceSchema(source),
  }
  const slots = AggregateSlots.create(operator.context, repeatsTasks(work.run.recovery) ? 0 : work.window)
  const store = await new Aggregation(work, source, operator, descriptor, slots).consume()
  if (store === null) return { kind: 'batches', batches: mergeStates(work, operator, descriptor, slots) }
  slots.release()
  return store.results()
}

class Aggregation {
  private store: GroupStore | null = null

  constructor(
    private readonly work: BulkWork,
    private readonly source: AggregateSource,
    private readonly operator: OperatorHandle,
    private readonly descriptor: AggregateDescriptor,
    private readonly slots: AggregateSlots,
  ) {}

  /** Groups all rows, into the slots; or into a store, once the states have no more room. */
  async consume(): Promise<GroupStore | null> {
    const { input } = this.source
    const joins = new BuiltJoins(this.work)
    try {
      const prepared = await joins.prepare(input.source, input.steps)
      const feed = this.work.feed(prepared.source)
      try {
        await this.consumeFeed(feed, prepared)
      } finally {
        await feed.close()
      }
      return this.store
    } catch (error) {
      await this.store?.release()
      throw error
    } finally {
      joins.release()
    }
  }

  private async consumeFeed(feed: MorselFeed, prepared: Prepared): Promise<void> {
    const { work, operator, descriptor, slots } = this
    const end = this.end
    while (!feed.exhausted) {
      let rows = 0
      for await (const reply of work.chain(feed, prepared.steps, end, operator, () => this.isFull(feed))) {
        work.run.throwIfCancelled()
        rows += reply.rowsOut
        if (reply.state === null) continue
        slots.hold(reply.state)
        if (slots.heldCount >= MOST_HELD) await mergeHeld(operator, descriptor, slots)
      }
      if (feed.exhausted && this.store === null) return
      this.store ??= await this.createStore(feed, prepared, end)
      const { states } = slots
      await this.store.addStates(states)
      const groups = this.release(states)
      if (!feed.exhausted) await this.store.addRest(feed, { rows, groups })
    }
  }

  private get end(): AggregateEnd {
    const { descriptor, slots, source } = this
    return {
      kind: 'aggregate',
      node: source.node,
      descriptor,
      keys: source.keys.map((key) => key.expression),
      arguments: source.aggregates.map((aggregate) => aggregate.argument),
      filters: source.aggregates.map((aggregate) => aggregate.filter),
      slots: slots.slots,
      slotCount: slots.slotCount,
    }
  }

  private isFull(feed: MorselFeed): boolean {
    const { operator, slots, work } = this
    const shareBytes = this.isPartitioned ? work.switching.sortBytes : work.switching.shareBytes
    return work.switching.shouldSpill({
      label: operator.label,
      bytes: slots.bytes,
      growthBytes: slots.growthBytes(work.run.pool.threads),
      shareBytes,
      leastBytes: shareBytes * LEAST_SHARE,
      morsel: feed.taken,
      morsels: feed.total,
    })
  }

  /** One group with all its values cannot be divided by its key: quantiles are then left to DuckDB. */
  private get isPartitioned(): boolean {
    return this.descriptor.keys.length > 0 || isDisjoint(this.descriptor)
  }

  private createStore(feed: MorselFeed, prepared: Prepared, end: AggregateEnd): Promise<GroupStore> {
    const { descriptor, operator, slots, work } = this
    if (!this.isPartitioned) return StagedGroups.create(work.run, operator, end, prepared)
    const bits = partitionBits(
      { bytes: slots.bytes, taken: feed.taken, total: feed.total },
      work.switching.sortBytes / work.run.pool.threads,
    )
    if (this.isDisjoint) return DisjointGroups.create(work, operator, descriptor, bits)
    return PartitionedGroups.create(work, operator, end, prepared.steps, bits)
  }

  /** Whether it is rather the distinct values that have no room than the groups. */
  private get isDisjoint(): boolean {
    const { descriptor, operator, slots } = this
    if (!isDisjoint(descriptor) || distinctValues(descriptor).length === 0) return descriptor.keys.length === 0
    const counts = slots.states.map(
      (address) => AggregateState.attach(operator.context, descriptor, address).groupCount,
    )
    return counts.reduce((sum, count) => sum + count, 0) <= MOST_DISJOINT_GROUPS
  }

  /** Releases the states, and returns how many groups they had. */
  private release(states: readonly number[]): number {
    const { operator, descriptor, slots } = this
    let groups = 0
    for (const address of states) {
      const state = AggregateState.attach(operator.context, descriptor, address)
      groups += state.groupCount
      state.release()
    }
    slots.clear()
    return groups
  }
}

/** Tasks that may be done again group in states of their own. Merges the smaller ones, so that they do not pile up. */
async function mergeHeld(
  operator: OperatorHandle,
  descriptor: AggregateDescriptor,
  slots: AggregateSlots,
): Promise<void> {
  const held = slots.takeSmallest(MERGED_HELD)
  const states = held.map(({ address }) => address)
  const { state } = await operator.task('absorbGroups', { descriptor, states })
  slots.hold(state)
  for (const address of states) AggregateState.attach(operator.context, descriptor, address).release()
}

async function* mergeStates(
  work: BulkWork,
  operator: OperatorHandle,
  descriptor: AggregateDescriptor,
  slots: AggregateSlots,
): AsyncGenerator<Batch> {
  const { context } = operator
  const states = slots.states.map((address) => AggregateState.attach(context, descriptor, address))
  if (states.length === 0) states.push(AggregateState.create(context, descriptor))
  const addresses = states.map((state) => state.address)
  const groups = states.reduce((sum, state) => sum + state.groupCount, 0)
  const partitions = mergedPartitions(descriptor, groups, work.run.pool.threads)
  const divided = await Promise.all(
    partitions === 1 ? [] : addresses.map((state) => operator.task('divideGroups', { descriptor, state, partitions })),
  )
  const partOf = (state: number, index: number, partition: number): StatePart => {
    if (partitions === 1) return { state, groups: null }
    const { lists, ends } = divided[index]
    const start = partition === 0 ? 0 : ends[partition - 1]
    return { state, groups: { entries: lists + (partitions + start) * 4, count: ends[partition] - start } }
  }
  yield* work.parts(partitions, (partition) => {
    const parts = addresses.map((state, index) => partOf(state, index, partition))
    return operator.task('mergeGroups', { descriptor, parts })
  })
  for (const { lists } of divided) context.release(lists)
  for (const state of states) state.release()
  slots.release()
}

/** How many partitions the groups of states are merged in. */
function mergedPartitions(descriptor: AggregateDescriptor, groups: number, threads: number): number {
  if (groups < SMALL_GROUPS) return 1
  const least = Math.min(MOST_PARTITIONS, threads * 4)
  // What lies beside the rows of groups is gone through as a whole for each partition.
  if (planAggregates(descriptor).accumulators.some(({ accumulator }) => accumulator.auxiliary !== null)) return least
  return Math.min(MOST_PARTITIONS, Math.max(least, Math.ceil(groups / PARTITION_GROUPS)))
}
