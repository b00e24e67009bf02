/** Orders: in which generation of a plan each pipe comes. */

import { checkChoice, checkName, invalid, show } from '../arguments.js'
import { nearestName } from '../errors.js'
import type { JsonValue } from './json.js'
import type { PipeGraph } from './pipe-graph.js'

/**
 * forward  every pipe comes in a later generation than those that it depends on; such plans can be run one generation after
 *          the other
 * reverse  in an earlier one: the order in which pipes are started that then run side by side
 * free     neither is asked for
 */
export type Direction = 'forward' | 'reverse' | 'free'

export const DIRECTIONS: readonly Direction[] = ['forward', 'reverse', 'free']

/** Users may write their own. The same graph gives the same generations: plans are kept. */
export interface ExecutionOrder {
  /** In plans and messages, and what it is asked for by once registered. */
  readonly name: string
  readonly direction: Direction
  /** Ids: each pipe of the graph once, in a generation that is not empty. */
  generations(graph: PipeGraph): readonly (readonly string[])[]
  /** What else whoever runs the plan should know. */
  metadata?(graph: PipeGraph): Readonly<Record<string, JsonValue>>
}

/** Sources first. Each pipe comes as early as its dependencies allow. */
export class BatchOrder implements ExecutionOrder {
  readonly name = 'batch'
  readonly direction = 'forward'

  generations(graph: PipeGraph): string[][] {
    return layers(
      graph.ids,
      (id) => graph.dependencies(id),
      (id) => graph.dependents(id),
    )
  }

  metadata(): Readonly<Record<string, JsonValue>> {
    return { start: 'sources_first' }
  }
}

/**
 * Sinks first, so that whatever reads is there before what it reads, and downstream checkpoints are established first. Each
 * pipe comes right after the last of its readers.
 */
export class StreamingOrder implements ExecutionOrder {
  readonly name = 'streaming'
  readonly direction = 'reverse'

  generations(graph: PipeGraph): string[][] {
    return layers(
      graph.ids,
      (id) => graph.dependents(id),
      (id) => graph.dependencies(id),
    )
  }

  metadata(): Readonly<Record<string, JsonValue>> {
    return { start: 'sinks_first', checkpointOrder: 'downstream_first' }
  }
}

/** Topological generations (Kahn, Communications of the ACM 5, 1962): as early as what comes before allows. */
function layers(
  ids: readonly string[],
  before: (id: string) => readonly string[],
  after: (id: string) => readonly string[],
): string[][] {
  const place = new Map(ids.map((id, index) => [id, index]))
  const waits = new Map(ids.map((id) => [id, before(id).length]))
  const found: string[][] = []
  let layer = ids.filter((id) => waits.get(id) === 0)
  while (layer.length > 0) {
    found.push(layer)
    const next: string[] = []
    for (const id of layer) {
      for (const one of after(id)) {
        const left = waits.get(one)! - 1
        waits.set(one, left)
        if (left === 0) next.push(one)
      }
    }
    layer = next.sort((a, b) => place.get(a)! - place.get(b)!)
  }
  return found
}

const BUILT_IN: readonly ExecutionOrder[] = [new BatchOrder(), new StreamingOrder()]

/** The orders that plans may be asked for by name. */
export class OrderRegistry {
  private readonly orders = new Map(BUILT_IN.map((order) => [order.name, order]))

  get names(): readonly string[] {
    return [...this.orders.keys()]
  }

  /** @throws VolleyError VOLLEY_INVALID_ARGUMENT for what is no order, and for a name that is taken. */
  register(order: ExecutionOrder): void {
    checkOrder(order)
    if (this.orders.has(order.name)) throw invalid(`there is an order '${order.name}' already`)
    this.orders.set(order.name, order)
  }

  /** @throws VolleyError VOLLEY_INVALID_ARGUMENT if there is none of that name. */
  named(name: string): ExecutionOrder {
    const order = this.orders.get(name)
    if (order !== undefined) return order
    const nearest = typeof name === 'string' ? nearestName(name, this.names) : null
    const hint = nearest === null ? '' : `; did you mean '${nearest}'?`
    throw invalid(`there is no order ${show(name)}, only ${this.names.join(', ')}${hint}`)
  }
}

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT */
export function checkOrder(order: ExecutionOrder): ExecutionOrder {
  if (typeof order !== 'object' || order === null || typeof order.generations !== 'function') {
    throw invalid(`an order is an object with name, direction and generations, not ${show(order)}`)
  }
  checkName('the name of an order', order.name)
  checkChoice(`the direction of order '${order.name}'`, order.direction, DIRECTIONS)
  return order
}
