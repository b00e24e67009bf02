/** What a checkpoint's file says of a job. */

import type { StageKind } from '../../../planner/pipeline/definition.js'
import type { JobTimes } from '../progress/phases.js'
import type { ConsumerResult, Json } from '../stage.js'
import type { Cut } from '../streaming/barriers.js'
import type { Blob } from './blobs.js'

export const MANIFEST_VERSION = 2

/** The state of a work, its batches in files. */
export interface KeptState {
  readonly state: Json
  readonly blobs: readonly Blob[]
}

export type KeptCut = Cut<KeptState>

/** The rows that left a stage, in an Arrow file. */
export interface KeptFile extends Blob {
  readonly rows: number
}

/** What a stage of mode `full` has done and left behind. */
export interface EndedStage {
  readonly kind: StageKind
  /** Its rows by the port that they left by; null of a port that nothing left by. None of a consumer. */
  readonly ports: Readonly<Record<string, KeptFile | null>>
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  /** What its plan read; null without one. */
  readonly read: { readonly rows: number; readonly bytes: number } | null
  readonly batches: number | null
  readonly bytes: number | null
  readonly durationMs: number
  readonly busyMs: number
  readonly retries: number
  readonly rejected: number
  /** Of a consumer: files or tables. */
  readonly outputs: readonly string[]
}

export interface Manifest {
  readonly version: typeof MANIFEST_VERSION
  readonly checkpoint: string
  readonly pipeline: string
  /** Tells this job from earlier ones of the same checkpoint: what databases keep their epochs under. */
  readonly job: string
  readonly began: string
  readonly fingerprint: Fingerprint
  readonly status: 'running' | 'finished'
  /** How often it was resumed. */
  readonly resumed: number
  /** The last cut that is in all outputs. */
  readonly committed: KeptCut | null
  /** A later one that is perhaps in some. */
  readonly prepared: KeptCut | null
  /** Consumers whose output is there under its name. */
  readonly results: Readonly<Record<string, ConsumerResult>>
  /** The stages that have ended, of a job in mode `full`. */
  readonly stages: Readonly<Record<string, EndedStage>>
  /** What consumers of mode `full` have written and perhaps committed, as they said when it was durable. */
  readonly loading: Readonly<Record<string, Json>>
  /** That it took to end these stages; null before the first. */
  readonly times: JobTimes | null
}

/** What must be the same for a job to go on. */
export interface Fingerprint {
  readonly pipeline: Json
  /** By producer. */
  readonly inputs: Readonly<Record<string, Json>>
}
