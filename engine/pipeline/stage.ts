/**
 * What the stages of a running pipeline are: producers, works and consumers. Whatever places or connects them knows
 * nothing else of them.
 *
 * A batch belongs to whoever holds it last: `process` and `write` take over what they are given, and the outputs of
 * `process` are the caller's, who releases them or passes them on.
 *
 * Checkpoints: from time to time a barrier follows the batches from every producer to every consumer. A producer says where
 * it stands; a work that has seen the barrier from all of its inputs says what it holds; a consumer makes durable what came
 * before it. What they say is JSON, or blobs kept beside it. The coordinator writes it all down as `prepared`, has the
 * consumers commit, and writes `committed`. A job that resumes goes on from the prepared checkpoint if all consumers have
 * committed it or need no more than what they said of it, else from the committed one.
 */

import type { Batch } from '../../io/batch.js'
import type { Schema } from '../../planner/types.js'

/** Plain data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A stage's part of a checkpoint. `batches` are kept in Arrow files, their schema with them. */
export interface StageState {
  readonly state: Json
  readonly batches: readonly Batch[]
}

/** A batch and where it leaves a stage. */
export interface Output {
  readonly port: string
  readonly batch: Batch
}

export interface ProducedBatch {
  readonly batch: Batch
  /** Where the producer stands behind the batch: `open` with it gives what comes after. */
  readonly position: Json
}

export interface Producer {
  /** Null until the first batch is there, for what tells its schema only then. */
  readonly schema: Schema | null
  readonly bounded: boolean
  /** False if a job that resumes would have to start anew. */
  readonly isResumable: boolean
  /** Rows in all; null where it is not known. */
  readonly rows: number | null
  /** Tells the inputs apart from others: paths, sizes, times, queries. Part of a checkpoint's fingerprint. */
  readonly fingerprint: Json
  /** Of producers that do again by themselves what failed for a passing reason: called each time. */
  onRetry?: () => void
  /** The batches behind `position`, or all. Its consumer may stop early by `return()`. */
  open(position: Json | null): AsyncGenerator<ProducedBatch>
  close(): Promise<void>
}

/** What a processor or an accumulator does, wherever it is placed. */
export interface StageWork {
  /** How many batches it can work on at once. What they give may settle in any order: whoever calls keeps that of the calls. */
  readonly concurrency: number
  process(batch: Batch): Promise<readonly Output[]>
  /** What is left at the end of the input. */
  finish(): Promise<readonly Output[]>
  /** When to call `tick` next, in milliseconds of `performance.now()`; null if never. */
  readonly due: number | null
  /** What the passing of time puts out. */
  tick(): Promise<readonly Output[]>
  /** Records that it left out, with those before it was restored; none unless told. */
  readonly rejected?: number
  /** Of works that do again by themselves what failed for a passing reason: called each time. Others leave that to who runs them. */
  onRetry?: () => void
  /** Null: it holds nothing between batches. Not while a batch is being processed. The batches stay the work's. */
  readonly checkpointed: { save(): Promise<StageState>; restore(state: StageState): Promise<void> } | null
  close(): Promise<void>
}

export interface ConsumerResult {
  readonly rows: number
  readonly bytesWritten: number
  /** Files or tables. */
  readonly outputs: readonly string[]
}

/** Where a pipeline's rows go. Nothing of it is seen outside before `commit` or `finish`. */
export interface Consumer {
  /** Records that it left out; none unless told. */
  readonly rejected?: number
  /** False if it can only put out everything at once, at `finish`. */
  readonly isResumable: boolean
  /** Begins behind a checkpoint, with what `prepare` gave then; null: from the start, and without what an earlier job left. */
  open(state: Json | null): Promise<void>
  /** Takes over the batch. Resolves when it can take more. */
  write(batch: Batch): Promise<void>
  /** Makes everything written so far durable, though not yet seen. `epoch` counts up from 1 within a checkpoint ID. */
  prepare(epoch: number): Promise<Json>
  /** Makes it count. Doing it again changes nothing. */
  commit(epoch: number): Promise<void>
  /** The last epoch that was committed, as the output itself tells; null where only the checkpoint knows. */
  committedEpoch(): Promise<number | null>
  /** The output under its name. */
  finish(): Promise<ConsumerResult>
  /** Leaves nothing behind of what is not committed; with `keep`, what a resumed job needs. */
  abort(keep: boolean): Promise<void>
}
