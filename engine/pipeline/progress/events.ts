/** What a running pipeline tells of its stages and phases. */

import type { PlacementKind, StageKind } from '../../../planner/pipeline/definition.js'
import type { RunReport } from '../../../planner/run-options.js'
import type { StageReport } from '../report.js'
import type { PhaseName } from './phases.js'

/**
 * waiting  it has not begun
 * running  it, or the stage that it runs as a part of, is under way
 */
export type StageStatus = 'waiting' | 'running' | StageReport['status']

/** Counts are null where a stage runs as part of a plan that does not count rows in between. */
export interface StageProgress {
  /** The name of the pipeline. */
  readonly pipeline: string
  readonly stage: string
  readonly kind: StageKind
  readonly phase: PhaseName
  readonly status: StageStatus
  /** With what came before the job was resumed. */
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  /** Rows that left by each port. */
  readonly ports: Readonly<Record<string, number>>
  readonly batches: number | null
  readonly bytes: number | null
  /** Of all input, where known: of producers, and of consumers in mode `full`. */
  readonly totalRows: number | null
  /** Of all input that is done, from 0 to 1; null where that is not known. */
  readonly share: number | null
  /** Of this run, as are the rates. */
  readonly elapsedMs: number
  readonly rowsPerSecond: number
  /** Over the last seconds. */
  readonly recentRowsPerSecond: number
  readonly remainingMs: number | null
  /** Batches that wait before the stage, and how many may. */
  readonly queued: number
  readonly queueCapacity: number
  /** Null of producers and consumers, which run where the pipeline does. */
  readonly placement: PlacementKind | null
  /** Of the plan that it runs in mode `full`. */
  readonly strategy: RunReport['strategies'][number]['name'] | null
  /** Pieces of work that were done again. */
  readonly retries: number
  /** Records that were left out. */
  readonly rejected: number
  /** Resident memory of the process. */
  readonly rssBytes: number
  /** Bytes of the batches that wait before all stages. */
  readonly queuedBytes: number
  /** True of the last event of the stage. */
  readonly isDone: boolean
}

export interface PhaseProgress {
  readonly pipeline: string
  readonly phase: PhaseName
  /** Rows that its producers put out, its transforms put out for other phases, or its consumers wrote. */
  readonly rows: number
  /** Of producers: what was extracted; of consumers: what was written; of transforms: what they put out. */
  readonly bytes: number
  /** Stages of the phase, and those that have ended. */
  readonly stages: number
  readonly ended: number
  /** In which a stage of the phase was at work; with the time before the job was resumed. */
  readonly durationMs: number
  /** Over `durationMs`. */
  readonly rowsPerSecond: number
  readonly rssBytes: number
  /** True of the last event of the phase. */
  readonly isDone: boolean
}

/** Those who are told. */
export interface ProgressListener {
  readonly stage: (event: StageProgress) => void
  readonly phase: (event: PhaseProgress) => void
}
