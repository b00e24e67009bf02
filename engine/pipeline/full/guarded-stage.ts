/** Stages whose failing records are left out: batch by batch, as mode `streaming` does it. */

import type { Frame } from '../../../planner/frame.js'
import type { Transform } from '../../../planner/pipeline/definition.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { Schema } from '../../../planner/types.js'
import type { StageErrors } from '../errors/stage-errors.js'
import type { PlacedProcessor } from '../placements/body.js'
import type { PipelineServices } from '../services.js'
import type { StageWork } from '../stage.js'
import { openProcessor } from '../streaming/processor.js'
import { applyTransforms, isFramed } from '../transforms/apply-transforms.js'
import { detachedPlacement } from './detached-function.js'

/** A stage with what it reads. */
export interface StageInput {
  readonly stage: PlacedProcessor
  readonly input: Frame
  readonly tables: Readonly<Record<string, Frame>>
  readonly startedAt: Date
}

/** False of stages that need all of their input at once, or some of it before they begin. */
export function worksPerBatch({ transforms }: Pick<PlacedProcessor, 'transforms'>): boolean {
  return transforms.every(isPerBatch)
}

function isPerBatch(transform: Transform): boolean {
  switch (transform.kind) {
    case 'sort':
    case 'deduplicate':
    case 'sql':
    case 'frame':
      return false
    case 'jsonata':
      return transform.mode === 'record' && transform.schema !== null
    default:
      return true
  }
}

export function openGuarded(
  { stage, tables, startedAt }: StageInput,
  errors: StageErrors,
  services: PipelineServices,
): Promise<StageWork> {
  const placement = detachedPlacement(stage)
  // Routes divide what leaves the stage.
  return openProcessor(
    { ...stage, placement, routes: [] },
    { services, placement, startedAt, tables, perBatch: false, errors },
  )
}

/** Null if it is known only when the stage has run. */
export async function guardedSchema({ stage, input, tables, startedAt }: StageInput): Promise<Schema | null> {
  for (const transform of stage.transforms) {
    if (transform.kind === 'function' && !(await isFramed(transform))) return null
  }
  const frame = await applyTransforms(input, stage.transforms, {
    stage: stage.id,
    startedAt,
    tables,
    isPlaced: false,
    detached: async (given) => given,
  })
  return schemaOf(frame)
}
