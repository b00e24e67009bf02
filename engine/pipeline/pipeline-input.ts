/** What a pipeline may be given as, and the definition of it. */

import { VolleyError } from '../../planner/errors.js'
import type { GraphProblem } from '../../planner/graph/problems.js'
import { definePipeline } from '../../planner/pipeline/define/pipeline.js'
import type { PipelineDefinition } from '../../planner/pipeline/definition.js'
import type { PipelineLike, PipelineSpecification } from '../../planner/pipeline/specification.js'
import { environmentOf } from './environment.js'
import type { Place } from './yaml/document.js'
import type { ParameterValue } from './yaml/parameters.js'

export type Parameters = Readonly<Record<string, ParameterValue>>

/** A definition, what is written instead of one, or a builder. */
export type PipelineInCode = PipelineDefinition | PipelineSpecification | PipelineLike

/** The path of a YAML file or of a directory with some; a pipeline in code; or what makes one for parameters. */
export type PipelineInput = string | URL | PipelineInCode | ((params: Parameters) => PipelineInCode)

export interface DefinedPipeline {
  readonly definition: PipelineDefinition
  readonly params: Parameters
  /** Where in its file a stage stands and, in it, a step; null where that is not known. */
  readonly locate: (stage: string, step: string | null) => Place | null
}

const NOWHERE = () => null

/** @throws VolleyError VOLLEY_INVALID_PIPELINE, VOLLEY_FILE_NOT_FOUND */
export async function definedPipeline(input: PipelineInput, params: Parameters): Promise<DefinedPipeline> {
  if (typeof input === 'string' || input instanceof URL) {
    const [{ loadPipeline }, { fileURLToPath }] = await Promise.all([
      import('./yaml/load-pipeline.js'),
      import('node:url'),
    ])
    return loadPipeline(input instanceof URL ? fileURLToPath(input) : input, params)
  }
  const isMade = typeof input === 'function'
  if (!isMade && Object.keys(params).length > 0) {
    throw new VolleyError(
      'VOLLEY_INVALID_ARGUMENT',
      `a pipeline in code takes parameters if it is given as a function of them: engine.pipeline((params) => ...), not ${Object.keys(params).join(', ')}`,
    )
  }
  return { definition: inCode(isMade ? input(params) : input), params, locate: NOWHERE }
}

/** The same error with `details.place`, where its stage stands in its file, if that is known. */
export function placedError(error: unknown, locate: DefinedPipeline['locate']): unknown {
  if (!(error instanceof VolleyError)) return error
  const { step } = error.details
  const stage = error.details.stage ?? firstOfGraph(error)
  if (typeof stage !== 'string') return error
  const place = locate(stage, typeof step === 'string' ? step : null)
  return place === null ? error : new VolleyError(error.code, error.message, { ...error.details, place }, error.cause)
}

/** The first stage that is named in what is wrong with a graph. */
function firstOfGraph({ code, details }: VolleyError): string | undefined {
  if (code !== 'VOLLEY_INVALID_GRAPH') return undefined
  return (details.problems as readonly GraphProblem[] | undefined)?.[0]?.ids[0]
}

function inCode(given: PipelineInCode): PipelineDefinition {
  const written: unknown = given
  if (typeof written === 'object' && written !== null) {
    if ('build' in written) return (written as PipelineLike).build()
    if (isDefinition(written)) return written
  }
  const { directory } = (written ?? {}) as { readonly directory?: string }
  return definePipeline(written, environmentOf(directory))
}

function isDefinition(given: object): given is PipelineDefinition {
  if (!('stages' in given) || !Array.isArray(given.stages)) return false
  return given.stages.every((stage: object | null) => typeof stage === 'object' && stage !== null && 'inputs' in stage)
}
