/** What streaming runs report of their stages. */

import { VolleyError } from '../../../planner/errors.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { phaseOf } from '../progress/phases.js'
import { placementOf } from '../progress/view.js'
import type { StageReport } from '../report.js'
import { NO_COUNTS } from './counts.js'
import type { Job } from './job.js'
import type { StreamedStage } from './running-stage.js'

/**
 * In the order of the pipeline. Of a stage that ran in several runs, for a table and for a stream, the last counts; one that
 * ran in none was not reached, because of `failed`.
 */
export function stageReports(
  { stages }: FlatPipeline,
  runs: readonly (readonly StreamedStage[])[],
  failed: string | null = null,
): StageReport[] {
  const last = new Map(runs.flat().map((stage) => [stage.id, stage]))
  return stages.map((stage) => reportOf(stage, last.get(stage.id) ?? unreached(stage, failed)))
}

/** Of a job that was finished before, as its last checkpoint has them. */
export function finishedReports({ manifest }: Job, stages: readonly FlatStage[]): StageReport[] {
  const { committed, results } = manifest
  return stages.map((stage) => {
    const { id, kind } = stage
    const cut = committed?.producers[id] ?? committed?.works[id] ?? committed?.consumers[id]
    return reportOf(stage, {
      id,
      kind,
      status: 'done',
      counts: cut?.counts ?? NO_COUNTS,
      queuePeak: null,
      result: results[id] ?? null,
      error: null,
      because: null,
    })
  })
}

function unreached({ id, kind }: FlatStage, because: string | null): StreamedStage {
  return { id, kind, status: 'skipped', counts: NO_COUNTS, queuePeak: null, result: null, error: null, because }
}

function reportOf(stage: FlatStage, { status, counts, queuePeak, result, error, because }: StreamedStage): StageReport {
  const { rowsIn, rowsOut, batches, bytes, durationMs, busyMs, retries, rejected } = counts
  return {
    id: stage.id,
    kind: stage.kind,
    phase: phaseOf(stage.kind),
    status,
    rowsIn,
    rowsOut,
    batches,
    bytes: result?.bytesWritten ?? bytes,
    durationMs,
    busyMs,
    waitingMs: Math.max(0, durationMs - busyMs),
    queuePeak,
    attempts: 1,
    retries,
    rejected,
    placement: placementOf(stage),
    strategies: [],
    error: status === 'failed' ? errorOf(error) : null,
    because,
  }
}

function errorOf(error: unknown): { readonly code: string | null; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { code: error instanceof VolleyError ? error.code : null, message }
}
