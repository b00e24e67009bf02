/** Producers of what several runs of a pipeline read. */

import type { ProducerStage } from '../../../planner/pipeline/definition.js'
import type { ExtractedInputs } from '../full/extracted-inputs.js'
import { loadingOf } from '../full/loading.js'
import type { Producer } from '../stage.js'
import { FrameProducer } from './frame-producer.js'
import { openProducer } from './open-producer.js'
import type { ProducerSetting } from './setting.js'

/** What a function gives is not shared: it may have no end. */
export async function openShared(
  stage: ProducerStage,
  setting: ProducerSetting,
  extracted: ExtractedInputs | null,
): Promise<Producer> {
  const { source } = stage
  const isFunction = source.kind === 'function' || source.kind === 'records'
  if (extracted === null || isFunction || !extracted.isShared(source)) return openProducer(stage, setting)
  const frame = await extracted.frame(source, async (services) =>
    loadingOf(await openProducer(stage, { ...setting, services })),
  )
  return FrameProducer.open(frame, setting)
}
