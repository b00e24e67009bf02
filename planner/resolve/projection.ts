/** Resolves lists of expressions into a project operator, over a window operator where they have window functions. */

import { VolleyError } from '../errors.js'
import type { Expression, NamedExpression, TypedExpression } from '../expression.js'
import { formatExpression } from '../format-expression.js'
import type { LogicalPlan, ResolvedPlan } from '../logical-plan.js'
import { columnAt, columnIndex, findColumn, uniqueSchema } from './columns.js'
import { resolveExpression, type Scope } from './expressions.js'
import { typeMismatch } from './mismatch.js'
import { fieldOf } from './nullability.js'
import { WindowCollector } from './windows.js'

export interface NamedNode {
  readonly name: string
  readonly expression: Expression
}

export function resolveSelect(input: ResolvedPlan, plan: Extract<LogicalPlan, { kind: 'select' }>): ResolvedPlan {
  const outputs = plan.expressions.flatMap((expression) => expandStar(expression, input))
  return projectNodes(input, outputs, { schema: input.schema, place: 'select' })
}

export function resolveWithColumns(
  input: ResolvedPlan,
  plan: Extract<LogicalPlan, { kind: 'withColumns' }>,
): ResolvedPlan {
  const added = new Map(Object.entries(plan.columns))
  const kept = input.schema.fields.map(({ name }) => {
    const replacement = added.get(name)
    added.delete(name)
    return { name, expression: replacement ?? { kind: 'column', name } } satisfies NamedNode
  })
  const appended = [...added].map(([name, expression]) => ({ name, expression }))
  return projectNodes(input, [...kept, ...appended], { schema: input.schema, place: 'withColumns' })
}

export function resolveRename(input: ResolvedPlan, plan: Extract<LogicalPlan, { kind: 'rename' }>): ResolvedPlan {
  const names = new Map(Object.entries(plan.names).map(([from, to]) => [columnIndex(input.schema, { name: from }), to]))
  const outputs = input.schema.fields.map((field, i) => ({
    name: names.get(i) ?? field.name,
    expression: columnAt(input.schema, i),
  }))
  return project(input, outputs, 'rename')
}

export function resolveDrop(input: ResolvedPlan, plan: Extract<LogicalPlan, { kind: 'drop' }>): ResolvedPlan {
  const dropped = new Set(plan.names.map((name) => columnIndex(input.schema, { name })))
  const outputs = input.schema.fields.flatMap(({ name }, i) =>
    dropped.has(i) ? [] : [{ name, expression: columnAt(input.schema, i) }],
  )
  if (outputs.length === 0) {
    throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `drop leaves no column: ${plan.names.join(', ')} were all`)
  }
  return project(input, outputs, 'drop')
}

/** Resolves named expressions over `input`, window functions included. */
export function projectNodes(input: ResolvedPlan, outputs: readonly NamedNode[], scope: Scope): ResolvedPlan {
  const windows = new WindowCollector(input, scope)
  const expressions = outputs.map(({ name, expression }) => {
    const typed = resolveExpression(expression, windows.scope)
    if (typed.type.kind === 'interval') throw typeMismatch(expression, 'a type that can be stored', typed.type)
    return { name, expression: typed }
  })
  return project(windows.plan(), expressions, scope.place)
}

export function project(input: ResolvedPlan, expressions: readonly NamedExpression[], place: string): ResolvedPlan {
  const fields = expressions.map(({ name, expression }) => fieldOf(name, expression, input.schema))
  return { kind: 'project', schema: uniqueSchema(fields, place), input, expressions }
}

/** Casts columns to other types, or returns the plan itself if they have these types. */
export function castColumns(input: ResolvedPlan, expressions: readonly TypedExpression[]): ResolvedPlan {
  if (expressions.every((one) => one.kind === 'column')) return input
  const named = expressions.map((expression, i) => ({ name: input.schema.fields[i].name, expression }))
  return project(input, named, 'cast')
}

/** The alias; else the column as the table calls it; else the expression's text. */
export function outputName(expression: Expression, input: ResolvedPlan): string {
  if (expression.kind === 'alias') return expression.name
  if (expression.kind !== 'column') return formatExpression(expression)
  const index = findColumn(input.schema, expression)
  return index === null ? expression.name : input.schema.fields[index].name
}

function expandStar(expression: Expression, input: ResolvedPlan): NamedNode[] {
  if (expression.kind !== 'star') return [{ name: outputName(expression, input), expression }]
  const excluded = new Set((expression.exclude ?? []).map((name) => columnIndex(input.schema, { name })))
  return input.schema.fields.flatMap(({ name }, i) =>
    excluded.has(i) ? [] : [{ name, expression: { kind: 'column', name } as const }],
  )
}
