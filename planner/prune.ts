/**
 * Decides from statistics alone whether any row of a row group could satisfy a predicate.
 *
 * Every subexpression is given the range its values lie in, every condition the outcomes it may have; both only ever
 * err by being too wide. What is not understood may be anything.
 */

import type { ScalarValue, TypedExpression } from './expression.js'
import { type Bound, compareValues, convertBound, prefixEnd, yearOf } from './statistics-bounds.js'

/** Smallest and largest value and nulls of a column in a row group; null where the file does not say. */
export interface ColumnStatistics {
  readonly min: ScalarValue
  readonly max: ScalarValue
  /** False where min and max were cut short: they still bound, but are not values of the column. */
  readonly exact: boolean
  readonly nullCount: number | null
}

/** Statistics of the column at an index of the schema that the predicate is over; null if there are none. */
export type StatisticsOf = (columnIndex: number) => ColumnStatistics | null

/** True unless no row of the `rows` can make `predicate` true. */
export function mayMatch(predicate: TypedExpression, statistics: StatisticsOf, rows: number): boolean {
  return rows > 0 && outcomesOf(predicate, { statistics, rows }).mayBeTrue
}

interface Context {
  readonly statistics: StatisticsOf
  readonly rows: number
}

interface Outcomes {
  readonly mayBeTrue: boolean
  readonly mayBeFalse: boolean
  readonly mayBeNull: boolean
}

const ANY_OUTCOME: Outcomes = { mayBeTrue: true, mayBeFalse: true, mayBeNull: true }
const ONLY_NULL: Outcomes = { mayBeTrue: false, mayBeFalse: false, mayBeNull: true }

/** Values lie in [min, max], where known, or are NaN, which is above all others. `exact`: min and max are values. */
interface Range {
  readonly min: Bound
  readonly max: Bound
  readonly exact: boolean
  readonly mayBeNan: boolean
  readonly mayBeNull: boolean
  readonly mayBeValue: boolean
}

const ANY_VALUE: Range = {
  min: undefined,
  max: undefined,
  exact: false,
  mayBeNan: true,
  mayBeNull: true,
  mayBeValue: true,
}

function outcomesOf(condition: TypedExpression, context: Context): Outcomes {
  if (condition.kind === 'call') return callOutcomes(condition.function, condition.arguments, context)
  if (condition.kind !== 'column' && condition.kind !== 'literal') return ANY_OUTCOME
  const range = rangeOf(condition, context)
  if (!range.mayBeValue) return ONLY_NULL
  return { mayBeTrue: range.max !== false, mayBeFalse: range.min !== true, mayBeNull: range.mayBeNull }
}

function callOutcomes(name: string, parameters: readonly TypedExpression[], context: Context): Outcomes {
  const range = (index: number) => rangeOf(parameters[index], context)
  switch (name) {
    case 'and':
      return allOf(parameters.map((parameter) => outcomesOf(parameter, context)))
    case 'or':
      return negate(allOf(parameters.map((parameter) => negate(outcomesOf(parameter, context)))))
    case 'not':
      return negate(outcomesOf(parameters[0], context))
    case 'isNull':
      return nullOutcomes(range(0))
    case 'isNotNull':
      return negate(nullOutcomes(range(0)))
    case 'isIn': {
      const [value, ...candidates] = parameters.map((parameter) => rangeOf(parameter, context))
      return negate(allOf(candidates.map((candidate) => negate(compare('eq', value, candidate)))))
    }
    case 'startsWith':
      return prefixOutcomes(range(0), parameters[1])
    case 'like':
      return parameters.length === 2 ? likeOutcomes(range(0), parameters[1]) : ANY_OUTCOME
    case 'isNotDistinctFrom':
      return sameOutcomes(range(0), range(1))
    case 'isDistinctFrom':
      return negate(sameOutcomes(range(0), range(1)))
    case 'eq':
    case 'lt':
    case 'lte':
      return compare(name, range(0), range(1))
    case 'neq':
      return negate(compare('eq', range(0), range(1)))
    case 'gt':
      return compare('lt', range(1), range(0))
    case 'gte':
      return compare('lte', range(1), range(0))
    default:
      return ANY_OUTCOME
  }
}

function rangeOf(expression: TypedExpression, context: Context): Range {
  switch (expression.kind) {
    case 'column':
      return columnRange(expression.index, expression.type.kind === 'float', context)
    case 'literal':
      return literalRange(expression.value)
    case 'cast': {
      const range = rangeOf(expression.argument, context)
      const from = expression.argument.type
      return {
        ...range,
        min: convertBound(range.min, from, expression.type, 'down'),
        max: convertBound(range.max, from, expression.type, 'up'),
        exact: false,
        mayBeNull: range.mayBeNull || expression.try,
      }
    }
    case 'call':
      return expression.function === 'year' ? yearRange(expression.arguments[0], context) : ANY_VALUE
    case 'case':
      return ANY_VALUE
  }
}

function columnRange(index: number, isFloat: boolean, context: Context): Range {
  const statistics = context.statistics(index)
  if (statistics === null) return ANY_VALUE
  const { min, max, exact, nullCount } = statistics
  // Parquet leaves NaN out of min and max, and old writers let it into them (parquet.thrift, ColumnOrder).
  const known = min !== null && max !== null && !Number.isNaN(min) && !Number.isNaN(max)
  return {
    min: known ? min : undefined,
    max: known ? max : undefined,
    exact,
    mayBeNan: isFloat,
    mayBeNull: nullCount !== 0,
    mayBeValue: nullCount === null || nullCount < context.rows,
  }
}

function literalRange(value: ScalarValue): Range {
  if (value === null) return { ...ANY_VALUE, mayBeValue: false }
  if (Number.isNaN(value)) return { ...ANY_VALUE, mayBeNull: false }
  return { min: value, max: value, exact: true, mayBeNan: false, mayBeNull: false, mayBeValue: true }
}

/** The year grows with the date. */
function yearRange(argument: TypedExpression, context: Context): Range {
  const range = rangeOf(argument, context)
  const { type } = argument
  return { ...range, min: yearOf(range.min, type), max: yearOf(range.max, type), exact: false }
}

function compare(operator: 'eq' | 'lt' | 'lte', a: Range, b: Range): Outcomes {
  if (!a.mayBeValue || !b.mayBeValue) return ONLY_NULL
  const mayBeNull = a.mayBeNull || b.mayBeNull
  const lowest = compareValues(a.min, b.max)
  const highest = compareValues(a.max, b.min)
  switch (operator) {
    case 'eq': {
      const apart = (lowest !== undefined && lowest > 0) || (highest !== undefined && highest < 0)
      const bothNan = a.mayBeNan && b.mayBeNan
      const constant = lowest === 0 && highest === 0 && a.exact && b.exact && !a.mayBeNan && !b.mayBeNan
      return { mayBeTrue: !apart || bothNan, mayBeFalse: !constant, mayBeNull }
    }
    case 'lt':
      return {
        mayBeTrue: lowest === undefined || lowest < 0 || b.mayBeNan,
        mayBeFalse: highest === undefined || highest >= 0 || a.mayBeNan,
        mayBeNull,
      }
    case 'lte':
      return {
        mayBeTrue: lowest === undefined || lowest <= 0 || b.mayBeNan,
        mayBeFalse: highest === undefined || highest > 0 || a.mayBeNan,
        mayBeNull,
      }
  }
}

/** Outcomes of `is not distinct from`. */
function sameOutcomes(a: Range, b: Range): Outcomes {
  const { mayBeTrue, mayBeFalse } = compare('eq', a, b)
  const oneNull = (a.mayBeNull && b.mayBeValue) || (b.mayBeNull && a.mayBeValue)
  return {
    mayBeTrue: mayBeTrue || (a.mayBeNull && b.mayBeNull),
    mayBeFalse: mayBeFalse || oneNull,
    mayBeNull: false,
  }
}

function nullOutcomes(range: Range): Outcomes {
  return { mayBeTrue: range.mayBeNull, mayBeFalse: range.mayBeValue, mayBeNull: false }
}

/** Outcomes of `startsWith`: texts with a prefix lie between it and the first text after all of them. */
function prefixOutcomes(text: Range, prefix: TypedExpression): Outcomes {
  if (!text.mayBeValue) return ONLY_NULL
  if (prefix.kind !== 'literal' || typeof prefix.value !== 'string') return ANY_OUTCOME
  const below = compareValues(text.max, prefix.value)
  const above = compareValues(text.min, prefixEnd(prefix.value))
  const outside = (below !== undefined && below < 0) || (above !== undefined && above >= 0)
  return { mayBeTrue: !outside, mayBeFalse: true, mayBeNull: text.mayBeNull }
}

function likeOutcomes(text: Range, pattern: TypedExpression): Outcomes {
  if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') return ANY_OUTCOME
  const wildcard = pattern.value.search(/[%_\\]/)
  const prefix = wildcard === -1 ? pattern.value : pattern.value.slice(0, wildcard)
  return prefixOutcomes(text, { ...pattern, value: prefix })
}

function negate(outcomes: Outcomes): Outcomes {
  return { mayBeTrue: outcomes.mayBeFalse, mayBeFalse: outcomes.mayBeTrue, mayBeNull: outcomes.mayBeNull }
}

function allOf(all: readonly Outcomes[]): Outcomes {
  return {
    mayBeTrue: all.every((one) => one.mayBeTrue),
    mayBeFalse: all.some((one) => one.mayBeFalse),
    mayBeNull: all.some((one) => one.mayBeNull),
  }
}
