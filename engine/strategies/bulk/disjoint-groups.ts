/**
 * Aggregation of few groups with many distinct values, which are what has no room: they are put into partitions by group and
 * value. What the partitions come to, one by one, has no distinct value in common, and is merged.
 */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { partialSchema } from '../../operators/aggregate/partials.js'
import { planAggregates } from '../../operators/aggregate/plan.js'
import { type AggregateDescriptor, AggregateState } from '../../operators/aggregate.js'
import type { OperatorHandle } from '../../run.js'
import type { HeldState, ReplyOf } from '../../workers/messages.js'
import { orderedMap } from '../ordered-map.js'
import type { BreakerRows } from '../pipeline.js'
import type { GroupStore } from './group-store.js'
import { Partitions } from './partitions.js'
import { distinctValues, partialKeys, spillStates } from './spilled-states.js'
import { type BulkWork, range } from './work.js'

/** More groups than this are not merged again for each partition. */
export const MOST_DISJOINT_GROUPS = 20_000
/** States of partitions that are kept until they are merged. */
const MOST_HELD = 8

type Reply = ReplyOf<'aggregateDisjoint'>

/** True if distinct values may be divided: what is kept of the other aggregates takes no more room than their groups. */
export function isDisjoint(descriptor: AggregateDescriptor): boolean {
  const { partials } = planAggregates(descriptor).partials
  return partials.every(({ form }) => form.kind !== 'values' || form.distinct)
}

export class DisjointGroups implements GroupStore {
  private constructor(
    private readonly work: BulkWork,
    private readonly operator: OperatorHandle,
    private readonly descriptor: AggregateDescriptor,
    private readonly groups: Partitions,
  ) {}

  static async create(
    work: BulkWork,
    operator: OperatorHandle,
    descriptor: AggregateDescriptor,
    bits: number,
  ): Promise<DisjointGroups> {
    const keys = [...partialKeys(descriptor), ...distinctValues(descriptor)]
    const groups = await Partitions.create(work, operator, { schema: partialSchema(descriptor), keys, bits })
    return new DisjointGroups(work, operator, descriptor, groups)
  }

  addStates(states: readonly number[]): Promise<void> {
    return spillStates(this.operator, this.descriptor, states, this.groups)
  }

  /** Values are distinct only once they are grouped. */
  async addRest(): Promise<void> {}

  results(): BreakerRows {
    return { kind: 'batches', batches: this.batches() }
  }

  release(): Promise<void> {
    return this.groups.release()
  }

  private async *batches(): AsyncGenerator<Batch> {
    const { context } = this.operator
    const held: HeldState[] = []
    try {
      for await (const state of this.states(this.groups)) {
        held.push(state)
        if (held.length === MOST_HELD) held.push(await this.merged(held.splice(0)))
      }
      const { address } = await this.merged(held.splice(0))
      const state = AggregateState.attach(context, this.descriptor, address)
      const batches = state.finish()
      state.release()
      context.resetScratch()
      let next = 0
      try {
        while (next < batches.length) yield batches[next++]
      } finally {
        for (const batch of batches.slice(next)) releaseBatch(context, batch)
      }
    } finally {
      await this.release()
    }
  }

  /** A state for each partition. */
  private async *states(partitions: Partitions): AsyncGenerator<HeldState> {
    const { run } = this.work
    const replies = orderedMap(
      range(partitions.count),
      () => run.pool.threads,
      (partition) => this.aggregated(partitions, partition),
      (reply) => this.discard(reply),
      () => run.stop(),
    )
    let partition = 0
    for await (const { state } of replies) {
      if (state !== null) yield state
      else if (partitions.rows(partition) > 0) yield* this.splitStates(partitions, partition)
      partition++
    }
  }

  private async aggregated(partitions: Partitions, partition: number): Promise<Reply> {
    const { descriptor, operator, work } = this
    if (partitions.rows(partition) === 0) return { state: null }
    const groups = partitions.morselsOf(partition)
    const mostBytes = partitions.canSplit(partition) ? work.switching.sortBytes / work.run.pool.threads : null
    return operator.task('aggregateDisjoint', { descriptor, groups, mostBytes })
  }

  private async *splitStates(partitions: Partitions, partition: number): AsyncGenerator<HeldState> {
    const parts = await partitions.split(partition)
    try {
      yield* this.states(parts)
    } finally {
      await parts.release()
    }
  }

  /** All groups of states, which it releases. */
  private async merged(states: readonly HeldState[]): Promise<HeldState> {
    const { descriptor, operator } = this
    const { state } = await operator.task('absorbDisjoint', {
      descriptor,
      states: states.map(({ address }) => address),
    })
    for (const held of states) this.discard({ state: held })
    return state
  }

  private discard({ state }: Reply): void {
    if (state !== null) AggregateState.attach(this.operator.context, this.descriptor, state.address).release()
  }
}
