/** Subqueries that stand for one value: each becomes a one-row table that is cross joined where it is used. */

import type { Expression } from '../expression.js'
import { someExpression } from '../expression-tree.js'
import { aggregateForSql } from '../functions.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { AstExpression, AstQuery, AstSubquery } from './ast.js'
import type { QueryEnvironment, Relation } from './environment.js'
import { crossJoin } from './plan-nodes.js'
import { column, type ScopeColumn, uniqueName } from './scope.js'

interface Scalar {
  /** The internal name of its column. */
  readonly name: string
  readonly plan: LogicalPlan
}

export class ScalarSubqueries {
  private readonly scalars = new Map<string, Scalar>()
  private readonly attached = new Set<string>()

  /** `columns` are those of the SELECT that the subqueries stand in; `used` its internal names. */
  constructor(
    private readonly environment: QueryEnvironment,
    private readonly columns: readonly ScopeColumn[],
    private readonly used: Set<string>,
  ) {}

  /** Expands any subquery of this SELECT. */
  expand(query: AstQuery): Relation {
    const outer = [...this.columns, ...this.environment.outer]
    return this.environment.expandQuery(query, { ...this.environment, outer })
  }

  /** The expression that stands for a scalar subquery or EXISTS; its column must be attached before it is computed. */
  columnFor(node: AstSubquery): Expression {
    const relation = this.expand(node.subquery.node)
    if (node.subquery_type === 'SCALAR') return column(this.add(this.oneValue(relation, node)))
    const firstRow: LogicalPlan = { kind: 'limit', input: relation.plan, count: 1, offset: 0 }
    const rows = this.addAggregates(firstRow, { rows: countOf(null) }).rows
    const comparison = node.subquery_type === 'EXISTS' ? 'gt' : 'eq'
    const zero: Expression = { kind: 'literal', value: 0, type: null }
    return { kind: 'call', function: comparison, arguments: [column(rows), zero] }
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
    for (const name of names) this.scalars.set(internal[name], { name: internal[name], plan })
    return internal as Record<Name, string>
  }

  has(name: string): boolean {
    return this.scalars.has(name)
  }

  /** The plan with the columns of all subqueries that the expressions use. */
  attach(plan: LogicalPlan, expressions: readonly Expression[]): LogicalPlan {
    let result = plan
    for (const { name, plan: scalar } of this.scalars.values()) {
      const isUsed = (node: Expression) => node.kind === 'column' && node.name === name
      if (this.attached.has(name) || !expressions.some((expression) => someExpression(expression, isUsed))) continue
      result = crossJoin(result, scalar)
      for (const other of this.scalars.values()) if (other.plan === scalar) this.attached.add(other.name)
    }
    return result
  }

  /** Tells that the plan has lost all columns: an aggregate was put over it. */
  detachAll(): void {
    this.attached.clear()
  }

  private add(relation: Relation): string {
    const name = uniqueName('subquery', this.used)
    const plan: LogicalPlan = { kind: 'rename', input: relation.plan, names: { [relation.names[0]]: name } }
    this.scalars.set(name, { name, plan })
    return name
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

function alwaysOneRow(query: AstQuery): boolean {
  if (query.type !== 'SELECT_NODE' || query.having !== undefined || query.qualify !== undefined) return false
  if (query.modifiers?.some((modifier) => modifier.type === 'LIMIT_MODIFIER')) return false
  if (query.group_expressions !== undefined || query.aggregate_handling === 'FORCE_AGGREGATES') return false
  if (query.from_table.type === 'EMPTY' && query.where_clause === undefined) return true
  return query.select_list.some(hasAggregate)
}

function atMostOneRow(query: AstQuery): boolean {
  return (query.modifiers ?? []).some(
    (modifier) =>
      modifier.type === 'LIMIT_MODIFIER' &&
      modifier.limit?.class === 'CONSTANT' &&
      Number(modifier.limit.value.value) <= 1,
  )
}

function hasAggregate(node: AstExpression): boolean {
  switch (node.class) {
    case 'FUNCTION':
      return aggregateForSql(node.function_name) !== null || (node.children ?? []).some(hasAggregate)
    case 'OPERATOR':
      return node.children.some(hasAggregate)
    case 'CAST':
      return hasAggregate(node.child)
    default:
      return false
  }
}
