/**
 * Aggregation: the workers group in states of their own, one for each task under way; shares of groups are merged. When
 * the states have no more room, their groups become rows of a table in DuckDB, as often as that happens, and DuckDB merges
 * them at the end.
 */

import type { Batch } from '../../../io/batch.js'
import { mergePartialsSql } from '../../../planner/duckdb-sql/merge-aggregates.js'
import { partialSchema } from '../../../planner/duckdb-sql/partial-form.js'
import { type AggregateDescriptor, AggregateState } from '../../operators/aggregate.js'
import { AggregateSlots } from '../../operators/aggregate-slot.js'
import type { OperatorHandle } from '../../run.js'
import type { ChainEnd } from '../../workers/messages.js'
import { queried, StagedRows } from '../bigdata/staged-rows.js'
import { type PipelineSource, sourceSchema } from '../pipeline.js'
import { BuiltJoins } from './joins.js'
import type { BulkWork } from './work.js'

/** Fewer groups than this are merged by one worker. */
const SMALL_GROUPS = 20_000
/** Bytes of a state that are exported at a time: for a while there are twice as many. */
const EXPORT_BYTES = 8 << 20

type AggregateSource = Extract<PipelineSource, { kind: 'aggregate' }>

export async function* aggregate(work: BulkWork, source: AggregateSource): AsyncGenerator<Batch> {
  work.switching.begin('aggregate')
  const operator = work.run.operator('aggregate')
  const descriptor: AggregateDescriptor = {
    keys: source.keys.map(({ name, expression }) => ({ name, type: expression.type })),
    aggregates: source.aggregates,
    schema: sourceSchema(source),
  }
  const slots = AggregateSlots.create(operator.context, work.window)
  const staged = await consume(work, source, operator, descriptor, slots)
  if (staged === null) yield* mergeStates(work, operator, descriptor, slots)
  else yield* queried(work.run, mergePartialsSql(descriptor, staged.table), descriptor.schema, [staged])
  slots.release()
}

/** Groups all rows, into the slots; or into a table, once the states have been moved there. */
async function consume(
  work: BulkWork,
  { input, keys, aggregates }: AggregateSource,
  operator: OperatorHandle,
  descriptor: AggregateDescriptor,
  slots: AggregateSlots,
): Promise<StagedRows | null> {
  const joins = new BuiltJoins(work)
  let staged: StagedRows | null = null
  try {
    const prepared = await joins.prepare(input.source, input.steps)
    const end: ChainEnd = {
      kind: 'aggregate',
      descriptor,
      keys: keys.map((key) => key.expression),
      arguments: aggregates.map((aggregate) => aggregate.argument),
      filters: aggregates.map((aggregate) => aggregate.filter),
      slots: slots.slots,
      slotCount: slots.slotCount,
    }
    const feed = work.feed(prepared.source)
    const isFull = () => {
      const { taken, total } = feed
      return work.switching.shouldSpill({ label: operator.label, bytes: slots.bytes, morsel: taken, morsels: total })
    }
    try {
      while (!feed.exhausted) {
        for await (const _ of work.chain(feed, prepared.steps, end, operator, isFull)) work.run.throwIfCancelled()
        if (feed.exhausted && staged === null) break
        staged ??= await StagedRows.createNamed(work.run, partialSchema(descriptor))
        await moveStates(operator, descriptor, slots, staged)
      }
    } finally {
      await feed.close()
    }
  } finally {
    joins.release()
  }
  return staged
}

async function moveStates(
  operator: OperatorHandle,
  descriptor: AggregateDescriptor,
  slots: AggregateSlots,
  staged: StagedRows,
): Promise<void> {
  for (const address of slots.states) {
    const state = AggregateState.attach(operator.context, descriptor, address)
    const partitions = Math.max(1, Math.ceil(state.bytes / EXPORT_BYTES))
    for (let partition = 0; partition < partitions; partition++) {
      const { batches } = await operator.task('exportGroups', { descriptor, state: address, partition, partitions })
      for (const batch of batches) await staged.append(batch)
    }
    state.release()
  }
  slots.clear()
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
  const partitions = groups < SMALL_GROUPS ? 1 : work.run.pool.threads * 4
  yield* work.parts(partitions, (partition) =>
    operator.task('mergeGroups', { descriptor, states: addresses, partition, partitions }),
  )
  for (const state of states) state.release()
}
