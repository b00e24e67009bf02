/** Removes a distinct over rows that are distinct already: those of groups, by all of their keys. */

import type { ResolvedPlan } from '../../logical-plan.js'
import { transformPlan } from '../../plan-tree.js'
import type { Rule } from '../rule.js'

export const removeDistinct: Rule = {
  name: 'removeDistinct',
  apply: (plan) =>
    transformPlan(plan, (node) => {
      if (node.kind !== 'distinct') return node
      const keys = distinctColumns(node.input)
      return keys?.every((key) => node.on.includes(key)) ? node.input : node
    }),
}

/** Columns whose values no two rows share, all together; null if that is not known. */
function distinctColumns(plan: ResolvedPlan): readonly number[] | null {
  switch (plan.kind) {
    case 'aggregate':
      return plan.keys.map((_, i) => i)
    case 'distinct':
      return plan.on
    case 'filter':
    case 'sort':
    case 'limit':
      return distinctColumns(plan.input)
    case 'project': {
      const inner = distinctColumns(plan.input)
      if (inner === null) return null
      const places = inner.map((index) =>
        plan.expressions.findIndex(({ expression }) => expression.kind === 'column' && expression.index === index),
      )
      return places.includes(-1) ? null : places
    }
    case 'scan':
    case 'join':
    case 'union':
    case 'map':
    case 'component':
    case 'window':
      return null
  }
}
