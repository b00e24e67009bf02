/** When the pipes of a graph run, or start: an immutable list of generations. */

import { checkChoice, checkCount, checkName, invalid, show } from '../arguments.js'
import { VolleyError } from '../errors.js'
import { drawDot } from './draw-dot.js'
import { drawMermaid } from './draw-mermaid.js'
import { frozenCopy, type JsonValue } from './json.js'
import { DIRECTIONS, type Direction, type ExecutionOrder } from './orders.js'
import type { PipeOptions } from './pipe.js'
import { PipeGraph, type SharedInput } from './pipe-graph.js'
import { describePlan } from './plan-text.js'

/** Pipes that do not depend on each other. */
export interface Generation {
  /** From 0. */
  readonly number: number
  readonly ids: readonly string[]
  /** The pipes that those of the generation directly depend on, wherever they come. */
  readonly dependencies: readonly string[]
}

export interface PlanSummary {
  readonly order: string
  readonly direction: Direction
  readonly pipes: number
  readonly generations: number
  readonly maxParallelism: number
  /** Pipes of each generation. */
  readonly sizes: readonly number[]
  /** Datasets that several pipes read. */
  readonly sharedInputs: readonly string[]
  /** Datasets that come from outside. */
  readonly external: readonly string[]
  readonly metadata: Readonly<Record<string, JsonValue>>
}

export interface PlanJson {
  readonly version: 1
  readonly order: string
  readonly direction: Direction
  readonly generations: readonly (readonly string[])[]
  readonly metadata: Readonly<Record<string, JsonValue>>
  readonly pipes: readonly PipeOptions[]
  readonly external: readonly string[]
}

export class ExecutionPlan {
  readonly generations: readonly Generation[]
  private readonly numbers: ReadonlyMap<string, number>

  private constructor(
    readonly graph: PipeGraph,
    /** The name of its order. */
    readonly order: string,
    readonly direction: Direction,
    generations: readonly (readonly string[])[],
    readonly metadata: Readonly<Record<string, JsonValue>>,
  ) {
    this.generations = Object.freeze(
      generations.map((ids, number) =>
        Object.freeze({
          number,
          ids: Object.freeze([...ids]),
          dependencies: Object.freeze([...new Set(ids.flatMap((id) => (graph.has(id) ? graph.dependencies(id) : [])))]),
        }),
      ),
    )
    this.numbers = new Map(generations.flatMap((ids, number) => ids.map((id) => [id, number] as const)))
    Object.freeze(this)
  }

  /** @throws VolleyError VOLLEY_INVALID_GRAPH if the order breaks its own rule. */
  static of(graph: PipeGraph, order: ExecutionOrder): ExecutionPlan {
    const generations = order.generations(graph)
    if (!isListOfLists(generations)) throw invalid(`order '${order.name}' gives a list of lists of ids`)
    const metadata = frozenCopy(order.metadata?.(graph) ?? {})
    const plan = new ExecutionPlan(graph, order.name, order.direction, generations, metadata)
    plan.validate()
    return plan
  }

  /**
   * What `toJSON` gave, or the text that JSON.stringify made of the plan.
   * @throws VolleyError VOLLEY_INVALID_ARGUMENT for what is no plan, VOLLEY_INVALID_GRAPH for one that cannot run.
   */
  static fromJSON(given: PlanJson | string): ExecutionPlan {
    const json = typeof given === 'string' ? parsedPlan(given) : given
    if (typeof json !== 'object' || json === null) throw invalid(`a plan is an object, not ${show(json)}`)
    const { version, order, direction, generations, metadata, pipes, external } = json
    if (version !== 1) throw invalid(`a plan is of version 1, not ${show(version)}`)
    checkName('the order of a plan', order)
    checkChoice('the direction of a plan', direction, DIRECTIONS)
    if (!isListOfLists(generations)) throw invalid('the generations of a plan are lists of ids')
    const graph = PipeGraph.of(pipes, { external })
    const plan = new ExecutionPlan(graph, order, direction, generations, frozenCopy(metadata))
    plan.validate()
    return plan
  }

  /** In the order of the generations. */
  get ids(): readonly string[] {
    return this.generations.flatMap(({ ids }) => ids)
  }

  /** @throws VolleyError VOLLEY_INVALID_ARGUMENT if there are not so many. `number` counts from 0. */
  generation(number: number): Generation {
    checkCount('the number of a generation', number, 0)
    const generation = this.generations[number]
    if (generation !== undefined) return generation
    const last = this.generations.length - 1
    throw invalid(`the plan has no generation ${number}, the last is ${last}`, `0 to ${last}`, number)
  }

  /** The number of the generation of a pipe. */
  generationOf(id: string): number {
    return this.numbers.get(this.graph.pipe(id).id)!
  }

  /** Pipes of the largest generation. */
  maxParallelism(): number {
    return this.generations.reduce((most, { ids }) => Math.max(most, ids.length), 0)
  }

  /** Datasets that several pipes read: to be read once. */
  sharedInputs(): readonly SharedInput[] {
    return this.graph.sharedInputs()
  }

  summary(): PlanSummary {
    return {
      order: this.order,
      direction: this.direction,
      pipes: this.graph.pipes.length,
      generations: this.generations.length,
      maxParallelism: this.maxParallelism(),
      sizes: this.generations.map(({ ids }) => ids.length),
      sharedInputs: this.sharedInputs().map(({ dataset }) => dataset),
      external: this.graph.external(),
      metadata: this.metadata,
    }
  }

  /**
   * Checks that each pipe comes once, and where the direction of the plan asks for it. Plans are checked when they are made.
   * @throws VolleyError VOLLEY_INVALID_GRAPH
   */
  validate(): void {
    const seen = new Set<string>()
    for (const { ids, number } of this.generations) {
      if (ids.length === 0) throw this.broken(`generation ${number} is empty`)
      for (const id of ids) {
        if (!this.graph.has(id)) throw this.broken(`generation ${number} has ${show(id)}, which is not in the graph`)
        if (seen.has(id)) throw this.broken(`'${id}' comes twice`)
        seen.add(id)
      }
    }
    for (const id of this.graph.ids) {
      if (!seen.has(id)) throw this.broken(`'${id}' is missing`)
      for (const dependency of this.graph.dependencies(id)) this.checkPlace(id, dependency)
    }
  }

  private checkPlace(id: string, dependency: string): void {
    const distance = this.numbers.get(id)! - this.numbers.get(dependency)!
    if (this.direction === 'free' || (this.direction === 'forward' ? distance > 0 : distance < 0)) return
    const [where, wanted] = [this.numbers.get(id), this.direction === 'forward' ? 'later' : 'earlier']
    const places = `'${id}' is in generation ${where}, '${dependency}' in ${this.numbers.get(dependency)}`
    throw this.broken(`'${id}' reads '${dependency}' and must come in a ${wanted} generation, but ${places}`)
  }

  private broken(message: string): VolleyError {
    return new VolleyError('VOLLEY_INVALID_GRAPH', `the plan in ${this.order} order is wrong: ${message}`)
  }

  /** A line for each pipe, below its generation. */
  toText(): string {
    return describePlan(this)
  }

  /** A flowchart of the graph, with its generations as boxes. */
  toMermaid(): string {
    return drawMermaid(this.graph, this.boxes())
  }

  /** The same in the language of Graphviz. */
  toDot(): string {
    return drawDot(this.graph, this.boxes())
  }

  toJSON(): PlanJson {
    const { pipes, external } = this.graph.toJSON()
    const generations = this.generations.map(({ ids }) => ids)
    return {
      version: 1,
      order: this.order,
      direction: this.direction,
      generations,
      metadata: this.metadata,
      pipes,
      external,
    }
  }

  private boxes(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.generations.map(({ number, ids }) => [`generation ${number}`, ids]))
  }
}

function parsedPlan(text: string): PlanJson {
  try {
    return JSON.parse(text) as PlanJson
  } catch (error) {
    throw invalid(`a plan is an object, or JSON of one: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isListOfLists(value: unknown): boolean {
  return Array.isArray(value) && value.every((ids) => Array.isArray(ids))
}
