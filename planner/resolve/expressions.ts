/** Types expressions: names become columns, calls find their signature, and every coercion becomes a cast. */

import { InternalError, nearestName, unreachable, VolleyError } from '../errors.js'
import type { Expression, ScalarValue, TypedExpression } from '../expression.js'
import { formatExpression } from '../format-expression.js'
import { allFunctions, commonTypeOf, dateUnit, functionNamed, isConditionType } from '../functions.js'
import {
  BINARY,
  BOOL,
  type DataType,
  FLOAT64,
  INT32,
  INTERVAL,
  isNested,
  NULL,
  type Schema,
  typeName,
  UTF8,
} from '../types.js'
import { columnAt, columnIndex } from './columns.js'
import { adapted, cast, integerType, literal, type Resolved } from './constants.js'
import { constantInterval } from './intervals.js'
import { argumentMismatch, expressionError, typeMismatch } from './mismatch.js'

/** What an expression may refer to. */
export interface Scope {
  readonly schema: Schema
  /** Names the operator in errors: `filter`, `agg`, ... */
  readonly place: string
  /** Resolves nodes that mean something special here; null leaves a node to the usual rules. */
  readonly replace?: (expression: Expression) => TypedExpression | null
}

export function resolveExpression(expression: Expression, scope: Scope): TypedExpression {
  return resolve(expression, scope).typed
}

/** A condition, brought to BOOLEAN. @throws VolleyError VOLLEY_TYPE_MISMATCH. */
export function resolveCondition(expression: Expression, scope: Scope): TypedExpression {
  return condition(expression, resolveExpression(expression, scope))
}

export function resolve(expression: Expression, scope: Scope): Resolved {
  const replacement = scope.replace?.(expression)
  if (replacement) return typedOnly(replacement)
  switch (expression.kind) {
    case 'column':
      if (expression.table !== undefined) {
        throw new InternalError(`the qualifier of ${formatExpression(expression)} was not resolved`)
      }
      return typedOnly(columnAt(scope.schema, columnIndex(scope.schema, expression)))
    case 'literal':
      return resolveLiteral(expression)
    case 'call':
      return resolveCall(expression, scope)
    case 'cast':
      return typedOnly(resolveCast(expression, scope))
    case 'case':
      return typedOnly(resolveCase(expression, scope))
    case 'alias':
      return resolve(expression.argument, scope)
    case 'text':
      throw new InternalError(`the text ${JSON.stringify(expression.text)} was not parsed`)
    case 'star':
      throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `* stands for columns in select only, not in ${scope.place}`)
    case 'aggregate':
      throw expressionError(
        'VOLLEY_INVALID_ARGUMENT',
        expression,
        `${scope.place} takes no aggregate`,
        'use groupBy().agg()',
      )
    case 'window':
      throw expressionError(
        'VOLLEY_INVALID_ARGUMENT',
        expression,
        `${scope.place} takes no window function`,
        'compute it in withColumns first',
      )
    default:
      return unreachable(expression)
  }
}

function typedOnly(typed: TypedExpression): Resolved {
  return { typed, literal: undefined }
}

function resolveLiteral({ value, type }: Extract<Expression, { kind: 'literal' }>): Resolved {
  if (type !== null) return typedOnly(literal(value, type))
  const suggested = untypedLiteral(value)
  return { typed: suggested, literal: value === null ? undefined : value }
}

/** A constant in the type that it has where nothing around it asks for another. */
function untypedLiteral(value: ScalarValue): TypedExpression {
  if (value === null) return literal(null, NULL)
  if (typeof value === 'boolean') return literal(value, BOOL)
  if (typeof value === 'string') return literal(value, UTF8)
  if (value instanceof Uint8Array) return literal(value, BINARY)
  if (typeof value === 'number' && !Number.isInteger(value)) return literal(value, FLOAT64)
  if (typeof value === 'object' && 'micros' in value) return literal(value, INTERVAL)
  const type = isNumber(value) ? integerType(value) : null
  if (type === null) throw new InternalError(`a constant ${JSON.stringify(value)} without a type`)
  const number = value as number | bigint
  return literal(type === INT32 ? Number(number) : BigInt(number), type)
}

function resolveCall(call: Extract<Expression, { kind: 'call' }>, scope: Scope): Resolved {
  const entry = functionNamed(call.function)
  if (entry === null) throw unknownFunction(call)
  const parameters = call.arguments.map((argument) => resolve(argument, scope))
  const types = parameters.map(({ typed }) => typed.type)
  const literals = parameters.map((one) => one.literal)
  if (call.function === 'neg' && isNumber(literals[0])) return resolveLiteral(negated(literals[0]))
  const signature = entry.resolve(types, literals)
  if (signature === null) throw argumentMismatch(call, types)
  const typed = parameters.map((one, i) => coerced(one, signature.parameters[i]))
  if (signature.result.kind === 'interval') return typedOnly(interval(call, typed))
  if (typed.some((one) => one.type.kind === 'interval' && one.kind !== 'literal')) throw notConstant(call)
  if (call.function === 'nullIf') return typedOnly(nullIf(typed, parameters[0].typed, signature.result))
  if (call.function === 'dateTrunc' || call.function === 'dateDiff') {
    typed[0] = literal(dateUnit(String(literals[0])), UTF8)
  }
  return typedOnly({ kind: 'call', function: call.function, arguments: typed, type: signature.result })
}

function isNumber(value: ScalarValue | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** `-1` is a constant as much as `1`, and adapts to its neighbours like one. */
function negated(value: number | bigint): Extract<Expression, { kind: 'literal' }> {
  return { kind: 'literal', value: typeof value === 'bigint' ? -value : 0 - value, type: null }
}

function interval(
  call: Extract<Expression, { kind: 'call' }>,
  parameters: readonly TypedExpression[],
): TypedExpression {
  const value = constantInterval(call.function, parameters)
  if (value !== null) return value
  throw notConstant(call)
}

function notConstant(call: Extract<Expression, { kind: 'call' }>): VolleyError {
  return expressionError(
    'VOLLEY_UNSUPPORTED',
    call,
    'an INTERVAL that is not a constant of whole units',
    'intervals exist in constants only; differences of timestamps are durations',
  )
}

/** `nullif(a, b)` is `case when a = b then null else a end`, where a keeps its own type. */
function nullIf([a, b]: readonly TypedExpression[], original: TypedExpression, type: DataType): TypedExpression {
  const equal: TypedExpression = { kind: 'call', function: 'eq', arguments: [a, b], type: BOOL }
  return { kind: 'case', branches: [{ when: equal, then: literal(null, type) }], otherwise: original, type }
}

function coerced({ typed }: Resolved, type: DataType): TypedExpression {
  return cast(typed, type)
}

function resolveCast(expression: Extract<Expression, { kind: 'cast' }>, scope: Scope): TypedExpression {
  const { typed } = resolve(expression.argument, scope)
  const { type } = expression
  if (!isCastable(typed.type, type)) {
    throw expressionError(
      'VOLLEY_TYPE_MISMATCH',
      expression,
      `cannot cast ${typeName(typed.type)} to ${typeName(type)}`,
      'there is no conversion between them',
    )
  }
  return cast(typed, type, expression.try)
}

/** Whether values of a type can be converted at all, though some may fail. */
function isCastable(from: DataType, to: DataType): boolean {
  if (from.kind === 'null' || typeName(from) === typeName(to)) return true
  if (isNested(from) || isNested(to) || to.kind === 'null') return false
  if (from.kind === 'interval') return to.kind === 'duration'
  if (to.kind === 'interval') return from.kind === 'utf8'
  if (from.kind === 'utf8' || to.kind === 'utf8') return true
  if (from.kind === 'binary' || to.kind === 'binary') return false
  return family(from) === family(to) || (from.kind === 'timestamp' && to.kind === 'time')
}

/** Types between which values convert. */
function family(type: DataType): string {
  switch (type.kind) {
    case 'bool':
    case 'int':
    case 'float':
    case 'decimal':
      return 'number'
    case 'date':
    case 'timestamp':
      return 'instant'
    default:
      return type.kind
  }
}

function resolveCase(expression: Extract<Expression, { kind: 'case' }>, scope: Scope): TypedExpression {
  const results = expression.branches.map((branch) => resolve(branch.then, scope))
  if (expression.otherwise !== null) results.push(resolve(expression.otherwise, scope))
  const type = commonTypeOf(results.map((one) => ({ type: one.typed.type, literal: one.literal })))
  if (type === null || (isNested(type) && results.length > 1)) {
    const names = results.map((one) => typeName(one.typed.type))
    throw expressionError(
      'VOLLEY_TYPE_MISMATCH',
      expression,
      `branches of types ${names.join(', ')} have no common type`,
      'cast them to one',
    )
  }
  const branches = expression.branches.map((branch, i) => ({
    when: resolveCondition(branch.when, scope),
    then: coerced(results[i], type),
  }))
  const otherwise = expression.otherwise === null ? literal(null, type) : coerced(results[results.length - 1], type)
  return { kind: 'case', branches, otherwise, type }
}

function condition(expression: Expression, typed: TypedExpression): TypedExpression {
  if (!isConditionType(typed.type)) throw typeMismatch(expression, 'a BOOLEAN', typed.type)
  return adapted(typed, BOOL) ?? cast(typed, BOOL)
}

function unknownFunction(call: Extract<Expression, { kind: 'call' }>): VolleyError {
  const nearest = nearestName(
    call.function,
    allFunctions().map((entry) => entry.name),
  )
  return new VolleyError(
    'VOLLEY_UNKNOWN_FUNCTION',
    `there is no function named ${call.function}${nearest === null ? '' : `; did you mean ${nearest}?`}`,
    { actual: call.function, ...(call.position === undefined ? {} : { position: call.position }) },
  )
}
