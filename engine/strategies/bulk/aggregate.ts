/** Aggregation: the workers group in states of their own, one for each task under way; shares of groups are merged. */

import type { Batch } from '../../../io/batch.js'
import { type AggregateDescriptor, AggregateState } from '../../operators/aggregate.js'
import type { Run } from '../../run.js'
import type { ChainEnd } from '../../workers/messages.js'
import { type PipelineSource, sourceSchema } from '../pipeline.js'
import { BuiltJoins } from './joins.js'
import type { BulkWork } from './work.js'

/** Fewer groups than this are merged by one worker. */
const SMALL_GROUPS = 20_000

export async function* aggregate(
  work: BulkWork,
  source: Extract<PipelineSource, { kind: 'aggregate' }>,
): AsyncGenerator<Batch> {
  const { run, window } = work
  const { context } = run
  const { keys, aggregates, input } = source
  const descriptor: AggregateDescriptor = {
    keys: keys.map(({ name, expression }) => ({ name, type: expression.type })),
    aggregates,
    schema: sourceSchema(source),
  }
  const slots = context.allocate(window * 8)
  context.memory.i32.fill(0, slots / 4, slots / 4 + window * 2)
  const joins = new BuiltJoins(work)
  try {
    const steps = await joins.prepare(input.steps)
    const end: ChainEnd = {
      kind: 'aggregate',
      descriptor,
      keys: keys.map((key) => key.expression),
      arguments: aggregates.map((aggregate) => aggregate.argument),
      filters: aggregates.map((aggregate) => aggregate.filter),
      slots,
      slotCount: window,
    }
    for await (const _ of work.chain(input.source, steps, end)) run.throwIfCancelled()
  } finally {
    joins.release()
  }
  const states = statesIn(run, slots, window, descriptor)
  if (states.length === 0) states.push(AggregateState.create(context, descriptor))
  const addresses = states.map((state) => state.address)
  const groups = states.reduce((sum, state) => sum + state.groupCount, 0)
  const partitions = groups < SMALL_GROUPS ? 1 : run.pool.threads * 4
  yield* work.parts(partitions, (partition) =>
    run.task('mergeGroups', { descriptor, states: addresses, partition, partitions }),
  )
  for (const state of states) state.release()
  context.release(slots)
}

function statesIn({ context }: Run, slots: number, count: number, descriptor: AggregateDescriptor): AggregateState[] {
  const { u32 } = context.memory
  return Array.from({ length: count }, (_, slot) => u32[slots / 4 + slot * 2 + 1])
    .filter((address) => address !== 0)
    .map((address) => AggregateState.attach(context, descriptor, address))
}
