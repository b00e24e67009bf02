/** Opens the work of a stage in its placement. */

import type { Batch } from '../../../io/batch.js'
import { unreachable } from '../../../planner/errors.js'
import type { Placement } from '../../../planner/pipeline/definition.js'
import type { Schema } from '../../../planner/types.js'
import type { StageFunction } from '../../operators/call.js'
import type { PipelineServices } from '../services.js'
import type { StageWork } from '../stage.js'
import { ActorWork } from './actors.js'
import { checkPlacement, type PlacedStage, refusal, type StageBody } from './body.js'
import { DeferredWork } from './deferred.js'
import { isArrangement, openFragment } from './fragment.js'
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
  services.run.throwIfCancelled()
  const { id, body } = stage
  if (body.kind === 'function') return openFunction(id, body, placement, services)
  const { input } = body
  if (input !== null) return openFrame(id, body, { schema: input, sample: null }, placement, services)
  return new DeferredWork(concurrencyOf(placement, services), services.run.context, (first) =>
    openFrame(id, body, { schema: first.schema, sample: first }, placement, services),
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
    return Promise.resolve(inline({ stage, label, mode, call }, ports, services))
  }
  const { kind, module, function: name, kwargs, mode } = source
  const body = { kind: 'function', function: { kind, module, function: name, kwargs }, mode } as const
  return placed(new StagePlans(stage, body, null), ports, placement, services)
}

interface FrameInput {
  readonly schema: Schema
  readonly sample: Batch | null
}

/** The tables that its operators join with are held as long as the run. */
async function openFrame(
  stage: string,
  { apply, perBatch }: BodyOf<'frame'>,
  { schema: input, sample }: FrameInput,
  placement: Placement,
  services: PipelineServices,
): Promise<StageWork> {
  const { context } = services.run
  const fragment = await openFragment(services, { stage, input, sample, apply, perBatch, placement })
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
  if (placement.kind !== 'inline') checkCloned(plans, placement)
  switch (placement.kind) {
    case 'inline':
      return inline(plans, ports, services)
    case 'threads':
      // Columns are passed on in less time than a message takes.
      if (plans.body.kind === 'chain' && isArrangement(plans.body)) return inline(plans, ports, services)
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

/** Its scratch goes before the run's blocks do. */
function inline(work: StagePlans | StageFunction, ports: OutputPorts, { run }: PipelineServices): StageWork {
  const place = new InlinePlace(run.context, work)
  run.cleanUp(() => place.close())
  return new PlacedWork(place, ports, run.context)
}

/** Functions within frames have kwargs, too. */
function checkCloned({ stage, body }: StagePlans, placement: Placement): void {
  try {
    structuredClone(body)
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error)
    throw refusal(stage, placement, `kwargs of its functions cannot be sent to where it runs: ${fault}`, [
      'give plain data, and open handles in the module',
    ])
  }
}

/** What the work will say of itself once it is open. */
function concurrencyOf(placement: Placement, { run }: PipelineServices): number {
  switch (placement.kind) {
    case 'inline':
      return 1
    case 'threads':
      return threadsConcurrency(run, placement.maxThreads)
    case 'snapshot':
      return placement.maxThreads
    case 'process':
      return placement.maxProcesses
    case 'actor':
      return placement.actors
    default:
      return unreachable(placement)
  }
}
