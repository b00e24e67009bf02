/** Aggregates as DuckDB's SQL. */

import type { TypedAggregate } from '../expression.js'
import { type AggregateName, aggregateNamed, isHugeint } from '../functions.js'
import type { DataType } from '../types.js'
import { type ColumnName, sqlOfExpression } from './expressions.js'
import { NoSql, noEqual } from './no-sql.js'
import { isHeldAsCount } from './types.js'

const NAMES: Record<AggregateName, string> = {
  count: 'count',
  countStar: 'count',
  countDistinct: 'count',
  sum: 'sum',
  mean: 'avg',
  min: 'min',
  max: 'max',
  first: 'first',
  anyValue: 'any_value',
  last: 'last',
  stddev: 'stddev_samp',
  stddevPop: 'stddev_pop',
  variance: 'var_samp',
  variancePop: 'var_pop',
  median: 'median',
  quantileCont: 'quantile_cont',
  quantileDisc: 'quantile_disc',
  boolAnd: 'bool_and',
  boolOr: 'bool_or',
}

const OF_ORDER: ReadonlySet<string> = new Set<AggregateName>(['first', 'last', 'anyValue'])
/** Aggregates that compare, count or pick values. */
const OF_COUNTS: ReadonlySet<string> = new Set<AggregateName>([
  ...(['count', 'countStar', 'countDistinct', 'min', 'max', 'first', 'last', 'anyValue', 'quantileDisc'] as const),
])

/** True if the result depends on the order of the rows. */
export function isOrderedAggregate(name: string): boolean {
  return OF_ORDER.has(name)
}

/** DuckDB's name for an aggregate over a column of this type. @throws NoSql. */
export function aggregateSqlName(name: string, type: DataType | null): string {
  if (aggregateNamed(name) === null) throw new NoSql(`the aggregate ${name} has no equal in DuckDB`)
  if (type !== null && isHeldAsCount(type) && !OF_COUNTS.has(name)) throw noEqual(name, type)
  // The sum of such values does not fit 128 bits, though their mean does.
  if (name === 'mean' && type?.kind === 'decimal' && type.precision > SUMMED_DIGITS && !isHugeint(type)) {
    throw noEqual(name, type)
  }
  return NAMES[name as AggregateName]
}

/** Ten billion values of so many digits can be added. */
const SUMMED_DIGITS = 28

/**
 * An aggregate over the rows of a group. `order` are the terms of the order in which the rows came; it may be empty
 * where that does not matter. @throws NoSql.
 */
export function sqlOfAggregate(
  aggregate: TypedAggregate,
  columnName: ColumnName,
  order: readonly string[] = [],
): string {
  const { function: name, argument, parameter, distinct, filter } = aggregate
  const inside = argument === null ? '*' : sqlOfExpression(argument, columnName)
  const parameters = [distinct || name === 'countDistinct' ? `DISTINCT ${inside}` : inside]
  if (parameter !== null) parameters.push(`CAST('${parameter}' AS DOUBLE)`)
  const orderBy = isOrderedAggregate(name) && order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''
  const call = `${aggregateSqlName(name, argument?.type ?? null)}(${parameters.join(', ')}${orderBy})`
  const filtered = filter === null ? call : `${call} FILTER (WHERE ${sqlOfExpression(filter, columnName)})`
  return exactDigits(filtered, aggregate.type, argument?.type ?? null)
}

/** Sums of decimals have 38 digits in DuckDB too; quantiles keep the type of a decimal. */
function exactDigits(call: string, type: DataType, argument: DataType | null): string {
  if (type.kind !== 'decimal' || isHugeint(type)) return call
  return argument?.kind === 'decimal' ? `CAST(${call} AS DECIMAL(${type.precision},${type.scale}))` : call
}
