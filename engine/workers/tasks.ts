/** What a worker does for each kind of task. */

import { type Batch, emptyVector } from '../../io/batch.js'
import { encodeRowGroup } from '../../io/parquet/encode.js'
import { decodeMorsel } from '../../io/parquet/reader.js'
import type { Morsel } from '../../io/source.js'
import { readSpilled } from '../../io/spill/spill-reader.js'
import { evaluateGathered } from '../kernels/evaluate.js'
import { concat, persist, persistBatch, releaseBatch, takeBatch } from '../kernels/vectors.js'
import { ChainMeter } from '../metrics/chain-meter.js'
import { exportPartials } from '../operators/aggregate/partials.js'
import { mergePartition } from '../operators/aggregate.js'
import { Chain, type Origin } from '../operators/chain.js'
import { JoinTable } from '../operators/join.js'
import { unmatchedBuild } from '../operators/probe.js'
import { spillRows } from '../operators/sort/spill.js'
import { mergePart } from '../operators/sort/spilled-runs.js'
import { mergeRuns, sortIndices } from '../operators/sort.js'
import { computeWindow } from '../operators/window.js'
import type { ReplyOf, TaskKind, TaskOf } from './messages.js'
import { chainPlan } from './published-chain.js'
import type { TaskContext } from './task-context.js'

/** What a task puts out is numbered from its ordinal times this, so that positions order all rows of a pipeline. */
const ROWS_PER_ORDINAL = 2 ** 32

type Handlers = {
  readonly [K in TaskKind]: (context: TaskContext, task: TaskOf<K>) => ReplyOf<K> | Promise<ReplyOf<K>>
}

export const handlers: Handlers = {
  chain: runChain,

  mergeGroups: (context, { descriptor, states, partition, partitions }) => ({
    batches: mergePartition(context, descriptor, states, partition, partitions),
  }),

  exportGroups: (context, { descriptor, state, partition, partitions }) => ({
    batches: [...exportPartials(context, descriptor, state, partition, partitions)],
  }),

  concat: (context, { vectors, type }) => ({
    vector: vectors.length === 0 ? emptyVector(type) : concat(context, context.allocate, vectors),
  }),

  evaluate: (context, { expressions, batch }) => ({
    vectors: evaluateGathered(context, expressions, batch).map((result) => persist(context, context.allocate, result)),
  }),

  buildJoin: (context, { keys, rows, trackMatches }) => {
    return { table: JoinTable.create(context, { trackMatches }, keys, rows).address }
  },

  linkJoin: (context, { table, start, count }) => {
    JoinTable.attach(context, table).insertRange(start, count)
    return { linked: count }
  },

  unmatched: (context, { step, start, count }) => ({
    batches: [persistBatch(context, context.allocate, unmatchedBuild(context, step, start, count))],
  }),

  sortRange: (context, { keys, rows, start, end, limit }) => {
    const count = Math.min(end - start, limit ?? end - start)
    const sorted = sortIndices(context, keys, rows, { start, end, limit: limit ?? undefined })
    const address = context.allocate(count * 4)
    context.memory.u8.copyWithin(address, sorted, sorted + count * 4)
    return { address, count }
  },

  mergeSorted: (context, { keys, runs, batch, from, to }) => {
    const indices = mergeRuns(context, keys, runs, from, to)
    return { batches: [persistBatch(context, context.allocate, takeBatch(context, batch, indices, to - from))] }
  },

  spillSorted: (context, { keys, runs, batch, from, to, target }) => {
    const indices = mergeRuns(context, keys, runs, from, to)
    return spillRows(context, target, to - from, (start, end) =>
      takeBatch(context, batch, indices + start * 4, end - start),
    )
  },

  loadSpilled: (context, { batches }) => ({ blocks: readSpilled(context.memory, batches, context) }),

  mergeSpilled: (context, { part, columns }) => {
    const merged = mergePart(context, part)
    const { columns: all, ...batch } = merged.rows(0, merged.count)
    const kept = all.slice(0, columns)
    const schema = { fields: part.schema.fields.slice(0, columns) }
    return { batches: [persistBatch(context, context.allocate, { ...batch, schema, columns: kept })] }
  },

  respillMerged: (context, { part, target }) => {
    const merged = mergePart(context, part)
    return spillRows(context, target, merged.count, merged.rows)
  },

  window: (context, { windows, batch }) => ({ vectors: computeWindow(context, windows, batch) }),

  encode: (context, { slices, schema, options }) => encodeRowGroup(context.memory, slices, schema, options),
}

async function runChain(context: TaskContext, task: TaskOf<'chain'>): Promise<ReplyOf<'chain'>> {
  const { sliceRows, steps, end } = chainPlan(context.memory, task.chain)
  const { sentAt } = task.run
  const meter = sentAt === undefined ? null : new ChainMeter(context.memory, steps.length, sentAt)
  const chain = new Chain(context, steps, end, task.ordinal * ROWS_PER_ORDINAL, meter)
  let rowsIn = 0
  let bytesRead = 0
  try {
    for (const morsel of task.morsels) {
      const began = meter === null ? 0 : performance.now()
      const decoded = readMorsel(context, morsel)
      bytesRead += decoded.bytesRead
      meter?.worked(0, began)
      let rows = 0
      for (const batch of decoded.batches) {
        await chain.run(batch, sliceRows, originOf(morsel, rows))
        rows += batch.length
        if (morsel.kind === 'parquet') releaseBatch(context, batch)
      }
      rowsIn += rows
    }
    // An error that a user's function left behind in a promise or timer ends the thread: now, not in another run's task.
    if (steps.some((step) => step.kind === 'map')) await new Promise(setImmediate)
    const { batches, rowsOut } = chain.finish()
    return { batches, rowsIn, rowsOut, bytesRead, metrics: meter?.finish(bytesRead) ?? null }
  } catch (error) {
    chain.abandon()
    throw error
  }
}

function readMorsel(context: TaskContext, morsel: Morsel): { batches: readonly Batch[]; bytesRead: number } {
  return morsel.kind === 'batch' ? { batches: [morsel.batch], bytesRead: 0 } : decodeMorsel(morsel, context)
}

function originOf(morsel: Morsel, rows: number): Origin {
  const firstRow = morsel.firstRow + rows
  return morsel.kind === 'parquet' ? { path: morsel.path, rowGroup: morsel.rowGroup, firstRow } : { firstRow }
}
