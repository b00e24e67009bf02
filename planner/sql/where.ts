/** Turns WHERE into filters, and its IN and EXISTS subqueries into joins. */

import type { Expression } from '../expression.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstSubquery } from './ast.js'
import { containsAggregate } from './grouping.js'
import { conjunctsOf, equiJoin, filtered } from './plan-nodes.js'
import { column } from './scope.js'
import type { SelectNames } from './select-names.js'
import { countOf, type ScalarSubqueries } from './subqueries.js'

export function expandWhere(
  input: LogicalPlan,
  where: AstExpression,
  names: SelectNames,
  scalars: ScalarSubqueries,
): LogicalPlan {
  const { text } = names
  let plan = input
  const conditions: Expression[] = []
  for (const node of conjunctsOf(where)) {
    const membership = membershipOf(node)
    if (membership !== null) {
      const joined = joinMembership(plan, membership, names, scalars)
      plan = joined.plan
      conditions.push(...joined.conditions)
      continue
    }
    const condition = names.convert(node)
    if (containsAggregate(condition))
      throw text.error('VOLLEY_INVALID_ARGUMENT', 'WHERE cannot contain aggregates', node)
    conditions.push(condition)
  }
  return filtered(scalars.attach(plan, conditions), conditions)
}

interface Membership {
  readonly subquery: AstSubquery
  readonly negated: boolean
}

/** `x IN (SELECT ...)` or its negation. */
function membershipOf(node: AstExpression): Membership | null {
  if (node.class === 'SUBQUERY' && node.subquery_type === 'ANY') return { subquery: node, negated: false }
  if (node.class !== 'OPERATOR' || node.type !== 'OPERATOR_NOT') return null
  const inner = membershipOf(node.children[0])
  return inner && { ...inner, negated: !inner.negated }
}

interface Joined {
  readonly plan: LogicalPlan
  readonly conditions: readonly Expression[]
}

function joinMembership(
  plan: LogicalPlan,
  { subquery, negated }: Membership,
  names: SelectNames,
  scalars: ScalarSubqueries,
): Joined {
  const { text } = names
  if (subquery.comparison_type !== 'COMPARE_EQUAL' || subquery.child === undefined) {
    throw text.unsupported('ANY with a comparison other than =', subquery)
  }
  const value = names.convert(subquery.child)
  const members = scalars.expand(subquery.subquery.node)
  if (members.names.length !== 1) {
    const message = `the subquery of IN must have 1 column, not ${members.names.length}`
    throw text.error('VOLLEY_INVALID_ARGUMENT', message, subquery)
  }
  const member = column(members.names[0])
  const keyed = scalars.attach(plan, [value])
  if (!negated) return { plan: equiJoin('semi', keyed, members.plan, [value], [member]), conditions: [] }
  // NOT IN is only true for members that are all not null and a value that is not null, or if there are no members.
  const { rows, values } = scalars.addAggregates(members.plan, { rows: countOf(null), values: countOf(member) })
  const call = (name: string, ...parameters: Expression[]): Expression => ({
    kind: 'call',
    function: name,
    arguments: parameters,
  })
  const none = call('eq', column(rows), { kind: 'literal', value: 0, type: null })
  const certain = call('and', call('eq', column(rows), column(values)), call('isNotNull', value))
  return {
    plan: equiJoin('anti', keyed, members.plan, [value], [member]),
    conditions: [call('or', none, certain)],
  }
}
