/** Runs a pipeline in the modes `streaming` and `hybrid`, and reports. */

import { resolve } from 'node:path'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import { flatten } from '../../../planner/pipeline/flatten.js'
import { checkpointOf } from '../checkpoint/options.js'
import type { ExtractedInputs } from '../full/extracted-inputs.js'
import { makeParentDirectory } from '../load/parent-directory.js'
import type { PipelineReport } from '../report.js'
import type { PipelineRunOptions } from '../run-options.js'
import type { PipelineServices } from '../services.js'
import type { Json } from '../stage.js'
import { Streaming, type StreamingOutcome, startPlanOf } from './run-streaming.js'
import { withReport } from './stage-error.js'

export async function streamPipeline(
  definition: PipelineDefinition,
  params: Readonly<Record<string, Json>>,
  services: PipelineServices,
  options: PipelineRunOptions & { readonly extracted?: ExtractedInputs | null },
): Promise<PipelineReport> {
  const startedAt = new Date()
  const began = performance.now()
  const plan = startPlanOf(definition)
  await makeDirectories(definition)
  const { onProgress, onPhase } = options
  const streaming = new Streaming(flatten(definition), plan, services, {
    startedAt,
    checkpoint: checkpointOf(definition, options),
    extracted: options.extracted ?? null,
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(onPhase === undefined ? {} : { onPhase }),
  })
  const reportOf = ({
    status,
    stages,
    phases,
    peaks,
    outputs,
    deadLetters,
    checkpoint,
  }: StreamingOutcome): PipelineReport => ({
    name: definition.name,
    mode: definition.mode,
    status,
    startedAt: startedAt.toISOString(),
    durationMs: performance.now() - began,
    peakRssBytes: peaks.rssBytes,
    phases,
    peaks,
    params,
    stages,
    outputs,
    deadLetters,
    plan: plan.toJSON(),
    sharedInputs: null,
    memory: {},
    checkpoint,
  })
  try {
    return reportOf(await streaming.run())
  } catch (error) {
    throw withReport(error, reportOf(streaming.failed(error)))
  }
}

/** Of files, as mode `full` does. */
async function makeDirectories(definition: PipelineDefinition): Promise<void> {
  for (const stage of flatten(definition).stages) {
    if (stage.kind !== 'consumer' || stage.target.kind !== 'file') continue
    await makeParentDirectory(resolve(definition.directory, stage.target.path))
  }
}
