/**
 * Hash aggregation. A state is wholly in shared memory behind one address: any worker can go on with it, and partial
 * states are merged by partitions of their groups.
 *
 *   header: grouping, u32 | domain map, u32 | its bytes, u32 | - | next position, f64 | auxiliary, u32 each accumulator
 */

import { type Batch, type Vector, vector } from '../../io/batch.js'
import { NULL } from '../../planner/types.js'
import { expand, persistBatch, releaseBatch } from '../kernels/vectors.js'
import type { Accumulator, Merge, PartialRows, Target } from './aggregate/accumulator.js'
import { DomainMap } from './aggregate/domain-map.js'
import { KEY_OFFSET } from './aggregate/group-table.js'
import { Grouping, type GroupList } from './aggregate/grouping.js'
import { inputOf } from './aggregate/input.js'
import {
  type AggregateDescriptor,
  type AggregatePlan,
  type PlannedAccumulator,
  planAggregates,
} from './aggregate/plan.js'
import { SliceRows } from './aggregate/slice-rows.js'
import type { OperatorContext } from './operator-context.js'
import { sortPositions } from './sort.js'

export type { AggregateDescriptor } from './aggregate/plan.js'

/** Places in the header, in u32 words. */
const GROUPING = 0
const DOMAIN = 1
const NEXT_POSITION = 4
const AUXILIARIES = 8

/** Most rows of an output batch. */
const OUTPUT_ROWS = 65_536

export class AggregateState {
  private readonly domain: DomainMap

  private constructor(
    private readonly context: OperatorContext,
    private readonly descriptor: AggregateDescriptor,
    private readonly plan: AggregatePlan,
    readonly address: number,
    readonly grouping: Grouping,
  ) {
    this.domain = new DomainMap(context, grouping, address + DOMAIN * 4)
  }

  static create(context: OperatorContext, descriptor: AggregateDescriptor): AggregateState {
    const plan = planAggregates(descriptor)
    const bytes = (AUXILIARIES + plan.accumulators.length) * 4
    const address = context.allocate(bytes)
    const { u32, f64 } = context.memory
    u32.fill(0, address / 4, (address + bytes) / 4)
    f64[address / 8 + NEXT_POSITION / 2] = 0
    const grouping = Grouping.create(context, plan.layout, plan.accumulatorBytes)
    u32[address / 4 + GROUPING] = grouping.address
    plan.accumulators.forEach(({ accumulator }, i) => {
      u32[address / 4 + AUXILIARIES + i] = accumulator.auxiliary?.create(context) ?? 0
    })
    if (descriptor.keys.length === 0) grouping.table.addOnly()
    return new AggregateState(context, descriptor, plan, address, grouping)
  }

  /** A state that `create` made, in this thread or another. */
  static attach(context: OperatorContext, descriptor: AggregateDescriptor, address: number): AggregateState {
    const plan = planAggregates(descriptor)
    const grouping = Grouping.attach(context, plan.layout, context.memory.u32[address / 4 + GROUPING])
    return new AggregateState(context, descriptor, plan, address, grouping)
  }

  get groupCount(): number {
    return this.grouping.table.count
  }

  /** Bytes of shared memory held. */
  get bytes(): number {
    return this.plan.accumulators.reduce(
      (sum, { accumulator }, i) => sum + (accumulator.auxiliary?.bytes(this.context, this.auxiliaryOf(i)) ?? 0),
      this.grouping.bytes + this.domain.bytes,
    )
  }

  /**
   * Adds `length` rows. `keys` and `aggregateArguments` have the types of the descriptor, in any form; arguments are
   * null for `countStar`, filters where there is none. `position` is the ordinal of the first row in the whole input, or
   * a column of the ordinals of all rows: groups are then in no order.
   * Throws VOLLEY_OVERFLOW if a sum leaves 128 bits. Uses scratch.
   */
  update(
    keys: readonly Vector[],
    aggregateArguments: readonly (Vector | null)[],
    filters: readonly (Vector | null)[],
    length: number,
    position: number | Vector,
  ): void {
    if (length === 0) return
    const groups = keys.length === 0 ? 0 : this.groupsOf(keys, length, position)
    const [first, ordinals] = typeof position === 'number' ? [position, 0] : [1, position.values]
    const rows = new SliceRows(this.context, length, groups, this.groupCount, first, ordinals)
    this.plan.accumulators.forEach((planned, i) => {
      const input = inputOf(this.context, aggregateArguments[planned.source], filters[planned.source], length)
      planned.accumulator.update(this.targetOf(planned, i), rows, input)
    })
  }

  private groupsOf(keys: readonly Vector[], length: number, position: number | Vector): number {
    const { f64 } = this.context.memory
    const next = this.address / 8 + NEXT_POSITION / 2
    const full = keys.map((key) => expand(this.context, key))
    if (typeof position !== 'number') return this.grouping.find(full, length)
    const groups = this.domain.find(full, length, position) ?? this.grouping.find(full, length, position)
    if (position < f64[next]) this.grouping.table.lowerPositions(groups, length, position)
    else f64[next] = position + length
    return groups
  }

  /**
   * Adds rows of `partialSchema`, from states of the same descriptor. Their groups come after those that `update` finds, in
   * no order. Throws VOLLEY_OVERFLOW if a sum leaves 128 bits. Uses scratch.
   */
  addPartials({ columns, length }: Batch): void {
    if (length === 0) return
    const { context, plan } = this
    const { partials, places, keys } = plan.partials
    const full = columns.map((column) => expand(context, column))
    let next = 0
    const keyColumns = keys.map((key) => (key === null ? vector(NULL, length) : full[next++]))
    const ofPartials = partials.map(({ fields }) => {
      next += fields.length
      return full.slice(next - fields.length, next)
    })
    const groups = keys.length === 0 ? 0 : this.grouping.find(keyColumns, length)
    const rows = new SliceRows(context, length, groups, this.groupCount, 0)
    plan.accumulators.forEach((planned, i) => {
      planned.accumulator.addPartials(this.targetOf(planned, i), rows, ofPartials[places[planned.source]])
    })
  }

  /** Adds some of the groups of another state of the same descriptor: all of them unless they are listed. Uses scratch. */
  absorb(other: AggregateState, { entries, count }: GroupList = other.grouping.all()): void {
    this.merge(other, entries, count, (accumulator) => accumulator.merge)
  }

  /**
   * Adds the groups of another state of the same descriptor that had no value of a distinct argument in common with what
   * this one absorbed before. The other can only be released afterwards. Not for quantiles.
   */
  absorbDisjoint(other: AggregateState): void {
    other.settle()
    const { entries, count } = other.grouping.all()
    this.merge(other, entries, count, (accumulator) => accumulator.mergeSettled ?? accumulator.merge)
  }

  private merge(
    other: AggregateState,
    entries: number,
    count: number,
    methodOf: (accumulator: Accumulator) => Accumulator['merge'],
  ): void {
    const { context } = this
    if (count === 0) return
    const groups =
      this.descriptor.keys.length === 0
        ? zeros(context, count)
        : this.grouping.findEntries(other.grouping, entries, count, other.grouping.translations())
    const merge: Merge = { groups, entries, count, mapping: lazy(() => other.mapping(entries, groups, count)) }
    this.plan.accumulators.forEach((planned, i) => {
      context.checkCancelled()
      const { accumulator } = planned
      methodOf(accumulator).call(accumulator, this.targetOf(planned, i), other.targetOf(planned, i), merge)
    })
  }

  private mapping(entries: number, groups: number, count: number): number {
    const { context, groupCount } = this
    const mapping = context.scratch(groupCount * 4)
    context.memory.u8.fill(255, mapping, mapping + groupCount * 4)
    context.wasm.group_map_entries(entries, groups, count, mapping)
    return mapping
  }

  /** The results, in order of the groups' first rows; nothing can be added afterwards. */
  finish(): Batch[] {
    const { context, plan, descriptor } = this
    const { table } = this.grouping
    this.settle()
    const readers = descriptor.aggregates.map((aggregate, i) => {
      const place = plan.outputs[i]
      const planned = plan.accumulators[place]
      return planned.accumulator.finish(this.targetOf(planned, place), aggregate)
    })
    const order = sortPositions(context, table.rows, table.stride, table.count)
    const batches: Batch[] = []
    try {
      for (let start = 0; start < table.count; start += OUTPUT_ROWS) {
        context.checkCancelled()
        const mark = context.markScratch()
        const length = Math.min(OUTPUT_ROWS, table.count - start)
        const entries = order + start * 4
        const keys = descriptor.keys.map((_, i) => this.grouping.key(i, entries, length))
        const columns = [...keys, ...readers.map((read) => read(entries, length))]
        batches.push(persistBatch(context, context.allocate, { schema: descriptor.schema, length, columns }))
        context.rewindScratch(mark)
      }
      return batches
    } catch (error) {
      for (const batch of batches) releaseBatch(context, batch)
      throw error
    }
  }

  private settle(): void {
    this.plan.accumulators.forEach((planned, i) => {
      planned.accumulator.settle?.(this.targetOf(planned, i))
    })
  }

  /** What one of the aggregates is merged from, in rows apart from the state. */
  partialRows(aggregate: number): PartialRows {
    const place = this.plan.outputs[aggregate]
    const planned = this.plan.accumulators[place]
    return planned.accumulator.partials(this.targetOf(planned, place), this.descriptor.aggregates[aggregate])
  }

  release(): void {
    const { context } = this
    this.plan.accumulators.forEach(({ accumulator }, i) => {
      accumulator.auxiliary?.release(context, this.auxiliaryOf(i))
    })
    this.grouping.release()
    this.domain.release()
    context.release(this.address)
  }

  private targetOf({ offset }: PlannedAccumulator, index: number): Target {
    const { context, grouping, plan } = this
    const { rows, stride, count } = grouping.table
    const base = rows + KEY_OFFSET + plan.layout.words * 8 + offset
    return { context, base, stride, groupCount: count, auxiliary: this.auxiliaryOf(index) }
  }

  private auxiliaryOf(index: number): number {
    return this.context.memory.u32[this.address / 4 + AUXILIARIES + index]
  }
}

/** Groups of a state that are to be merged: those that `divideGroups` lists, or all of them. */
export interface StatePart {
  readonly state: number
  readonly groups: GroupList | null
}

/** Lists the groups of a state by partition; see `Grouping.divide`. */
export function divideGroups(
  context: OperatorContext,
  descriptor: AggregateDescriptor,
  state: number,
  partitions: number,
): { readonly lists: number; readonly ends: readonly number[] } {
  const mark = context.markScratch()
  const lists = AggregateState.attach(context, descriptor, state).grouping.divide(partitions)
  context.rewindScratch(mark)
  return { lists, ends: [...context.memory.u32.subarray(lists / 4, lists / 4 + partitions)] }
}

/**
 * The groups of parts of states merged, as persisted batches of up to 65,536 rows in order of first appearance. Parts with
 * no keys in common can be merged by different workers at once; states are not changed.
 */
export function mergeParts(
  context: OperatorContext,
  descriptor: AggregateDescriptor,
  parts: readonly StatePart[],
): Batch[] {
  const mark = context.markScratch()
  const merged = AggregateState.create(context, descriptor)
  try {
    const listed = parts.reduce((sum, { groups }) => sum + (groups?.count ?? 0), 0)
    merged.grouping.table.reserve(listed)
    for (const { state, groups } of parts) {
      const other = AggregateState.attach(context, descriptor, state)
      const before = context.markScratch()
      merged.absorb(other, groups ?? undefined)
      context.rewindScratch(before)
    }
    return merged.finish()
  } finally {
    merged.release()
    context.rewindScratch(mark)
  }
}

/** All groups of all states in a new one, which is the caller's. The states are not changed. */
export function absorbStates(
  context: OperatorContext,
  descriptor: AggregateDescriptor,
  addresses: readonly number[],
): { readonly address: number; readonly bytes: number } {
  const merged = AggregateState.create(context, descriptor)
  try {
    for (const address of addresses) merged.absorb(AggregateState.attach(context, descriptor, address))
    return { address: merged.address, bytes: merged.bytes }
  } catch (error) {
    merged.release()
    throw error
  }
}

function zeros(context: OperatorContext, count: number): number {
  const address = context.scratch(count * 4)
  context.memory.u32.fill(0, address / 4, address / 4 + count)
  return address
}

function lazy<T>(compute: () => T): () => T {
  let known: { value: T } | null = null
  return () => {
    known ??= { value: compute() }
    return known.value
  }
}
