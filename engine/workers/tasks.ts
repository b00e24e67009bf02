/** What a worker does for each kind of task. */

import { emptyVector } from '../../io/batch.js'
import { readSpilled } from '../../io/spill/spill-reader.js'
import { evaluateGathered } from '../kernels/evaluate.js'
import { concat, persist, persistBatch, takeBatch, takeIntoBlocks } from '../kernels/vectors.js'
import { absorbedDisjoint, aggregateDisjoint, aggregateSpilled, spillGroups } from '../operators/aggregate/spilled.js'
import { AggregateState, absorbStates, divideGroups, mergeParts } from '../operators/aggregate.js'
import { JoinTable } from '../operators/join.js'
import { unmatchedBuild } from '../operators/probe.js'
import { spillRows } from '../operators/sort/spill.js'
import { mergePart } from '../operators/sort/spilled-runs.js'
import { mergeRuns, sortIndices } from '../operators/sort.js'
import { loadPieces } from '../operators/spilled-pieces.js'
import { computeWindow } from '../operators/window.js'
import { runChain } from './chain-task.js'
import type { ReplyOf, TaskKind, TaskOf } from './messages.js'
import type { TaskContext } from './task-context.js'

type Handlers = {
  readonly [K in TaskKind]: (context: TaskContext, task: TaskOf<K>) => ReplyOf<K> | Promise<ReplyOf<K>>
}

export const handlers: Handlers = {
  chain: runChain,

  // Loaded by threads that need it, as are encoders and functions: what they load takes longer than all the rest.
  stage: async (context, task) => (await import('./stage-task.js')).runStageTask(context, task),

  divideGroups: (context, { descriptor, state, partitions }) => divideGroups(context, descriptor, state, partitions),

  mergeGroups: (context, { descriptor, parts }) => ({ batches: mergeParts(context, descriptor, parts) }),

  absorbGroups: (context, { descriptor, states }) => ({ state: absorbStates(context, descriptor, states) }),

  spillGroups: (context, { descriptor, state, keys, target }) => ({
    pieces: spillGroups(context, descriptor, state, keys, target),
  }),

  aggregateSpilled: (context, { descriptor, input, mostBytes }) => {
    const batches = aggregateSpilled(context, descriptor, input, mostBytes)
    return { batches: batches ?? [], isTooLarge: batches === null }
  },

  aggregateDisjoint: (context, { descriptor, groups, mostBytes }) => {
    const state = aggregateDisjoint(context, descriptor, groups, mostBytes)
    return { state: state && { address: state.address, bytes: state.bytes } }
  },

  absorbDisjoint: (context, { descriptor, states }) => {
    const attached = states.map((address) => AggregateState.attach(context, descriptor, address))
    const { address, bytes } = absorbedDisjoint(context, descriptor, attached)
    return { state: { address, bytes } }
  },

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
    const order = mergeRuns(context, keys, runs, from, to)
    return spillRows(context, target, { columns: batch.columns.map((vector) => ({ vector, order })), count: to - from })
  },

  loadPieces: (context, { morsel }) => ({ batch: loadPieces(context, morsel) }),

  loadSpilled: (context, { batches }) => ({ blocks: readSpilled(context.memory, batches, context) }),

  mergeSpilled: (context, { part, columns }) => {
    const merged = mergePart(context, part)
    const schema = { fields: part.schema.fields.slice(0, columns) }
    const kept = merged.columns.slice(0, columns)
    const taken = kept.map(({ vector, order }) => takeIntoBlocks(context, vector, order, merged.count))
    return { batches: [{ schema, length: merged.count, columns: taken }] }
  },

  respillMerged: (context, { part, target }) => spillRows(context, target, mergePart(context, part)),

  window: (context, { windows, batch }) => ({ vectors: computeWindow(context, windows, batch) }),

  encode: async (context, task) => (await import('./encode-task.js')).encodeTask(context, task),
}
