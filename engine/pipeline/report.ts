/** What a run of a pipeline reports. Plain data, for `JSON.stringify`. */

import type { PlanJson } from '../../planner/graph/execution-plan.js'
import type { Mode, PlacementKind, StageKind } from '../../planner/pipeline/definition.js'
import type { MemoryReport, RunReport } from '../../planner/run-options.js'
import type { MemoryPeaks, QueuePeak } from './progress/peaks.js'
import type { PhaseName } from './progress/phases.js'
import type { PhaseReport } from './progress/view.js'
import type { Json } from './stage.js'

export interface StageReport {
  /** Of a stage of a nested pipeline, `outer/inner`. */
  readonly id: string
  readonly kind: StageKind
  readonly phase: PhaseName
  /**
   * done     it ended well
   * failed   `error` says why
   * skipped  it never began: `because` is the stage whose failure it was
   * aborted  it was stopped
   */
  readonly status: 'done' | 'failed' | 'skipped' | 'aborted'
  /** Null where it ran as part of a stage behind it, in one plan that does not count rows in between. */
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  readonly batches: number | null
  /** Read by a producer, written by a consumer; null where that is not known. */
  readonly bytes: number | null
  /** From its beginning to its end; of a job that was resumed, in all of its runs. None of a stage that ran as part of another. */
  readonly durationMs: number
  /** In which it was at work; the rest it waited for input, for room behind it, or for checkpoints. */
  readonly busyMs: number
  readonly waitingMs: number
  /** The most that waited before it; null in mode `full`, and of producers. */
  readonly queuePeak: QueuePeak | null
  readonly attempts: number
  /** Pieces of its work that were done again. */
  readonly retries: number
  /** Records that were left out. */
  readonly rejected: number
  /** Null of stages that run where the pipeline does. */
  readonly placement: PlacementKind | null
  readonly strategies: readonly RunReport['strategies'][number][]
  readonly error: { readonly code: string | null; readonly message: string } | null
  readonly because: string | null
}

export interface PipelineReport {
  readonly name: string
  readonly mode: Mode
  readonly status: 'done' | 'failed' | 'aborted'
  readonly startedAt: string
  readonly durationMs: number
  readonly peakRssBytes: number
  /** With what came before the job was resumed. */
  readonly phases: readonly PhaseReport[]
  readonly peaks: MemoryPeaks
  readonly params: Readonly<Record<string, Json>>
  readonly stages: readonly StageReport[]
  /** Files and tables. */
  readonly outputs: readonly string[]
  /** Files with the records that stages could not process. */
  readonly deadLetters: readonly DeadLetterFile[]
  readonly plan: PlanJson
  readonly sharedInputs: SharedInputsReport | null
  /** Of each consumer that ran a plan of its own. */
  readonly memory: Readonly<Record<string, MemoryReport>>
  /** Null without one. */
  readonly checkpoint: CheckpointReport | null
}

export interface ResumedFrom {
  readonly epoch: number
  /** That producers had put out. */
  readonly rowsExtracted: number
  /** That consumers had taken in. */
  readonly rowsLoaded: number
  /** That it had taken to get there, without the runs' ends that were lost. */
  readonly durationMs: number
}

export interface CheckpointReport {
  readonly id: string
  readonly directory: string
  /** True if the run went on with a job that had begun. */
  readonly resumed: boolean
  /** What the job had done where this run went on; null if it began at the start. */
  readonly resumedFrom: ResumedFrom | null
  /** How often the job was resumed so far. */
  readonly resumes: number
  /** True if the job had been finished before, so that nothing was done. */
  readonly wasFinished: boolean
  /** The last epoch. */
  readonly epoch: number
  /** Why a job that is resumed starts anew; null if it goes on where it was. */
  readonly startsAnew: string | null
}

export interface SharedInputsReport {
  /** Times that an input was asked for and was there, or on its way. */
  readonly hits: number
  /** Times that it was read. */
  readonly misses: number
  /** Times that an input had to give up memory. */
  readonly evictions: number
  /** The most that lay in memory at once. */
  readonly peakBytes: number
  /** In all. */
  readonly spilledBytes: number
}

export interface DeadLetterFile {
  readonly path: string
  readonly records: number
}
