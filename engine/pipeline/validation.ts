/** What is wrong with a pipeline, and which columns its stages have, found without running it. */

import { unreachable, VolleyError } from '../../planner/errors.js'
import { pipelineProblems } from '../../planner/graph/pipeline-graph.js'
import { problemLine } from '../../planner/pipeline/define/pipeline.js'
import { type FlatPipeline, type FlatStage, flatten } from '../../planner/pipeline/flatten.js'
import type { Problem } from '../../planner/pipeline/shape/shape.js'
import { schemaOf } from '../../planner/pipeline/transforms/simple.js'
import { typeName } from '../../planner/types.js'
import { dryFrames, isUnknown } from './full/dry-frames.js'
import { checkTarget } from './load/check-target.js'
import type { DefinedPipeline } from './pipeline-input.js'
import { checkFunctions } from './placements/body.js'
import type { PipelineServices } from './services.js'
import { StreamCheck } from './streaming/check-stage.js'
import type { Place, PlacedProblem } from './yaml/document.js'

export interface PipelineProblem {
  /** Null: of the whole. */
  readonly stage: string | null
  readonly code: string
  readonly message: string
  /** What should be there instead; null where the message says it. */
  readonly expected: string | null
  /** Where it is, line and column from 1, in the file that the pipeline was read from; null if it is of code. */
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
}

export interface PipelineValidation {
  readonly isValid: boolean
  readonly problems: readonly PipelineProblem[]
  /** Columns that leave a stage, or reach a consumer; null where only a run tells. */
  readonly columns: Readonly<Record<string, Readonly<Record<string, string>> | null>>
}

/** @internal Looks at the graph, at the files that are read, at all expressions and modules. */
export async function validatePipeline(
  { definition, locate }: DefinedPipeline,
  services: PipelineServices,
): Promise<PipelineValidation> {
  const graph = pipelineProblems(definition).map(({ ids, message }) => ({
    stage: ids[0] ?? null,
    code: 'VOLLEY_INVALID_GRAPH',
    message,
    expected: null,
    ...at(ids[0] === undefined ? null : locate(ids[0], null)),
  }))
  if (graph.length > 0) return { isValid: false, problems: graph, columns: {} }
  return validateStages(flatten(definition), services, locate)
}

/** @internal What a definition was refused for. Throws what is no fault of it. */
export function refusedDefinition(error: unknown): PipelineValidation {
  if (!(error instanceof VolleyError) || error.code !== 'VOLLEY_INVALID_PIPELINE') throw error
  const found = (error.details.problems ?? []) as readonly (Problem | PlacedProblem)[]
  const common = { stage: null, code: error.code }
  const problems = found.map((problem): PipelineProblem => {
    const { message, expected } = problem
    return 'file' in problem
      ? { ...common, message, expected, ...at(problem) }
      : { ...common, message: problemLine(problem), expected, ...at(null) }
  })
  const whole = { ...common, message: error.message, expected: null, ...at(null) }
  return { isValid: false, problems: problems.length > 0 ? problems : [whole], columns: {} }
}

function at(place: Place | null): Pick<PipelineProblem, 'file' | 'line' | 'column'> {
  return { file: place?.file ?? null, line: place?.line ?? null, column: place?.column ?? null }
}

async function validateStages(
  pipeline: FlatPipeline,
  services: PipelineServices,
  locate: DefinedPipeline['locate'],
): Promise<PipelineValidation> {
  const frames = dryFrames(pipeline, services)
  const stream = pipeline.mode === 'full' ? null : new StreamCheck(pipeline, frames, services)
  const problems = new Map<string, PipelineProblem>()
  const columns: Record<string, Readonly<Record<string, string>> | null> = {}
  const note = (stage: FlatStage, error: unknown) => {
    if (isUnknown(error)) return
    if (!(error instanceof VolleyError)) throw error
    // What reads a stage that is wrong fails with it.
    const named = String(error.details.stage ?? stage.id)
    if (problems.has(named)) return
    const step = typeof error.details.step === 'string' ? error.details.step : null
    problems.set(named, {
      stage: named,
      code: error.code,
      message: error.message,
      expected: null,
      ...at(locate(named, step)),
    })
  }
  for (const stage of pipeline.stages) {
    columns[stage.id] = null
    try {
      if (stage.kind === 'processor') checkFunctions(stage, pipeline.placement)
      if (stage.kind === 'consumer') await checkTarget(stage, null, pipeline.directory)
      const schema = await schemaOf(await framesOf(stage))
      columns[stage.id] = Object.fromEntries(schema.fields.map(({ name, type }) => [name, typeName(type)]))
      if (stage.kind === 'processor') await checkRoutes(stage.id)
      if (stage.kind === 'consumer') await checkTarget(stage, schema, pipeline.directory)
      await stream?.stage(stage)
    } catch (error) {
      note(stage, error)
    }
  }
  return { isValid: problems.size === 0, problems: [...problems.values()], columns }

  function framesOf(stage: FlatStage) {
    switch (stage.kind) {
      case 'consumer':
        return frames.inputOf(stage)
      case 'producer':
      case 'processor':
      case 'accumulator':
        return frames.of(stage.id)
      default:
        return unreachable(stage)
    }
  }

  async function checkRoutes(id: string): Promise<void> {
    for (const frame of await frames.routesOf(id)) await frame.schema()
  }
}
