/** What a stage of a stream would refuse when its first batch comes, found without one. */

import { VolleyError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import type { Transform } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { Schema } from '../../../planner/types.js'
import { describeColumns, sameColumns } from '../../operators/called-outputs.js'
import type { PlacedProcessor } from '../placements/body.js'
import { checkFragment } from '../placements/fragment.js'
import type { PipelineServices } from '../services.js'
import { keyPosition } from './accumulator.js'
import {
  applyPart,
  framePlacement,
  type ProcessorSetting,
  partsOf,
  readsAccumulatorsAlone,
  routeFrame,
} from './processor.js'
import { routeConditions } from './routing.js'

/** What the columns of a pipeline's stages are, without running it. */
export interface DryFrames {
  inputsOf(stage: FlatStage): Promise<readonly Frame[]>
  tablesOf(stage: FlatStage): Promise<Readonly<Record<string, Frame>>>
}

export class StreamCheck {
  private readonly startedAt = new Date()

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly frames: DryFrames,
    private readonly services: PipelineServices,
  ) {}

  /** Throws what the stage would: VOLLEY_UNSUPPORTED, VOLLEY_SCHEMA_MISMATCH, VOLLEY_UNKNOWN_COLUMN and others. */
  async stage(stage: FlatStage): Promise<void> {
    if (stage.kind === 'producer') return
    const schemas = await Promise.all((await this.frames.inputsOf(stage)).map(schemaOf))
    checkInputs(stage, schemas)
    const [input] = schemas
    if (stage.kind === 'accumulator') for (const name of stage.key) keyPosition({ schema: input }, name)
    if (stage.kind !== 'processor') return
    const { pipeline, services, startedAt } = this
    await checkProcessor(stage, input, {
      services,
      placement: pipeline.placement,
      startedAt,
      tables: await this.frames.tablesOf(stage),
      perBatch: readsAccumulatorsAlone(stage, pipeline),
      areNamed: (stage.errors?.deadLetters ?? null) !== null,
    })
  }
}

type ProcessorCheck = Omit<ProcessorSetting, 'errors'> & { readonly areNamed: boolean }

async function checkProcessor(stage: PlacedProcessor, input: Schema, check: ProcessorCheck): Promise<void> {
  const placement = stage.placement ?? check.placement
  let columns: Schema = input
  for (const part of await partsOf(stage, placement, check.areNamed)) {
    if (part.kind === 'function') {
      // What it gives is known only when it runs.
      if (part.transform.schema === null) return
      columns = part.transform.schema
    } else {
      if (part.transforms.some(isFoundWhenRun)) return
      columns = await checkSteps(stage, columns, part.transforms, check)
    }
  }
  if (stage.routes.length === 0) return
  for (const { condition } of routeConditions(stage.routes)) {
    await checkFragment(check.services, {
      ...requestOf(stage, columns, check),
      apply: (frame) => routeFrame(stage.id, frame, condition),
    })
  }
}

/** The columns behind the steps. The error names the step that is to blame. */
async function checkSteps(
  stage: PlacedProcessor,
  input: Schema,
  steps: readonly Transform[],
  check: ProcessorCheck,
): Promise<Schema> {
  let columns = input
  for (let count = Math.min(1, steps.length); count <= steps.length; count++) {
    const own = steps.slice(0, count)
    try {
      columns = await checkFragment(check.services, {
        ...requestOf(stage, input, check),
        apply: (frame) => applyPart(stage.id, frame, own, check),
      })
    } catch (error) {
      if (!(error instanceof VolleyError) || error.details.step !== undefined || count === 0) throw error
      throw new VolleyError(error.code, error.message, { ...error.details, step: steps[count - 1].kind }, error.cause)
    }
  }
  return columns
}

function requestOf({ id, placement }: PlacedProcessor, input: Schema, check: ProcessorCheck) {
  return {
    stage: id,
    input,
    sample: null,
    perBatch: check.perBatch,
    placement: framePlacement(placement ?? check.placement),
  }
}

/** True of a step whose columns its first records tell. */
function isFoundWhenRun(transform: Transform): boolean {
  return transform.kind === 'jsonata' && transform.schema === null
}

/** Throws VOLLEY_SCHEMA_MISMATCH for inputs whose batches differ: a stage takes them as they come. */
function checkInputs({ id, inputs }: FlatStage, schemas: readonly Schema[]): void {
  const other = schemas.findIndex((schema) => !sameColumns(schemas[0], schema))
  if (other < 0) return
  const [expected, actual] = [describeColumns(schemas[0]), describeColumns(schemas[other])]
  throw new VolleyError(
    'VOLLEY_SCHEMA_MISMATCH',
    `stage '${id}' reads batches of different columns: ${inputs[0].stage} (${expected}), ${inputs[other].stage} (${actual}); select and convert them alike, or run the pipeline in mode 'full', which matches columns by name`,
    { stage: id, expected, actual },
  )
}
