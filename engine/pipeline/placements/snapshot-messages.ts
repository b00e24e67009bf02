/**
 * The protocol of a snapshot's thread. It starts ahead of its batches, with `SnapshotStart`, and waits; a `SnapshotWork` is
 * then all that it ever gets, and it ends with its answer.
 */

import type { ErrorMessage } from '../../../planner/errors.js'
import type { PackedOutput } from '../../workers/batch-numbers.js'
import type { RunHandle } from '../../workers/messages.js'
import type { StagePlan } from '../../workers/stage-plan.js'

export interface SnapshotStart {
  readonly memory: WebAssembly.Memory
  readonly run: RunHandle
}

export interface SnapshotTask {
  readonly plan: StagePlan
  /** As `batchNumbers` writes them. */
  readonly batches: readonly (readonly number[])[]
}

export type SnapshotAnswer =
  | { readonly ok: true; readonly outputs: readonly PackedOutput[] }
  | { readonly ok: false; readonly error: ErrorMessage }
