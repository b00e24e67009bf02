/** What the stages of a running pipeline use of their engine. */

import type { RecordBatch } from 'apache-arrow'
import type { Allocate, Batch } from '../../io/batch.js'
import type { DecodeTarget, Source } from '../../io/source.js'
import type { Frame, FrameRuntime } from '../../planner/frame.js'
import type { RunOptions, RunReport } from '../../planner/run-options.js'
import type { Schema } from '../../planner/types.js'
import type { EngineListeners } from '../events.js'
import type { SharedMemory } from '../memory/shared-memory.js'
import type { Run } from '../run.js'
import type { Scans } from '../scans.js'
import type { BulkStrategy } from '../strategies/bulk.js'
import type { Pipeline } from '../strategies/pipeline.js'
import type { StageMessages } from './stage-messages.js'

export interface PipelineServices {
  /** Of the whole pipeline: it owns the blocks that its stages allocate, and frees what is left of them at the end. */
  readonly run: Run
  readonly memory: SharedMemory
  /** Makes blocks of the pipeline's run. */
  readonly allocate: Allocate
  /** The same as readers take it. */
  readonly target: DecodeTarget
  /** Aborted when the pipeline is cancelled. */
  readonly signal: AbortSignal
  /** What frames are made for: `new Frame(plan, runtime)`. */
  readonly runtime: FrameRuntime
  readonly scans: Scans
  /**
   * Hands a batch to a user's function, and takes over its blocks: they live as long as the function holds views of them.
   * Resolves when much that was handed out before and dropped since has been let go.
   */
  lease(batch: Batch): Promise<RecordBatch>
  /** Runs a frame of this engine, and tells `ended` of the run if it was taken to its end. The consumer owns the batches and may stop early. */
  batchesOf(frame: Frame, options?: RunOptions, ended?: (report: RunReport) => void): AsyncGenerator<Batch>
  /** A frame over batches in shared memory, whose blocks it takes over, until `close`. */
  tableOf(schema: Schema, batches: readonly Batch[]): BatchTable
  /** A frame that reads a source, which is closed when nothing refers to the frame any more. */
  frameOf(source: Source): Frame
  /** The frame as pipelines of operators: resolved, optimized, cut at its breakers. */
  lowered(frame: Frame): Promise<Pipeline>
  /** Runs pipelines of operators within the pipeline's run, and holds the joins that it builds for them. */
  bulk(): BulkStrategy
  /** For actors. */
  readonly messages: StageMessages
}

export interface BatchTable {
  readonly frame: Frame
  /** Releases the blocks. Nothing may read the frame any more. */
  close(): Promise<void>
}

/** Services that somebody has to close, once nothing of the pipeline runs any more. */
export interface OpenServices extends PipelineServices {
  close(): Promise<void>
}

/** What a pipeline needs of its engine. */
export interface PipelineHost {
  openPipeline(signal?: AbortSignal, messages?: StageMessages): OpenServices
  strategyNames(): readonly string[]
  readonly listeners: EngineListeners
}
