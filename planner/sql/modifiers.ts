/** DISTINCT, ORDER BY and LIMIT. */

import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstModifier, AstOrder } from './ast.js'
import { column } from './scope.js'
import type { OutputList } from './select-list.js'
import type { SelectNames } from './select-names.js'
import type { SqlText } from './sql-text.js'

export interface Modifiers {
  readonly distinct: boolean
  readonly distinctOn: readonly AstExpression[] | null
  readonly orders: readonly AstOrder[]
  readonly limits: readonly AstModifier[]
}

export function modifiersOf(modifiers: readonly AstModifier[] = []): Modifiers {
  const distinct = modifiers.find((modifier) => modifier.type === 'DISTINCT_MODIFIER')
  return {
    distinct: distinct !== undefined,
    distinctOn: distinct?.distinct_on_targets ?? null,
    orders: modifiers.flatMap((modifier) => (modifier.type === 'ORDER_MODIFIER' ? modifier.orders : [])),
    limits: modifiers.filter((one) => one.type === 'LIMIT_MODIFIER' || one.type === 'LIMIT_PERCENT_MODIFIER'),
  }
}

/** A sort key by the name of an output column. */
export interface OrderTerm {
  readonly name: string
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export function orderTerms(orders: readonly AstOrder[], outputs: OutputList, names: SelectNames): readonly OrderTerm[] {
  return orders.flatMap((order) => {
    const { expression } = order
    const terms = expression.class === 'STAR' ? outputs.visibleNames : [outputs.nameOf(expression, names)]
    return terms.map((name) => orderTerm(name, order))
  })
}

/** DuckDB's defaults: ascending, and nulls last either way. */
export function orderTerm(name: string, order: AstOrder): OrderTerm {
  return { name, descending: order.type === 'DESCENDING', nullsFirst: order.null_order === 'NULLS FIRST' }
}

export function sorted(input: LogicalPlan, terms: readonly OrderTerm[]): LogicalPlan {
  if (terms.length === 0) return input
  const keys = terms.map(({ name, descending, nullsFirst }) => ({ expression: column(name), descending, nullsFirst }))
  return { kind: 'sort', input, keys }
}

export function limited(input: LogicalPlan, modifiers: Modifiers, text: SqlText): LogicalPlan {
  let plan = input
  for (const modifier of modifiers.limits) {
    if (modifier.type !== 'LIMIT_MODIFIER') throw text.unsupported('LIMIT with a percentage')
    const count = rowCount(modifier.limit, text)
    plan = { kind: 'limit', input: plan, count, offset: rowCount(modifier.offset, text) ?? 0 }
  }
  return plan
}

function rowCount(node: AstExpression | undefined, text: SqlText): number | null {
  if (node === undefined) return null
  if (node.class !== 'CONSTANT') throw text.unsupported('a LIMIT or OFFSET that is not a constant', node)
  if (node.value.is_null) return null
  const count = Number(node.value.value)
  if (Number.isSafeInteger(count) && count >= 0) return count
  throw text.error('VOLLEY_INVALID_ARGUMENT', `LIMIT and OFFSET take a number of rows, not ${count}`, node)
}
