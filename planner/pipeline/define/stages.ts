/** Stages as users write them, checked and completed. */

import { nearestName } from '../../errors.js'
import { parseBytes } from '../../quantities.js'
import type {
  ErrorPolicy,
  Input,
  NestedStage,
  PipelineDefinition,
  Placement,
  StageBase,
  StageDefinition,
} from '../definition.js'
import type {
  AccumulatorSpecification,
  ConsumerSpecification,
  NestedSpecification,
  PipelineLike,
  PipelineSpecification,
  PlacementSpecification,
  ProcessorSpecification,
  ProducerSpecification,
  Size,
  StageSpecification,
} from '../specification.js'
import { millisecondsOf, retriesOf, sourceOf, targetOf } from './endpoints.js'
import { type DefinitionEnvironment, type Findings, listOf } from './environment.js'
import { transformsOf } from './transforms.js'

export type DefineNested = (given: PipelineSpecification, findings: Findings) => PipelineDefinition

const DEFAULT_QUEUE = 8

/** `given` is of the shape of a stage. */
export function stageOf(
  given: StageSpecification,
  environment: DefinitionEnvironment,
  findings: Findings,
  define: DefineNested,
): StageDefinition {
  const kind = kindOf(given)
  const base = baseOf(given, environment, findings)
  switch (kind) {
    case 'producer': {
      const { source } = given as ProducerSpecification
      return { ...base, kind, source: sourceOf(source, environment, findings.at('source')) }
    }
    case 'processor': {
      const { transform, routes = {} } = given as ProcessorSpecification
      return {
        ...base,
        kind,
        transforms: transformsOf(transform, environment),
        routes: Object.entries(routes).map(([port, when]) => ({ port, when })),
      }
    }
    case 'accumulator':
      return { ...base, kind, ...limitsOf(given as AccumulatorSpecification, findings) }
    case 'consumer': {
      const { target } = given as ConsumerSpecification
      return { ...base, kind, target: targetOf(target, environment, findings.at('target')) }
    }
    case 'pipeline':
      return { ...base, kind, ...nestedOf(given as NestedSpecification, environment, findings, define) }
  }
}

function kindOf(given: StageSpecification): StageDefinition['kind'] {
  if (given.kind !== undefined) return given.kind
  if ('source' in given) return 'producer'
  if ('target' in given) return 'consumer'
  return 'pipeline' in given ? 'pipeline' : 'processor'
}

function baseOf(given: StageSpecification, environment: DefinitionEnvironment, findings: Findings): StageBase {
  const { from, tables = {} } = given as ProcessorSpecification
  return {
    id: given.id,
    inputs: listOf(from).map(inputOf),
    tables: Object.fromEntries(Object.entries(tables).map(([name, stage]) => [name, inputOf(stage)])),
    placement: given.placement === undefined ? null : placementOf(given.placement),
    errors: given.errors === undefined ? null : errorsOf(given.errors, environment, findings.at('errors')),
    retries: retriesOf(given.retries),
    queue: given.queue ?? DEFAULT_QUEUE,
  }
}

function inputOf(text: string): Input {
  const point = text.indexOf('.')
  return point < 0 ? { stage: text, port: 'main' } : { stage: text.slice(0, point), port: text.slice(point + 1) }
}

function limitsOf(given: AccumulatorSpecification, findings: Findings) {
  const { key, rows, bytes, every, totalRows, totalBytes } = given
  if ([rows, bytes, every, totalRows, totalBytes].every((limit) => limit === undefined)) {
    findings.add('an accumulator needs a limit', 'rows, bytes, every, totalRows or totalBytes')
  }
  return {
    key: listOf(key),
    rows: rows ?? null,
    bytes: sizeOf(bytes),
    milliseconds: every === undefined ? null : millisecondsOf(every),
    totalRows: totalRows ?? null,
    totalBytes: sizeOf(totalBytes),
  }
}

function nestedOf(
  given: NestedSpecification,
  environment: DefinitionEnvironment,
  findings: Findings,
  define: DefineNested,
): Pick<NestedStage, 'pipeline' | 'entry' | 'exit'> {
  const { pipeline: named, params = {} } = given as NestedSpecification & { readonly params?: Record<string, unknown> }
  const nested: unknown = named
  const pipeline =
    typeof nested === 'string'
      ? environment.load(environment.resolve(nested), params)
      : isBuilder(nested)
        ? nested.build()
        : isDefinition(nested)
          ? nested
          : define(nested as PipelineSpecification, findings.at('pipeline'))
  return {
    pipeline,
    entry: innerStage('entry', given.entry ?? entryOf(pipeline), pipeline, findings),
    exit: innerStage('exit', given.exit ?? exitOf(pipeline), pipeline, findings),
  }
}

function innerStage(
  field: 'entry' | 'exit',
  id: string | null,
  { stages }: PipelineDefinition,
  findings: Findings,
): string | null {
  const ids = stages.map((stage) => stage.id)
  if (id !== null && !ids.includes(id)) {
    const near = nearestName(id, ids)
    const hint = near === null ? '' : `; did you mean '${near}'?`
    findings.at(field).add(`the nested pipeline has no stage '${id}'${hint}`, `one of ${ids.join(', ')}`)
  }
  return id
}

function entryOf({ stages }: PipelineDefinition): string | null {
  return stages.find((stage) => stage.kind === 'producer' && stage.source.kind === 'input')?.id ?? null
}

/** The one stage whose rows go nowhere. */
function exitOf({ stages }: PipelineDefinition): string | null {
  const read = new Set(
    stages.flatMap(({ inputs, tables }) => [...inputs, ...Object.values(tables)].map((input) => input.stage)),
  )
  const open = stages.filter((stage) => stage.kind !== 'consumer' && !read.has(stage.id))
  return open.length === 1 ? open[0].id : null
}

function isBuilder(given: unknown): given is PipelineLike {
  return typeof given === 'object' && given !== null && 'build' in given && typeof given.build === 'function'
}

function isDefinition(given: unknown): given is PipelineDefinition {
  if (typeof given !== 'object' || given === null || !('stages' in given) || !Array.isArray(given.stages)) return false
  return given.stages.every((stage: object) => 'inputs' in stage)
}

/** All that a placement may say, whichever it is. */
interface AnyPlacement {
  readonly kind: Placement['kind']
  readonly maxThreads?: number
  readonly accumulateMax?: number
  readonly maxProcesses?: number
  readonly retries?: number
  readonly timeout?: number | string
  readonly memoryLimit?: Size
  readonly actors?: number
  readonly key?: string | readonly string[]
}

export function placementOf(given: PlacementSpecification): Placement {
  const named: AnyPlacement = typeof given === 'string' ? { kind: given } : given
  switch (named.kind) {
    case 'inline':
      return { kind: 'inline' }
    case 'threads':
      return { kind: 'threads', maxThreads: named.maxThreads ?? null }
    case 'snapshot':
      return { kind: 'snapshot', maxThreads: named.maxThreads ?? 2, accumulateMax: named.accumulateMax ?? 16 }
    case 'process':
      return {
        kind: 'process',
        maxProcesses: named.maxProcesses ?? 2,
        retries: named.retries ?? 1,
        timeout: named.timeout === undefined ? null : millisecondsOf(named.timeout),
        memoryLimit: sizeOf(named.memoryLimit),
      }
    case 'actor':
      return { kind: 'actor', actors: named.actors ?? 2, key: listOf(named.key) }
  }
}

export function errorsOf(
  given: Partial<ErrorPolicy>,
  { resolve }: DefinitionEnvironment,
  findings: Findings,
): ErrorPolicy {
  const limit = (['maxRate', 'maxCount', 'maxConsecutive'] as const).find((name) => given[name] !== undefined)
  if (limit !== undefined && typeof given.deadLetters !== 'string') {
    findings.add(`${limit} needs a place for the records that are left out: deadLetters`, 'deadLetters: a path')
  }
  return {
    deadLetters: typeof given.deadLetters === 'string' ? resolve(given.deadLetters) : null,
    maxRate: given.maxRate ?? null,
    maxCount: given.maxCount ?? null,
    maxConsecutive: given.maxConsecutive ?? null,
  }
}

export function sizeOf(given: Size | undefined): number | null {
  if (given === undefined) return null
  return typeof given === 'number' ? given : parseBytes(given)
}
