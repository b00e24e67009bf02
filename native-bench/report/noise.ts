/** When two series of times differ by more than chance. */

import { median } from '../results.js'

/** What a change must exceed in any case, as a part of the smaller median. */
const LEAST_CHANGE = 0.05
/** The same where a series has fewer than `FEW` runs, whose spread tells little. */
const LEAST_CHANGE_OF_FEW = 0.15
const FEW = 3

export const NOISE_RULE =
  `A difference counts if it exceeds the sum of both spreads (1.48 times the median absolute deviation, which ` +
  `is the standard deviation of normal noise) and ${LEAST_CHANGE * 100} %; with fewer than ${FEW} runs, ` +
  `${LEAST_CHANGE_OF_FEW * 100} %.`

/** Makes the median absolute deviation an estimate of the standard deviation, if noise is normal. */
const NORMAL = 1.4826

/** Robust: a run that was disturbed does not widen it. In the unit of `times`. */
export function spread(times: readonly number[]): number {
  const middle = median(times)
  return NORMAL * median(times.map((time) => Math.abs(time - middle)))
}

/** Whether the medians differ beyond noise, as `NOISE_RULE` says. */
export function differ(one: readonly number[], other: readonly number[]): boolean {
  const [a, b] = [median(one), median(other)]
  const least = Math.min(one.length, other.length) < FEW ? LEAST_CHANGE_OF_FEW : LEAST_CHANGE
  const difference = Math.abs(a - b)
  return difference > spread(one) + spread(other) && difference > least * Math.min(a, b)
}
