/**
 * Subqueries that stand for one value. Each becomes a one-row table that is cross joined where it is used; a correlated
 * one a table of a row for each combination of its keys, which is left joined.
 */

import type { Expression } from '../expression.js'
import { someExpression } from '../expression-tree.js'
import { aggregateForSql } from '../functions.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstQuery, AstSubquery } from './ast.js'
import type { QueryEnvironment, Relation } from './environment.js'
import { crossJoin, equiJoin } from './plan-nodes.js'
import { column, type ScopeColumn, uniqueName } from './scope.js'

interface Scalar {
  /** The internal name of its column. */
  readonly name: string
  readonly plan: LogicalPlan
  /** Keys of the query around and of the plan; none if it has one row. */
  readonly outer: readonly Expression[]
  readonly keys: readonly Expression[]
}

export class ScalarSubqueries {
  private readonly scalars = new Map<string, Scalar>()
  private readonly attached = new Set<string>()
  private isGrouped = false

  /** `columns` are those of the SELECT that the subqueries stand in; `used` its internal names. */
  constructor(
    private readonly environment: QueryEnvironment,
    private readonly columns: readonly ScopeColumn[],
    private readonly used: Set<string>,
  ) {}

  /** Expands any subquery of this SELECT. */
  expand(query: AstQuery): Relation {
    const { environment, columns } = this
    const outer = [...columns, ...environment.outer]
    return environment.expandQuery(query, { ...environment, outer, correlation: { columns, pairs: [] } })
  }

  /** The expression that stands for a scalar subquery or EXISTS; its column must be attached before it is computed. */
  columnFor(node: AstSubquery): Expression {
    const relation = this.expand(node.subquery.node)
    const isCorrelated = relation.correlated !== undefined && relation.correlated.length > 0
    if (node.subquery_type === 'SCALAR') {
      return isCorrelated ? this.addCorrelated(relation, node) : column(this.add(this.oneValue(relation, node)))
    }
    if (isCorrelated) throw this.environment.text.unsupported('a correlated EXISTS within an expression', node)
    const exists = this.exists(relation)
    return node.subquery_type === 'EXISTS' ? exists : { kind: 'call', function: 'not', arguments: [exists] }
  }

  /** The condition that an uncorrelated subquery has a row. */
  exists(relation: Relation): Expression {
    const firstRow: LogicalPlan = { kind: 'limit', input: relation.plan, count: 1, offset: 0 }
    const { rows } = this.addAggregates(firstRow, { rows: countOf(null) })
    return { kind: 'call', function: 'gt', arguments: [column(rows), ZERO] }
  }

  /** Adds one row of aggregates over a plan; gives the internal name of each. */
  addAggregates<Name extends string>(
    input: LogicalPlan,
    aggregates: Readonly<Record<Name, Expression>>,
  ): Record<Name, string> {
    const names = Object.keys(aggregates) as Name[]
    const internal = Object.fromEntries(names.map((name) => [name, uniqueName(`subquery_${name}`, this.used)]))
    const renamed = Object.fromEntries(names.map((name) => [internal[name], aggregates[name]]))
    const plan: LogicalPlan = { kind: 'aggregate', input, keys: [], aggregates: renamed }
    for (const name of names) this.scalars.set(internal[name], { name: internal[name], plan, outer: [], keys: [] })
    return internal as Record<Name, string>
  }

  has(name: string): boolean {
    return this.scalars.has(name)
  }

  /** The plan with the columns of all subqueries that the expressions use. */
  attach(plan: LogicalPlan, expressions: readonly Expression[]): LogicalPlan {
    let result = plan
    for (const { name, plan: scalar, outer, keys } of this.scalars.values()) {
      const isUsed = (node: Expression) => node.kind === 'column' && node.name === name
      if (this.attached.has(name) || !expressions.some((expression) => someExpression(expression, isUsed))) continue
      if (keys.length > 0 && this.isGrouped) {
        throw this.environment.text.unsupported('a correlated subquery over the result of GROUP BY or aggregates')
      }
      result = keys.length === 0 ? crossJoin(result, scalar) : equiJoin('left', result, scalar, outer, keys)
      for (const other of this.scalars.values()) if (other.plan === scalar) this.attached.add(other.name)
    }
    return result
  }

  /** Tells that the plan has lost all columns: an aggregate was put over it. */
  detachAll(): void {
    this.attached.clear()
    this.isGrouped = true
  }

  private add(relation: Relation): string {
    const name = uniqueName('subquery', this.used)
    const plan: LogicalPlan = { kind: 'rename', input: relation.plan, names: { [relation.names[0]]: name } }
    this.scalars.set(name, { name, plan, outer: [], keys: [] })
    return name
  }

  /** Groups without rows have no key to be joined by, so their value is null, or 0 of a count. */
  private addCorrelated(relation: Relation, node: AstSubquery): Expression {
    const { text } = this.environment
    const query = node.subquery.node
    const [value] = relation.names
    if (relation.names.length !== 1 || !alwaysOneRow(query)) {
      throw text.unsupported('a correlated subquery used as a value that is not a single aggregate', node)
    }
    const { correlated = [] } = relation
    const name = uniqueName('subquery', this.used)
    const keys = correlated.map(() => uniqueName('subquery_key', this.used))
    const named = (from: string, to: string): Expression => ({ kind: 'alias', argument: column(from), name: to })
    const plan: LogicalPlan = {
      kind: 'select',
      input: relation.plan,
      expressions: [named(value, name), ...correlated.map((one, i) => named(one.name, keys[i]))],
    }
    const outer = correlated.map((one) => one.outer)
    this.scalars.set(name, { name, plan, outer, keys: keys.map((key) => column(key)) })
    const item = query.type === 'SELECT_NODE' ? query.select_list[0] : undefined
    if (item === undefined || !someFunction(item, isCount)) return column(name)
    if (item.class !== 'FUNCTION' || !isCount(item.function_name)) {
      throw text.unsupported('a correlated subquery that computes with a count', node)
    }
    return { kind: 'call', function: 'coalesce', arguments: [column(name), ZERO] }
  }

  /** The subquery as a table of exactly one row. */
  private oneValue(relation: Relation, node: AstSubquery): Relation {
    const { text } = this.environment
    if (relation.names.length !== 1) {
      const message = `a subquery used as a value must have 1 column, not ${relation.names.length}`
      throw text.error('VOLLEY_INVALID_ARGUMENT', message, node)
    }
    const query = node.subquery.node
    if (alwaysOneRow(query)) return relation
    if (!atMostOneRow(query)) {
      const construct = 'a subquery used as a value that is neither an aggregate without GROUP BY nor has LIMIT 1'
      throw text.unsupported(construct, node)
    }
    const [name] = relation.names
    const first: Expression = { ...countOf(column(name)), function: 'first' }
    return { plan: { kind: 'aggregate', input: relation.plan, keys: [], aggregates: { [name]: first } }, names: [name] }
  }
}

const ZERO: Expression = { kind: 'literal', value: 0, type: null }

/** The aggregate `count(argument)`, or `count(*)`. */
export function countOf(argument: Expression | null): Extract<Expression, { kind: 'aggregate' }> {
  return {
    kind: 'aggregate',
    function: argument === null ? 'countStar' : 'count',
    argument,
    parameter: null,
    distinct: false,
    filter: null,
  }
}

/** True for aggregates without GROUP BY: they have a group even of no rows, which no join on keys would find. */
export function isSingleGroup(query: AstQuery): boolean {
  if (query.type !== 'SELECT_NODE' || query.group_expressions !== undefined) return false
  return query.having !== undefined || alwaysOneRow(query)
}

function alwaysOneRow(query: AstQuery): boolean {
  if (query.type !== 'SELECT_NODE' || query.having !== undefined || query.qualify !== undefined) return false
  if (query.modifiers?.some((modifier) => modifier.type === 'LIMIT_MODIFIER')) return false
  if (query.group_expressions !== undefined || query.aggregate_handling === 'FORCE_AGGREGATES') return false
  if (query.from_table.type === 'EMPTY' && query.where_clause === undefined) return true
  return query.select_list.some((item) => someFunction(item, (name) => aggregateForSql(name) !== null))
}

function atMostOneRow(query: AstQuery): boolean {
  return (query.modifiers ?? []).some(
    (modifier) =>
      modifier.type === 'LIMIT_MODIFIER' &&
      modifier.limit?.class === 'CONSTANT' &&
      Number(modifier.limit.value.value) <= 1,
  )
}

/** True if the name of a function passes that is called anywhere in an expression, but for subqueries. */
function someFunction(node: AstExpression, test: (name: string) => boolean): boolean {
  const some = (...children: readonly AstExpression[]) => children.some((child) => someFunction(child, test))
  switch (node.class) {
    case 'FUNCTION':
      return test(node.function_name) || some(...(node.children ?? []))
    case 'OPERATOR':
    case 'CONJUNCTION':
      return some(...node.children)
    case 'COMPARISON':
      return some(node.left, node.right)
    case 'CAST':
      return some(node.child)
    case 'CASE':
      return some(node.else_expr, ...node.case_checks.flatMap((check) => [check.when_expr, check.then_expr]))
    default:
      return false
  }
}

function isCount(name: string): boolean {
  return name === 'count' || name === 'count_star'
}
