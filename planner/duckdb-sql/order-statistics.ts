/**
 * Medians and quantiles by ranks: windows sort out of core, where DuckDB's own quantiles hold all values of a group.
 *
 * For each aggregate, the values at the floor and the ceiling of r = fraction × (values - 1) are selected, and the part of
 * r behind its point; both are one where nothing is interpolated. See `interpolation.ts` of the operators.
 */

import { InternalError } from '../errors.js'
import type { TypedAggregate } from '../expression.js'
import { exactFraction, isInterpolated } from '../functions/quantiles.js'
import type { DataType } from '../types.js'
import { instantOf, unitsOf } from './instants.js'
import type { Partial } from './partial-form.js'
import { duckDbType } from './types.js'
import { scaled, unscaled } from './unscaled.js'

export interface NamedQuantile {
  /** The prefix of its columns. */
  readonly name: string
  readonly aggregate: TypedAggregate
}

export function isQuantile({ function: name }: TypedAggregate): boolean {
  return name === 'median' || name === 'quantileCont' || name === 'quantileDisc'
}

/** Rows with the values that quantiles of one partial take: columns `<name>_low`, `<name>_high` and `<name>_part`. */
export function selectedValues(
  partial: Partial,
  quantiles: readonly NamedQuantile[],
  keys: readonly string[],
  from: string,
): string {
  const value = `${partial.name}_value`
  const columns = (more: readonly string[]) => [...keys, ...more].join(', ')
  const distinct = partial.form.kind === 'values' && partial.form.distinct ? 'DISTINCT ' : ''
  const values = `SELECT ${distinct}${columns([value])} FROM ${from} WHERE ${value} IS NOT NULL`
  const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')}`
  // One window, so that rows are sorted once: the count is over all of the partition.
  const whole = 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING'
  const ranked =
    `SELECT ${columns([value])}, row_number() OVER g - 1 AS place, count(*) OVER (g ${whole}) AS size` +
    ` FROM (${values}) WINDOW g AS (${partition} ORDER BY ${value})`
  const points = quantiles.map(({ name, aggregate }) => `${pointOf(aggregate)} AS ${name}_point`)
  const pointed = `SELECT *, ${points.join(', ')} FROM (${ranked})`
  const selected = quantiles.flatMap(({ name, aggregate }) => {
    const [low, high] = [`place = floor(${name}_point)`, `place = ceil(${name}_point)`]
    const lowValue = `CASE WHEN ${low} THEN ${value} END AS ${name}_low`
    if (!liesBetween(aggregate)) return [lowValue]
    const highValue = `CASE WHEN ${high} THEN ${value} END AS ${name}_high`
    return [lowValue, highValue, `CASE WHEN ${low} THEN ${name}_point - floor(${name}_point) END AS ${name}_part`]
  })
  const wanted = quantiles.flatMap(({ name }) => [`place = floor(${name}_point)`, `place = ceil(${name}_point)`])
  return `SELECT ${columns(selected)} FROM (${pointed}) WHERE ${wanted.join(' OR ')}`
}

/** The result out of the selected values of a merged group. */
export function quantileOf(quantile: NamedQuantile): string {
  const { name, aggregate } = quantile
  const [low, high, part] = ['low', 'high', 'part'].map((column) => `any_value(t.${name}_${column})`)
  if (!liesBetween(aggregate)) return low
  return interpolated(argumentType(aggregate), aggregate.type, low, high, part)
}

function liesBetween(aggregate: TypedAggregate): boolean {
  return isInterpolated(aggregate.function, argumentType(aggregate))
}

function argumentType({ argument, function: name }: TypedAggregate): DataType {
  if (argument === null) throw new InternalError(`${name} without an argument`)
  return argument.type
}

function pointOf(aggregate: TypedAggregate): string {
  const fraction = aggregate.function === 'median' ? 0.5 : aggregate.parameter!
  if (liesBetween(aggregate)) return `${double(fraction)} * (size - 1)`
  const shares = exactFraction(fraction)
  const skipped =
    shares === null ? `floor(size - size * ${double(fraction)})` : `size * ${shares[1] - shares[0]} // ${shares[1]}`
  return `CAST(greatest(1, size - ${skipped}) - 1 AS DOUBLE)`
}

/** The value `part` (0 to 1) of the way from `low` to `high`, both of type `from`, as one of type `to`. */
function interpolated(from: DataType, to: DataType, low: string, high: string, part: string): string {
  const between = (value: string) => `CASE WHEN ${part} = 0 THEN ${low} ELSE ${value} END`
  const weighted = (a: string, b: string) => `(${asDouble(a)} * (1 - ${part}) + ${asDouble(b)} * ${part})`
  switch (from.kind) {
    case 'decimal': {
      if (to.kind === 'float') return weighted(low, high)
      const [a, b] = [unscaled(from, low), unscaled(from, high)]
      const units = isWide(from)
        ? `CAST(trunc(${weighted(a, b)}) AS HUGEINT)`
        : `${a} + CAST(trunc(${asDouble(`(${b} - ${a})`)} * ${part}) AS HUGEINT)`
      const rough = `CAST(${weighted(low, high)} AS ${duckDbType(from)})`
      return between(`coalesce(${scaled(from, units)}, ${rough})`)
    }
    case 'float':
      if (from.bits === 64) return between(weighted(low, high))
      return between(`CAST(${asDouble(low)} + ${asDouble(`(${high} - ${low})`)} * ${part} AS FLOAT)`)
    case 'int':
      return `CASE WHEN ${part} = 0 THEN ${asDouble(low)} ELSE ${weighted(low, high)} END`
    case 'date': {
      const [a, b] = [low, high].map((value) => `epoch_us(CAST(${value} AS TIMESTAMP))`)
      return `CASE WHEN ${part} = 0 THEN CAST(${low} AS TIMESTAMP) ELSE ${instantOf(to, wholeUnits(weighted(a, b)))} END`
    }
    default:
      return between(instantOf(to, wholeUnits(weighted(unitsOf(from, low), unitsOf(from, high)))))
  }
}

/** Halves go away from zero. */
function wholeUnits(value: string): string {
  return `CAST(round(${value}) AS BIGINT)`
}

function asDouble(value: string): string {
  return `CAST(${value} AS DOUBLE)`
}

function isWide(type: DataType): boolean {
  return type.kind === 'decimal' && type.precision > 18
}

function double(value: number): string {
  return `CAST('${value}' AS DOUBLE)`
}
