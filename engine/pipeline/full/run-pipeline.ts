/** Runs a pipeline in mode `full`, and reports. */

import { VolleyError } from '../../../planner/errors.js'
import { expandedGraphOf } from '../../../planner/graph/pipeline-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import { flatten } from '../../../planner/pipeline/flatten.js'
import type { AnyStrategyName } from '../../../planner/run-options.js'
import type { PipeResult } from '../generations/results.js'
import type { PipelineReport, StageReport } from '../report.js'
import type { PipelineServices } from '../services.js'
import type { Json } from '../stage.js'
import type { StageProgress } from '../streaming/progress.js'
import type { ExtractedInputs } from './extracted-inputs.js'
import { runFull, type StageOutcome } from './full-run.js'

export interface FullRunOptions {
  readonly strategy?: AnyStrategyName
  readonly extracted: ExtractedInputs | null
  readonly onProgress?: (event: StageProgress) => void
}

export async function runPipeline(
  definition: PipelineDefinition,
  params: Readonly<Record<string, Json>>,
  services: PipelineServices,
  { strategy, extracted, onProgress }: FullRunOptions,
): Promise<PipelineReport> {
  const startedAt = new Date()
  const flat = flatten(definition)
  const plan = new PlanGenerator(expandedGraphOf(definition)).batchPlan()
  const { generations, sharedInputs } = await runFull(flat, plan, services, {
    startedAt,
    extracted,
    ...(strategy === undefined ? {} : { strategy }),
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  const { pipes, status, durationMs, error } = generations
  const done = pipes.flatMap(({ id, value }) => (value === undefined ? [] : [{ id, ...value }]))
  const runs = done.flatMap(({ id, report }) => (report === null ? [] : [{ id, report }]))
  const report: PipelineReport = {
    name: definition.name,
    mode: definition.mode,
    status,
    startedAt: startedAt.toISOString(),
    durationMs,
    peakRssBytes: Math.max(process.memoryUsage.rss(), ...runs.map((run) => run.report.peakRssBytes)),
    params,
    stages: withChains(pipes.map(stageReport), flat.stages, pipes),
    outputs: done.flatMap(({ outputs }) => outputs),
    plan: plan.toJSON(),
    sharedInputs,
    memory: Object.fromEntries(runs.map((run) => [run.id, run.report.memory])),
    checkpoint: null,
  }
  if (status === 'aborted' || (status === 'failed' && definition.onFailure === 'fail-fast')) throw failed(error, report)
  return report
}

function failed(error: unknown, report: PipelineReport): unknown {
  if (!(error instanceof VolleyError)) return error
  return new VolleyError(error.code, error.message, { ...error.details, report }, error.cause)
}

function stageReport(pipe: PipeResult<StageOutcome>): StageReport {
  const { id, kind, status, value, error, because, durationMs, attempts } = pipe
  return {
    id,
    kind: kind === 'pipe' ? 'processor' : kind,
    status,
    rowsIn: value?.rowsIn ?? null,
    rowsOut: value?.rowsOut ?? null,
    batches: null,
    bytes: value?.bytes ?? null,
    durationMs,
    attempts,
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
