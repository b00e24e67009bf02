/** Turns calls of the syntax tree into scalar functions, aggregates, intervals and date parts. */

import { nearestName } from '../errors.js'
import type { Expression } from '../expression.js'
import {
  aggregateForSql,
  aggregateNamed,
  allFunctions,
  datePartFunction,
  functionForSql,
  functionNamed,
  windowForSql,
} from '../functions.js'
import type { AstExpression } from './ast.js'
import type { Convert } from './convert.js'
import { intervalOf, isIntervalConstructor } from './literals.js'
import type { SqlText } from './sql-text.js'

type AstFunction = Extract<AstExpression, { class: 'FUNCTION' }>

/** Operators and functions of the parser that negate one of ours. */
const NEGATED: Readonly<Record<string, string>> = {
  '!~~': 'like',
  '!~~*': 'ilike',
  not_like_escape: 'like',
  not_ilike_escape: 'ilike',
}

/** @throws VolleyError VOLLEY_UNKNOWN_FUNCTION with the nearest name. */
export function convertFunction(node: AstFunction, convert: Convert, text: SqlText): Expression {
  const name = node.function_name.toLowerCase()
  const children = node.children ?? []
  const position = text.position(node)
  const call = (canonical: string, parameters: readonly AstExpression[]): Expression => ({
    kind: 'call',
    function: canonical,
    arguments: parameters.map(convert),
    position,
  })

  const aggregate = aggregateForSql(name)
  if (aggregate !== null) return convertAggregate(node, aggregate.name, convert, text)
  refuseAggregateClauses(node, text)
  if (isIntervalConstructor(name)) return convertInterval(node, name, text)
  if (name === '+' && children.length === 1) return convert(children[0])
  if (NEGATED[name] !== undefined) {
    return { kind: 'call', function: 'not', arguments: [call(NEGATED[name], children)], position }
  }
  if ((name === 'date_part' || name === 'datepart') && children.length === 2) {
    return call(datePart(children[0], text), children.slice(1))
  }
  // Canonical names are accepted too, so that an expression reads the same in SQL text and in code.
  const scalar = functionForSql(name, children.length) ?? functionNamed(node.function_name)
  if (scalar !== null) return call(scalar.name, children)
  const canonical = aggregateNamed(node.function_name)
  if (canonical !== null) return convertAggregate(node, canonical.name, convert, text)
  if (windowForSql(name) !== null) {
    throw text.error('VOLLEY_INVALID_ARGUMENT', `${name} needs an OVER clause`, node)
  }
  throw unknownFunction(node, text)
}

function convertAggregate(node: AstFunction, name: string, convert: Convert, text: SqlText): Expression {
  const { argument, fraction } = aggregateArguments(node, name, text)
  return {
    kind: 'aggregate',
    function: argument === null ? 'countStar' : name === 'count' && node.distinct ? 'countDistinct' : name,
    argument: argument && convert(argument),
    parameter: fraction,
    distinct: (node.distinct ?? false) && name !== 'count',
    filter: node.filter === undefined ? null : convert(node.filter),
    position: text.position(node),
  }
}

interface AggregateArguments {
  /** Null counts rows. */
  readonly argument: AstExpression | null
  readonly fraction: number | null
}

function aggregateArguments(node: AstFunction, name: string, text: SqlText): AggregateArguments {
  const children = node.children ?? []
  const orders = node.order_bys?.orders ?? []
  if (name.startsWith('quantile')) {
    // `percentile_cont(0.5) within group (order by x)` has the fraction as its only argument.
    const [argument, fraction] =
      children.length === 1 && orders.length === 1 ? [orders[0].expression, children[0]] : children
    const descending = orders.some((order) => order.type === 'DESCENDING')
    if (descending) throw text.unsupported(`a descending ${node.function_name}`, node)
    const value = fraction === undefined ? null : constantNumber(fraction)
    if (value === null) {
      throw text.error('VOLLEY_INVALID_ARGUMENT', `${node.function_name} needs a constant fraction from 0 to 1`, node)
    }
    return { argument, fraction: value }
  }
  if (orders.length > 0) throw text.unsupported(`ORDER BY in ${node.function_name}`, node)
  if (children.length === 0 && (name === 'count' || name === 'countStar')) return { argument: null, fraction: null }
  if (children.length !== 1) {
    const message = `${node.function_name} takes 1 argument, not ${children.length}`
    throw text.error('VOLLEY_INVALID_ARGUMENT', message, node)
  }
  return { argument: children[0], fraction: null }
}

function refuseAggregateClauses(node: AstFunction, text: SqlText): void {
  const clause = node.distinct
    ? 'DISTINCT'
    : node.filter !== undefined
      ? 'FILTER'
      : node.order_bys?.orders !== undefined
        ? 'ORDER BY'
        : null
  if (clause === null) return
  const name = node.function_name
  if (functionForSql(name, node.children?.length ?? 0) === null) throw unknownFunction(node, text)
  throw text.error('VOLLEY_INVALID_ARGUMENT', `${name} is not an aggregate and takes no ${clause}`, node)
}

function datePart(part: AstExpression, text: SqlText): string {
  const name = part.class === 'CONSTANT' && part.value.type.id === 'VARCHAR' ? String(part.value.value ?? '') : null
  if (name === null) throw text.unsupported('a date part that is not a constant', part)
  const canonical = datePartFunction(name)
  if (canonical === null) throw text.unsupported(`the date part '${name}'`, part)
  return canonical
}

function convertInterval(node: AstFunction, name: string, text: SqlText): Expression {
  const [child] = node.children ?? []
  const count = child === undefined ? null : constantNumber(child)
  if (count === null) throw text.unsupported('an interval that is not a constant', node)
  return {
    kind: 'literal',
    value: intervalOf(name, count),
    type: { kind: 'interval' },
    position: text.position(node),
  }
}

/** The value of a number, through the casts and `trunc` that the parser wraps around it; null if it is no constant. */
function constantNumber(node: AstExpression): number | null {
  if (node.class === 'CAST') return constantNumber(node.child)
  if (node.class === 'FUNCTION' && node.function_name === 'trunc' && node.children !== undefined) {
    const value = constantNumber(node.children[0])
    return value === null ? null : Math.trunc(value)
  }
  if (node.class === 'FUNCTION' && node.function_name === '-' && node.children?.length === 1) {
    const value = constantNumber(node.children[0])
    return value === null ? null : -value
  }
  if (node.class !== 'CONSTANT' || node.value.is_null || typeof node.value.value === 'object') return null
  const number = node.value.value === undefined ? Number.NaN : Number(node.value.value)
  return Number.isNaN(number) ? null : number / 10 ** (node.value.type.type_info?.scale ?? 0)
}

function unknownFunction(node: AstFunction, text: SqlText): Error {
  const candidates = allFunctions().flatMap((one) => [one.name, ...one.sqlNames])
  const nearest = nearestName(node.function_name, candidates)
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`
  return text.error('VOLLEY_UNKNOWN_FUNCTION', `there is no function ${node.function_name}${hint}`, node)
}
