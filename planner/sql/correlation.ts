/**
 * Subqueries that mention columns of the query around them. Those whose WHERE mentions them in equalities only become
 * joins: the inner side of each equality is a column of the subquery, the outer side a key of the query around it.
 */

import type { Expression } from '../expression.js'
import { mapChildren, someExpression } from '../expression-tree.js'
import { column, type ScopeColumn } from './scope.js'

/** Passed to the expansion of a subquery, which collects in it what WHERE says. */
export interface Correlation {
  /** Those of the SELECT around, just outside. */
  readonly columns: readonly ScopeColumn[]
  readonly pairs: CorrelatedPair[]
}

export interface CorrelatedPair {
  /** Over the subquery's columns. */
  readonly inner: Expression
  /** Over those around it. */
  readonly outer: Expression
}

/** Marks columns of the query around, until the equality that mentions them is taken apart. */
const OUTER = '(outer)'

export function outerColumn(internal: string, position: number | undefined): Expression {
  return { kind: 'column', name: internal, table: OUTER, position }
}

export function mentionsOuter(expression: Expression): boolean {
  return someExpression(expression, isOuter)
}

/** The sides of an equality between the subquery and the query around it; null for all else. */
export function correlatedPair(condition: Expression): CorrelatedPair | null {
  if (condition.kind !== 'call' || condition.function !== 'eq') return null
  const [a, b] = condition.arguments
  if (isOnlyOuter(a) && !mentionsOuter(b)) return { inner: b, outer: withoutMark(a) }
  if (isOnlyOuter(b) && !mentionsOuter(a)) return { inner: a, outer: withoutMark(b) }
  return null
}

function isOuter(node: Expression): boolean {
  return node.kind === 'column' && node.table === OUTER
}

function isOnlyOuter(expression: Expression): boolean {
  return mentionsOuter(expression) && !someExpression(expression, (node) => node.kind === 'column' && !isOuter(node))
}

function withoutMark(expression: Expression): Expression {
  if (expression.kind === 'column') return column(expression.name, expression.position)
  return mapChildren(expression, withoutMark)
}
