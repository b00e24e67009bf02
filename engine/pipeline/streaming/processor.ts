/** What a processor does, as works: its simple steps as operators, functions where they are placed, and its routes. */

import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import type { Placement, ProcessorStage, Transform } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline } from '../../../planner/pipeline/flatten.js'
import { IsolatingWork } from '../errors/isolating-work.js'
import type { StageErrors } from '../errors/stage-errors.js'
import { StepWork } from '../errors/step-work.js'
import { type PlacedProcessor, placementFor, type StageBody } from '../placements/body.js'
import { openWork } from '../placements/open.js'
import type { PipelineServices } from '../services.js'
import type { StageWork } from '../stage.js'
import { applyTransforms, type FunctionTransform, isFramed } from '../transforms/apply-transforms.js'
import { RoutedWork, routeConditions } from './routing.js'
import { SequencedWork } from './sequence.js'

export interface ProcessorSetting {
  readonly services: PipelineServices
  readonly placement: Placement
  /** What `now()` is. */
  readonly startedAt: Date
  /** By the name that queries know them by. */
  readonly tables: Readonly<Record<string, Frame>>
  /** True of what reads accumulators alone: each batch that they pass on is all that belongs together. */
  readonly perBatch: boolean
  /** Where records go that fail; null: the first one ends the run. */
  readonly errors: StageErrors | null
}

/** Steps that are one frame, or a function that cannot be part of one. */
export type Part =
  | { readonly kind: 'frame'; readonly transforms: readonly Transform[] }
  | { readonly kind: 'function'; readonly transform: FunctionTransform }

export async function openProcessor(stage: PlacedProcessor, setting: ProcessorSetting): Promise<StageWork> {
  const placement = stage.placement ?? setting.placement
  const { errors, services } = setting
  const parts = await partsOf(stage, placement, errors !== null)
  const works: StageWork[] = []
  try {
    for (const [index, part] of parts.entries()) {
      const work = await openPart(stage, part, placement, setting)
      works.push(errors === null ? work : new StepWork(stepOf(part, index, parts.length), work))
    }
    const sequenced = works.length === 1 ? works[0] : new SequencedWork(works)
    const work = stage.routes.length === 0 ? sequenced : await routed(stage, sequenced, setting)
    return errors === null ? work : new IsolatingWork(work, errors, stage.retries, services.run.context)
  } catch (error) {
    for (const work of works) await work.close()
    throw error
  }
}

/** True of placements for functions alone: operators run in the engine's own threads, on memory that they share. */
function isForFunctions({ kind }: Placement): boolean {
  return kind === 'snapshot' || kind === 'process' || kind === 'actor'
}

/** As messages and dead letters name it. */
function stepOf(part: Part, index: number, count: number): string {
  const kind = part.kind === 'function' ? 'function' : (part.transforms[0]?.kind ?? 'nothing')
  return count === 1 ? kind : `step ${index + 1} (${kind})`
}

/**
 * With `areNamed`, each step is a part of its own, so that failures can tell which it was. A closure is one wherever the
 * stage is not inline, as it stays in its thread and what is around it need not.
 */
export async function partsOf(
  { transforms }: ProcessorStage,
  placement: Placement,
  areNamed: boolean,
): Promise<readonly Part[]> {
  const isCarried = ({ function: { kind } }: FunctionTransform) =>
    !isForFunctions(placement) && (kind === 'module' || placement.kind === 'inline')
  const parts: Part[] = []
  let framed: Transform[] = []
  const endFrame = () => {
    if (framed.length > 0) parts.push({ kind: 'frame', transforms: framed })
    framed = []
  }
  for (const transform of transforms) {
    if (transform.kind !== 'function' || (isCarried(transform) && (await isFramed(transform)))) {
      framed.push(transform)
      if (areNamed) endFrame()
    } else {
      endFrame()
      parts.push({ kind: 'function', transform })
    }
  }
  endFrame()
  // A stage without steps passes its input on.
  return parts.length === 0 ? [{ kind: 'frame', transforms: [] }] : parts
}

function openPart(
  { id, isPlaced }: PlacedProcessor,
  part: Part,
  placement: Placement,
  setting: ProcessorSetting,
): Promise<StageWork> {
  const { services, startedAt, tables } = setting
  if (part.kind === 'function') {
    const body: StageBody = { kind: 'function', function: part.transform.function, schema: part.transform.schema }
    return openWork({ id, body }, placementFor(body, isPlaced === true ? placement : null, placement), services)
  }
  const apply = (input: Frame) => applyPart(id, input, part.transforms, { startedAt, tables })
  return openFrame(id, apply, placement, setting)
}

/** True of a stage whose batches each are all that belongs together. */
export function readsAccumulatorsAlone({ inputs }: ProcessorStage, { stages }: FlatPipeline): boolean {
  const accumulators = new Set(stages.filter(({ kind }) => kind === 'accumulator').map(({ id }) => id))
  return inputs.every((input) => accumulators.has(input.stage))
}

/** What the steps of a part make of a batch. */
export function applyPart(
  stage: string,
  input: Frame,
  transforms: readonly Transform[],
  { startedAt, tables }: Pick<ProcessorSetting, 'startedAt' | 'tables'>,
): Promise<Frame> {
  return applyTransforms(input, transforms, { stage, startedAt, tables, isPlaced: false, detached })
}

function openFrame(
  id: string,
  apply: (input: Frame) => Frame | Promise<Frame>,
  placement: Placement,
  { services, perBatch }: Pick<ProcessorSetting, 'services' | 'perBatch'>,
): Promise<StageWork> {
  const body: StageBody = { kind: 'frame', input: null, apply, perBatch }
  return openWork({ id, body }, framePlacement(placement), services)
}

/** Where operators run in a stage of that placement. */
export function framePlacement(placement: Placement): Placement {
  return isForFunctions(placement) ? { kind: 'threads', maxThreads: null } : placement
}

async function routed(stage: ProcessorStage, work: StageWork, setting: ProcessorSetting): Promise<StageWork> {
  const { services, placement, errors } = setting
  const routes = await Promise.all(
    routeConditions(stage.routes).map(async ({ port, condition }) => {
      const filter = await openFrame(
        stage.id,
        (input) => routeFrame(stage.id, input, condition),
        stage.placement ?? placement,
        setting,
      )
      return { port, filter: errors === null ? filter : new StepWork('routes', filter) }
    }),
  )
  return new RoutedWork(work, routes, services.memory)
}

/** What does not fit the columns is said here, and is no fault of a record. */
export async function routeFrame(stage: string, input: Frame, condition: string): Promise<Frame> {
  const frame = input.filter(condition)
  try {
    await frame.schema()
    return frame
  } catch (error) {
    if (!(error instanceof VolleyError)) throw error
    const message = `stage '${stage}', routes: ${error.message}`
    throw new VolleyError(error.code, message, { ...error.details, stage, step: 'routes' }, error)
  }
}

/** Functions that are no part of a frame are parts of their own. */
async function detached(): Promise<never> {
  throw new InternalError('a function that is no part of a frame was left in one')
}
