/**
 * The protocol between the coordinating thread and the workers.
 *
 * The coordinator posts a `Task`; the worker answers with a `Reply`. Both are plain data: column data stays in shared
 * memory and only its descriptors travel. Workers hold no state between tasks but caches: the state of a breaker lives
 * in shared memory behind an address, so that any worker can go on with it.
 *
 *   coordinator                         worker
 *     | -- Task { run, kind, ... } -------> |   decodes, computes, writes into shared memory
 *     | <------ Reply { ok, value } ------- |   descriptors of what it wrote; their blocks are the coordinator's now
 *     | -- sets the run's cancel word ----> |   seen at the next slice: the task fails with VOLLEY_ABORTED
 *
 * A task that fails releases what it allocated for its answer; everything else a run leaves behind is freed by owner.
 */

import type { Batch, Vector } from '../../io/batch.js'
import type { EncodedRowGroup, EncodeOptions, RowGroupSlice } from '../../io/parquet/encode.js'
import type { Morsel } from '../../io/source.js'
import type { SpilledBatch } from '../../io/spill/spill-file.js'
import type { ErrorMessage } from '../../planner/errors.js'
import type { NamedExpression, SortKey, TypedExpression, TypedWindow } from '../../planner/expression.js'
import type { UserFunction } from '../../planner/logical-plan.js'
import type { DataType, Schema } from '../../planner/types.js'
import type { KernelCalls } from '../kernels/kernel-calls.js'
import type { WorkerLimits } from '../memory/budget.js'
import type { PlanPart, PlanPiece } from '../metrics/plan-part.js'
import type { TaskUsage } from '../metrics/task-usage.js'
import type { SpilledInput } from '../operators/aggregate/spilled.js'
import type { AggregateDescriptor, StatePart } from '../operators/aggregate.js'
import type { FirstRowsStep } from '../operators/first-rows.js'
import type { PartitionTarget } from '../operators/partition.js'
import type { ProbeStep } from '../operators/probe.js'
import type { SpilledRows, SpillTarget } from '../operators/sort/spill.js'
import type { MergePart } from '../operators/sort/spilled-runs.js'
import type { SpilledMorsel } from '../operators/spilled-pieces.js'
import type { RejectedRecord } from '../recovery/rejected-record.js'
import type { PackedOutput } from './batch-numbers.js'

/** What every task knows of the run it belongs to. */
export interface RunHandle {
  /** Owner of the blocks the run allocates. */
  readonly owner: number
  /** Address of an int32 that becomes 1 when the run is cancelled. */
  readonly cancel: number
  /** Slot of the operator that the task's blocks are counted for. */
  readonly operator: number
  /** When the task was posted, by `clockMs`; only in runs that are measured. */
  readonly sentAt?: number
  /** How often the task may be done again if it fails for a reason that may pass; never if absent. */
  readonly retriesLeft?: number
}

export type UserModule = Extract<UserFunction, { kind: 'module' }>

/** An operator of a chain, as it runs in a worker on one slice after another. */
export type ChainStep = PlanPiece &
  (
    | { readonly kind: 'filter'; readonly predicate: TypedExpression }
    | { readonly kind: 'project'; readonly schema: Schema; readonly expressions: readonly NamedExpression[] }
    /** Keeps the first `limit` rows of a slice in sort order: a top-k sort follows. */
    | { readonly kind: 'top'; readonly keys: readonly SortKey<TypedExpression>[]; readonly limit: number }
    | FirstRowsStep
    /** Passes all rows on for which the expressions can be computed, so that what follows never fails for one of them. */
    | { readonly kind: 'check'; readonly label: string; readonly expressions: readonly TypedExpression[] }
    | ProbeStep
    | {
        readonly kind: 'map'
        readonly mode: 'batch' | 'row'
        readonly function: UserModule
        readonly schema: Schema
      }
  )

/** Where the rows of a chain end up. */
export type ChainEnd =
  /** In batches of the answer. */
  | { readonly kind: 'output' }
  /** In one of the aggregation states whose addresses are in `slots`; without slots, in one that the answer names. */
  | {
      readonly kind: 'aggregate'
      readonly descriptor: AggregateDescriptor
      readonly keys: readonly TypedExpression[]
      readonly arguments: readonly (TypedExpression | null)[]
      readonly filters: readonly (TypedExpression | null)[]
      /** Address of `slotCount` pairs of int32: lock, address of the state or 0. */
      readonly slots: number
      readonly slotCount: number
      /** What it is measured as; not at all if absent. */
      readonly node?: PlanPart
    }
  /** In pieces of a spill file, which the answer lists. */
  | {
      readonly kind: 'partition'
      /** Rows with equal values of them, null being one, go into the same partition. */
      readonly keys: readonly TypedExpression[]
      /** True to write, behind the columns, each row's position: an INT64 that orders all rows of the pipeline. */
      readonly positions: boolean
      readonly target: PartitionTarget
      /** What it is measured as; not at all if absent. */
      readonly node?: PlanPart
    }

/** What the task of a chain may read. */
export type TaskMorsel = Morsel | SpilledMorsel

/** Everything about a chain but its input. */
export interface ChainPlan {
  /** Rows that pass through the steps at once. */
  readonly sliceRows: number
  readonly steps: readonly ChainStep[]
  readonly end: ChainEnd
}

/**
 * The plan of a chain or of a stage, serialized into a block of the run, so that it does not travel with every morsel.
 * Workers read it once; `id` is unique in the process.
 */
export interface PublishedChain {
  readonly id: number
  readonly address: number
  readonly bytes: number
}

/** An aggregation state that nobody else refers to. */
export interface HeldState {
  readonly address: number
  readonly bytes: number
}

export interface SortVector {
  readonly vector: Vector
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export interface SortedRun {
  readonly address: number
  readonly count: number
}

/** What became of one batch: the failure of another is none of its own. */
export type StageResult =
  | { readonly ok: true; readonly outputs: readonly PackedOutput[] }
  | { readonly ok: false; readonly error: ErrorMessage }

export interface TaskKinds {
  /** Reads morsels one after the other and runs a chain over them. */
  chain: {
    task: {
      readonly morsels: readonly TaskMorsel[]
      /** Ordinal of the task in its pipeline: orders first and last. */
      readonly ordinal: number
      readonly chain: PublishedChain
      /** Leaves out records that cannot be processed, and names them in the answer; otherwise the first fails the task. */
      readonly rejects: boolean
    }
    reply: {
      readonly batches: readonly Batch[]
      /** Of a chain that aggregates without slots, its groups. */
      readonly state: HeldState | null
      /** Of a chain that makes partitions, what it wrote: `PIECE_FIELDS` numbers for each piece. Otherwise null. */
      readonly pieces: Float64Array | null
      readonly rejects: readonly RejectedRecord[]
      readonly rowsIn: number
      readonly rowsOut: number
      readonly bytesRead: number
      /** As `ChainMeter` lays it out; null in runs that are not measured. */
      readonly metrics: Float64Array | null
    }
  }
  /** Does to batches, which are as `batchNumbers` writes them, what the published `StagePlan` of a pipeline's stage says. */
  stage: {
    task: { readonly plan: PublishedChain; readonly batches: readonly (readonly number[])[] }
    reply: { readonly results: readonly StageResult[] }
  }
  /** Lists the groups of a state by partition, in a block: `ends`, then the groups; see `Grouping.divide`. */
  divideGroups: {
    task: { readonly descriptor: AggregateDescriptor; readonly state: number; readonly partitions: number }
    reply: { readonly lists: number; readonly ends: readonly number[] }
  }
  /** Merges the groups of one partition out of all partial states. */
  mergeGroups: {
    task: { readonly descriptor: AggregateDescriptor; readonly parts: readonly StatePart[] }
    reply: { readonly batches: readonly Batch[] }
  }
  /** Merges states into a new one. They stay as they are. */
  absorbGroups: {
    task: { readonly descriptor: AggregateDescriptor; readonly states: readonly number[] }
    reply: { readonly state: HeldState }
  }
  /** Writes the groups of a state to partitions. It stays as it is. */
  spillGroups: {
    task: {
      readonly descriptor: AggregateDescriptor
      readonly state: number
      readonly keys: readonly TypedExpression[]
      readonly target: PartitionTarget
    }
    /** `PIECE_FIELDS` numbers for each piece. */
    reply: { readonly pieces: Float64Array }
  }
  /** Aggregates what lies in files. */
  aggregateSpilled: {
    task: {
      readonly descriptor: AggregateDescriptor
      readonly input: SpilledInput
      /** Gives up once the groups take more, unless null. */
      readonly mostBytes: number | null
    }
    reply: { readonly batches: readonly Batch[]; readonly isTooLarge: boolean }
  }
  /** Aggregates groups that lie in files, whose distinct values are in no other partition; null if it gave up. */
  aggregateDisjoint: {
    task: {
      readonly descriptor: AggregateDescriptor
      readonly groups: readonly SpilledMorsel[]
      /** As for `aggregateSpilled`. */
      readonly mostBytes: number | null
    }
    reply: { readonly state: HeldState | null }
  }
  /** Merges states of such partitions into a new one. They are only to be released then. */
  absorbDisjoint: {
    task: { readonly descriptor: AggregateDescriptor; readonly states: readonly number[] }
    reply: { readonly state: HeldState }
  }
  /** Joins the pieces of a column into one contiguous vector. */
  concat: { task: { readonly vectors: readonly Vector[]; readonly type: DataType }; reply: { readonly vector: Vector } }
  /** Evaluates expressions over a whole contiguous batch. */
  evaluate: {
    task: { readonly expressions: readonly TypedExpression[]; readonly batch: Batch }
    reply: { readonly vectors: readonly Vector[] }
  }
  /** Lays out a join's hash table over the key vectors of the build side. */
  buildJoin: {
    task: { readonly keys: readonly Vector[]; readonly rows: number; readonly trackMatches: boolean }
    reply: { readonly table: number }
  }
  /** Enters a share of the rows into a join table; all shares together must cover its rows. */
  linkJoin: {
    task: { readonly table: number; readonly start: number; readonly count: number }
    reply: { readonly linked: number }
  }
  /** Lists the build rows no probe row matched. */
  unmatched: {
    task: { readonly step: ProbeStep; readonly start: number; readonly count: number }
    reply: { readonly batches: readonly Batch[] }
  }
  /** Sorts the rows [start, end) of contiguous key vectors. */
  sortRange: {
    task: {
      readonly keys: readonly SortVector[]
      readonly rows: number
      readonly start: number
      readonly end: number
      readonly limit: number | null
    }
    reply: SortedRun
  }
  /** Merges sorted runs and gathers the output rows [from, to). */
  mergeSorted: {
    task: {
      readonly keys: readonly SortVector[]
      readonly runs: readonly SortedRun[]
      readonly batch: Batch
      readonly from: number
      readonly to: number
    }
    reply: { readonly batches: readonly Batch[] }
  }
  /** Merges sorted runs and writes the output rows [from, to) to a file. */
  spillSorted: {
    task: {
      readonly keys: readonly SortVector[]
      readonly runs: readonly SortedRun[]
      readonly batch: Batch
      readonly from: number
      readonly to: number
      readonly target: SpillTarget
    }
    reply: SpilledRows
  }
  /** Reads pieces of a spill file into one batch. */
  loadPieces: { task: { readonly morsel: SpilledMorsel }; reply: { readonly batch: Batch } }
  /** Reads batches of files, each into a block. */
  loadSpilled: { task: { readonly batches: readonly SpilledBatch[] }; reply: { readonly blocks: readonly number[] } }
  /** Merges a part of spilled runs; of its columns, the first `columns` are put out. */
  mergeSpilled: {
    task: { readonly part: MergePart; readonly columns: number }
    reply: { readonly batches: readonly Batch[] }
  }
  /** Merges a part of spilled runs and writes it to a file. */
  respillMerged: { task: { readonly part: MergePart; readonly target: SpillTarget }; reply: SpilledRows }
  /** Computes window columns over a whole contiguous batch. */
  window: {
    task: { readonly windows: readonly TypedWindow[]; readonly batch: Batch }
    reply: { readonly vectors: readonly Vector[] }
  }
  /** Encodes a Parquet row group. */
  encode: {
    task: { readonly slices: readonly RowGroupSlice[]; readonly schema: Schema; readonly options: EncodeOptions }
    reply: Omit<EncodedRowGroup, 'bytes'> & {
      /** In a block of the coordinator's, or where that had no room, in a buffer. */
      readonly pages: { readonly block: number; readonly bytes: number } | Uint8Array
    }
  }
}

export type TaskKind = keyof TaskKinds
export type TaskOf<K extends TaskKind> = { readonly kind: K; readonly run: RunHandle } & TaskKinds[K]['task']
export type Task = { [K in TaskKind]: TaskOf<K> }[TaskKind]
export type ReplyOf<K extends TaskKind> = TaskKinds[K]['reply']

export type Reply<K extends TaskKind = TaskKind> =
  | {
      readonly ok: true
      readonly value: ReplyOf<K>
      /** Null in runs that are not measured, and of chains, which measure themselves piece by piece. */
      readonly usage: TaskUsage | null
    }
  | { readonly ok: false; readonly error: ErrorMessage }

/** What a worker needs to start. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory
  readonly kernels: WebAssembly.Module
  /** Where calls of kernels are counted; null where nobody wants to know. */
  readonly kernelCalls: KernelCalls | null
  readonly limits: WorkerLimits
}
