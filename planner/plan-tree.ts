/** Walks and rebuilds resolved plans. Unchanged nodes are kept, so that identity tells a change. */

import { InternalError } from './errors.js'
import type { NamedExpression, SortKey, TypedExpression } from './expression.js'
import type { ResolvedPlan } from './logical-plan.js'
import { type Schema, schemaOf, typeName } from './types.js'

export type PlanOf<Kind extends ResolvedPlan['kind']> = Extract<ResolvedPlan, { kind: Kind }>

/** The plans a node reads: a join's left, then its right. */
export function inputsOf(plan: ResolvedPlan): readonly ResolvedPlan[] {
  switch (plan.kind) {
    case 'scan':
      return []
    case 'join':
      return [plan.left, plan.right]
    case 'union':
      return plan.inputs
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'map':
    case 'component':
    case 'window':
      return [plan.input]
  }
}

/** The same node over other inputs of the same schemas. */
export function mapInputs(plan: ResolvedPlan, map: (input: ResolvedPlan) => ResolvedPlan): ResolvedPlan {
  switch (plan.kind) {
    case 'scan':
      return plan
    case 'join': {
      const left = map(plan.left)
      const right = map(plan.right)
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    case 'union': {
      const inputs = plan.inputs.map(map)
      return inputs.every((input, i) => input === plan.inputs[i]) ? plan : { ...plan, inputs }
    }
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'map':
    case 'component':
    case 'window': {
      const input = map(plan.input)
      return input === plan.input ? plan : { ...plan, input }
    }
  }
}

/** Rebuilds a plan from its leaves up. */
export function transformPlan(plan: ResolvedPlan, transform: (node: ResolvedPlan) => ResolvedPlan): ResolvedPlan {
  return transform(mapInputs(plan, (input) => transformPlan(input, transform)))
}

/** The same node with other expressions of the same types. Inputs are left alone. */
export function mapExpressions(
  plan: ResolvedPlan,
  map: (expression: TypedExpression) => TypedExpression,
): ResolvedPlan {
  const key = (sort: SortKey<TypedExpression>) => ({ ...sort, expression: map(sort.expression) })
  const named = (one: NamedExpression) => ({ ...one, expression: map(one.expression) })
  switch (plan.kind) {
    case 'filter':
      return { ...plan, predicate: map(plan.predicate) }
    case 'project':
      return { ...plan, expressions: plan.expressions.map(named) }
    case 'aggregate':
      return {
        ...plan,
        keys: plan.keys.map(named),
        aggregates: plan.aggregates.map((one) => ({
          ...one,
          argument: one.argument && map(one.argument),
          filter: one.filter && map(one.filter),
        })),
      }
    case 'join':
      return { ...plan, leftKeys: plan.leftKeys.map(map), rightKeys: plan.rightKeys.map(map) }
    case 'sort':
      return { ...plan, keys: plan.keys.map(key) }
    case 'window':
      return {
        ...plan,
        windows: plan.windows.map((one) => ({
          ...one,
          arguments: one.arguments.map(map),
          partitionBy: one.partitionBy.map(map),
          orderBy: one.orderBy.map(key),
        })),
      }
    case 'scan':
    case 'limit':
    case 'distinct':
    case 'union':
    case 'map':
    case 'component':
      return plan
  }
}

/** A reference to a column of a schema. */
export function columnAt(schema: Schema, index: number): TypedExpression {
  const field = schema.fields[index]
  if (field === undefined) throw new InternalError(`column ${index} of ${schema.fields.length}`)
  return { kind: 'column', index, name: field.name, type: field.type }
}

/** These columns of the input, in this order, under the names of `schema` if given. */
export function projectColumns(input: ResolvedPlan, indexes: readonly number[], schema?: Schema): ResolvedPlan {
  const fields = indexes.map((index, i) => schema?.fields[i] ?? input.schema.fields[index])
  return {
    kind: 'project',
    schema: schemaOf(fields),
    input,
    expressions: indexes.map((index, i) => ({ name: fields[i].name, expression: columnAt(input.schema, index) })),
  }
}

/** True if columns have the same names and types; a rule may find out that one is never null. */
export function sameColumns(a: Schema, b: Schema): boolean {
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((one, i) => one.name === b.fields[i].name && typeName(one.type) === typeName(b.fields[i].type))
  )
}

/** A plan and all below it in preorder: a node, then what is below each of its inputs in turn. */
export function nodesOf(plan: ResolvedPlan): readonly ResolvedPlan[] {
  return [plan, ...inputsOf(plan).flatMap(nodesOf)]
}
