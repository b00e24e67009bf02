/** What a checkpoint's file says of a job. */

import type { ConsumerResult, Json } from '../stage.js'
import type { Cut } from '../streaming/barriers.js'
import type { Blob } from './blobs.js'

export const MANIFEST_VERSION = 1

/** The state of a work, its batches in files. */
export interface KeptState {
  readonly state: Json
  readonly blobs: readonly Blob[]
}

export type KeptCut = Cut<KeptState>

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
}

/** What must be the same for a job to go on. */
export interface Fingerprint {
  readonly pipeline: Json
  /** By producer. */
  readonly inputs: Readonly<Record<string, Json>>
}
