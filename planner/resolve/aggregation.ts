/** Splits aggregation into an aggregate operator and, where results are computed further, a project above it. */

import { InternalError, VolleyError } from '../errors.js'
import type { Expression, NamedExpression, TypedAggregate, TypedExpression } from '../expression.js'
import { childrenOf, expressionKey } from '../expression-tree.js'
import { aggregateNamed } from '../functions.js'
import type { LogicalPlan, ResolvedPlan } from '../logical-plan.js'
import { field, schemaOf } from '../types.js'
import { columnAt, columnIndex, findColumn, uniqueSchema } from './columns.js'
import { cast } from './constants.js'
import { resolve, resolveCondition, resolveExpression, type Scope } from './expressions.js'
import { argumentMismatch, expressionError } from './mismatch.js'
import { fieldOf } from './nullability.js'
import { outputName, projectNodes } from './projection.js'
import { comparableKey } from './windows.js'

type AggregateNode = Extract<Expression, { kind: 'aggregate' }>
type AggregatePlan = Extract<LogicalPlan, { kind: 'aggregate' }>

export function resolveAggregate(input: ResolvedPlan, plan: AggregatePlan): ResolvedPlan {
  return new Aggregation(input, plan).plan()
}

class Aggregation {
  private readonly inside: Scope
  private readonly keys: readonly NamedExpression[]
  private readonly keyIndexes: ReadonlyMap<string, number>
  private readonly aggregates: TypedAggregate[] = []
  private readonly aggregateIndexes = new Map<string, number>()
  private readonly outputs: readonly { readonly name: string; readonly expression: Expression }[]

  constructor(
    private readonly input: ResolvedPlan,
    plan: AggregatePlan,
  ) {
    this.inside = { schema: input.schema, place: 'an aggregate' }
    const keyScope = { schema: input.schema, place: 'groupBy' }
    this.keys = plan.keys.map((key) => ({
      name: outputName(key, input),
      expression: comparableKey(key, keyScope),
    }))
    this.keyIndexes = new Map(this.keys.map((key, i) => [expressionKey(key.expression), i]))
    this.outputs = Object.entries(plan.aggregates).map(([name, expression]) => ({ name, expression }))
  }

  plan(): ResolvedPlan {
    const bare = this.outputs.map(({ name, expression }) => {
      const node = withoutAlias(expression)
      return node.kind === 'aggregate' ? this.index(node, name) : null
    })
    if (bare.every((index, i) => index === i)) return this.operator()
    for (const { expression } of this.outputs) this.collect(expression)
    const operator = this.operator()
    const scope: Scope = {
      schema: operator.schema,
      place: 'agg',
      replace: (expression) => this.outside(expression, operator),
    }
    const keys = this.keys.map(({ name }) => ({ name, expression: { kind: 'column', name } as const }))
    return projectNodes(operator, [...keys, ...this.outputs], scope)
  }

  /** The operator over all aggregates found so far. */
  private operator(): ResolvedPlan {
    const { input, keys, aggregates } = this
    const keyFields = keys.map(({ name, expression }) => fieldOf(name, expression, input.schema))
    const fields = [...keyFields, ...aggregates.map(({ name, type, function: of }) => field(name, type, !isCount(of)))]
    return { kind: 'aggregate', schema: uniqueSchema(fields, 'agg'), input, keys, aggregates }
  }

  /** What a node means over the result: a key, an aggregate, or nothing of its own. */
  private outside(expression: Expression, operator: ResolvedPlan): TypedExpression | null {
    if (expression.kind === 'aggregate') {
      return columnAt(operator.schema, this.keys.length + this.index(expression, null))
    }
    if (expression.kind === 'literal' || expression.kind === 'alias' || hasAggregate(expression)) return null
    const key = this.keyIndex(expression)
    if (key !== null) return columnAt(operator.schema, key)
    if (expression.kind !== 'column') return null
    const named = findColumn(schemaOf(operator.schema.fields.slice(0, this.keys.length)), expression)
    if (named !== null && findColumn(this.input.schema, expression) === null) return columnAt(operator.schema, named)
    const index = columnIndex(this.input.schema, expression)
    throw expressionError(
      'VOLLEY_INVALID_ARGUMENT',
      expression,
      `the column ${this.input.schema.fields[index].name} is not one value for each group`,
      'group by it, or aggregate it, for example with first()',
    )
  }

  private keyIndex(expression: Expression): number | null {
    if (this.keys.length === 0 || namesUnknown(expression, this.input)) return null
    return this.keyIndexes.get(expressionKey(resolveExpression(expression, this.inside))) ?? null
  }

  private collect(expression: Expression): void {
    if (expression.kind === 'aggregate') this.index(expression, null)
    else for (const child of childrenOf(expression)) this.collect(child)
  }

  /** The place of an aggregate, which is computed once however often it is written. */
  private index(node: AggregateNode, name: string | null): number {
    const aggregate = resolveAggregateNode(node, this.inside)
    const key = expressionKey(aggregate)
    const known = this.aggregateIndexes.get(key)
    if (known !== undefined) return known
    const index = this.aggregates.length
    this.aggregateIndexes.set(key, index)
    this.aggregates.push({ name: this.freeName(name), ...aggregate })
    return index
  }

  private freeName(name: string | null): string {
    const taken = new Set([...this.keys, ...this.aggregates].map((one) => one.name))
    if (name !== null && !taken.has(name)) return name
    for (let i = 0; ; i++) {
      const made = `__aggregate_${i}`
      if (!taken.has(made)) return made
    }
  }
}

function resolveAggregateNode(node: AggregateNode, scope: Scope): Omit<TypedAggregate, 'name'> {
  const name = node.function === 'count' && node.distinct ? 'countDistinct' : node.function
  const entry = aggregateNamed(name)
  if (entry === null) throw new VolleyError('VOLLEY_UNKNOWN_FUNCTION', `there is no aggregate named ${name}`)
  checkParameter(node)
  const argument = node.argument === null ? [] : [resolve(node.argument, scope)]
  const types = argument.map((one) => one.typed.type)
  const signature = entry.resolve(
    types,
    argument.map((one) => one.literal),
  )
  if (signature === null) throw argumentMismatch(node, types)
  return {
    function: name,
    argument: argument.length === 0 ? null : cast(argument[0].typed, signature.parameters[0]),
    parameter: node.parameter,
    distinct: node.distinct && entry.distinctMatters,
    filter: node.filter === null ? null : resolveCondition(node.filter, scope),
    type: signature.result,
  }
}

function checkParameter(node: AggregateNode): void {
  const takesFraction = node.function === 'quantileCont' || node.function === 'quantileDisc'
  if (!takesFraction) {
    if (node.parameter !== null) throw new InternalError(`${node.function} takes no parameter`)
    return
  }
  if (node.parameter !== null && node.parameter >= 0 && node.parameter <= 1) return
  throw expressionError(
    'VOLLEY_INVALID_ARGUMENT',
    node,
    `a fraction of ${node.parameter}`,
    'quantiles take a fraction from 0 to 1',
  )
}

function withoutAlias(expression: Expression): Expression {
  return expression.kind === 'alias' ? withoutAlias(expression.argument) : expression
}

function hasAggregate(expression: Expression): boolean {
  return expression.kind === 'aggregate' || expression.kind === 'window' || childrenOf(expression).some(hasAggregate)
}

/** True if a column in it is none of the input's, so that it cannot be resolved there. */
function namesUnknown(expression: Expression, input: ResolvedPlan): boolean {
  if (expression.kind === 'column') return findColumn(input.schema, expression) === null
  return childrenOf(expression).some((child) => namesUnknown(child, input))
}

function isCount(name: string): boolean {
  return name === 'count' || name === 'countStar' || name === 'countDistinct'
}
