/** Makes the definition of a pipeline of what its user wrote, in code or in YAML. */

import { nearestName, VolleyError } from '../../errors.js'
import type { Input, PipelineDefinition, StageDefinition } from '../definition.js'
import { PIPELINE } from '../pipeline-shape.js'
import { pathText, problemsOf } from '../shape/check.js'
import type { Problem } from '../shape/shape.js'
import type {
  GraphSpecification,
  LinearSpecification,
  PipelineSpecification,
  SourceSpecification,
  StageSpecification,
  TargetSpecification,
} from '../specification.js'
import { retriesOf } from './endpoints.js'
import { type DefinitionEnvironment, Findings } from './environment.js'
import { errorsOf, placementOf, sizeOf, stageOf } from './stages.js'

const DEFAULT_BATCH_SIZE = 65_536
const DEFAULT_MAX_WORKERS = 4
const FIXED_PORTS = ['main', 'rejects']

/**
 * Everything that is wrong is said at once: `details.problems` has it, each with its place.
 *
 * @throws VolleyError VOLLEY_INVALID_PIPELINE
 */
export function definePipeline(given: unknown, environment: DefinitionEnvironment): PipelineDefinition {
  const problems = [...problemsOf(PIPELINE, given)]
  const definition = problems.length > 0 ? null : defined(given as PipelineSpecification, environment, problems)
  if (definition === null || problems.length > 0) throw invalidPipeline(problems)
  return definition
}

function invalidPipeline(problems: readonly Problem[]): VolleyError {
  const lines = problems.map(problemLine)
  const [first] = lines
  const message = lines.length === 1 ? first : `${lines.length} problems:\n${lines.map((one) => `- ${one}`).join('\n')}`
  return new VolleyError('VOLLEY_INVALID_PIPELINE', message, { problems })
}

/** What is wrong, after what it is wrong in. */
export function problemLine({ path, message }: Problem): string {
  const place = pathText(path)
  return place === '' || message.startsWith(`${place}: `) ? message : `${place}: ${message}`
}

function defined(
  given: PipelineSpecification,
  environment: DefinitionEnvironment,
  problems: Problem[],
  outer: Findings = new Findings(problems),
): PipelineDefinition {
  const isGraph = 'stages' in given && given.stages !== undefined
  const specified = isGraph ? graphStages(given as GraphSpecification) : linearStages(given as LinearSpecification)
  const stages = specified.map(({ stage, place }) =>
    stageOf(stage, environment, outer.at(...place), (nested, findings) =>
      defined(nested, environment, problems, findings),
    ),
  )
  const places = specified.map(({ place }) => place)
  checkStages(stages, places, outer, isGraph)
  if (isGraph) refuseLinearFields(given, outer)
  return {
    name: given.name ?? 'pipeline',
    stages,
    mode: given.mode ?? 'full',
    batchSize: given.batchSize ?? DEFAULT_BATCH_SIZE,
    maxMemory: sizeOf(given.maxMemory),
    maxWorkers: given.maxWorkers ?? DEFAULT_MAX_WORKERS,
    onFailure: given.onFailure ?? 'fail-fast',
    placement: placementOf(given.placement ?? 'threads'),
    errors: errorsOf(given.errors ?? {}, environment, outer.at('errors')),
    retries: retriesOf(given.retries),
    directory: environment.directory,
  }
}

/** A stage, and where in the document it is. */
interface PlacedStage {
  readonly stage: StageSpecification
  readonly place: readonly (string | number)[]
}

function graphStages({ stages }: GraphSpecification): readonly PlacedStage[] {
  return stages.map((stage, index) => ({ stage, place: ['stages', index] }))
}

/** The chain as stages `extract`, `transform` and `load`, beside those of its tables. */
function linearStages(given: LinearSpecification): readonly PlacedStage[] {
  const { extract, tables = {}, transform } = given
  const inputs = Object.entries(tables).map(([name, source], index): [string, SourceSpecification, string] => [
    name,
    source,
    /^[A-Za-z0-9_-]+$/.test(name) ? `table-${name}` : `table-${index + 1}`,
  ])
  const hasStep = transform !== undefined || inputs.length > 0
  const targets = isSeveral(given.load) ? given.load : [given.load as TargetSpecification]
  return [
    { stage: { id: 'extract', source: extract }, place: ['extract'] },
    ...inputs.map(([name, source, id]) => ({ stage: { id, source }, place: ['tables', name] })),
    ...(hasStep
      ? [
          {
            stage: {
              id: 'transform',
              kind: 'processor' as const,
              from: 'extract',
              tables: Object.fromEntries(inputs.map(([name, , id]) => [name, id])),
              ...(transform === undefined ? {} : { transform }),
            },
            place: ['transform'],
          },
        ]
      : []),
    ...targets
      .filter((target) => target !== undefined)
      .map((target, index) => ({
        stage: {
          id: targets.length === 1 ? 'load' : `load-${index + 1}`,
          from: hasStep ? 'transform' : 'extract',
          target,
        },
        place: targets.length === 1 ? ['load'] : ['load', index],
      })),
  ]
}

function isSeveral(load: LinearSpecification['load']): load is readonly TargetSpecification[] {
  return Array.isArray(load)
}

function refuseLinearFields(given: object, findings: Findings): void {
  for (const name of ['tables', 'transform', 'load'] as const) {
    if (name in given) findings.at(name).add(`'${name}' goes with 'extract', not with 'stages'`, "a stage of 'stages'")
  }
}

function checkStages(
  stages: readonly StageDefinition[],
  places: readonly (readonly (string | number)[])[],
  outer: Findings,
  isGraph: boolean,
): void {
  const byId = new Map<string, StageDefinition>()
  for (const [index, stage] of stages.entries()) {
    const findings = outer.at(...places[index])
    if (byId.has(stage.id)) findings.at('id').add(`two stages are called '${stage.id}'`, 'a name of its own')
    byId.set(stage.id, stage)
    const reads = stage.kind !== 'producer' && !(stage.kind === 'pipeline' && stage.entry === null)
    if (reads && stage.inputs.length === 0) findings.add(`stage '${stage.id}' reads nothing`, 'from: a stage')
  }
  for (const [index, stage] of stages.entries()) {
    const findings = outer.at(...places[index])
    for (const [position, input] of stage.inputs.entries()) {
      checkInput(input, byId, isGraph ? findings.at('from', ...(stage.inputs.length > 1 ? [position] : [])) : findings)
    }
    for (const [name, input] of Object.entries(stage.tables)) checkInput(input, byId, findings.at('tables', name))
  }
  if (!isGraph && !stages.some((stage) => stage.kind === 'consumer')) {
    outer.add("a pipeline lacks 'load'", 'load: where the rows go')
  }
}

function checkInput({ stage: id, port }: Input, byId: ReadonlyMap<string, StageDefinition>, findings: Findings): void {
  const stage = byId.get(id)
  if (stage === undefined) {
    const ids = [...byId.keys()]
    const near = nearestName(id, ids)
    findings.add(
      `there is no stage '${id}'${near === null ? '' : `; did you mean '${near}'?`}`,
      `one of ${ids.join(', ')}`,
    )
    return
  }
  if (stage.kind === 'consumer') findings.add(`'${id}' is a consumer, which nothing can be read from`)
  const ports = [...FIXED_PORTS, ...(stage.kind === 'processor' ? stage.routes.map((route) => route.port) : [])]
  // A function may put out by ports of its own.
  const isOpen = stage.kind === 'processor' && stage.transforms.some(({ kind }) => kind === 'function')
  if (isOpen || ports.includes(port)) return
  const near = nearestName(port, ports)
  findings.add(
    `stage '${id}' has no port '${port}'${near === null ? '' : `; did you mean '${near}'?`}`,
    `one of ${ports.join(', ')}`,
  )
}
