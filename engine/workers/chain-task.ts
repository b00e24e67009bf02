/**
 * Runs a chain over the morsels of a task.
 *
 * Chains compute slices at a time, and fail as a whole when some record cannot be computed. If such records are to be left
 * out, what the task has made so far is dropped and all of it is done again one record at a time, which is slower.
 */

import type { Batch } from '../../io/batch.js'
import { decodeMorsel } from '../../io/parquet/reader.js'
import { VolleyError } from '../../planner/errors.js'
import { withOwnScratch } from '../kernels/context.js'
import { RowError } from '../kernels/kernel.js'
import { releaseBatch, unpackBatch } from '../kernels/vectors.js'
import { ChainMeter } from '../metrics/chain-meter.js'
import { Chain, type Origin } from '../operators/chain.js'
import { loadPieces } from '../operators/spilled-pieces.js'
import type { RejectedRecord } from '../recovery/rejected-record.js'
import { isPassing } from '../recovery/retries.js'
import { SliceCutter, type Slices } from '../strategies/row/slices.js'
import type { ChainPlan, ChainStep, ReplyOf, TaskMorsel, TaskOf } from './messages.js'
import { chainPlan } from './published-chain.js'
import type { TaskContext } from './task-context.js'

/** What a task puts out is numbered from its ordinal times this, so that positions order all rows of a pipeline. */
const ROWS_PER_ORDINAL = 2 ** 32

type ChainTask = TaskOf<'chain'>
type ChainReply = ReplyOf<'chain'>

export async function runChain(context: TaskContext, task: ChainTask): Promise<ChainReply> {
  const plan = chainPlan(context.memory, task.chain)
  try {
    return await runSlices(context, task, plan)
  } catch (error) {
    if (!task.rejects || !isOfRecord(error, plan.steps)) throw error
    if (isPassing(error) && (task.run.retriesLeft ?? 0) > 0) throw error
    context.resetScratch()
    return runRecords(context, task, plan)
  }
}

/** True of failures for which a record is to blame. */
function isOfRecord(error: unknown, steps: readonly ChainStep[]): boolean {
  if (!(error instanceof VolleyError)) return false
  if (error.cause instanceof RowError) return true
  const isOfFunction = error.code === 'VOLLEY_USER_FUNCTION' || error.code === 'VOLLEY_BAD_RECORD'
  return isOfFunction && steps.some((step) => step.kind === 'map' && step.mode === 'row')
}

async function runSlices(context: TaskContext, task: ChainTask, plan: ChainPlan): Promise<ChainReply> {
  const { sliceRows, steps, end } = plan
  const { sentAt } = task.run
  const meter = sentAt === undefined ? null : new ChainMeter(context.memory, steps.length, sentAt)
  const chain = new Chain(context, steps, end, task.ordinal * ROWS_PER_ORDINAL, meter)
  const count: Counts = { rowsIn: 0, bytesRead: 0 }
  try {
    for (const morsel of task.morsels) {
      const began = meter === null ? 0 : performance.now()
      for (const { batch, origin } of decoded(context, morsel, count, () => meter?.worked(0, began))) {
        await chain.run(batch, sliceRows, origin)
      }
    }
    await settleFunctions(steps)
    const { batches, rowsOut, state, pieces } = chain.finish()
    return { batches, state, pieces, rowsOut, rejects: [], ...count, metrics: meter?.finish(count.bytesRead) ?? null }
  } catch (error) {
    chain.abandon()
    throw error
  }
}

/** Does not measure: what profiles show of such a task is missing. */
async function runRecords(context: TaskContext, task: ChainTask, { steps, end }: ChainPlan): Promise<ChainReply> {
  const chain = new Chain(context, [], end, task.ordinal * ROWS_PER_ORDINAL)
  const count: Counts = { rowsIn: 0, bytesRead: 0 }
  const rejects: RejectedRecord[] = []
  const source = withOwnScratch(context)
  const [morsel] = task.morsels
  const schema = morsel.kind === 'batch' ? morsel.batch.schema : morsel.schema
  const input = morselSlices(source, task.morsels, count)
  // Loaded by threads that need it: few do.
  const { recordChain } = await import('../strategies/row/record-chain.js')
  const { rejectedRecord } = await import('../recovery/rejected-record.js')
  const records = await recordChain(context, schema, steps, (reject) => rejects.push(rejectedRecord(reject)), input)
  try {
    for await (const { batch } of records.slices) await chain.run(batch, batch.length, { firstRow: 0 })
    await settleFunctions(steps)
    const { batches, rowsOut, state, pieces } = chain.finish()
    return { batches, state, pieces, rowsOut, rejects, ...count, metrics: null }
  } catch (error) {
    chain.abandon()
    throw error
  } finally {
    records.free()
    source.freeScratch()
  }
}

async function* morselSlices(context: TaskContext, morsels: readonly TaskMorsel[], count: Counts): Slices {
  for (const morsel of morsels) {
    for (const { batch, origin } of decoded(context, morsel, count)) {
      for (const slice of new SliceCutter().cut(batch, { ...origin, rows: null, isKnown: true })) {
        context.checkCancelled()
        yield { ...slice, batch: unpackBatch(context, slice.batch) }
        context.resetScratch()
      }
    }
  }
}

interface Counts {
  rowsIn: number
  bytesRead: number
}

/** The batches of a morsel, each until the next is asked for. */
function* decoded(
  context: TaskContext,
  morsel: TaskMorsel,
  count: Counts,
  onDecoded: () => void = () => {},
): Generator<{ readonly batch: Batch; readonly origin: Origin }> {
  if (morsel.kind === 'batch') {
    yield { batch: morsel.batch, origin: { firstRow: morsel.firstRow } }
    count.rowsIn += morsel.batch.length
    return
  }
  if (morsel.kind === 'spilled') {
    const batch = loadPieces(context, morsel)
    onDecoded()
    try {
      yield { batch, origin: { firstRow: morsel.firstRow } }
      count.rowsIn += batch.length
    } finally {
      releaseBatch(context, batch)
    }
    return
  }
  const { batches, bytesRead } = decodeMorsel(morsel, context)
  onDecoded()
  count.bytesRead += bytesRead
  const { path, rowGroup } = morsel
  let { firstRow } = morsel
  let next = 0
  try {
    for (; next < batches.length; next++) {
      const batch = batches[next]
      yield { batch, origin: { path, rowGroup, firstRow } }
      firstRow += batch.length
      count.rowsIn += batch.length
      releaseBatch(context, batch)
    }
  } finally {
    for (const batch of batches.slice(next)) releaseBatch(context, batch)
  }
}

/** An error that a user's function left behind in a promise or timer ends the thread: now, not in another run's task. */
async function settleFunctions(steps: readonly ChainStep[]): Promise<void> {
  if (steps.some((step) => step.kind === 'map')) await new Promise(setImmediate)
}
