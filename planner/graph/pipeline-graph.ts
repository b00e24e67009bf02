/** The graph of a pipeline: its stages are the pipes, their ports the datasets. */

import { InternalError } from '../errors.js'
import type { Input, NestedStage, PipelineDefinition, StageDefinition } from '../pipeline/definition.js'
import { flatten } from '../pipeline/flatten.js'
import type { PipeOptions } from './pipe.js'
import { PipeGraph } from './pipe-graph.js'
import { type GraphProblem, refuseProblems } from './problems.js'

const MAIN = 'main'

/**
 * The stages of a pipeline, a nested one being a single pipe. What leaves a stage by `main` is the dataset of its name, by
 * another port `stage.port`.
 * @throws VolleyError VOLLEY_INVALID_GRAPH that lists all that is wrong, in nested pipelines too.
 */
export function graphOf(definition: PipelineDefinition): PipeGraph {
  const what = `pipeline '${definition.name}'`
  refuseProblems(what, pipelineProblems(definition))
  const { graph } = PipeGraph.check(pipesOf(definition))
  if (graph === null) throw new InternalError(`${what} has no problems and no graph`)
  return graph
}

/** All that is wrong with the graph of a pipeline, and with those of pipelines nested in it. */
export function pipelineProblems(definition: PipelineDefinition): readonly GraphProblem[] {
  const { problems } = PipeGraph.check(pipesOf(definition))
  return [...problems, ...nestedProblems(definition, '')]
}

/** The same as `graphOf`, with the stages of nested pipelines in their place: `outer/inner`. */
export function expandedGraphOf(definition: PipelineDefinition): PipeGraph {
  graphOf(definition)
  return PipeGraph.of(pipesOf(flatten(definition)).map((pipe) => ({ ...pipe, group: nestedIn(pipe.id) })))
}

/** The nested pipeline that a stage is of, with those around it; null if it is of none. */
function nestedIn(id: string): string | null {
  const end = id.lastIndexOf('/')
  return end < 0 ? null : id.slice(0, end)
}

/** The name of what a stage reads, among the datasets of its graph. */
function datasetOf({ stage, port }: Input): string {
  return port === MAIN ? stage : `${stage}.${port}`
}

function nestedProblems({ stages }: PipelineDefinition, path: string): GraphProblem[] {
  return stages.flatMap((stage) => (stage.kind === 'pipeline' ? problemsOfNested(stage, `${path}${stage.id}`) : []))
}

/** What the input of a nested pipeline is to its entry. */
const OUTSIDE = 'the input of the nested pipeline'

function problemsOfNested({ pipeline, entry, exit, inputs }: NestedStage, path: string): GraphProblem[] {
  const problems: GraphProblem[] = []
  const missing = (message: string) => problems.push({ kind: 'missing', ids: [path], message })
  const has = (name: string) => pipeline.stages.some(({ id }) => id === name)
  const takesInput = entry !== null || pipeline.stages.some(readsAround)
  if (entry !== null && !has(entry)) missing(`the entry '${entry}' of nested pipeline '${path}' is none of its stages`)
  if (exit !== null && !has(exit)) missing(`the exit '${exit}' of nested pipeline '${path}' is none of its stages`)
  if (takesInput && inputs.length === 0) missing(`nested pipeline '${path}' takes input and reads nothing`)
  if (!takesInput && inputs.length > 0) missing(`nested pipeline '${path}' has inputs, and no stage inside takes them`)
  const pipes = pipesOf(pipeline).map((pipe) =>
    pipe.id === entry ? { ...pipe, inputs: [...(pipe.inputs ?? []), OUTSIDE] } : pipe,
  )
  const inside = PipeGraph.check(pipes, { external: [OUTSIDE] })
    // What leaves by the exit is read outside.
    .problems.filter(({ kind, ids }) => kind !== 'orphan' || ids[0] !== exit)
    .map(({ kind, ids, message }) => ({
      kind,
      ids: ids.map((id) => `${path}/${id}`),
      message: `in nested pipeline '${path}': ${message}`,
    }))
  return [...problems, ...inside, ...nestedProblems(pipeline, `${path}/`)]
}

/** True of a producer that stands for the input of the nested pipeline. */
function readsAround(stage: StageDefinition): boolean {
  return stage.kind === 'producer' && stage.source.kind === 'input'
}

function pipesOf(definition: Pick<PipelineDefinition, 'stages'>): PipeOptions[] {
  const read = portsRead(definition)
  return definition.stages.map((stage) => ({
    id: stage.id,
    kind: stage.kind,
    inputs: stage.inputs.map(datasetOf),
    tables: Object.values(stage.tables).map(datasetOf),
    outputs: outputsOf(stage, read),
  }))
}

/** Ports beside `main` that stages are read by: functions may put out by any. */
function portsRead({ stages }: Pick<PipelineDefinition, 'stages'>): ReadonlyMap<string, readonly string[]> {
  const ports = new Map<string, string[]>()
  for (const { inputs, tables } of stages) {
    for (const { stage, port } of [...inputs, ...Object.values(tables)]) {
      if (port !== MAIN) ports.set(stage, [...(ports.get(stage) ?? []), port])
    }
  }
  return ports
}

function outputsOf(stage: StageDefinition, read: ReadonlyMap<string, readonly string[]>): readonly string[] {
  if (stage.kind === 'consumer' || (stage.kind === 'pipeline' && stage.exit === null)) return []
  const routed = stage.kind === 'processor' ? stage.routes.map(({ port }) => port) : []
  const ports = stage.kind === 'pipeline' ? [] : [...routed, ...(read.get(stage.id) ?? [])]
  return [MAIN, ...new Set(ports)].map((port) => datasetOf({ stage: stage.id, port }))
}
