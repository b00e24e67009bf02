/** A checked, immutable graph of pipes. */

import { checkOptions, invalid, show } from '../arguments.js'
import { InternalError, nearestName } from '../errors.js'
import { connectPipes, type External, type PipeEdge, unreadOutputs } from './connect.js'
import { drawDot } from './draw-dot.js'
import { drawMermaid } from './draw-mermaid.js'
import { completePipe, type Pipe, type PipeOptions } from './pipe.js'
import { type GraphProblem, refuseProblems } from './problems.js'

export interface GraphOptions {
  /** Datasets that come from outside. None unless given. */
  readonly external?: External
}

/** A dataset with several readers, which should be made or read once. */
export interface SharedInput {
  readonly dataset: string
  /** The pipe that makes it; null if it comes from outside. */
  readonly from: string | null
  readonly readers: readonly string[]
}

/**
 * A stage that reads a table and an input that descend from the same source. In one stream, the source would wait for the
 * stage to take its input, and the stage for the source to end: the source must be read twice, or its rows be held.
 */
export interface TableConflict {
  readonly id: string
  readonly table: string
  readonly input: string
  readonly source: string
}

/** Everything is in the order in which the pipes were given, or that of their readers. */
export class PipeGraph {
  private readonly byId: ReadonlyMap<string, Pipe>
  private readonly before = new Map<string, string[]>()
  private readonly after = new Map<string, string[]>()

  private constructor(
    readonly pipes: readonly Pipe[],
    readonly edges: readonly PipeEdge[],
    /** Outputs that nobody reads, of pipes whose work is then for nothing. */
    readonly warnings: readonly GraphProblem[],
  ) {
    this.byId = new Map(pipes.map((pipe) => [pipe.id, pipe]))
    for (const { id } of pipes) {
      this.before.set(id, [])
      this.after.set(id, [])
    }
    for (const { from, to } of edges) {
      if (from === null) continue
      addOnce(this.before.get(to)!, from)
      addOnce(this.after.get(from)!, to)
    }
    Object.freeze(this)
  }

  /**
   * @throws VolleyError VOLLEY_INVALID_GRAPH, with all `problems` in its details, for duplicates, cycles, missing inputs and
   * orphans; VOLLEY_INVALID_ARGUMENT for what is no pipe.
   */
  static of(pipes: readonly PipeOptions[], options: GraphOptions = {}): PipeGraph {
    const { graph, problems } = PipeGraph.check(pipes, options)
    refuseProblems('the graph cannot run', problems)
    if (graph === null) throw new InternalError('a graph without problems was not made')
    return graph
  }

  /** The graph, or null and all that is wrong with it. */
  static check(
    given: readonly PipeOptions[],
    options: GraphOptions = {},
  ): { readonly graph: PipeGraph | null; readonly problems: readonly GraphProblem[] } {
    if (!Array.isArray(given)) throw invalid(`a graph is made of a list of pipes, not ${show(given)}`)
    checkOptions('a graph', options, ['external'])
    const pipes = Object.freeze(given.map(completePipe))
    const { edges, problems } = connectPipes(pipes, options.external ?? [])
    if (problems.length > 0) return { graph: null, problems }
    return { graph: new PipeGraph(pipes, Object.freeze(edges), Object.freeze(unreadOutputs(pipes, edges))), problems }
  }

  get ids(): readonly string[] {
    return this.pipes.map(({ id }) => id)
  }

  has(id: string): boolean {
    return this.byId.has(id)
  }

  /** @throws VolleyError VOLLEY_INVALID_ARGUMENT if there is none of that id. */
  pipe(id: string): Pipe {
    const pipe = this.byId.get(id)
    if (pipe !== undefined) return pipe
    const nearest = typeof id === 'string' ? nearestName(id, this.ids) : null
    throw invalid(`the graph has no ${show(id)}${nearest === null ? '' : `; did you mean '${nearest}'?`}`)
  }

  /** The pipes that make what it reads. */
  dependencies(id: string): readonly string[] {
    return this.before.get(this.pipe(id).id)!
  }

  /** The pipes that read what it makes. */
  dependents(id: string): readonly string[] {
    return this.after.get(this.pipe(id).id)!
  }

  /** All that it depends on, at whatever distance. */
  ancestors(id: string): readonly string[] {
    return this.reached(this.dependencies(id), this.before)
  }

  /** All that depends on it, at whatever distance. */
  descendants(id: string): readonly string[] {
    return this.reached(this.dependents(id), this.after)
  }

  /** The pipes that no other has to precede. */
  sources(): readonly string[] {
    return this.ids.filter((id) => this.before.get(id)!.length === 0)
  }

  /** The pipes that nobody reads. */
  sinks(): readonly string[] {
    return this.ids.filter((id) => this.after.get(id)!.length === 0)
  }

  /** Datasets that several pipes read. */
  sharedInputs(): readonly SharedInput[] {
    const shared = new Map<string, { readonly dataset: string; readonly from: string | null; readers: string[] }>()
    for (const { dataset, from, to } of this.edges) {
      const known = shared.get(dataset)
      if (known === undefined) shared.set(dataset, { dataset, from, readers: [to] })
      else addOnce(known.readers, to)
    }
    return [...shared.values()].filter(({ readers }) => readers.length > 1)
  }

  tableConflicts(): readonly TableConflict[] {
    return this.edges
      .filter(({ isTable }) => isTable)
      .flatMap((table) => {
        if (table.from === null) return []
        const sources = new Set(this.sourcesOf(table.from))
        return this.edges.flatMap((input): TableConflict[] => {
          if (input.isTable || input.to !== table.to || input.from === null) return []
          const source = this.sourcesOf(input.from).find((id) => sources.has(id))
          return source === undefined ? [] : [{ id: table.to, table: table.dataset, input: input.dataset, source }]
        })
      })
  }

  /** The graph of these pipes and of all that they depend on. */
  withDependencies(ids: readonly string[]): PipeGraph {
    const kept = new Set(ids.flatMap((id) => [this.pipe(id).id, ...this.ancestors(id)]))
    if (kept.size === this.pipes.length) return this
    return new PipeGraph(
      Object.freeze(this.pipes.filter(({ id }) => kept.has(id))),
      Object.freeze(this.edges.filter(({ to }) => kept.has(to))),
      [],
    )
  }

  /** The datasets that come from outside. */
  external(): readonly string[] {
    return [...new Set(this.edges.flatMap(({ dataset, from }) => (from === null ? [dataset] : [])))]
  }

  /** A flowchart, with nested pipelines as its parts. */
  toMermaid(): string {
    return drawMermaid(this, groupsOf(this.pipes))
  }

  /** The same in the language of Graphviz. */
  toDot(): string {
    return drawDot(this, groupsOf(this.pipes))
  }

  toJSON(): { readonly pipes: readonly Pipe[]; readonly external: readonly string[] } {
    return { pipes: this.pipes, external: this.external() }
  }

  private sourcesOf(id: string): readonly string[] {
    return [id, ...this.ancestors(id)].filter((one) => this.before.get(one)!.length === 0)
  }

  private reached(from: readonly string[], next: ReadonlyMap<string, readonly string[]>): readonly string[] {
    const reached = new Set(from)
    for (const id of reached) for (const one of next.get(id)!) reached.add(one)
    return this.ids.filter((id) => reached.has(id))
  }
}

function addOnce(list: string[], value: string): void {
  if (!list.includes(value)) list.push(value)
}

function groupsOf(pipes: readonly Pipe[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { id, group } of pipes) if (group !== null) groups.set(group, [...(groups.get(group) ?? []), id])
  return groups
}
