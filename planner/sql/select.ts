/**
 * Turns one SELECT into plan nodes, in the order in which SQL computes it:
 * FROM, WHERE, GROUP BY and aggregates, HAVING, the list, QUALIFY, DISTINCT, ORDER BY, LIMIT.
 */

import type { Expression } from '../expression.js'
import { someExpression } from '../expression-tree.js'
import type { AstSelect } from './ast.js'
import type { QueryEnvironment, Relation } from './environment.js'
import { expandFrom } from './from.js'
import { containsAggregate, group, groupKeys } from './grouping.js'
import { limited, type Modifiers, modifiersOf, orderTerms, sorted } from './modifiers.js'
import { filtered } from './plan-nodes.js'
import { column } from './scope.js'
import { listItems, OutputList } from './select-list.js'
import { SelectNames } from './select-names.js'
import type { SqlText } from './sql-text.js'
import { ScalarSubqueries } from './subqueries.js'
import { expandWhere } from './where.js'

export function expandSelect(select: AstSelect, environment: QueryEnvironment): Relation {
  const { text } = environment
  if (select.sample !== undefined) throw text.unsupported('USING SAMPLE')
  const used = new Set<string>()
  const inside = { ...environment, correlation: null }
  const from = expandFrom(select.from_table, inside, used)
  const scalars = new ScalarSubqueries(inside, from.columns, used)
  const names = new SelectNames(select.select_list, from.columns, environment, scalars)
  const pairs = environment.correlation?.pairs ?? []
  let plan = from.plan
  if (select.where_clause !== undefined) plan = expandWhere(plan, select.where_clause, names, scalars, pairs)

  const outputs = new OutputList(listItems(select.select_list, from.columns, names), used)
  const modifiers = modifiersOf(select.modifiers)
  const orders = orderTerms(modifiers.orders, outputs, names)
  const distinctOn = modifiers.distinctOn?.map((target) => outputs.nameOf(target, names)) ?? null
  const qualify = select.qualify === undefined ? null : outputs.add(names.convert(select.qualify))
  const having = select.having === undefined ? [] : [names.convert(select.having)]
  const correlated = pairs.map(({ inner, outer }) => ({ name: outputs.add(inner), outer }))

  const keys = groupKeys(select, outputs, names)
  let expressions: readonly Expression[] = [...outputs.columns.map((one) => one.expression), ...having]
  if (keys !== null || having.length > 0 || expressions.some(containsAggregate)) {
    const allKeys = [...(keys ?? []), ...pairs.map((pair) => pair.inner)]
    const grouped = group(plan, allKeys, expressions, outputs, scalars, text)
    plan = grouped.plan
    expressions = grouped.expressions
  }
  if (correlated.length > 0) refuseUncorrelatable(expressions, modifiers, text)
  const listed = outputs.columns.map((one, i) => ({ name: one.name, expression: expressions[i] }))
  const conditions = expressions.slice(listed.length)
  plan = filtered(scalars.attach(plan, conditions), conditions)
  plan = scalars.attach(plan, expressions)
  plan = {
    kind: 'select',
    input: plan,
    expressions: listed.map(({ name, expression }) => ({ kind: 'alias', argument: expression, name })),
  }

  if (qualify !== null) plan = filtered(plan, [column(qualify)])
  const visible = outputs.visibleNames
  const beside = correlated.map((one) => one.name)
  if (modifiers.distinct && distinctOn === null) {
    if (orders.some((order) => !visible.includes(order.name))) {
      throw text.unsupported('ORDER BY an expression that SELECT DISTINCT does not have')
    }
    plan = { kind: 'distinct', input: outputs.withoutHidden(plan, beside), names: null }
  }
  plan = sorted(plan, orders)
  if (distinctOn !== null) {
    // The first row of each group is that of the order; afterwards the order is made once more for what is left.
    plan = sorted({ kind: 'distinct', input: plan, names: distinctOn }, orders)
  }
  const isBare = modifiers.distinct && distinctOn === null
  if (!isBare) plan = outputs.withoutHidden(plan, beside)
  return { plan: limited(plan, modifiers, text), names: visible, correlated }
}

/** What depends on all rows of a subquery would have to be computed for each row around it. */
function refuseUncorrelatable(expressions: readonly Expression[], modifiers: Modifiers, text: SqlText): void {
  const hasWindow = expressions.some((one) => someExpression(one, (node) => node.kind === 'window'))
  if (modifiers.limits.length > 0) throw text.unsupported('LIMIT in a correlated subquery')
  if (modifiers.distinctOn !== null) throw text.unsupported('DISTINCT ON in a correlated subquery')
  if (hasWindow) throw text.unsupported('a window function in a correlated subquery')
}
