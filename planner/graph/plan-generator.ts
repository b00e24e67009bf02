/** Makes the plans of a graph. */

import { invalid, show } from '../arguments.js'
import { ExecutionPlan } from './execution-plan.js'
import { BatchOrder, checkOrder, type ExecutionOrder, OrderRegistry, StreamingOrder } from './orders.js'
import type { PipeGraph } from './pipe-graph.js'
import { PlanCache } from './plan-cache.js'

export interface PlanGeneratorOptions {
  /** The orders that `plan` knows by name: batch and streaming unless given. */
  readonly orders?: OrderRegistry
  /** One for all generators unless given. */
  readonly cache?: PlanCache
}

const sharedCache = new PlanCache()
const batch = new BatchOrder()
const streaming = new StreamingOrder()

/**
 * Plans for all pipes of a graph, or for some: these then take along all that they depend on, for no pipe can run without
 * what it reads. Plans of equal content are made once.
 */
export class PlanGenerator {
  readonly orders: OrderRegistry
  private readonly cache: PlanCache

  constructor(
    readonly graph: PipeGraph,
    options: PlanGeneratorOptions = {},
  ) {
    this.orders = options.orders ?? new OrderRegistry()
    this.cache = options.cache ?? sharedCache
  }

  /** Sources first: to be run one generation after the other. */
  batchPlan(ids?: readonly string[]): ExecutionPlan {
    return this.plan(ids, batch)
  }

  /** Sinks first: the order in which pipes start that then run side by side. */
  streamingPlan(ids?: readonly string[]): ExecutionPlan {
    return this.plan(ids, streaming)
  }

  /**
   * In batch order unless another is given.
   *
   * @throws VolleyError VOLLEY_INVALID_ARGUMENT for ids and orders that are not known; VOLLEY_INVALID_GRAPH if the order
   * breaks its own rule.
   */
  plan(ids?: readonly string[], order: string | ExecutionOrder = batch): ExecutionPlan {
    const by = typeof order === 'string' ? this.orders.named(order) : checkOrder(order)
    const graph = this.selected(ids)
    const content = JSON.stringify([graph, graph.warnings])
    return this.cache.get(`${keyOf(by)} ${content}`, () => ExecutionPlan.of(graph, by))
  }

  private selected(ids: readonly string[] | undefined): PipeGraph {
    if (ids === undefined) return this.graph
    if (Array.isArray(ids) && ids.length > 0) return this.graph.withDependencies(ids)
    throw invalid(
      `a plan takes a list of ids, or undefined for all, not ${ids.length === 0 ? 'an empty list' : show(ids)}`,
    )
  }
}

const numbers = new WeakMap<ExecutionOrder, number>()
let last = 0

/** Orders of users may have equal names. */
function keyOf(order: ExecutionOrder): string {
  const { name } = order
  if (order.constructor === BatchOrder || order.constructor === StreamingOrder) return name
  const number = numbers.get(order) ?? ++last
  numbers.set(order, number)
  return `${number} ${name}`
}
