/** Runs a pipeline in mode `full`, and reports. */

import { VolleyError } from '../../../planner/errors.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import { expandedGraphOf } from '../../../planner/graph/pipeline-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import { type FlatPipeline, type FlatStage, flatten } from '../../../planner/pipeline/flatten.js'
import { checkpointOf } from '../checkpoint/options.js'
import type { PipeResult } from '../generations/results.js'
import { PhaseClocks, phaseOf } from '../progress/phases.js'
import { ProgressTeller } from '../progress/teller.js'
import { phaseReports, placementOf, type StageView } from '../progress/view.js'
import type { PipelineReport, StageReport } from '../report.js'
import type { PipelineRunOptions } from '../run-options.js'
import type { PipelineServices } from '../services.js'
import type { Json } from '../stage.js'
import type { Job } from '../streaming/job.js'
import { withReport } from '../streaming/stage-error.js'
import { type PlanReads, withChainCounts } from './chain-counts.js'
import type { ExtractedInputs } from './extracted-inputs.js'
import { FullProgress } from './full-progress.js'
import { type FullResult, NOTHING, outcomeBefore, runFull, type StageOutcome } from './full-run.js'
import { openJob } from './open-job.js'

export type FullRunOptions = PipelineRunOptions & { readonly extracted: ExtractedInputs | null }

/** What is known of a run before it begins. */
interface Setting {
  readonly definition: PipelineDefinition
  readonly flat: FlatPipeline
  readonly plan: ExecutionPlan
  readonly startedAt: Date
  readonly clocks: PhaseClocks
  readonly teller: ProgressTeller
  readonly job: Job | null
}

export async function runPipeline(
  definition: PipelineDefinition,
  params: Readonly<Record<string, Json>>,
  services: PipelineServices,
  options: FullRunOptions,
): Promise<PipelineReport> {
  const startedAt = new Date()
  const flat = flatten(definition)
  const plan = new PlanGenerator(expandedGraphOf(definition)).batchPlan()
  const checkpoint = checkpointOf(definition, options)
  const job = checkpoint === null ? null : await openJob(flat, checkpoint, services)
  const clocks = new PhaseClocks(job?.manifest.times ?? undefined)
  const { onProgress: stage, onPhase: phase } = options
  const isHeard = stage !== undefined || phase !== undefined
  const listener = isHeard ? { stage: stage ?? (() => {}), phase: phase ?? (() => {}) } : null
  const teller = new ProgressTeller(flat, services.memory, () => clocks, listener)
  const setting = { definition, flat, plan, startedAt, clocks, teller, job }
  try {
    const result = job?.isFinished ? finishedBefore(setting, job) : await run(setting, services, options)
    const report = reportOf(setting, result)
    teller.settle(viewsOf(result.progress, report.stages))
    teller.finish('done')
    const whole = { ...report, startedAt: startedAt.toISOString(), params, plan: plan.toJSON() }
    const { status, error } = result.generations
    const isFailure = status === 'aborted' || (status === 'failed' && definition.onFailure === 'fail-fast')
    if (isFailure) throw withReport(error, whole)
    return whole
  } finally {
    teller.finish('aborted')
    await job?.close()
  }
}

async function run(
  { flat, plan, startedAt, clocks, teller, job }: Setting,
  services: PipelineServices,
  { strategy, extracted }: FullRunOptions,
): Promise<FullResult> {
  const result = await runFull(flat, plan, services, {
    // A job that was resumed began when it was begun.
    startedAt: job === null ? startedAt : new Date(job.manifest.began),
    extracted,
    clocks,
    teller,
    job,
    ...(strategy === undefined ? {} : { strategy }),
  })
  if (result.generations.status === 'done') await job?.finish()
  return result
}

/** What a run says that had nothing to do. */
function finishedBefore({ flat, plan, clocks }: Setting, { manifest: { stages } }: Job): FullResult {
  const pipes = plan.ids.map((id): PipeResult<StageOutcome> => {
    const ended = stages[id]
    return {
      id,
      kind: plan.graph.pipe(id).kind,
      generation: plan.generationOf(id),
      status: 'done',
      durationMs: 0,
      attempts: 0,
      value: ended === undefined ? NOTHING : outcomeBefore(ended),
      error: null,
      because: null,
    }
  })
  const none = { runningReaders: () => [], hasRun: () => true, partsOf: () => [] }
  return {
    generations: { status: 'done', durationMs: 0, pipes, generations: [], error: null },
    sharedInputs: { hits: 0, misses: 0, evictions: 0, peakBytes: 0, spilledBytes: 0 },
    deadLetters: [],
    rejected: {},
    progress: new FullProgress(flat, clocks, none, stages),
  }
}

/** What a run reports of itself; the rest was known before. */
function reportOf(
  { definition, flat, clocks, teller, job }: Setting,
  { generations, sharedInputs, progress, deadLetters, rejected }: FullResult,
): Omit<PipelineReport, 'startedAt' | 'params' | 'plan'> {
  const { pipes, status, durationMs } = generations
  const done = pipes.flatMap(({ id, value }) => (value === undefined ? [] : [{ id, ...value }]))
  const runs = done.flatMap(({ id, report }) => (report === null ? [] : [{ id, report }]))
  const byId = new Map(pipes.map((pipe) => [pipe.id, pipe]))
  const stages = withChainCounts(
    flat.stages.map((stage) => stageReport(stage, byId.get(stage.id)!, progress, rejected[stage.id])),
    flat.stages,
    readsOf(done),
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
    checkpoint: job?.report() ?? null,
  }
}

function readsOf(done: readonly (StageOutcome & { readonly id: string })[]): PlanReads {
  return new Map(done.flatMap(({ id, read }) => (read === null ? [] : [[id, read] as const])))
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
  const { status, value, error, because, attempts } = pipe
  const before = value?.before ?? null
  const durationMs = before?.durationMs ?? pipe.durationMs
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
    retries: before?.retries ?? Math.max(0, attempts - 1) + (value?.retries ?? 0) + (value?.report?.retries ?? 0),
    rejected: before?.rejected ?? rejected ?? value?.report?.rejected ?? 0,
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
