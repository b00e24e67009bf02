/** Compiles the steps of a processor to a frame over its input. */

import { unreachable, VolleyError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import type { Transform } from '../../../planner/pipeline/definition.js'
import { applySimple, isSimple, type TransformContext } from '../../../planner/pipeline/transforms/simple.js'
import { loadFunction } from './user-module.js'

export type FunctionTransform = Extract<Transform, { readonly kind: 'function' }>

export interface ApplyContext extends TransformContext {
  /** For messages. */
  readonly stage: string
  /** Runs a function that can be no part of a frame, and gives what it puts out by `main`. */
  readonly detached: (input: Frame, transform: FunctionTransform) => Promise<Frame>
  /** True if the stage's placement is for functions alone: all of them are detached. */
  readonly isPlaced: boolean
}

/** A module's function gets the record or batch, `kwargs`, and a context; a closure the input and a context. */
const CONTEXT_PARAMETER = { module: 3, closure: 2 } as const

/** Done one after the other. Errors name the stage and the step. */
export async function applyTransforms(
  input: Frame,
  transforms: readonly Transform[],
  context: ApplyContext,
): Promise<Frame> {
  let frame = input
  for (const [index, transform] of transforms.entries()) {
    try {
      const next = await apply(frame, transform, context)
      // What does not fit is said here, where the step is known. A detached function has run already.
      await next.schema()
      frame = next
    } catch (error) {
      throw inStep(error, context.stage, transform, transforms.length > 1 ? index : null)
    }
  }
  return frame
}

/** True of functions that declare their columns and nothing of a context: these can be part of a frame. */
export async function isFramed({ function: definition, schema }: FunctionTransform): Promise<boolean> {
  if (schema === null) return false
  const parameters = definition.kind === 'closure' ? definition.call.length : (await loadFunction(definition)).length
  return parameters < CONTEXT_PARAMETER[definition.kind]
}

async function apply(frame: Frame, transform: Transform, context: ApplyContext): Promise<Frame> {
  if (isSimple(transform)) return applySimple(frame, transform, context)
  switch (transform.kind) {
    case 'jsonata': {
      const { applyJsonata } = await import('./jsonata.js')
      return applyJsonata(frame, transform, context.startedAt)
    }
    case 'function': {
      const { schema } = transform
      if (schema === null || context.isPlaced || !(await isFramed(transform))) return context.detached(frame, transform)
      return mapped(frame, transform.function, schema)
    }
    default:
      return unreachable(transform)
  }
}

function mapped(
  frame: Frame,
  definition: FunctionTransform['function'],
  schema: NonNullable<FunctionTransform['schema']>,
): Frame {
  if (definition.kind === 'closure') {
    const call = definition.call as (input: unknown) => never
    return definition.mode === 'record' ? frame.mapRows(call, { schema }) : frame.mapBatches(call, { schema })
  }
  const { module, function: name, kwargs, mode } = definition
  const source = { module, function: name, kwargs }
  return mode === 'record' ? frame.mapRows(source, { schema }) : frame.mapBatches(source, { schema })
}

function inStep(error: unknown, stage: string, transform: Transform, index: number | null): unknown {
  if (!(error instanceof VolleyError) || error.details.stage !== undefined) return error
  const step = index === null ? transform.kind : `step ${index + 1} (${transform.kind})`
  const message = `stage '${stage}', ${step}: ${error.message}`
  return new VolleyError(error.code, message, { ...error.details, stage, step: transform.kind }, error.cause)
}
