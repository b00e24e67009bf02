/** Turns WHERE into filters, and its IN and EXISTS subqueries into joins. */

import type { Expression } from '../expression.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstSubquery } from './ast.js'
import { type CorrelatedPair, correlatedPair, mentionsOuter } from './correlation.js'
import type { Relation } from './environment.js'
import { containsAggregate } from './grouping.js'
import { conjunctsOf, equiJoin, filtered } from './plan-nodes.js'
import { column } from './scope.js'
import type { SelectNames } from './select-names.js'
import { countOf, isSingleGroup, type ScalarSubqueries } from './subqueries.js'

/** Equalities with columns of the query around a subquery are added to `pairs` instead. */
export function expandWhere(
  input: LogicalPlan,
  where: AstExpression,
  names: SelectNames,
  scalars: ScalarSubqueries,
  pairs: CorrelatedPair[],
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
    const condition = names.convertCondition(node)
    if (containsAggregate(condition)) {
      throw text.error('VOLLEY_INVALID_ARGUMENT', 'WHERE cannot contain aggregates', node)
    }
    if (!mentionsOuter(condition)) {
      conditions.push(condition)
      continue
    }
    const pair = correlatedPair(condition)
    if (pair === null) throw text.unsupported('a correlated subquery with a condition other than an equality', node)
    pairs.push(pair)
  }
  return filtered(scalars.attach(plan, conditions), conditions)
}

interface Membership {
  readonly subquery: AstSubquery
  readonly negated: boolean
}

/** `x IN (SELECT ...)`, `EXISTS (SELECT ...)` or a negation. */
function membershipOf(node: AstExpression): Membership | null {
  if (node.class === 'SUBQUERY' && node.subquery_type !== 'SCALAR') {
    return { subquery: node, negated: node.subquery_type === 'NOT_EXISTS' }
  }
  if (node.class !== 'OPERATOR' || node.type !== 'OPERATOR_NOT') return null
  const inner = membershipOf(node.children[0])
  return inner && { ...inner, negated: !inner.negated }
}

interface Joined {
  readonly plan: LogicalPlan
  readonly conditions: readonly Expression[]
}

const call = (name: string, ...parameters: Expression[]): Expression => ({
  kind: 'call',
  function: name,
  arguments: parameters,
})

function joinMembership(
  plan: LogicalPlan,
  membership: Membership,
  names: SelectNames,
  scalars: ScalarSubqueries,
): Joined {
  const { subquery, negated } = membership
  const query = subquery.subquery.node
  const members = scalars.expand(query)
  const { correlated = [] } = members
  if (correlated.length > 0 && isSingleGroup(query)) {
    throw names.text.unsupported('IN or EXISTS with a correlated aggregate without GROUP BY', subquery)
  }
  if (subquery.subquery_type === 'ANY') return joinIn(plan, membership, members, names, scalars)
  if (correlated.length === 0) {
    const exists = scalars.exists(members)
    return { plan, conditions: [negated ? call('not', exists) : exists] }
  }
  const outer = correlated.map((one) => one.outer)
  const keyed = scalars.attach(plan, outer)
  return { plan: equiJoin(negated ? 'anti' : 'semi', keyed, members.plan, outer, keysOf(members)), conditions: [] }
}

function joinIn(
  plan: LogicalPlan,
  { subquery, negated }: Membership,
  members: Relation,
  names: SelectNames,
  scalars: ScalarSubqueries,
): Joined {
  const { text } = names
  if (subquery.comparison_type !== 'COMPARE_EQUAL' || subquery.child === undefined) {
    throw text.unsupported('ANY with a comparison other than =', subquery)
  }
  if (members.names.length !== 1) {
    const message = `the subquery of IN must have 1 column, not ${members.names.length}`
    throw text.error('VOLLEY_INVALID_ARGUMENT', message, subquery)
  }
  const value = names.convert(subquery.child)
  const member = column(members.names[0])
  const { correlated = [] } = members
  if (!negated) {
    const left = [value, ...correlated.map((one) => one.outer)]
    const keyed = scalars.attach(plan, left)
    return { plan: equiJoin('semi', keyed, members.plan, left, [member, ...keysOf(members)]), conditions: [] }
  }
  if (correlated.length > 0) throw text.unsupported('NOT IN with a correlated subquery', subquery)
  // NOT IN is only true for members that are all not null and a value that is not null, or if there are no members.
  const { rows, values } = scalars.addAggregates(members.plan, { rows: countOf(null), values: countOf(member) })
  const none = call('eq', column(rows), { kind: 'literal', value: 0, type: null })
  const certain = call('and', call('eq', column(rows), column(values)), call('isNotNull', value))
  const keyed = scalars.attach(plan, [value])
  return {
    plan: equiJoin('anti', keyed, members.plan, [value], [member]),
    conditions: [call('or', none, certain)],
  }
}

function keysOf({ correlated = [] }: Relation): readonly Expression[] {
  return correlated.map((one) => column(one.name))
}
