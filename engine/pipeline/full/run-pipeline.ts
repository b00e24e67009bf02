/** Runs a pipeline in mode `full`, and reports. */

import { VolleyError } from '../../../planner/errors.js'
import { expandedGraphOf } from '../../../planner/graph/pipeline-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import { type FlatPipeline, type FlatStage, flatten } from '../../../planner/pipeline/flatten.js'
import type { AnyStrategyName } from '../../../planner/run-options.js'
import type { PipeResult } from '../generations/results.js'
import type { PhaseProgress, StageProgress } from '../progress/events.js'
import { PhaseClocks, phaseOf } from '../progress/phases.js'
import { ProgressTeller } from '../progress/teller.js'
import { phaseReports, placementOf, type StageView } from '../progress/view.js'
import type { PipelineReport, StageReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import type { Json } from '../stage.js'
import { withReport } from '../streaming/stage-error.js'
import type { ExtractedInputs } from './extracted-inputs.js'
import type { FullProgress } from './full-progress.js'
import { type FullResult, runFull, type StageOutcome } from './full-run.js'

export interface FullRunOptions {
  readonly strategy?: AnyStrategyName
  readonly extracted: ExtractedInputs | null
  readonly onProgress?: (event: StageProgress) => void
  readonly onPhase?: (event: PhaseProgress) => void
}

export async function runPipeline(
  definition: PipelineDefinition,
  params: Readonly<Record<string, Json>>,
  services: PipelineServices,
  { strategy, extracted, onProgress: stage, onPhase: phase }: FullRunOptions,
): Promise<PipelineReport> {
  const startedAt = new Date()
  const flat = flatten(definition)
  const plan = new PlanGenerator(expandedGraphOf(definition)).batchPlan()
  const clocks = new PhaseClocks()
  const isHeard = stage !== undefined || phase !== undefined
  const listener = isHeard ? { stage: stage ?? (() => {}), phase: phase ?? (() => {}) } : null
  const teller = new ProgressTeller(flat, services.memory, () => clocks, listener)
  try {
    const result = await runFull(flat, plan, services, {
      startedAt,
      extracted,
      clocks,
      teller,
      ...(strategy === undefined ? {} : { strategy }),
    })
    const report = reportOf(definition, flat, result, clocks, teller)
    teller.settle(viewsOf(result.progress, report.stages))
    teller.finish('done')
    const whole = { ...report, startedAt: startedAt.toISOString(), params, plan: plan.toJSON() }
    const { status, error } = result.generations
    const isFailure = status === 'aborted' || (status === 'failed' && definition.onFailure === 'fail-fast')
    if (isFailure) throw withReport(error, whole)
    return whole
  } finally {
    teller.finish('aborted')
  }
}

/** What a run reports of itself; the rest was known before. */
function reportOf(
  definition: PipelineDefinition,
  flat: FlatPipeline,
  { generations, sharedInputs, progress, deadLetters, rejected }: FullResult,
  clocks: PhaseClocks,
  teller: ProgressTeller,
): Omit<PipelineReport, 'startedAt' | 'params' | 'plan'> {
  const { pipes, status, durationMs } = generations
  const done = pipes.flatMap(({ id, value }) => (value === undefined ? [] : [{ id, ...value }]))
  const runs = done.flatMap(({ id, report }) => (report === null ? [] : [{ id, report }]))
  const byId = new Map(pipes.map((pipe) => [pipe.id, pipe]))
  const stages = withChains(
    flat.stages.map((stage) => stageReport(stage, byId.get(stage.id)!, progress, rejected[stage.id])),
    flat.stages,
    pipes,
  )
  const rssBytes = Math.max(teller.peaks.rssBytes, ...runs.map((run) => run.report.peakRssBytes))
  return {
    name: definition.name,
    mode: definition.mode,
    status,
    durationMs,
    peakRssBytes: rssBytes,
    phases: phaseReports(flat, stages, clocks.times()),
    peaks: { ...teller.peaks, rssBytes },
    stages,
    outputs: done.flatMap(({ outputs }) => outputs),
    deadLetters,
    sharedInputs,
    memory: Object.fromEntries(runs.map((run) => [run.id, run.report.memory])),
    checkpoint: null,
  }
}

function viewsOf(progress: FullProgress, stages: readonly StageReport[]): readonly StageView[] {
  const views = new Map(progress.view().map((view) => [view.id, view]))
  return stages.map(({ id, status, rowsIn, rowsOut, bytes, retries, rejected }) => {
    const view = views.get(id)!
    const rowsDone = status === 'done' ? (view.totalRows ?? view.rowsDone) : view.rowsDone
    return { ...view, status, rowsIn, rowsOut, bytes, rowsDone, retries, rejected }
  })
}

function stageReport(
  stage: FlatStage,
  pipe: PipeResult<StageOutcome>,
  progress: FullProgress,
  rejected: number | undefined,
): StageReport {
  const { id, kind } = stage
  const { status, value, error, because, durationMs, attempts } = pipe
  // What has no run of its own only makes itself ready.
  const ownMs = progress.busyMs(id)
  const busyMs = ownMs === 0 ? durationMs : Math.min(durationMs, ownMs)
  return {
    id,
    kind,
    phase: phaseOf(kind),
    status,
    rowsIn: value?.rowsIn ?? null,
    rowsOut: value?.rowsOut ?? null,
    batches: progress.batches(id),
    bytes: value?.bytes ?? null,
    durationMs,
    busyMs,
    waitingMs: durationMs - busyMs,
    queuePeak: null,
    attempts,
    retries: Math.max(0, attempts - 1) + (value?.report?.retries ?? 0),
    rejected: rejected ?? value?.report?.rejected ?? 0,
    placement: placementOf(stage),
    strategies: value?.report?.strategies ?? [],
    error: error === null ? null : errorOf(error),
    because,
  }
}

function errorOf(error: unknown): StageReport['error'] {
  const code = error instanceof VolleyError ? error.code : null
  return { code, message: error instanceof Error ? error.message : String(error) }
}

interface Reading {
  readonly id: string
  readonly kind: string
  readonly inputs: readonly { readonly stage: string }[]
  readonly tables: Readonly<Record<string, unknown>>
}

/** Of a chain that ran as one plan, the plan tells what its source read and what its last stage gave. */
function withChains(
  reports: readonly StageReport[],
  stages: readonly Reading[],
  pipes: readonly PipeResult<StageOutcome>[],
): readonly StageReport[] {
  const byId = new Map(reports.map((report) => [report.id, report]))
  const stageOf = new Map(stages.map((stage) => [stage.id, stage]))
  for (const { id, kind, value } of pipes) {
    if (kind !== 'consumer' || value?.report === null || value === undefined) continue
    let stage = stageOf.get(id)
    let rowsOut: number | null = value.report.rowsOut
    while (stage !== undefined && stage.inputs.length === 1 && Object.keys(stage.tables).length === 0) {
      const before = byId.get(stage.inputs[0].stage)
      const source = stageOf.get(stage.inputs[0].stage)
      if (before === undefined || source === undefined || before.rowsOut !== null) break
      const isSource = source.kind === 'producer'
      const read = isSource ? { rowsOut: value.report.rowsIn, bytes: value.report.bytesRead } : { rowsOut }
      byId.set(before.id, { ...before, ...read })
      rowsOut = null
      stage = source
    }
  }
  return reports.map((report) => byId.get(report.id) ?? report)
}
