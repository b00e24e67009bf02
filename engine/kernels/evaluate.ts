/** Evaluates typed expressions, over batches through the kernels and over single rows through their references. */

import type { Batch, Vector } from '../../io/batch.js'
import { type ErrorDetails, unreachable, VolleyError } from '../../planner/errors.js'
import type { ScalarValue, TypedExpression } from '../../planner/expression.js'
import { formatExpression } from '../../planner/format-expression.js'
import { Evaluation } from './evaluation.js'
import { type KernelContext, RowError } from './kernel.js'
import { kernelFor } from './registry.js'
import { castScalar } from './scalar/cast.js'

/**
 * The expression over all rows of the batch. The result may be constant, dictionary encoded, or share the buffers of a
 * column; what it does not share lies in scratch. Throws `RowError` for the first row that fails.
 */
export function evaluate(context: KernelContext, expression: TypedExpression, batch: Batch): Vector {
  return Evaluation.over(context, batch).evaluate(expression)
}

/** The same for several expressions; what they have in common is computed once. */
export function evaluateAll(context: KernelContext, expressions: readonly TypedExpression[], batch: Batch): Vector[] {
  const evaluation = Evaluation.over(context, batch)
  return expressions.map((expression) => evaluation.evaluate(expression))
}

/**
 * The same over rows that were gathered from anywhere, as for a sort. Throws VolleyErrors that name the value and the
 * expression; the row cannot be told any more.
 */
export function evaluateGathered(
  context: KernelContext,
  expressions: readonly TypedExpression[],
  batch: Batch,
): Vector[] {
  try {
    return evaluateAll(context, expressions, batch)
  } catch (error) {
    if (!(error instanceof RowError)) throw error
    const failing = failingExpression(context, expressions, batch)
    throw describeRowError(new RowError(error.code, error.message, -1), failing, { firstRow: 0 })
  }
}

/** A condition over all rows of the batch, as a boolean vector; `selectionOf` takes null for false. */
export function evaluatePredicate(context: KernelContext, predicate: TypedExpression, batch: Batch): Vector {
  return evaluate(context, predicate, batch)
}

/** The expression for one row, whose columns `row` gives. Throws `RowError` with row -1. */
export function evaluateScalar(expression: TypedExpression, row: (index: number) => ScalarValue): ScalarValue {
  switch (expression.kind) {
    case 'column':
      return row(expression.index)
    case 'literal':
      return expression.value
    case 'cast': {
      const { argument, type } = expression
      const value = evaluateScalar(argument, row)
      return value === null ? null : castScalar(value, argument.type, type, expression.try)
    }
    case 'case': {
      const branch = expression.branches.find(({ when }) => evaluateScalar(when, row) === true)
      return evaluateScalar(branch === undefined ? expression.otherwise : branch.then, row)
    }
    case 'call':
      return callScalar(expression, row)
    default:
      return unreachable(expression)
  }
}

/** Evaluates no more arguments than decide the result. */
function callScalar(
  { function: name, arguments: inputs, type }: Extract<TypedExpression, { kind: 'call' }>,
  row: (index: number) => ScalarValue,
): ScalarValue {
  const called = kernelFor(name)
  const values: ScalarValue[] = []
  for (const input of inputs) {
    const value = evaluateScalar(input, row)
    if (value === null && called.nullPropagating !== false) return null
    if (name === 'coalesce' && value !== null) return value
    if ((name === 'and' && value === false) || (name === 'or' && value === true)) return value
    values.push(value)
  }
  const types = inputs.map((input) => input.type)
  return called.reference(values, types, type)
}

/** Where the rows of an evaluated slice come from; `firstRow` counts from 0 in the file or input. */
export interface RowOrigin {
  readonly path?: string
  readonly rowGroup?: number
  readonly firstRow: number
}

/** The user's error for a value that an expression cannot take. */
export function describeRowError(error: RowError, expression: TypedExpression, origin: RowOrigin): VolleyError {
  const text = formatExpression(expression)
  const { path, rowGroup, firstRow } = origin
  const row = error.row < 0 ? undefined : firstRow + error.row
  const details: ErrorDetails = {
    expression: text,
    ...(path !== undefined && { path }),
    ...(rowGroup !== undefined && { rowGroup }),
    ...(row !== undefined && { row }),
  }
  const place = `${row === undefined ? '' : ` at row ${row}`}${path === undefined ? '' : ` of ${path}`}`
  return new VolleyError(error.code, `${error.message}, in ${text}${place}`, details, error)
}

/** The first of several expressions that cannot take some value of the batch: `evaluateAll` does not tell which. */
export function failingExpression(
  context: KernelContext,
  expressions: readonly TypedExpression[],
  batch: Batch,
): TypedExpression {
  const fails = (expression: TypedExpression) => {
    try {
      evaluate(context, expression, batch)
      return false
    } catch (error) {
      if (error instanceof RowError) return true
      throw error
    }
  }
  return expressions.find(fails) ?? expressions[0]
}
