/** What a run of a pipeline may be told. */

import type { Mode } from '../../planner/pipeline/definition.js'
import type { AnyStrategyName } from '../../planner/run-options.js'
import type { Parameters } from './pipeline-input.js'
import type { PhaseProgress, StageProgress } from './progress/events.js'

export interface PipelineRunOptions {
  readonly params?: Parameters
  /** Instead of the pipeline's own. */
  readonly mode?: Mode
  /** Of the plans that stages run. */
  readonly strategy?: AnyStrategyName
  /** Ends the run with VOLLEY_ABORTED. */
  readonly signal?: AbortSignal
  /** Told of each stage when it changes, at most ten times a second, and when it has ended. */
  readonly onProgress?: (event: StageProgress) => void
  /** Told the same of all stages that extract, transform or load. */
  readonly onPhase?: (event: PhaseProgress) => void
  /**
   * Keeps how far the job is under this name, so that a job that was killed can go on: in mode `full` behind the stages that
   * had ended, in the others from the last epoch.
   */
  readonly checkpoint?: string
  /** Goes on with the job of that name; without it, one that has not ended is refused. */
  readonly resume?: boolean
  /** Where checkpoints are kept; `.volley/checkpoints` beside the pipeline unless given. */
  readonly checkpointDirectory?: string
  /** Of streams: 5,000 milliseconds unless given. */
  readonly checkpointEvery?: { readonly batches?: number; readonly milliseconds?: number }
  /**
   * A file of dead letters, or a directory of them: instead of the pipeline's sources, their records enter it again, at the
   * stages that could not process them. The files are renamed to `.done` when the run is.
   */
  readonly reprocess?: string
}
