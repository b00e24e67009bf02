/** Tells scans the condition of the filter right above them, by which readers skip row groups. */

import { transformPlan } from '../../plan-tree.js'
import type { Rule } from '../rule.js'

export const scanPredicates: Rule = {
  name: 'scanPredicates',
  apply: (plan) =>
    transformPlan(plan, (node) =>
      node.kind === 'filter' && node.input.kind === 'scan'
        ? { ...node, input: { ...node.input, predicate: node.predicate } }
        : node,
    ),
}
