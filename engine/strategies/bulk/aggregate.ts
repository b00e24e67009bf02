/**
 * Aggregation: the workers group in states of their own, one for each task under way; shares of groups are merged. When
 * the states have no more room, their groups become rows of a table in DuckDB, as often as that happens, and DuckDB merges
 * them at the end.
 */

import type { Batch } from '../../../io/batch.js'
import { mergePartialsSql } from '../../../planner/duckdb-sql/merge-aggregates.js'
import { partialSchema } from '../../../planner/duckdb-sql/partial-form.js'
import { rawPartialsSql } from '../../../planner/duckdb-sql/raw-partials.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { exportPartials } from '../../operators/aggregate/partials.js'
import { type AggregateDescriptor, AggregateState } from '../../operators/aggregate.js'
import { AggregateSlots } from '../../operators/aggregate-slot.js'
import { repeatsTasks } from '../../recovery/recovery.js'
import type { OperatorHandle, Run } from '../../run.js'
import type { ChainEnd } from '../../workers/messages.js'
import { isSql, SqlSteps, sqlOverColumns } from '../bigdata/rest.js'
import { StagedRows } from '../bigdata/staged-rows.js'
import { type BreakerRows, type PipelineSource, sourceSchema } from '../pipeline.js'
import type { MorselFeed } from './feed.js'
import { BuiltJoins, type Prepared } from './joins.js'
import type { BulkWork } from './work.js'

/** Fewer groups than this are merged by one worker. */
const SMALL_GROUPS = 20_000
/** States of single tasks that are kept, and how many of them are merged when there are so many. */
const MOST_HELD = 8
const MERGED_HELD = 6
/** Bytes of a state that are exported at a time: for a while there are twice as many. */
const EXPORT_BYTES = 8 << 20

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
  const staged = await consume(work, source, operator, descriptor, slots)
  if (staged === null) return { kind: 'batches', batches: mergeStates(work, operator, descriptor, slots) }
  slots.release()
  const { rows, rest } = staged
  // The larger part comes first: with few rows before many, DuckDB's grouping does not spill in time (1.5.6).
  const partials = rest === null ? rows.table : `(${rest} UNION ALL SELECT * FROM ${rows.table})`
  return { kind: 'query', sql: mergePartialsSql(descriptor, partials), tables: [rows] }
}

/** Groups as rows of `partialSchema`: some in a table, some yet to be read by a SELECT. */
interface StagedGroups {
  readonly rows: StagedRows
  readonly rest: string | null
}

/** Groups all rows, into the slots; or into a table, once the states have been moved there. */
async function consume(
  work: BulkWork,
  { input, keys, aggregates, node }: AggregateSource,
  operator: OperatorHandle,
  descriptor: AggregateDescriptor,
  slots: AggregateSlots,
): Promise<StagedGroups | null> {
  const joins = new BuiltJoins(work)
  let staged: StagedRows | null = null
  try {
    const prepared = await joins.prepare(input.source, input.steps)
    const end: AggregateEnd = {
      kind: 'aggregate',
      node,
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
      const growthBytes = slots.growthBytes(work.run.pool.threads)
      const place = { morsel: taken, morsels: total }
      return work.switching.shouldSpill({ label: operator.label, bytes: slots.bytes, growthBytes, ...place })
    }
    const sql = restOf(work.run, prepared, end)
    try {
      while (!feed.exhausted) {
        for await (const { state } of work.chain(feed, prepared.steps, end, operator, isFull)) {
          work.run.throwIfCancelled()
          if (state === null) continue
          slots.hold(state)
          if (slots.heldCount >= MOST_HELD) await mergeHeld(operator, descriptor, slots)
        }
        if (feed.exhausted && staged === null) return null
        if (sql !== null) await work.run.releaseWorkers()
        staged ??= await StagedRows.createNamed(work.run, partialSchema(descriptor))
        const before = staged.bytes
        await moveStates(operator, descriptor, slots, staged)
        operator.span.spilled(staged.bytes - before)
        if (sql !== null) return { rows: staged, rest: await sql(feed) }
      }
    } finally {
      await feed.close()
    }
  } finally {
    joins.release()
  }
  return staged === null ? null : { rows: staged, rest: null }
}

/** Rows that DuckDB reads itself come after all that were grouped here. */
const REST_POSITION = 2n ** 62n

/** Writes what is left of a feed as partial groups; null if the workers have to do it. */
function restOf(
  run: Run,
  { source, steps }: Prepared,
  { descriptor, keys, arguments: inputs, filters }: AggregateEnd,
): ((feed: MorselFeed) => Promise<string | null>) | null {
  const sqlSteps = SqlSteps.of(run, source, steps)
  const computed = [...keys, ...inputs, ...filters].filter((expression) => expression !== null)
  if (sqlSteps === null || !isSql(() => computed.map(sqlOverColumns))) return null
  const written = (expression: TypedExpression | null) => (expression === null ? null : sqlOverColumns(expression))
  return async (feed) => {
    const rest = await sqlSteps.rest(feed, run)
    if (rest === null) return null
    return rawPartialsSql(descriptor, {
      keys: keys.map(sqlOverColumns),
      arguments: inputs.map(written),
      filters: filters.map(written),
      position: `(${REST_POSITION} + p0)`,
      from: `(${rest})`,
    })
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
      // Here and not in a worker, whose memory DuckDB may need.
      for (const batch of exportPartials(operator.context, descriptor, address, partition, partitions)) {
        await staged.append(batch)
      }
      operator.context.resetScratch()
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
  slots.release()
}
