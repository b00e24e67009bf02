/** What is placed: a function of the user's, or operators. And what a placement cannot carry. */

import { VolleyError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import type { FunctionDefinition, Placement, ProcessorStage } from '../../../planner/pipeline/definition.js'
import type { FlatStage } from '../../../planner/pipeline/flatten.js'
import type { Schema } from '../../../planner/types.js'

/** A processor that knows whether it was placed, or has the placement of all. */
export type PlacedProcessor = ProcessorStage & Pick<FlatStage, 'isPlaced'>

export interface PlacedStage {
  /** Names the stage in messages. */
  readonly id: string
  readonly body: StageBody
}

export type StageBody =
  /** Without a schema, the first output decides; later ones must fit. Other ports always find theirs so. */
  | { readonly kind: 'function'; readonly function: FunctionDefinition; readonly schema: Schema | null }
  /** Applied to each batch: by operators that need no more than one. */
  | {
      readonly kind: 'frame'
      /** Null: that of the first batch. */
      readonly input: Schema | null
      readonly apply: (input: Frame) => Frame | Promise<Frame>
      /** Also operators that would need all of the input, each time with one batch as if that were all. */
      readonly perBatch: boolean
    }

/** Throws VOLLEY_UNSUPPORTED if the placement cannot carry the stage, and says what can. */
export function checkPlacement({ id, body }: PlacedStage, placement: Placement): void {
  if (body.kind === 'frame') return
  const { function: source } = body
  if (source.kind === 'closure') {
    if (placement.kind === 'inline') return
    throw refusal(id, placement, `'${source.label}' is a closure, which cannot leave its thread`, [
      'export it from a module ({ module, function })',
      "or place the stage 'inline'",
    ])
  }
  if (placement.kind === 'inline') return
  const fault = notCloned(source.kwargs)
  if (fault === null) return
  throw refusal(id, placement, `kwargs of ${source.function} cannot be sent to where it runs: ${fault}`, [
    'give plain data, and open handles in the module',
    "or place the stage 'inline'",
  ])
}

/** The placement of a stage. `threads` gives way to `inline`, for what only that can carry, where it is but the default. */
export function placementFor(body: StageBody, own: Placement | null, byDefault: Placement): Placement {
  if (own !== null) return own
  const isClosure = body.kind === 'function' && body.function.kind === 'closure'
  return isClosure && byDefault.kind === 'threads' ? { kind: 'inline' } : byDefault
}

/** Throws VOLLEY_UNSUPPORTED if a function of a stage cannot run where the stage is placed. */
export function checkFunctions({ id, isPlaced, placement, transforms }: PlacedProcessor, byDefault: Placement): void {
  for (const transform of transforms) {
    if (transform.kind !== 'function') continue
    const body = { kind: 'function', function: transform.function, schema: transform.schema } as const
    checkPlacement({ id, body }, placementFor(body, isPlaced === true ? placement : null, placement ?? byDefault))
  }
}

/** True of a stage whose closures stay in the main thread, since nothing else was asked for. */
export function givesWay({ isPlaced, placement, transforms }: PlacedProcessor): boolean {
  if (isPlaced === true || (placement !== null && placement.kind !== 'threads')) return false
  return transforms.some((one) => one.kind === 'function' && one.function.kind === 'closure')
}

export function refusal(stage: string, { kind }: Placement, fault: string, advice: readonly string[]): VolleyError {
  return new VolleyError(
    'VOLLEY_UNSUPPORTED',
    `stage '${stage}' cannot be placed as '${kind}': ${fault}; ${advice.join(', ')}`,
    { stage, placement: kind },
  )
}

function notCloned(kwargs: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(kwargs)) {
    try {
      structuredClone(value)
    } catch (error) {
      return `'${name}': ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return null
}
