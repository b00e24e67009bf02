/** Expressions as SQL-like text: in explain, in errors, and as the names of columns that were given none. */

import { unreachable } from './errors.js'
import type { Expression, SortKey, TypedAggregate, TypedExpression, TypedWindow, WindowFrame } from './expression.js'
import { formatLiteral } from './format-literal.js'
import { aggregateNamed, functionNamed, windowNamed } from './functions.js'
import { typeName } from './types.js'

type AnyExpression = Expression | TypedExpression

/** How tightly an operator binds; an operand that binds less gets parentheses. */
const ATOM = 10
const UNARY = 9
const BINDING: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  not: 3,
  eq: 4,
  neq: 4,
  lt: 4,
  lte: 4,
  gt: 4,
  gte: 4,
  isDistinctFrom: 4,
  isNotDistinctFrom: 4,
  isNull: 4,
  isNotNull: 4,
  isIn: 4,
  like: 4,
  ilike: 4,
  concatOperator: 5,
  add: 6,
  sub: 6,
  mul: 7,
  div: 7,
  intDiv: 7,
  mod: 7,
  neg: UNARY,
}

const INFIX_WORDS: Readonly<Record<string, string>> = { like: 'LIKE', ilike: 'ILIKE', and: 'AND', or: 'OR' }
const ASSOCIATIVE = new Set(['and', 'or', 'add', 'mul', 'concatOperator'])

export function formatExpression(expression: AnyExpression): string {
  switch (expression.kind) {
    case 'column':
      return 'table' in expression && expression.table !== undefined
        ? `${formatName(expression.table)}.${formatName(expression.name)}`
        : formatName(expression.name)
    case 'literal':
      return formatLiteral(expression.value, expression.type)
    case 'text':
      return expression.text
    case 'call':
      return formatCall(expression.function, expression.arguments)
    case 'cast':
      return `${expression.try ? 'TRY_CAST' : 'CAST'}(${formatExpression(expression.argument)} AS ${typeName(expression.type)})`
    case 'case':
      return formatCase(expression)
    case 'alias':
      return `${formatExpression(expression.argument)} AS ${formatName(expression.name)}`
    case 'star':
      return formatStar(expression)
    case 'aggregate':
      return formatAggregate(expression)
    case 'window':
      return formatWindow(expression)
    default:
      return unreachable(expression)
  }
}

/** A name, quoted if SQL would read it otherwise. */
export function formatName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

export function formatAggregate(
  aggregate:
    | (Omit<Extract<Expression, { kind: 'aggregate' }>, 'kind' | 'argument' | 'filter'> & {
        readonly argument: AnyExpression | null
        readonly filter: AnyExpression | null
      })
    | TypedAggregate,
): string {
  const { function: name, argument, parameter, distinct, filter } = aggregate
  const inside = argument === null ? '*' : formatExpression(argument)
  const plain = name === 'countDistinct' ? 'count' : name === 'countStar' ? 'count' : sqlName(name)
  const parameters = [distinct || name === 'countDistinct' ? `DISTINCT ${inside}` : inside]
  if (parameter !== null) parameters.push(String(parameter))
  const text = `${plain}(${parameters.join(', ')})`
  return filter === null ? text : `${text} FILTER (WHERE ${formatExpression(filter)})`
}

export function formatWindow(window: Extract<Expression, { kind: 'window' }> | TypedWindow): string {
  const inside = window.function === 'countStar' ? '*' : window.arguments.map(formatExpression).join(', ')
  const over = [
    formatList('PARTITION BY', window.partitionBy.map(formatExpression)),
    formatList('ORDER BY', window.orderBy.map(formatSortKey)),
    window.frame === null ? '' : formatFrame(window.frame),
  ].filter((part) => part !== '')
  const name = window.function === 'countStar' ? 'count' : sqlName(window.function)
  return `${name}(${inside}) OVER (${over.join(' ')})`
}

export function formatSortKey(key: SortKey<AnyExpression>): string {
  return `${formatExpression(key.expression)}${key.descending ? ' DESC' : ''}${key.nullsFirst ? ' NULLS FIRST' : ''}`
}

function formatCall(name: string, parameters: readonly AnyExpression[]): string {
  const [first, second] = parameters
  switch (name) {
    case 'neg':
      return `-${operand(first, UNARY + 1)}`
    case 'not':
      return `NOT ${operand(first, BINDING.not)}`
    case 'isNull':
      return `${operand(first, BINDING.isNull + 1)} IS NULL`
    case 'isNotNull':
      return `${operand(first, BINDING.isNotNull + 1)} IS NOT NULL`
    case 'isIn':
      return `${operand(first, BINDING.isIn + 1)} IN (${parameters.slice(1).map(formatExpression).join(', ')})`
    case 'isDistinctFrom':
    case 'isNotDistinctFrom':
      return `${operand(first, 5)} ${sqlName(name).toUpperCase()} ${operand(second, 5)}`
    default:
      if ((name === 'like' || name === 'ilike') && parameters.length === 3) {
        return `${formatInfix(name, parameters.slice(0, 2))} ESCAPE ${formatExpression(parameters[2])}`
      }
      if (name in BINDING && parameters.length >= 2) return formatInfix(name, parameters)
      return `${sqlName(name)}(${parameters.map(formatExpression).join(', ')})`
  }
}

function formatInfix(name: string, parameters: readonly AnyExpression[]): string {
  const binding = BINDING[name]
  const symbol = INFIX_WORDS[name] ?? sqlName(name)
  const [first, ...rest] = parameters
  const tighter = ASSOCIATIVE.has(name) ? binding : binding + 1
  const start = operand(first, binding === BINDING.eq ? binding + 1 : binding)
  return [start, ...rest.map((one) => operand(one, tighter))].join(` ${symbol} `)
}

function operand(expression: AnyExpression, binding: number): string {
  const text = formatExpression(expression)
  return bindingOf(expression) < binding ? `(${text})` : text
}

function bindingOf(expression: AnyExpression): number {
  switch (expression.kind) {
    case 'call':
      return BINDING[expression.function] ?? ATOM
    case 'text':
    case 'alias':
      return 0
    case 'literal':
      return formatLiteral(expression.value, expression.type).startsWith('-') ? UNARY : ATOM
    default:
      return ATOM
  }
}

function formatCase(expression: Extract<AnyExpression, { kind: 'case' }>): string {
  const branches = expression.branches.map(
    (branch) => `WHEN ${formatExpression(branch.when)} THEN ${formatExpression(branch.then)}`,
  )
  const otherwise = expression.otherwise === null ? [] : [`ELSE ${formatExpression(expression.otherwise)}`]
  return ['CASE', ...branches, ...otherwise, 'END'].join(' ')
}

function formatStar(star: Extract<Expression, { kind: 'star' }>): string {
  const text = star.table === undefined ? '*' : `${formatName(star.table)}.*`
  return star.exclude?.length ? `${text} EXCLUDE (${star.exclude.map(formatName).join(', ')})` : text
}

function formatList(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${title} ${items.join(', ')}`
}

function formatFrame({ unit, start, end }: WindowFrame): string {
  const bound = (offset: number | null, unbounded: string) => {
    if (offset === null) return `UNBOUNDED ${unbounded}`
    if (offset === 0) return 'CURRENT ROW'
    return offset < 0 ? `${-offset} PRECEDING` : `${offset} FOLLOWING`
  }
  return `${unit.toUpperCase()} BETWEEN ${bound(start, 'PRECEDING')} AND ${bound(end, 'FOLLOWING')}`
}

/** The first SQL name; the canonical one where SQL has a construct instead of a name. */
function sqlName(name: string): string {
  const entry = functionNamed(name) ?? aggregateNamed(name) ?? windowNamed(name)
  return entry?.sqlNames[0] ?? name
}
