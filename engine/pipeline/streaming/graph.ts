/** Who reads what in a flat pipeline, and in which order its stages start. */

import { VolleyError } from '../../../planner/errors.js'
import type { ExecutionPlan } from '../../../planner/graph/execution-plan.js'
import type { Input } from '../../../planner/pipeline/definition.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'

export class StreamGraph {
  private readonly byId: ReadonlyMap<string, FlatStage>
  private readonly readersOf = new Map<string, string[]>()

  constructor(readonly stages: readonly FlatStage[]) {
    this.byId = new Map(stages.map((stage) => [stage.id, stage]))
    for (const stage of stages) {
      for (const input of stage.inputs) {
        this.stage(input.stage)
        this.readersOf.set(input.stage, [...(this.readersOf.get(input.stage) ?? []), stage.id])
      }
    }
  }

  stage(id: string): FlatStage {
    const stage = this.byId.get(id)
    if (stage !== undefined) return stage
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `the pipeline has no stage ${id}`, { stage: id })
  }

  /** A stage and all that read it, directly or not. */
  withReaders(id: string): ReadonlySet<string> {
    const found = new Set<string>()
    const visit = (one: string): void => {
      if (found.has(one)) return
      found.add(one)
      for (const reader of this.readersOf.get(one) ?? []) visit(reader)
    }
    visit(id)
    return found
  }

  /** The stages that a port comes from, by streams. */
  sourcesOf(id: string): ReadonlySet<string> {
    const found = new Set<string>()
    const visit = (one: string): void => {
      if (found.has(one)) return
      found.add(one)
      for (const input of this.stage(one).inputs) visit(input.stage)
    }
    visit(id)
    return found
  }
}

/** Stages as the plan starts them. What is none of the plan's only reads, as what collects a table does, and comes first. */
export function inStartOrder(stages: readonly FlatStage[], plan: ExecutionPlan): readonly FlatStage[] {
  const places = new Map(plan.ids.map((id, place) => [id, place]))
  const placeOf = ({ id }: FlatStage) => places.get(id) ?? -1
  return [...stages].sort((a, b) => placeOf(a) - placeOf(b))
}

/** The tables of a pipeline that can be read at the same time: none needs one of a later step. */
export function tableSteps({ stages }: FlatPipeline): readonly (readonly Input[])[] {
  const graph = new StreamGraph(stages)
  const depths = new Map<string, number>()
  const depthOf = (input: Input): number => {
    const key = tableKey(input)
    const known = depths.get(key)
    if (known !== undefined) return known
    let depth = 0
    for (const id of graph.sourcesOf(input.stage)) {
      for (const table of Object.values(graph.stage(id).tables)) depth = Math.max(depth, depthOf(table) + 1)
    }
    depths.set(key, depth)
    return depth
  }
  const steps: Map<string, Input>[] = []
  for (const input of stages.flatMap((stage) => Object.values(stage.tables))) {
    const depth = depthOf(input)
    while (steps.length <= depth) steps.push(new Map())
    steps[depth].set(tableKey(input), input)
  }
  return steps.map((step) => [...step.values()])
}

export function tableKey({ stage, port }: Input): string {
  return `${stage}.${port}`
}
