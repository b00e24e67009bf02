/** Turns expressions of the syntax tree into ours. What names and subqueries mean is the caller's to say. */

import { unreachable } from '../errors.js'
import type { Expression } from '../expression.js'
import type { AstExpression, AstStar, AstSubquery } from './ast.js'
import type { Convert } from './convert.js'
import { convertFunction } from './function-calls.js'
import { dataTypeOf, literalOf, typedLiteral } from './literals.js'
import type { SqlText } from './sql-text.js'
import { convertWindow } from './windows.js'

/** What an expression's surroundings decide. */
export interface ExpressionContext {
  readonly text: SqlText
  /** The column, or another expression, that a possibly qualified name stands for. */
  column(names: readonly string[], node: AstExpression): Expression
  /** The column that carries the value of a scalar subquery or EXISTS. */
  subquery(node: AstSubquery): Expression
  /** Stars are allowed at the top of a list only, where the caller has dealt with them. */
  star(node: AstStar): Expression
}

const COMPARISONS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: 'eq',
  COMPARE_NOTEQUAL: 'neq',
  COMPARE_LESSTHAN: 'lt',
  COMPARE_GREATERTHAN: 'gt',
  COMPARE_LESSTHANOREQUALTO: 'lte',
  COMPARE_GREATERTHANOREQUALTO: 'gte',
  COMPARE_DISTINCT_FROM: 'isDistinctFrom',
  COMPARE_NOT_DISTINCT_FROM: 'isNotDistinctFrom',
}

const OPERATORS: Readonly<Record<string, string>> = {
  COMPARE_IN: 'isIn',
  OPERATOR_NOT: 'not',
  OPERATOR_IS_NULL: 'isNull',
  OPERATOR_IS_NOT_NULL: 'isNotNull',
  OPERATOR_COALESCE: 'coalesce',
  OPERATOR_NULLIF: 'nullIf',
}

/** How users know the operators that are refused. */
const REFUSED_OPERATORS: Readonly<Record<string, string>> = {
  ARRAY_EXTRACT: 'an element access',
  ARRAY_SLICE: 'a slice',
  STRUCT_EXTRACT: 'a field access',
  GROUPING_FUNCTION: 'GROUPING',
  OPERATOR_TRY: 'TRY',
  OPERATOR_UNPACK: 'unpacking',
}

/** The expression without its alias. @throws VolleyError VOLLEY_UNSUPPORTED, naming the construct. */
export function convertExpression(expression: AstExpression, context: ExpressionContext): Expression {
  const { text } = context
  const convert: Convert = (child) => convertExpression(child, context)
  const position = text.position(expression)
  const call = (name: string, ...parameters: Expression[]): Expression => ({
    kind: 'call',
    function: name,
    arguments: parameters,
    position,
  })
  switch (expression.class) {
    case 'COLUMN_REF':
      return context.column(expression.column_names, expression)
    case 'CONSTANT':
      return literalOf(expression.value, position, text)
    case 'FUNCTION':
      return convertFunction(expression, convert, text)
    case 'COMPARISON': {
      const name = COMPARISONS[expression.type]
      if (name === undefined) throw text.unsupported(expression.type, expression)
      return call(name, convert(expression.left), convert(expression.right))
    }
    case 'CONJUNCTION':
      return call(expression.type === 'CONJUNCTION_OR' ? 'or' : 'and', ...expression.children.map(convert))
    case 'OPERATOR': {
      const parameters = () => expression.children.map(convert)
      if (expression.type === 'COMPARE_NOT_IN') return call('not', call('isIn', ...parameters()))
      const name = OPERATORS[expression.type]
      if (name === undefined) {
        throw text.unsupported(REFUSED_OPERATORS[expression.type] ?? expression.type, expression)
      }
      return call(name, ...parameters())
    }
    case 'BETWEEN': {
      const input = convert(expression.input)
      return call('and', call('gte', input, convert(expression.lower)), call('lte', input, convert(expression.upper)))
    }
    case 'CAST': {
      const { child } = expression
      const type = dataTypeOf(expression.cast_type, text)
      if (child.class === 'CONSTANT' && child.value.type.id === 'VARCHAR' && !child.value.is_null) {
        const value = typedLiteral(String(child.value.value ?? ''), type)
        if (value !== undefined) return { kind: 'literal', value, type, position: text.position(child) }
        if (type.kind === 'interval') throw text.unsupported(`the interval '${child.value.value ?? ''}'`, child)
      }
      return { kind: 'cast', argument: convert(child), type, try: expression.try_cast ?? false, position }
    }
    case 'CASE':
      return {
        kind: 'case',
        branches: expression.case_checks.map(({ when_expr, then_expr }) => ({
          when: convert(when_expr),
          then: convert(then_expr),
        })),
        otherwise: convert(expression.else_expr),
        position,
      }
    case 'WINDOW':
      return convertWindow(expression, convert, text)
    case 'SUBQUERY':
      return context.subquery(expression)
    case 'STAR':
      return context.star(expression)
    case 'COLLATE':
      throw text.unsupported('COLLATE', expression)
    case 'LAMBDA':
      throw text.unsupported('a lambda', expression)
    case 'PARAMETER':
      throw text.unsupported('a parameter', expression)
    case 'POSITIONAL_REFERENCE':
      throw text.unsupported('a positional reference (#1)', expression)
    case 'DEFAULT':
      throw text.unsupported('DEFAULT', expression)
    default:
      return unreachable(expression)
  }
}
