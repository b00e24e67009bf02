/** The components of a plan: whether a strategy can run them, and what they make of its ports. */

import { type Component, MAIN_PORT } from '../../../planner/component.js'
import { nearestName, VolleyError } from '../../../planner/errors.js'
import type { ResolvedPlan } from '../../../planner/logical-plan.js'
import { nodesOf, type PlanOf } from '../../../planner/plan-tree.js'
import { REJECTS_PORT, type RunOptions } from '../../../planner/run-options.js'
import type { ExecutionStrategy, Unsupported } from '../strategy.js'
import { builtInStrategies } from './built-in.js'
import { isUnsupported, methodFor } from './method.js'

type ComponentNode = PlanOf<'component'>

function componentsOf(plan: ResolvedPlan): readonly ComponentNode[] {
  return nodesOf(plan).filter((node) => node.kind === 'component')
}

/** Whether a strategy can drive all components of a plan, and if not, the reason of the first it cannot. */
export function supportsComponents(plan: ResolvedPlan, strategy: ExecutionStrategy): true | Unsupported {
  for (const { component } of componentsOf(plan)) {
    const answer = strategy.supports(component)
    if (isUnsupported(answer)) return { reason: `component '${component.name}': ${answer.reason}` }
  }
  return true
}

/** @throws VolleyError VOLLEY_UNSUPPORTED, VOLLEY_INVALID_ARGUMENT for the name of a port that no component has. */
export function checkComponents(plan: ResolvedPlan, strategy: ExecutionStrategy, ports: RunOptions['ports']): void {
  for (const { component } of componentsOf(plan)) {
    const answer = strategy.supports(component)
    if (!isUnsupported(answer)) continue
    throw new VolleyError(
      'VOLLEY_UNSUPPORTED',
      `strategy '${strategy.name}' cannot run component '${component.name}': ${answer.reason}${alternative(component)}`,
      { component: component.name, strategy: strategy.name },
    )
  }
  const known = new Set(componentsOf(plan).flatMap((node) => Object.keys(node.ports)))
  known.delete(MAIN_PORT)
  for (const port of Object.keys(ports ?? {})) {
    // The plan itself rejects records, too.
    if (!known.has(port) && port !== REJECTS_PORT) throw unknownPort(port, [...known])
  }
}

/** For explain: the method that runs, and where; or why none can. `isPushed`: DuckDB reads the input by itself. */
export function componentAnnotations(
  { component }: ComponentNode,
  strategy: ExecutionStrategy,
  isPushed: boolean,
): readonly string[] {
  const answer = strategy.supports(component)
  if (isUnsupported(answer)) return [`not supported by strategy '${strategy.name}': ${answer.reason}`]
  const builtIn = Object.entries(builtInStrategies).find(([, one]) => one === strategy)
  if (builtIn === undefined) return [`driven by strategy '${strategy.name}'`, 'runs in the main thread']
  const choice = methodFor(builtIn[0] as keyof typeof builtInStrategies, component)
  if (isUnsupported(choice)) return []
  const inDuckDb = isPushed ? 'runs in DuckDB with its input' : 'runs in DuckDB over its collected input'
  const where = choice.method === 'processBigData' ? inDuckDb : 'runs in the main thread'
  return [choice.method, ...(choice.derived ? ['derived'] : []), where]
}

function alternative(component: Component): string {
  return builtInStrategies.bulk.supports(component) === true ? '' : "; use strategy 'bigdata', or add a method"
}

function unknownPort(port: string, known: readonly string[]): VolleyError {
  const nearest = nearestName(port, known)
  const listed = known.length === 0 ? 'none beside main' : known.map((one) => `'${one}'`).join(', ')
  const hint = nearest === null ? '' : `; did you mean '${nearest}'?`
  return new VolleyError(
    'VOLLEY_INVALID_ARGUMENT',
    `no component of the plan has a port '${port}', only ${listed}${hint}`,
    {
      expected: known.join(', '),
      actual: port,
    },
  )
}
