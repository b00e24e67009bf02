/** Turns a whole query into a plan: WITH, SELECT and set operations. */

import { unreachable } from '../errors.js'
import type { Expression } from '../expression.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstQuery, AstSetOperation } from './ast.js'
import type { CommonTable, QueryEnvironment, Relation } from './environment.js'
import { limited, modifiersOf, type OrderTerm, orderTerm, sorted } from './modifiers.js'
import { allOf, filtered } from './plan-nodes.js'
import { column, sameName, uniqueName } from './scope.js'
import { expandSelect } from './select.js'
import { positionOf } from './select-list.js'

export function expandQuery(query: AstQuery, environment: QueryEnvironment): Relation {
  const inner = withCommonTables(query, environment)
  switch (query.type) {
    case 'SELECT_NODE':
      return expandSelect(query, inner)
    case 'SET_OPERATION_NODE':
      return expandSetOperation(query, inner)
    case 'RECURSIVE_CTE_NODE':
      throw environment.text.unsupported('a recursive WITH')
    case 'CTE_NODE':
      throw environment.text.unsupported('a query of kind CTE_NODE')
    default:
      return unreachable(query)
  }
}

/** Each use of a table of WITH expands it anew; it sees those defined before it. */
function withCommonTables(query: AstQuery, environment: QueryEnvironment): QueryEnvironment {
  let inner = environment
  for (const { key, value } of query.cte_map?.map ?? []) {
    const definition: CommonTable = {
      query: value.query.node,
      aliases: value.aliases ?? [],
      environment: { ...inner, correlation: null },
    }
    inner = { ...inner, commonTables: new Map([...inner.commonTables, [key.toLowerCase(), definition]]) }
  }
  return inner
}

function expandSetOperation(operation: AstSetOperation, environment: QueryEnvironment): Relation {
  const { text } = environment
  const uncorrelated = { ...environment, correlation: null }
  const left = expandQuery(operation.left, uncorrelated)
  const right = expandQuery(operation.right, uncorrelated)
  const { names } = left
  if (names.length !== right.names.length) {
    const message = `${operation.setop_type} needs as many columns on both sides: ${names.length} and ${right.names.length}`
    throw text.error('VOLLEY_SCHEMA_MISMATCH', message)
  }
  const all = operation.setop_all ?? true
  const plan = combined(operation, all, left, right, environment)
  const modifiers = modifiersOf(operation.modifiers)
  if (modifiers.distinctOn !== null) throw text.unsupported('DISTINCT ON over a set operation')
  const isDistinct = modifiers.distinct || (operation.setop_type === 'UNION' && !all)
  const deduplicated: LogicalPlan = isDistinct ? { kind: 'distinct', input: plan, names: null } : plan
  const terms = modifiers.orders.flatMap((order): OrderTerm[] => {
    const { expression } = order
    const ordered = expression.class === 'STAR' ? names : [outputName(expression, names, environment)]
    return ordered.map((name) => orderTerm(name, order))
  })
  return { plan: limited(sorted(deduplicated, terms), modifiers, text), names }
}

function outputName(term: AstExpression, names: readonly string[], { text }: QueryEnvironment): string {
  if (term.class === 'CONSTANT') return names[positionOf(term, names.length, text)]
  const name = term.class === 'COLUMN_REF' ? term.column_names[term.column_names.length - 1] : null
  const found = name === null ? undefined : names.find((one) => sameName(one, name))
  if (found !== undefined) return found
  throw text.unsupported('ORDER BY anything but a column or position over a set operation', term)
}

function combined(
  operation: AstSetOperation,
  all: boolean,
  left: Relation,
  right: Relation,
  { text }: QueryEnvironment,
): LogicalPlan {
  const { names } = left
  switch (operation.setop_type) {
    case 'UNION':
      return { kind: 'union', inputs: [left.plan, selected(right, names, [])] }
    case 'EXCEPT':
    case 'INTERSECT': {
      if (all) throw text.unsupported(`${operation.setop_type} ALL`)
      return membership(left, right, operation.setop_type === 'INTERSECT')
    }
    case 'UNION_BY_NAME':
      throw text.unsupported('UNION BY NAME')
    default:
      return unreachable(operation.setop_type)
  }
}

/** The relation's columns under other names, and columns beside. */
function selected(relation: Relation, names: readonly string[], beside: readonly Expression[]): LogicalPlan {
  const renamed = relation.names.map(
    (name, i): Expression =>
      name === names[i] ? column(name) : { kind: 'alias', argument: column(name), name: names[i] },
  )
  return { kind: 'select', input: relation.plan, expressions: [...renamed, ...beside] }
}

/**
 * The distinct rows of the left that the right has, or has not. Grouping finds equal rows, because it takes nulls for
 * equal as set operations do and joins do not.
 */
function membership(left: Relation, right: Relation, inRight: boolean): LogicalPlan {
  const { names } = left
  const used = new Set(names)
  const sides = { left: uniqueName('in_left', used), right: uniqueName('in_right', used) }
  const flag = (value: boolean, name: string): Expression => ({
    kind: 'alias',
    argument: { kind: 'literal', value, type: null },
    name,
  })
  const marked = (relation: Relation, isLeft: boolean) =>
    selected(relation, names, [flag(isLeft, sides.left), flag(!isLeft, sides.right)])
  const any = (name: string): Expression => ({
    kind: 'aggregate',
    function: 'boolOr',
    argument: column(name),
    parameter: null,
    distinct: false,
    filter: null,
  })
  const grouped: LogicalPlan = {
    kind: 'aggregate',
    input: { kind: 'union', inputs: [marked(left, true), marked(right, false)] },
    keys: names.map((name) => column(name)),
    aggregates: { [sides.left]: any(sides.left), [sides.right]: any(sides.right) },
  }
  const wanted = column(sides.right)
  const condition = allOf([
    column(sides.left),
    inRight ? wanted : { kind: 'call', function: 'not', arguments: [wanted] },
  ])
  return { kind: 'select', input: filtered(grouped, [condition]), expressions: names.map((name) => column(name)) }
}
