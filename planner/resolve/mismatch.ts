/** Errors about types and misplaced expressions, with the text of the expression and where it stands. */

import { type ErrorCode, VolleyError } from '../errors.js'
import type { Expression } from '../expression.js'
import { formatExpression } from '../format-expression.js'
import { functionNamed } from '../functions.js'
import { type DataType, isNested, isNumeric, typeName } from '../types.js'

const COMPARISONS = new Set(['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'isDistinctFrom', 'isNotDistinctFrom', 'isIn'])
const VERBS: Readonly<Record<string, string>> = {
  add: 'add',
  sub: 'subtract',
  mul: 'multiply',
  div: 'divide',
  intDiv: 'divide',
  mod: 'take the remainder of',
  neg: 'negate',
  concatOperator: 'join',
  coalesce: 'combine',
  greatest: 'compare',
  least: 'compare',
}

/** An error about an expression, which its message quotes. */
export function expressionError(code: ErrorCode, expression: Expression, problem: string, reason: string): VolleyError {
  const text = formatExpression(expression)
  const position = 'position' in expression ? expression.position : undefined
  const at = position === undefined ? '' : ` at position ${position}`
  return new VolleyError(code, `${problem} in "${text}"${at}: ${reason}`, {
    expression: text,
    ...(position === undefined ? {} : { position }),
  })
}

/** A function has no signature for its arguments. */
export function argumentMismatch(
  call: Expression & { readonly function: string },
  types: readonly DataType[],
): VolleyError {
  const name = call.function
  const names = types.map(typeName)
  const verb = COMPARISONS.has(name) ? 'compare' : VERBS[name]
  const problem =
    verb === undefined ? `cannot call ${name} with (${names.join(', ')})` : `cannot ${verb} ${listed(names)}`
  return expressionError('VOLLEY_TYPE_MISMATCH', call, problem, reasonFor(name, types))
}

/** An expression has another type than its place demands. */
export function typeMismatch(expression: Expression, expected: string, actual: DataType): VolleyError {
  const error = expressionError(
    'VOLLEY_TYPE_MISMATCH',
    expression,
    `expected ${expected} but found ${typeName(actual)}`,
    'cast it to another type',
  )
  return new VolleyError(error.code, error.message, { ...error.details, expected, actual: typeName(actual) })
}

function reasonFor(name: string, types: readonly DataType[]): string {
  if (types.some(isNested)) return 'nested values can only be selected, renamed and tested for null'
  const entry = functionNamed(name)
  const hint = entry === null ? '' : `${entry.doc}; `
  if (types.length === 2 && types.some(isNumeric) && types.some((type) => type.kind === 'utf8')) {
    return `${hint}cast one side to the type of the other`
  }
  return `${hint}no cast happens unasked here`
}

function listed(names: readonly string[]): string {
  if (names.length <= 1) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`
}
