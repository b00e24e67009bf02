/** Merges the rows of `partial-form.ts` into an aggregation's result. */

import type { AggregateDescriptor } from '../aggregate-descriptor.js'
import { InternalError, unreachable } from '../errors.js'
import type { TypedAggregate } from '../expression.js'
import { type DataType, typeName } from '../types.js'
import { unitsOf } from './instants.js'
import { isExtendedMean, meanOf, withExtendedMean } from './mean.js'
import { combinedMoments, variationOf } from './moments.js'
import { isQuantile, quantileOf, selectedValues } from './order-statistics.js'
import { type Partial, type PartialPlan, planPartials } from './partial-form.js'
import { quoteName } from './quoting.js'
import { duckDbType } from './types.js'

/**
 * A query for the result of an aggregation: columns of the descriptor's schema, a row for each group, or exactly one if
 * there are no keys, in no order. `from` has the rows of `partialSchema`, whatever its columns are called: it is the
 * name of a table, or a query in parentheses. The query fails as volley's own aggregation
 * does, with an error of the kind "Out of Range", if a sum leaves 128 bits or a variance is not finite.
 */
export function mergePartialsSql(descriptor: AggregateDescriptor, from: string): string {
  const plan = planPartials(descriptor)
  const { keys, aggregates, schema } = descriptor
  const source = `(SELECT * FROM ${from} AS s(${plan.schema.fields.map(({ name }) => name).join(', ')}))`
  const grouping = plan.keys.map((key) => (key === null ? 'CAST(NULL AS BOOLEAN)' : `t.${key.name}`))
  const results = aggregates.map((aggregate, i) => `${resultOf(plan, aggregate, i)}`)
  const columns = [...grouping.map((key, i) => `${key} AS g${i}`), ...results]
  const rows = [`FROM ${source}`, ...derivedRows(aggregates, plan, source)].join(' UNION ALL BY NAME ')
  const groupBy = grouping.length === 0 ? '' : ` GROUP BY ${grouping.join(', ')}`
  const merged = aggregates.reduce(
    (query, aggregate, i) => (isExtended(plan, aggregate, i) ? withExtendedMean(query, `a${i}`, aggregate) : query),
    `SELECT ${columns.join(', ')} FROM (${rows}) AS t${groupBy}`,
  )
  const names = [...keys.map((_, i) => `g${i}`), ...aggregates.map((_, i) => `a${i}`)]
  const typed = names.map((name, i) => typedColumn(name, schema.fields[i].name, schema.fields[i].type))
  return `SELECT ${typed.join(', ')} FROM (${merged})`
}

function typedColumn(column: string, name: string, type: DataType): string {
  const sqlType = duckDbType(type)
  if (sqlType === null) throw new InternalError(`no column of ${typeName(type)} in DuckDB`)
  return `CAST(${column} AS ${sqlType}) AS ${quoteName(name)}`
}

/** Rows that are merged beside the partial results, for what depends on all rows of a group together. */
function derivedRows(aggregates: readonly TypedAggregate[], plan: PartialPlan, from: string): string[] {
  const keys = plan.keys.flatMap((key) => (key === null ? [] : [key.name]))
  return plan.partials.flatMap((partial, place) => {
    if (partial.form.kind === 'moments') return [combinedMoments(partial, keys, from)]
    const quantiles = aggregates.flatMap((aggregate, i) =>
      plan.places[i] === place && isQuantile(aggregate) ? [{ name: `a${i}`, aggregate }] : [],
    )
    return quantiles.length === 0 ? [] : [selectedValues(partial, quantiles, keys, from)]
  })
}

function isExtended(plan: PartialPlan, aggregate: TypedAggregate, index: number): boolean {
  return plan.partials[plan.places[index]].form.kind === 'sum' && isExtendedMean(aggregate)
}

/** The aggregate as column `a<index>`, or what its mean is computed from. */
function resultOf(plan: PartialPlan, aggregate: TypedAggregate, index: number): string {
  const partial = plan.partials[plan.places[index]]
  if (isExtended(plan, aggregate, index)) {
    return `sum(t.${partial.name}_sum) AS a${index}_sum, sum(t.${partial.name}_count) AS a${index}_count`
  }
  return `${merged(partial, aggregate, index)} AS a${index}`
}

function merged(partial: Partial, aggregate: TypedAggregate, index: number): string {
  const { form, name } = partial
  switch (form.kind) {
    case 'nothing':
      // An aggregate, as without keys there must be one.
      return 'any_value(NULL)'
    case 'count':
      return `coalesce(sum(t.${name}_count), 0)`
    case 'sum':
      return aggregate.function === 'sum'
        ? `sum(t.${name}_sum)`
        : meanOf(aggregate, `sum(t.${name}_sum)`, `sum(t.${name}_count)`)
    case 'extreme':
      return `${form.greatest ? 'max' : 'min'}(t.${name}_value)`
    case 'position':
      return `${form.choice === 'last' ? 'arg_max_null' : 'arg_min_null'}(t.${name}_value, t.${name}_position)`
    case 'moments':
      return variationOf(aggregate, partial)
    case 'values':
      if (isQuantile(aggregate)) return quantileOf({ name: `a${index}`, aggregate })
      return ofDistinctValues(aggregate, form.type, `t.${name}_value`)
    default:
      return unreachable(form)
  }
}

const DISTINCT_FUNCTIONS: Readonly<Record<string, string>> = {
  count: 'count',
  countDistinct: 'count',
  sum: 'sum',
  mean: 'avg',
  stddev: 'stddev_samp',
  stddevPop: 'stddev_pop',
  variance: 'var_samp',
  variancePop: 'var_pop',
}

function ofDistinctValues(aggregate: TypedAggregate, type: DataType, value: string): string {
  const { function: name } = aggregate
  // DuckDB has no mean of some kinds of instants.
  if (name === 'mean' && aggregate.type.kind !== 'float') {
    return meanOf(aggregate, `sum(DISTINCT ${unitsOf(type, value)})`, `count(DISTINCT ${value})`)
  }
  const summed = type.kind === 'float' && (name === 'sum' || name === 'mean')
  return `${DISTINCT_FUNCTIONS[name]}(DISTINCT ${summed ? `CAST(${value} AS DOUBLE)` : value})`
}
