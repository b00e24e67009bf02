/** Takes up the job of a pipeline in mode `full`. */

import type { ProducerStage } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline } from '../../../planner/pipeline/flatten.js'
import { openProducer } from '../extract/open-producer.js'
import type { PipelineServices } from '../services.js'
import type { Json } from '../stage.js'
import { type CheckpointOptions, Job } from '../streaming/job.js'
import { naming } from '../streaming/stage-error.js'

/** Throws VOLLEY_CHECKPOINT_EXISTS, VOLLEY_CHECKPOINT_MISMATCH. */
export async function openJob(
  pipeline: FlatPipeline,
  options: CheckpointOptions,
  services: PipelineServices,
): Promise<Job> {
  const inputs: Record<string, Json> = {}
  for (const stage of pipeline.stages) {
    if (stage.kind === 'producer')
      inputs[stage.id] = await naming(stage.id, () => fingerprintOf(stage, pipeline, services))
  }
  const job = await Job.open(pipeline, inputs, options, services)
  if (!job.isFinished) job.goOnBehindStages()
  return job
}

/** What tells the input apart from others. */
async function fingerprintOf(
  stage: ProducerStage,
  { directory, batchSize }: FlatPipeline,
  services: PipelineServices,
): Promise<Json> {
  if (!isThereAgain(stage)) return null
  const producer = await openProducer(stage, { services, id: stage.id, directory, batchRows: batchSize })
  try {
    return producer.fingerprint
  } finally {
    await producer.close()
  }
}

/** False of what is called or read just by looking at it; functions are known by their text. */
function isThereAgain({ source }: ProducerStage): boolean {
  return source.kind !== 'function' && (source.kind !== 'records' || Array.isArray(source.records))
}
