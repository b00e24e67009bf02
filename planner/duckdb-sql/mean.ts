/** Means out of exact sums and counts, rounded as volley and DuckDB round them. See `quotient.ts` of the operators. */

import type { TypedAggregate } from '../expression.js'
import { isDividedInDoubles } from '../functions/means.js'
import { powerOfTen } from '../integers.js'
import type { DataType } from '../types.js'
import { instantOf } from './instants.js'
import { unscaled } from './unscaled.js'

/** Sums and divisors below these divide to the same in doubles as in extended precision. */
const EXACT_BITS = 53n
const EVIDENT_DIVISOR = 2048
const MANTISSA_BITS = 64n
/** Bits of the quotient, which leave room for the divisor's in a HUGEINT. */
const QUOTIENT_BITS = 66
const MAX_DIVISOR_BITS = 57n

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
 * DuckDB rounds sum, divisor and quotient to the 64 bits of an extended-precision float, and that to a double: here in
 * whole numbers, wherever the quotient of doubles could be another. Divisors too large for that are left to doubles.
 */
export function withExtendedMean(query: string, name: string, { argument }: TypedAggregate): string {
  const from = argument!.type
  const own = (suffix: string) => `${name}_${suffix}`
  const [sum, divisor, dividend, quotient] = ['units', 'divisor', 'dividend', 'quotient'].map(own)
  const [roughCut, cut, shift, excess] = ['rough_cut', 'cut', 'shift', 'excess'].map(own)
  const exact = `${divisor} < ${2n ** MAX_DIVISOR_BITS} AND ${sum} <> 0`
  const evident = `abs(${sum}) < ${2n ** EXACT_BITS} AND ${divisor} < ${EVIDENT_DIVISOR}`
  const small = `CAST(CAST(${sum} AS BIGINT) AS DOUBLE) / CAST(${divisor} AS DOUBLE)`
  const rest = `((${dividend} << ${shift}) % ${divisor} <> 0)`
  const mantissa = `CAST(${withoutBits(quotient, excess, rest)} AS DOUBLE)`
  const extended = `sign(${sum}) * ${mantissa} * pow(2, ${excess} + ${cut} - ${shift})`
  const inDoubles = `CAST(${own('sum')} AS DOUBLE) / ${own('count')}`
  return layered(query, [
    `${unscaledSum(from, own('sum'))} AS ${sum}, CAST(${own('count')} AS HUGEINT) * ${unitOf(from)} AS ${divisor}`,
    `CASE WHEN ${evident} OR NOT (${exact}) THEN NULL WHEN abs(${sum}) < ${2n ** MANTISSA_BITS} THEN 0` +
      ` ELSE ${highestBit(`abs(${sum})`)} - ${MANTISSA_BITS - 1n} END AS ${roughCut}`,
    `CASE WHEN ${roughCut} > 0 AND abs(${sum}) >> ${roughCut} < ${2n ** (MANTISSA_BITS - 1n)}` +
      ` THEN ${roughCut} - 1 ELSE ${roughCut} END AS ${cut}`,
    `CASE WHEN ${cut} = 0 THEN abs(${sum}) ELSE ${withoutBits(`abs(${sum})`, cut, 'false')} END AS ${dividend}`,
    `${QUOTIENT_BITS} - ${highestBit(`${dividend} / ${divisor}`)} AS ${shift}`,
    `(${dividend} << ${shift}) // ${divisor} AS ${quotient}`,
    `CASE WHEN ${quotient} >= ${2n ** 67n} THEN 4 WHEN ${quotient} >= ${2n ** 66n} THEN 3 ELSE 2 END AS ${excess}`,
    `CASE WHEN ${cut} IS NOT NULL THEN ${extended} WHEN ${evident} THEN ${small} ELSE ${inDoubles} END AS ${name}`,
  ])
}

/** `value >> bits`, rounded: halves go to the even number, unless there is a rest below. */
function withoutBits(value: string, bits: string, rest: string): string {
  const truncated = `(${value} >> ${bits})`
  const twiceBelow = `(${value} - (${truncated} << ${bits})) * 2`
  const unit = `(CAST(1 AS HUGEINT) << ${bits})`
  const isUp = `${twiceBelow} > ${unit} OR (${twiceBelow} = ${unit} AND (${rest} OR ${truncated} % 2 = 1))`
  return `${truncated} + CASE WHEN ${isUp} THEN 1 ELSE 0 END`
}

/** Where the highest bit of a positive number is, or the place above it if it is almost a power of two. */
function highestBit(value: string): string {
  return `CAST(floor(log2(CAST(${value} AS DOUBLE))) AS INTEGER)`
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
