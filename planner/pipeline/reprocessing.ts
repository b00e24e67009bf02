/** The part of a pipeline that records take which enter it again at the stages that could not process them. */

import { VolleyError } from '../errors.js'
import type { ConsumerStage, Input, PipelineDefinition, ProducerStage, TargetDefinition } from './definition.js'
import { type FlatPipeline, type FlatStage, flatten } from './flatten.js'

/** Records of one stage that have the same columns. */
export interface ReturningRecords {
  readonly stage: string
  /** NDJSON. */
  readonly path: string
  /** Types by column. */
  readonly types: Readonly<Record<string, string>>
}

export interface Reprocessing {
  readonly records: readonly ReturningRecords[]
  /** Files of dead letters that are read: none of them is written. */
  readonly letters: ReadonlySet<string>
  /** Names what is written beside outputs that are there. */
  readonly name: string
}

/**
 * Stages that lead to no other than those which failed are left out, but for what their tables need. Outputs that the
 * pipeline would replace stay: files are written beside them, and rows are added to tables.
 *
 * @throws VolleyError VOLLEY_INVALID_ARGUMENT for stages that there are not, VOLLEY_UNSUPPORTED for a table of records that
 *   come again themselves
 */
export function reprocessing(
  definition: PipelineDefinition,
  { records, letters, name }: Reprocessing,
): PipelineDefinition {
  const pipeline = flatten(definition)
  const byId = new Map(pipeline.stages.map((stage) => [stage.id, stage]))
  for (const { stage } of records) if (!byId.has(stage)) throw unknownStage(pipeline, stage)
  const behind = readersOf(pipeline, new Set(records.map(({ stage }) => stage)))
  const needed = sourcesOf(byId, behind)
  for (const id of needed) if (behind.has(id)) throw bothWays(id)
  const producers = records.map(producerOf)
  const stages = pipeline.stages.flatMap((stage): FlatStage[] => {
    if (needed.has(stage.id)) return [withoutLetters(stage)]
    if (!behind.has(stage.id)) return []
    const returning = producers.filter((_, index) => records[index].stage === stage.id)
    const inputs: Input[] = [
      ...stage.inputs.filter((input) => behind.has(input.stage)),
      ...returning.map(({ id }) => ({ stage: id, port: 'main' })),
    ]
    const own = { ...withLettersElsewhere(stage, letters, name), inputs }
    return [own.kind === 'consumer' ? { ...own, target: targetBeside(own, name) } : own]
  })
  return { ...definition, stages: [...producers, ...stages] }
}

function producerOf({ stage, path, types }: ReturningRecords, index: number): ProducerStage {
  return {
    kind: 'producer',
    id: `reprocessed-${index + 1}-${stage.replaceAll('/', '-')}`,
    inputs: [],
    tables: {},
    placement: null,
    errors: null,
    retries: null,
    queue: 8,
    source: { kind: 'file', paths: [path], format: 'ndjson', options: { types } },
  }
}

/** The stages and all that read them, directly or not, by streams. */
function readersOf({ stages }: FlatPipeline, from: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set(from)
  for (let size = 0; size < found.size; ) {
    size = found.size
    for (const { id, inputs } of stages) if (inputs.some(({ stage }) => found.has(stage))) found.add(id)
  }
  return found
}

/** What the tables of stages come from. */
function sourcesOf(byId: ReadonlyMap<string, FlatStage>, readers: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (id: string): void => {
    if (found.has(id)) return
    found.add(id)
    const { inputs, tables } = byId.get(id)!
    for (const { stage } of [...inputs, ...Object.values(tables)]) visit(stage)
  }
  for (const id of readers) for (const { stage } of Object.values(byId.get(id)!.tables)) visit(stage)
  return found
}

/** What fails for a table is among the dead letters of the run before. */
function withoutLetters<T extends FlatStage>(stage: T): T {
  return stage.errors === null ? stage : { ...stage, errors: { ...stage.errors, isSilent: true } }
}

function withLettersElsewhere<T extends FlatStage>(stage: T, letters: ReadonlySet<string>, name: string): T {
  const place = stage.errors?.deadLetters ?? null
  if (stage.errors === null || place === null || !letters.has(place)) return stage
  return { ...stage, errors: { ...stage.errors, deadLetters: beside(place, name) } }
}

function targetBeside({ target }: ConsumerStage, name: string): TargetDefinition {
  if (target.kind === 'function' || target.mode === 'append' || target.mode === 'upsert') return target
  if (target.kind === 'database') return { ...target, mode: 'append' }
  return { ...target, mode: 'fail', path: beside(target.path, name) }
}

/** `orders.parquet` becomes `orders-NAME.parquet`. */
function beside(path: string, name: string): string {
  const point = path.lastIndexOf('.')
  return point > Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
    ? `${path.slice(0, point)}-${name}${path.slice(point)}`
    : `${path}-${name}`
}

function unknownStage({ name, stages }: FlatPipeline, stage: string): VolleyError {
  const ids = stages.map(({ id }) => id).join(', ')
  return new VolleyError(
    'VOLLEY_INVALID_ARGUMENT',
    `there are dead letters of stage '${stage}', but pipeline '${name}' has no such stage; it has: ${ids}`,
    { stage, expected: ids, actual: stage },
  )
}

function bothWays(stage: string): VolleyError {
  return new VolleyError(
    'VOLLEY_UNSUPPORTED',
    `stage '${stage}' is part of a table, which is read whole, and of what the records come to that are processed again: run the whole pipeline instead`,
    { stage },
  )
}
