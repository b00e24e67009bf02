/** Takes window functions out of expressions into a window operator below. */

import { VolleyError } from '../errors.js'
import type { Expression, TypedExpression, TypedWindow } from '../expression.js'
import { expressionKey } from '../expression-tree.js'
import { aggregateNamed, windowNamed } from '../functions.js'
import type { ResolvedPlan } from '../logical-plan.js'
import { type DataType, field, isNested, schemaOf } from '../types.js'
import { columnAt, unusedName } from './columns.js'
import { cast } from './constants.js'
import { resolve, resolveExpression, type Scope } from './expressions.js'
import { argumentMismatch, expressionError, typeMismatch } from './mismatch.js'

type WindowNode = Extract<Expression, { kind: 'window' }>

/**
 * Collects the window functions of expressions over `input`. Resolve the expressions in `scope`, then put them over
 * `plan()`: the columns of the input come first there, so that other references stay what they are.
 */
export class WindowCollector {
  readonly scope: Scope
  private readonly windows: TypedWindow[] = []
  private readonly indexes = new Map<string, number>()

  constructor(
    private readonly input: ResolvedPlan,
    private readonly base: Scope,
  ) {
    this.scope = {
      ...base,
      replace: (expression) =>
        expression.kind === 'window' ? this.column(expression) : (base.replace?.(expression) ?? null),
    }
  }

  plan(): ResolvedPlan {
    if (this.windows.length === 0) return this.input
    const { fields } = this.input.schema
    const added = this.windows.map(({ name, type }) => field(name, type))
    return { kind: 'window', schema: schemaOf([...fields, ...added]), input: this.input, windows: this.windows }
  }

  private column(node: WindowNode): TypedExpression {
    const window = resolveWindow(node, this.base)
    const key = expressionKey(window)
    let index = this.indexes.get(key)
    if (index === undefined) {
      index = this.windows.length
      this.indexes.set(key, index)
      this.windows.push({ name: unusedName(this.plan().schema, '__window_'), ...window })
    }
    return columnAt(this.plan().schema, this.input.schema.fields.length + index)
  }
}

function resolveWindow(node: WindowNode, scope: Scope): Omit<TypedWindow, 'name'> {
  const entry = windowNamed(node.function) ?? aggregateNamed(node.function)
  if (entry === null) {
    throw new VolleyError('VOLLEY_UNKNOWN_FUNCTION', `there is no window function named ${node.function}`)
  }
  if (entry.name === 'countDistinct' || entry.name.startsWith('quantile')) {
    throw expressionError('VOLLEY_UNSUPPORTED', node, `${entry.name} over a window`, 'use groupBy().agg() and a join')
  }
  const parameters = node.arguments.map((argument) => resolve(argument, scope))
  const types = parameters.map((one) => one.typed.type)
  const signature = entry.resolve(
    types,
    parameters.map((one) => one.literal),
  )
  if (signature === null) throw argumentMismatch(node, types)
  return {
    function: node.function,
    arguments: parameters.map((one, i) => cast(one.typed, signature.parameters[i])),
    partitionBy: node.partitionBy.map((one) => comparableKey(one, scope)),
    orderBy: node.orderBy.map((key) => ({ ...key, expression: comparableKey(key.expression, scope) })),
    frame: node.frame,
    type: signature.result,
  }
}

/** An expression by which rows are grouped, sorted or told apart. @throws VolleyError VOLLEY_TYPE_MISMATCH. */
export function comparableKey(expression: Expression, scope: Scope): TypedExpression {
  const typed = resolveExpression(expression, scope)
  if (!isComparable(typed.type)) throw typeMismatch(expression, 'a type that can be compared', typed.type)
  return typed
}

export function isComparable(type: DataType): boolean {
  return !isNested(type) && type.kind !== 'interval'
}
