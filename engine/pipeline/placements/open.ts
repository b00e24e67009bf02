/** Opens the work of a stage in its placement. */

import { unreachable } from '../../../planner/errors.js'
import type { Placement } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'
import type { PipelineServices } from '../services.js'
import type { StageWork } from '../stage.js'
import { ActorWork } from './actors.js'
import { checkPlacement, type PlacedStage, type StageBody } from './body.js'
import { DeferredWork } from './deferred.js'
import { openFragment } from './fragment.js'
import { InlinePlace } from './inline.js'
import { OutputPorts } from './output-ports.js'
import { PlacedWork } from './place.js'
import { ProcessPlace } from './processes.js'
import { QueryPlace } from './query.js'
import { SnapshotWork } from './snapshot.js'
import { StagePlans } from './stage-plans.js'
import { ThreadsPlace, threadsConcurrency } from './threads.js'

type BodyOf<K extends StageBody['kind']> = Extract<StageBody, { kind: K }>

/** Throws VOLLEY_UNSUPPORTED for what the placement cannot carry. Nothing is left of it once the services are closed. */
export async function openWork(
  stage: PlacedStage,
  placement: Placement,
  services: PipelineServices,
): Promise<StageWork> {
  checkPlacement(stage, placement)
  const { id, body } = stage
  if (body.kind === 'function') return openFunction(id, body, placement, services)
  const { input } = body
  if (input !== null) return openFrame(id, body, input, placement, services)
  const { concurrency, isOrdered } = orderOf(placement, services)
  return new DeferredWork(concurrency, isOrdered, services.run.context, (schema) =>
    openFrame(id, body, schema, placement, services),
  )
}

function openFunction(
  stage: string,
  { function: source, schema }: BodyOf<'function'>,
  placement: Placement,
  services: PipelineServices,
): Promise<StageWork> {
  const { context } = services.run
  const ports = new OutputPorts(stage, schema, context)
  if (source.kind === 'closure') {
    const { label, mode } = source
    const call = source.call as (input: unknown, context: unknown) => unknown
    return Promise.resolve(new PlacedWork(new InlinePlace(context, { stage, label, mode, call }), ports, context))
  }
  const { kind, module, function: name, kwargs, mode } = source
  const body = { kind: 'function', function: { kind, module, function: name, kwargs }, mode } as const
  return placed(new StagePlans(stage, body, null), ports, placement, services)
}

/** The tables that its operators join with are held as long as the run. */
async function openFrame(
  stage: string,
  { apply, perBatch }: BodyOf<'frame'>,
  input: Schema,
  placement: Placement,
  services: PipelineServices,
): Promise<StageWork> {
  const { context } = services.run
  const fragment = await openFragment(services, { stage, input, apply, perBatch, placement })
  const output = fragment.kind === 'chain' ? fragment.body.output : fragment.output
  const ports = new OutputPorts(stage, output, context)
  if (fragment.kind === 'query') return new PlacedWork(new QueryPlace(services, fragment), ports, context)
  return placed(new StagePlans(stage, fragment.body, input), ports, placement, services)
}

async function placed(
  plans: StagePlans,
  ports: OutputPorts,
  placement: Placement,
  services: PipelineServices,
): Promise<StageWork> {
  const { run } = services
  switch (placement.kind) {
    case 'inline':
      return new PlacedWork(new InlinePlace(run.context, plans), ports, run.context)
    case 'threads':
      return new PlacedWork(new ThreadsPlace(run, plans, placement.maxThreads), ports, run.context)
    case 'snapshot':
      return new SnapshotWork(services, plans, ports, placement)
    case 'process':
      return new PlacedWork(await ProcessPlace.open(services, plans, placement), ports, run.context)
    case 'actor':
      return ActorWork.open(services, plans, ports, placement)
    default:
      return unreachable(placement)
  }
}

/** What the work will say of itself once it is open. */
function orderOf(placement: Placement, { run }: PipelineServices): Pick<StageWork, 'concurrency' | 'isOrdered'> {
  switch (placement.kind) {
    case 'inline':
      return { concurrency: 1, isOrdered: true }
    case 'threads':
      return { concurrency: threadsConcurrency(run, placement.maxThreads), isOrdered: true }
    case 'snapshot':
      return { concurrency: placement.maxThreads, isOrdered: placement.maxThreads === 1 }
    case 'process':
      return { concurrency: placement.maxProcesses, isOrdered: placement.maxProcesses === 1 }
    case 'actor':
      return { concurrency: placement.actors, isOrdered: placement.actors === 1 }
    default:
      return unreachable(placement)
  }
}
