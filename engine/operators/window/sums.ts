/** Sums, means and moments over frames. */

import { VolleyError } from '../../../planner/errors.js'
import type { Fold, FrameAggregate } from './frame-aggregate.js'

/** How many rows have a value, or, for `isCounted` null, how many there are. */
export class FrameCount implements FrameAggregate<bigint> {
  private count = 0

  constructor(private readonly isCounted: ((row: number) => boolean) | null) {}

  add(row: number): void {
    if (this.isCounted === null || this.isCounted(row)) this.count++
  }

  remove(row: number): void {
    if (this.isCounted === null || this.isCounted(row)) this.count--
  }

  clear(): void {
    this.count = 0
  }

  result(): bigint {
    return BigInt(this.count)
  }
}

export interface ExactSum {
  readonly sum: bigint
  readonly count: number
}

/** Sums of integers and of the unscaled values of decimals and times. */
export class FrameExactSum<Result> implements FrameAggregate<Result> {
  private sum = 0n
  private count = 0

  constructor(
    private readonly valueAt: (row: number) => bigint | null,
    private readonly finish: (state: ExactSum) => Result,
  ) {}

  add(row: number): void {
    const value = this.valueAt(row)
    if (value === null) return
    this.sum += value
    this.count++
  }

  remove(row: number): void {
    const value = this.valueAt(row)
    if (value === null) return
    this.sum -= value
    this.count--
  }

  clear(): void {
    this.sum = 0n
    this.count = 0
  }

  result(): Result {
    return this.finish({ sum: this.sum, count: this.count })
  }
}

/** Sums of floats are not taken apart again: what was lost to rounding, or to infinity, would not come back. */
export interface FloatSum {
  readonly sum: number
  readonly count: number
}

export function foldFloatSum(valueAt: (row: number) => number | null): Fold<FloatSum> {
  const empty: FloatSum = { sum: 0, count: 0 }
  return {
    empty,
    of(row) {
      const value = valueAt(row)
      return value === null ? empty : { sum: value, count: 1 }
    },
    join(a, b) {
      if (a.count === 0) return b
      return b.count === 0 ? a : { sum: a.sum + b.sum, count: a.count + b.count }
    },
  }
}

export interface Moments {
  readonly count: number
  readonly mean: number
  /** Sum of the squared differences from the mean. */
  readonly squares: number
}

/** Welford's recurrence in its form for two sets (Chan, Golub, LeVeque, 1979). */
export function foldMoments(valueAt: (row: number) => number | null): Fold<Moments> {
  const empty: Moments = { count: 0, mean: 0, squares: 0 }
  return {
    empty,
    of(row) {
      const value = valueAt(row)
      return value === null ? empty : { count: 1, mean: value, squares: 0 }
    },
    join(a, b) {
      if (a.count === 0) return b
      if (b.count === 0) return a
      const count = a.count + b.count
      const difference = b.mean - a.mean
      const mean = (a.count * a.mean + b.count * b.mean) / count
      return { count, mean, squares: a.squares + b.squares + (difference * difference * a.count * b.count) / count }
    },
  }
}

export type Spread = 'stddev' | 'stddevPop' | 'variance' | 'variancePop'

export function spreadOf(name: Spread, { count, squares }: Moments): number | null {
  const sample = name === 'stddev' || name === 'variance'
  if (count < (sample ? 2 : 1)) return null
  const variance = count === 1 ? 0 : squares / (sample ? count - 1 : count)
  if (!Number.isFinite(variance)) throw new VolleyError('VOLLEY_OVERFLOW', `${name} over a window is out of range`)
  return name === 'stddev' || name === 'stddevPop' ? Math.sqrt(variance) : variance
}
