/** Which method of a component a strategy runs: the one made for it, or one from which it can derive its own. */

import { COMPONENT_METHODS, type Component, type ComponentMethod, hasMethod } from '../../../planner/component.js'
import type { Unsupported } from '../strategy.js'

export type BuiltInName = 'row' | 'bulk' | 'bigdata'

export interface MethodChoice {
  readonly method: ComponentMethod
  /** True if the method was made for another strategy. */
  readonly derived: boolean
}

/** In order of preference. A query needs all of the input as a table, which only bigdata has. */
const METHODS: Readonly<Record<BuiltInName, readonly ComponentMethod[]>> = {
  row: ['processRow', 'processBulk'],
  bulk: ['processBulk', 'processRow'],
  bigdata: ['processBigData', 'processBulk', 'processRow'],
}

export function methodFor(strategy: BuiltInName, component: Component): MethodChoice | Unsupported {
  const [own] = METHODS[strategy]
  const method = METHODS[strategy].find((one) => hasMethod(component, one))
  if (method !== undefined) return { method, derived: method !== own }
  const existing = COMPONENT_METHODS.filter((one) => hasMethod(component, one))
  return {
    reason: `it has only ${existing.join(', ')}, which needs all of the input as a table`,
  }
}

export function isUnsupported(answer: object | true): answer is Unsupported {
  return answer !== true && 'reason' in answer
}
