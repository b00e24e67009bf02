/** Operators of a stage, planned once and then applied to each of its batches. */

import type { Batch } from '../../../io/batch.js'
import { unreachable, VolleyError } from '../../../planner/errors.js'
import type { TypedExpression } from '../../../planner/expression.js'
import type { Frame } from '../../../planner/frame.js'
import type { Placement } from '../../../planner/pipeline/definition.js'
import { BOOL, type Schema } from '../../../planner/types.js'
import { BuiltJoins } from '../../strategies/bulk/joins.js'
import { type Pipeline, type PipelineSource, sourceSchema } from '../../strategies/pipeline.js'
import { sliceRowsOf } from '../../strategies/slice-rows.js'
import type { ChainEnd, ChainPlan, ChainStep } from '../../workers/messages.js'
import type { ChainBody } from '../../workers/stage-plan.js'
import type { PipelineServices } from '../services.js'
import { refusal } from './body.js'
import { Placeholder } from './placeholder.js'

/** More than any batch has. */
const WHOLE_BATCH = 2 ** 31
/** What a cache holds of a slice matters less than that usual batches stay in one piece. */
const SLICE_ROWS = 65_536

export type Fragment =
  /** Goes wherever a stage may be placed; joins have their tables in the shared memory, as long as the run. */
  | { readonly kind: 'chain'; readonly body: ChainBody }
  /** A run of the engine for each batch, which the placeholder is given. */
  | {
      readonly kind: 'query'
      readonly frame: Frame
      readonly output: Schema
      readonly placeholder: Placeholder
    }

export interface FragmentRequest {
  readonly stage: string
  readonly input: Schema
  /** A first batch of it, for what `apply` finds out by running its input; it stays the caller's. */
  readonly sample: Batch | null
  readonly apply: (input: Frame) => Frame | Promise<Frame>
  readonly perBatch: boolean
  readonly placement: Placement
}

/** What is known of a fragment before the tables are read that it joins with. */
type PlannedFragment =
  | Exclude<Fragment, { kind: 'chain' }>
  | { readonly kind: 'operators'; readonly pipeline: Pipeline }

/** The columns that a fragment puts out. Throws what `openFragment` does, but for want of memory. */
export async function checkFragment(services: PipelineServices, request: FragmentRequest): Promise<Schema> {
  const planned = await planFragment(services, request)
  return planned.kind === 'query' ? planned.output : planned.pipeline.schema
}

/** Throws VOLLEY_UNSUPPORTED for operators that one batch is not enough for, unless `perBatch` asks for just that. */
export async function openFragment(services: PipelineServices, request: FragmentRequest): Promise<Fragment> {
  const planned = await planFragment(services, request)
  if (planned.kind === 'query') return planned
  const { pipeline } = planned
  if (isNothing(pipeline)) return { kind: 'chain', body: nothing(pipeline.schema) }
  const joins = new BuiltJoins(services.bulk())
  try {
    const { source, steps } = await joins.prepare(pipeline.source, pipeline.steps)
    const body = chainBody(source, steps, pipeline.schema, request.input)
    if (body === null) throw noRoom(request.stage)
    return { kind: 'chain', body }
  } catch (error) {
    joins.release()
    throw error
  }
}

async function planFragment(services: PipelineServices, request: FragmentRequest): Promise<PlannedFragment> {
  const { stage, input, sample, apply, perBatch, placement } = request
  const placeholder = new Placeholder(input, services.memory)
  placeholder.batch = sample
  const frame = await apply(services.frameOf(placeholder))
  placeholder.batch = null
  const pipeline = await services.lowered(frame)
  if (isNothing(pipeline)) return { kind: 'operators', pipeline }
  const breaker = breakerOf(pipeline, placeholder)
  if (breaker !== null && !perBatch) throw needsAll(stage, breaker)
  if (breaker !== null || pipeline.source.kind !== 'scan') {
    if (breaker === null && placement.kind !== 'inline') {
      throw refusal(stage, placement, 'it maps with a closure, which cannot leave its thread', [
        'map with a module ({ module, function })',
        "or place the stage 'inline'",
      ])
    }
    if (placement.kind !== 'inline' && placement.kind !== 'threads') {
      throw refusal(stage, placement, `it ${breaker}, which the engine does by itself`, [
        "place the stage as 'threads'",
      ])
    }
    return { kind: 'query', frame, output: pipeline.schema, placeholder }
  }
  if (isIsolated(placement) && pipeline.steps.some((step) => step.kind === 'join')) {
    throw refusal(stage, placement, 'it joins with tables, which lie in memory that is not shared with it', [
      "place the stage as 'threads', 'inline' or 'snapshot'",
    ])
  }
  return { kind: 'operators', pipeline }
}

/** Of a condition that is never true, planning leaves nothing to read. */
function isNothing({ source }: Pipeline): boolean {
  return source.kind === 'limit' && source.count === 0
}

function nothing(output: Schema): ChainBody {
  const predicate: TypedExpression = { kind: 'literal', value: false, type: BOOL }
  const plan: ChainPlan = { sliceRows: WHOLE_BATCH, steps: [{ kind: 'filter', predicate }], end: { kind: 'output' } }
  return { kind: 'chain', columns: [], plan, output }
}

function isIsolated({ kind }: Placement): boolean {
  return kind === 'process' || kind === 'actor'
}

function chainBody(
  source: PipelineSource,
  steps: readonly ChainStep[],
  output: Schema,
  input: Schema,
): ChainBody | null {
  if (source.kind !== 'scan') return null
  const end: ChainEnd = { kind: 'output' }
  const columns = source.columns.map((name) => input.fields.findIndex((field) => field.name === name))
  // Cutting batches of which nothing is computed would only make more of them.
  const sliceRows = steps.every(arranges)
    ? WHOLE_BATCH
    : Math.max(SLICE_ROWS, sliceRowsOf(sourceSchema(source), steps, end))
  return { kind: 'chain', columns, plan: { sliceRows, steps, end }, output }
}

/** True of operators that compute nothing, but choose and name columns. */
export function isArrangement({ plan }: ChainBody): boolean {
  return plan.steps.every(arranges)
}

function arranges(step: ChainStep): boolean {
  return (
    step.kind === 'project' &&
    step.expressions.every(({ expression }) => expression.kind === 'column' || expression.kind === 'literal')
  )
}

/** What one batch is not enough for, as messages say it of a stage; null if there is no such thing. */
function breakerOf({ source, steps }: Pipeline, input: Placeholder): string | null {
  for (const step of steps) {
    if (step.kind === 'join' && reads(step.build, input)) return 'joins its input with itself'
    if (step.kind === 'top') return 'sorts'
  }
  switch (source.kind) {
    case 'scan':
      return source.source === input ? null : 'leaves its input out'
    case 'closure':
      return breakerOf(source.input, input)
    case 'aggregate':
      return 'groups rows'
    case 'sort':
      return 'sorts'
    case 'window':
      return 'computes windows'
    case 'limit':
      return 'takes the first rows'
    case 'union':
      return 'puts tables one after the other'
    case 'outerJoin':
      return 'looks for rows of a table that nothing matches'
    case 'component':
      return 'applies a component'
    case 'stream':
      return 'reads another stream'
    default:
      return unreachable(source)
  }
}

function reads({ source, steps }: Pipeline, input: Placeholder): boolean {
  if (steps.some((step) => step.kind === 'join' && reads(step.build, input))) return true
  switch (source.kind) {
    case 'scan':
      return source.source === input
    case 'stream':
      return false
    case 'union':
      return source.inputs.some((one) => reads(one, input))
    case 'outerJoin':
      return reads(source.input, input) || reads(source.join.build, input)
    default:
      return reads(source.input, input)
  }
}

function needsAll(stage: string, breaker: string): VolleyError {
  return new VolleyError(
    'VOLLEY_UNSUPPORTED',
    `stage '${stage}' ${breaker}, which takes all of its input, but it gets one batch at a time: run the pipeline in mode 'full', or put an accumulator right before it, whose batches are then each sorted, grouped or whatever it does`,
    { stage },
  )
}

function noRoom(stage: string): VolleyError {
  return new VolleyError(
    'VOLLEY_MEMORY_LIMIT',
    `stage '${stage}' joins with tables that do not fit the memory: give the engine more, or run the pipeline in mode 'full'`,
    { stage },
  )
}
