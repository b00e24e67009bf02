/** The contract of what an aggregate keeps for each group, and how it is updated, merged and read. */

import type { Vector } from '../../../io/batch.js'
import type { TypedAggregate } from '../../../planner/expression.js'
import type { OperatorContext } from '../operator-context.js'
import type { SliceRows } from './slice-rows.js'

/** Where the accumulators of one aggregate lie in a state. Addresses hold until the state gets new groups. */
export interface Target {
  readonly context: OperatorContext
  /** Address of the accumulator of group 0, and the bytes from one group to the next. */
  readonly base: number
  readonly stride: number
  readonly groupCount: number
  /** What the aggregate keeps outside of rows; see `Accumulator.createAuxiliary`. */
  readonly auxiliary: number
}

/** A slice of the aggregate's argument, full, plain or dictionary encoded; null for `countStar`. */
export interface Input {
  readonly argument: Vector | null
  /** Bitmap of the rows that pass the aggregate's filter and whose argument is not null; 0 for all. */
  readonly valid: number
  /** Bitmap of the rows that pass the filter alone; 0 for all. */
  readonly included: number
}

/** Groups of another state that are merged: entry i there is group i here. */
export interface Merge {
  /** Addresses of u32 group numbers here and there. */
  readonly groups: number
  readonly entries: number
  readonly count: number
  /** The address of u32 groups here for each group there, 0xffffffff for those of other partitions. */
  readonly mapping: () => number
}

/** Reads the results of `count` groups (u32 at an address) into scratch. */
export type Finish = (entries: number, count: number) => Vector

/** Rows about groups, for one of the partials of `planner/duckdb-sql/partial-form.ts`: its columns, in their order. */
export interface PartialRows {
  /** Reads a row for each of `count` groups (u32 at an address) into scratch; null if groups have none of their own. */
  readonly ofGroups: ((entries: number, count: number) => readonly Vector[]) | null
  /** Reads what takes rows beyond those, a part at a time into scratch that is taken back when the next is asked for. */
  readonly further: (() => Generator<FurtherRows>) | null
}

export interface FurtherRows {
  /** Address of the u32 group of each row. */
  readonly groups: number
  readonly count: number
  readonly columns: readonly Vector[]
}

export interface Accumulator {
  /** Names what is kept: aggregates of the same argument and filter that have the same key share one accumulator. */
  readonly key: string
  /** Bytes in a group's row, a multiple of 8. All zero is the state of an empty group. */
  readonly bytes: number
  update(target: Target, rows: SliceRows, input: Input): void
  merge(target: Target, source: Target, merge: Merge): void
  /** Adds what `partials` has read: its columns, expanded, with nulls in the rows that say nothing. */
  addPartials(target: Target, rows: SliceRows, columns: readonly Vector[]): void
  /** Completes the accumulators, once, when all input is in; after it the state is only read. */
  settle?(target: Target): void
  /** Merges accumulators of a state that was settled, which had other values than those merged before; else as `merge`. */
  mergeSettled?(target: Target, source: Target, merge: Merge): void
  /** Prepares to read the results of one of the aggregates that share the accumulators. */
  finish(target: Target, aggregate: TypedAggregate): Finish
  /** Prepares to read partial results for an aggregate, before `settle`; the accumulators are not changed. */
  partials(target: Target, aggregate: TypedAggregate): PartialRows
  /** For aggregates that keep more than fits a row. */
  readonly auxiliary: AuxiliaryState | null
}

export interface AuxiliaryState {
  create(context: OperatorContext): number
  bytes(context: OperatorContext, address: number): number
  release(context: OperatorContext, address: number): void
}
