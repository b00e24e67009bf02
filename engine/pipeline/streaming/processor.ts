/** What a processor does, as works: its simple steps as operators, functions where they are placed, and its routes. */

import { InternalError } from '../../../planner/errors.js'
import type { Frame } from '../../../planner/frame.js'
import type { Placement, ProcessorStage, Transform } from '../../../planner/pipeline/definition.js'
import { placementFor, type StageBody } from '../placements/body.js'
import { openWork } from '../placements/open.js'
import type { PipelineServices } from '../services.js'
import type { StageWork } from '../stage.js'
import { applyTransforms, type FunctionTransform, isFramed } from '../transforms/apply-transforms.js'
import { RecoveringWork } from './recovering-work.js'
import { RoutedWork, routeConditions } from './routing.js'
import { SequencedWork } from './sequence.js'

export interface ProcessorSetting {
  readonly services: PipelineServices
  readonly placement: Placement
  /** What `now()` is. */
  readonly startedAt: Date
  /** By the name that queries know them by. */
  readonly tables: Readonly<Record<string, Frame>>
}

/** Steps that are one frame, or a function that cannot be part of one. */
type Part =
  | { readonly kind: 'frame'; readonly transforms: readonly Transform[] }
  | { readonly kind: 'function'; readonly transform: FunctionTransform }

export async function openProcessor(stage: ProcessorStage, setting: ProcessorSetting): Promise<StageWork> {
  const placement = stage.placement ?? setting.placement
  const parts = await partsOf(stage.transforms, isForFunctions(placement))
  const works: StageWork[] = []
  try {
    for (const part of parts) works.push(await openPart(stage, part, placement, setting))
    const work = recovering(stage, works.length === 1 ? works[0] : new SequencedWork(works), setting)
    return stage.routes.length === 0 ? work : await routed(stage, work, setting)
  } catch (error) {
    for (const work of works) await work.close()
    throw error
  }
}

function recovering({ id, errors }: ProcessorStage, work: StageWork, setting: ProcessorSetting): StageWork {
  if (errors === null || errors.deadLetters === null) return work
  const policy = { ...errors, deadLetters: errors.deadLetters }
  return new RecoveringWork(work, id, policy, setting.startedAt, setting.services)
}

/** True of placements for functions alone: operators run in the engine's own threads, on memory that they share. */
function isForFunctions({ kind }: Placement): boolean {
  return kind === 'snapshot' || kind === 'process' || kind === 'actor'
}

async function partsOf(transforms: readonly Transform[], areFunctionsPlaced: boolean): Promise<readonly Part[]> {
  const parts: Part[] = []
  let framed: Transform[] = []
  const endFrame = () => {
    if (framed.length > 0) parts.push({ kind: 'frame', transforms: framed })
    framed = []
  }
  for (const transform of transforms) {
    if (transform.kind !== 'function' || (!areFunctionsPlaced && (await isFramed(transform)))) framed.push(transform)
    else {
      endFrame()
      parts.push({ kind: 'function', transform })
    }
  }
  endFrame()
  // A stage without steps passes its input on.
  return parts.length === 0 ? [{ kind: 'frame', transforms: [] }] : parts
}

function openPart(
  { id, placement: own }: ProcessorStage,
  part: Part,
  placement: Placement,
  { services, startedAt, tables }: ProcessorSetting,
): Promise<StageWork> {
  if (part.kind === 'function') {
    const body: StageBody = { kind: 'function', function: part.transform.function, schema: part.transform.schema }
    return openWork({ id, body }, placementFor(body, own, placement), services)
  }
  const context = { stage: id, startedAt, tables, isPlaced: false, detached }
  const apply = (input: Frame) => applyTransforms(input, part.transforms, context)
  return openFrame(id, apply, placement, services)
}

function openFrame(
  id: string,
  apply: (input: Frame) => Frame | Promise<Frame>,
  placement: Placement,
  services: PipelineServices,
): Promise<StageWork> {
  const body: StageBody = { kind: 'frame', input: null, apply, perBatch: false }
  const where: Placement = isForFunctions(placement) ? { kind: 'threads', maxThreads: null } : placement
  return openWork({ id, body }, where, services)
}

async function routed(stage: ProcessorStage, work: StageWork, setting: ProcessorSetting): Promise<StageWork> {
  const { services, placement } = setting
  const routes = await Promise.all(
    routeConditions(stage.routes).map(async ({ port, condition }) => {
      const apply = (input: Frame) => input.filter(condition)
      return { port, filter: await openFrame(stage.id, apply, stage.placement ?? placement, services) }
    }),
  )
  return new RoutedWork(work, routes, services.memory)
}

/** Functions that are no part of a frame are parts of their own. */
async function detached(): Promise<never> {
  throw new InternalError('a function that is no part of a frame was left in one')
}
