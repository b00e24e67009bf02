/** Shows what a pipeline would do in mode `full`. */

import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import { flatten } from '../../../planner/pipeline/flatten.js'
import type { PipelineServices } from '../services.js'
import { dryFrames, isUnknown } from './dry-frames.js'

export async function explainPipeline(
  definition: PipelineDefinition,
  plan: ExecutionPlan,
  services: PipelineServices,
): Promise<string> {
  const pipeline = flatten(definition)
  const frames = dryFrames(pipeline, services)
  const parts = [plan.toText().trimEnd()]
  for (const stage of pipeline.stages) {
    if (stage.kind !== 'consumer') continue
    try {
      parts.push(`${stage.id}:\n${indented(await (await frames.inputOf(stage)).explain())}`)
    } catch (error) {
      if (!isUnknown(error)) throw error
      parts.push(`${stage.id}:\n  ${(error as Error).message}`)
    }
  }
  return `${parts.join('\n\n')}\n`
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
}
