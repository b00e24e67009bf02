/** Means out of exact sums and counts, rounded as volley and DuckDB round them. See `quotient.ts` of the operators. */

import type { TypedAggregate } from '../expression.js'
import { isDividedInDoubles } from '../functions/means.js'
import { powerOfTen } from '../integers.js'
import type { DataType } from '../types.js'
import { instantOf } from './instants.js'
import { unscaled } from './unscaled.js'

/** Sums below and divisors below these divide to the same in doubles as in extended precision. */
const EXACT_SUM = 2 ** 53
const EVIDENT_DIVISOR = 2048
/** Sums and divisors below these can be divided with 66 bits of quotient in a HUGEINT. */
const MAX_SUM_BITS = 64
const MAX_DIVISOR_BITS = 57
const QUOTIENT_BITS = 66

/** True for the means that `withExtendedMean` computes. */
export function isExtendedMean({ function: name, argument, type }: TypedAggregate): boolean {
  const from = argument!.type
  return name === 'mean' && type.kind === 'float' && from.kind !== 'float' && !isDividedInDoubles(from)
}

/** The mean of all other types. `sum` is a DOUBLE, or a decimal without a fraction lost. */
export function meanOf({ argument, type }: TypedAggregate, sum: string, count: string): string {
  const from = argument!.type
  if (from.kind === 'float') return `${sum} / ${count}`
  if (type.kind === 'float') {
    return `CAST(CAST(${unscaledSum(from, sum)} AS BIGINT) AS DOUBLE) / (${count} * ${unitOf(from)})`
  }
  const units = `CAST(${sum} AS HUGEINT)`
  // Above a half up, what is negative towards zero.
  const rounded = `${units} // ${count} + CASE WHEN ${units} % ${count} * 2 > ${count} THEN 1 ELSE 0 END`
  return instantOf(type, `CAST(${rounded} AS BIGINT)`)
}

/**
 * The rows of a query that has columns `<name>_sum` and `<name>_count`, with the mean added as `<name>`.
 *
 * DuckDB divides in floats of 64 bits and rounds the quotient to a double: here in whole numbers, wherever that is not
 * the same as dividing doubles. What does not fit, sums of more than 64 bits for example, is divided in doubles.
 */
export function withExtendedMean(query: string, name: string, { argument }: TypedAggregate): string {
  const from = argument!.type
  const [sum, divisor, shift, quotient, excess] = ['u', 'd', 'k', 'q', 'x'].map((letter) => `${name}_${letter}`)
  const fits = `abs(${sum}) < ${2n ** BigInt(MAX_SUM_BITS)} AND ${divisor} < ${2 ** MAX_DIVISOR_BITS}`
  const evident = `abs(${sum}) < ${EXACT_SUM} AND ${divisor} < ${EVIDENT_DIVISOR}`
  const quotientBits = `CAST(floor(log2(CAST(abs(${sum}) AS DOUBLE) / ${divisor})) AS INTEGER)`
  const truncated = `(${quotient} >> ${excess})`
  const unit = `(CAST(1 AS HUGEINT) << ${excess})`
  const below = `(${quotient} % ${unit})`
  const rest = `((abs(${sum}) << ${shift}) % ${divisor} <> 0)`
  // Halves go to the even number of 64 bits, unless there is a rest below.
  const isUp = `${below} * 2 > ${unit} OR (${below} * 2 = ${unit} AND (${rest} OR ${truncated} % 2 = 1))`
  const mantissa = `CAST(${truncated} + CASE WHEN ${isUp} THEN 1 ELSE 0 END AS DOUBLE)`
  const extended = `sign(${sum}) * ${mantissa} * pow(2, ${excess} - ${shift})`
  const inDoubles = `CAST(${name}_sum AS DOUBLE) / ${name}_count`
  const small = `CAST(CAST(${sum} AS BIGINT) AS DOUBLE) / CAST(${divisor} AS DOUBLE)`
  return layered(query, [
    `${unscaledSum(from, `${name}_sum`)} AS ${sum}, CAST(${name}_count AS HUGEINT) * ${unitOf(from)} AS ${divisor}`,
    `CASE WHEN ${fits} AND NOT (${evident}) AND ${sum} <> 0 THEN ${QUOTIENT_BITS} - ${quotientBits} END AS ${shift}`,
    `(abs(${sum}) << ${shift}) // ${divisor} AS ${quotient}`,
    `CASE WHEN ${quotient} >= ${2n ** 67n} THEN 4 WHEN ${quotient} >= ${2n ** 66n} THEN 3 ELSE 2 END AS ${excess}`,
    `CASE WHEN ${shift} IS NOT NULL THEN ${extended} WHEN ${evident} THEN ${small} ELSE ${inDoubles} END AS ${name}`,
  ])
}

/** The query with further columns, each computed from those before. */
function layered(query: string, columns: readonly string[]): string {
  return columns.reduce((inner, added) => `SELECT *, ${added} FROM (${inner})`, query)
}

/** The sum as it is staged, a decimal of 38 digits, as an integer. */
function unscaledSum(from: DataType, sum: string): string {
  return unscaled({ kind: 'decimal', precision: 38, scale: scaleOf(from) }, sum)
}

function unitOf(from: DataType): bigint {
  return powerOfTen(scaleOf(from))
}

function scaleOf(from: DataType): number {
  return from.kind === 'decimal' ? from.scale : 0
}
