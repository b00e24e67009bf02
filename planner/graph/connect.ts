/** Finds who makes what pipes read, and what is wrong with that. */

import { nearestName } from '../errors.js'
import { findCycles } from './cycles.js'
import { describePipe, type Pipe } from './pipe.js'
import type { GraphProblem } from './problems.js'

/** A dataset on its way from the pipe that makes it to one that reads it. */
export interface PipeEdge {
  readonly dataset: string
  /** Null: it comes from outside. */
  readonly from: string | null
  readonly to: string
  /** Read as a whole before the first batch. */
  readonly isTable: boolean
}

/** Datasets that come from outside: these, or whatever no pipe makes. */
export type External = readonly string[] | 'any'

export interface Connected {
  readonly edges: readonly PipeEdge[]
  readonly problems: readonly GraphProblem[]
}

/** The edges in the order of their readers. */
export function connectPipes(pipes: readonly Pipe[], external: External): Connected {
  const connection = new Connection(pipes, external)
  for (const pipe of pipes) connection.add(pipe)
  const { edges, problems } = connection
  return { edges, problems: [...problems, ...cyclesOf(pipes, edges), ...orphansOf(pipes, edges)] }
}

class Connection {
  readonly edges: PipeEdge[] = []
  readonly problems: GraphProblem[] = []
  private readonly pipes = new Map<string, Pipe>()
  private readonly makers = new Map<string, Pipe>()
  private readonly external: ReadonlySet<string> | null

  constructor(pipes: readonly Pipe[], external: External) {
    this.external = external === 'any' ? null : new Set(external)
    for (const pipe of pipes) this.declare(pipe)
    for (const pipe of pipes) this.checkName(pipe)
  }

  add(pipe: Pipe): void {
    const { id, kind, inputs, tables } = pipe
    if (kind !== 'producer' && kind !== 'pipeline' && kind !== 'pipe' && inputs.length + tables.length === 0) {
      this.fault('missing', [id], `${describePipe(pipe)} reads nothing; name the stages that it takes its input from`)
    }
    for (const name of inputs) this.read(pipe, name, false)
    for (const name of tables) this.read(pipe, name, true)
  }

  private declare(pipe: Pipe): void {
    const other = this.pipes.get(pipe.id)
    if (other !== undefined) {
      this.fault('duplicate', [pipe.id], `there are two of id '${pipe.id}': ids are unique`)
      return
    }
    this.pipes.set(pipe.id, pipe)
    for (const dataset of pipe.outputs) {
      const maker = this.makers.get(dataset)
      if (maker === undefined) this.makers.set(dataset, pipe)
      else {
        const both = `${describePipe(maker)} and ${describePipe(pipe)}`
        this.fault('duplicate', [maker.id, pipe.id], `${both} both make '${dataset}'`)
      }
      if (this.external?.has(dataset)) {
        this.fault('duplicate', [pipe.id], `${describePipe(pipe)} makes '${dataset}', which comes from outside`)
      }
    }
  }

  /** A name that means a pipe and the dataset of another would be read as either. */
  private checkName(pipe: Pipe): void {
    const maker = this.makers.get(pipe.id)
    if (maker === undefined || maker.id === pipe.id) return
    const both = `'${pipe.id}' is the id of one and a dataset of ${describePipe(maker)}`
    this.fault('duplicate', [maker.id, pipe.id], `${both}: names are unique`)
  }

  private read(reader: Pipe, name: string, isTable: boolean): void {
    const to = reader.id
    const from = this.makers.get(name)
    if (from !== undefined) {
      this.edges.push({ dataset: name, from: from.id, to, isTable })
      return
    }
    const pipe = this.pipes.get(name)
    if (pipe !== undefined && pipe.outputs.length > 0) {
      for (const dataset of pipe.outputs) this.edges.push({ dataset, from: name, to, isTable })
    } else if (pipe !== undefined) {
      this.fault('missing', [to], `${describePipe(reader)} reads ${describePipe(pipe)}, which puts nothing out`)
    } else if (this.external === null || this.external.has(name)) {
      this.edges.push({ dataset: name, from: null, to, isTable })
    } else {
      this.fault(
        'missing',
        [to],
        `${describePipe(reader)} reads '${name}', which nothing makes${this.hint(name, reader)}`,
      )
    }
  }

  private hint(name: string, reader: Pipe): string {
    const others = [...this.makers.keys(), ...(this.external ?? [])].filter((other) => !reader.outputs.includes(other))
    const nearest = nearestName(name, others)
    return nearest === null ? '' : `; did you mean '${nearest}'?`
  }

  private fault(kind: GraphProblem['kind'], ids: readonly string[], message: string): void {
    this.problems.push({ kind, ids, message })
  }
}

function cyclesOf(pipes: readonly Pipe[], edges: readonly PipeEdge[]): GraphProblem[] {
  const numbers = new Map(pipes.map(({ id }, number) => [id, number]))
  const successors: number[][] = pipes.map(() => [])
  for (const { from, to } of edges) if (from !== null) successors[numbers.get(from)!].push(numbers.get(to)!)
  return findCycles(successors).map((cycle) => {
    const ids = [...cycle, cycle[0]].map((number) => pipes[number].id)
    return { kind: 'cycle', ids, message: `a cycle: ${ids.join(' -> ')}` }
  })
}

function orphansOf(pipes: readonly Pipe[], edges: readonly PipeEdge[]): GraphProblem[] {
  if (pipes.length < 2) return []
  const connected = new Set(edges.flatMap(({ from, to }) => [from, to]))
  return pipes
    .filter((pipe) => !connected.has(pipe.id) && pipe.inputs.length + pipe.tables.length === 0 && !isWhole(pipe))
    .map((pipe) => ({
      kind: 'orphan',
      ids: [pipe.id],
      message: `${describePipe(pipe)} reads nothing, and nothing reads it`,
    }))
}

/** Of some pipes it has been said already that they read nothing; one without outputs may do all of its work alone. */
function isWhole({ kind, outputs }: Pipe): boolean {
  return kind === 'processor' || kind === 'accumulator' || kind === 'consumer' || outputs.length === 0
}

/** Outputs that nobody reads, of pipes whose work is then for nothing. */
export function unreadOutputs(pipes: readonly Pipe[], edges: readonly PipeEdge[]): GraphProblem[] {
  const read = new Set(edges.map(({ dataset }) => dataset))
  return pipes
    .filter(({ kind }) => kind !== 'pipe' && kind !== 'consumer')
    .flatMap((pipe) =>
      pipe.outputs
        .filter((dataset) => !read.has(dataset))
        .map((dataset): GraphProblem => {
          const what = dataset === pipe.id ? `the output of ${describePipe(pipe)}` : `'${dataset}'`
          return { kind: 'unread', ids: [pipe.id], message: `nothing reads ${what}: its rows are dropped` }
        }),
    )
}
