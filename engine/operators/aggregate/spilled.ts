/**
 * Aggregation in partitions that lie in files: groups are written as partial results, and rows that were not worth grouping
 * as they came. Both are put into partitions by the hashes of their keys, so each partition is aggregated on its own. Where there are few groups of many distinct values,
 * partitions are by the values, too: what is made of those is then merged.
 */

import { type Batch, sliceBatch } from '../../../io/batch.js'
import { isMemoryLimit } from '../../../planner/errors.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { evaluateAll } from '../../kernels/evaluate.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { TaskContext } from '../../workers/task-context.js'
import { AggregateState } from '../aggregate.js'
import { PartitionedRows, type PartitionTarget } from '../partition.js'
import { loadPieces, type SpilledMorsel } from '../spilled-pieces.js'
import { exportPartials } from './partials.js'
import type { AggregateDescriptor } from './plan.js'

/** Where rows have what is aggregated: numbers of columns. */
export interface RawColumns {
  readonly keys: readonly number[]
  /** Null for `countStar`. */
  readonly arguments: readonly (number | null)[]
  /** Null where there is none. */
  readonly filters: readonly (number | null)[]
  /** Null where nothing depends on the position of a row. */
  readonly position: number | null
}

/** A partition. */
export interface SpilledInput {
  readonly raw: { readonly columns: RawColumns; readonly morsels: readonly SpilledMorsel[] }
  /** Rows of `partialSchema`. */
  readonly groups: readonly SpilledMorsel[]
}

/** Rows that go through a state at once: their words stay in the second-level cache. */
const SLICE_ROWS = 8192

/**
 * Writes the groups of a state to partitions by `keys` over the rows of `partialSchema`; returns the pieces as
 * `PartitionedRows` lists them. The state is not changed.
 */
export function spillGroups(
  context: TaskContext,
  descriptor: AggregateDescriptor,
  address: number,
  keys: readonly TypedExpression[],
  target: PartitionTarget,
): Float64Array {
  const rows = new PartitionedRows(context, target)
  try {
    for (const batch of exportPartials(context, descriptor, address, 0, 1)) {
      const mark = context.markScratch()
      try {
        rows.add(evaluateAll(context, keys, batch), batch)
      } finally {
        releaseBatch(context, batch)
        context.rewindScratch(mark)
      }
    }
    return rows.finish()
  } catch (error) {
    rows.abandon()
    throw error
  }
}

/**
 * The groups of a partition, as persisted batches, in no order. Unless `mostBytes` is null: null if they take more than
 * that, or more than there is. Throws VOLLEY_OVERFLOW, VOLLEY_IO, VOLLEY_MEMORY_LIMIT.
 */
export function aggregateSpilled(
  context: TaskContext,
  descriptor: AggregateDescriptor,
  { raw, groups }: SpilledInput,
  mostBytes: number | null,
): Batch[] | null {
  const state = AggregateState.create(context, descriptor)
  const isTooLarge = () => mostBytes !== null && state.bytes > mostBytes
  try {
    let row = 0
    for (const batch of loaded(context, raw.morsels)) {
      addRaw(state, raw.columns, batch, row)
      row += batch.length
      if (isTooLarge()) return null
    }
    for (const batch of loaded(context, groups)) {
      state.addPartials(batch)
      if (isTooLarge()) return null
    }
    return state.finish()
  } catch (error) {
    if (mostBytes !== null && isMemoryLimit(error)) return null
    throw error
  } finally {
    state.release()
    context.resetScratch()
  }
}

/**
 * What the rows of a partition come to, in a state that is the caller's and has none of the distinct values any more; null,
 * and throws, as `aggregateSpilled`.
 */
export function aggregateDisjoint(
  context: TaskContext,
  descriptor: AggregateDescriptor,
  groups: readonly SpilledMorsel[],
  mostBytes: number | null,
): AggregateState | null {
  const state = AggregateState.create(context, descriptor)
  try {
    for (const batch of loaded(context, groups)) {
      state.addPartials(batch)
      if (mostBytes !== null && state.bytes > mostBytes) return null
    }
    return absorbedDisjoint(context, descriptor, [state])
  } catch (error) {
    if (mostBytes !== null && isMemoryLimit(error)) return null
    throw error
  } finally {
    state.release()
    context.resetScratch()
  }
}

/** What states that have no distinct value in common come to together, in a new one. They are settled. */
export function absorbedDisjoint(
  context: TaskContext,
  descriptor: AggregateDescriptor,
  states: readonly AggregateState[],
): AggregateState {
  const merged = AggregateState.create(context, descriptor)
  try {
    for (const state of states) {
      merged.absorbDisjoint(state)
      context.resetScratch()
    }
    return merged
  } catch (error) {
    merged.release()
    throw error
  }
}

/** Where no position was written, nothing depends on it but the order of groups: they come as they are read. */
function addRaw(state: AggregateState, columns: RawColumns, batch: Batch, row: number): void {
  const column = (index: number) => batch.columns[index]
  const optional = (index: number | null) => (index === null ? null : column(index))
  const [keys, inputs] = [columns.keys.map(column), columns.arguments.map(optional)]
  state.update(keys, inputs, columns.filters.map(optional), batch.length, optional(columns.position) ?? row)
}

/** Slices, each until the next is asked for; scratch is taken back then. */
function* loaded(context: TaskContext, morsels: readonly SpilledMorsel[]): Generator<Batch> {
  for (const morsel of morsels) {
    const batch = loadPieces(context, morsel)
    try {
      for (let start = 0; start < batch.length; start += SLICE_ROWS) {
        context.checkCancelled()
        yield sliceBatch(batch, start, Math.min(SLICE_ROWS, batch.length - start))
        context.resetScratch()
      }
    } finally {
      releaseBatch(context, batch)
    }
  }
}
