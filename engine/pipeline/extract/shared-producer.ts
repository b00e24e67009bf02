/** Producers of streams: of what several runs of a pipeline read, and such as go on after failures. */

import type { ProducerStage } from '../../../planner/pipeline/definition.js'
import type { ExtractedInputs } from '../full/extracted-inputs.js'
import { loadingOf } from '../full/loading.js'
import type { Producer } from '../stage.js'
import { FrameProducer } from './frame-producer.js'
import { openProducer } from './open-producer.js'
import { RetryingProducer } from './retrying-producer.js'
import type { ProducerSetting } from './setting.js'

/** What a function gives is read as it comes: it may have no end. */
export async function openShared(
  stage: ProducerStage,
  setting: ProducerSetting,
  extracted: ExtractedInputs | null,
): Promise<Producer> {
  const { source } = stage
  if (extracted === null || !extracted.isShared(source)) return retrying(stage, setting)
  if (source.kind === 'function' || source.kind === 'records') {
    return extracted.reader(source, (services) => retrying(stage, { ...setting, services }))
  }
  const frame = await extracted.frame(source, async (services) =>
    loadingOf(await retrying(stage, { ...setting, services })),
  )
  return FrameProducer.open(frame, setting)
}

async function retrying(stage: ProducerStage, setting: ProducerSetting): Promise<Producer> {
  const producer = await openProducer(stage, setting)
  const { retries } = stage
  if (retries === null || retries.count === 0) return producer
  return new RetryingProducer(producer, retries, setting.services.run.context.checkCancelled)
}
