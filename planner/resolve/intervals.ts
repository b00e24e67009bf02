/** Computes with constant intervals, which exist only while planning. */

import type { Interval, TypedExpression } from '../expression.js'
import { INTERVAL } from '../types.js'
import { literal } from './constants.js'

/** The interval that a call over constants gives; null if it is not one of those that can be computed here. */
export function constantInterval(name: string, parameters: readonly TypedExpression[]): TypedExpression | null {
  const values = parameters.map((one) => (one.kind === 'literal' ? one.value : undefined))
  if (values.some((value) => value === null)) return literal(null, INTERVAL)
  const [first, second] = values
  switch (name) {
    case 'add':
      return isInterval(first) && isInterval(second) ? interval(sum(first, second)) : null
    case 'sub':
      return isInterval(first) && isInterval(second) ? interval(sum(first, times(second, -1n))) : null
    case 'neg':
      return isInterval(first) ? interval(times(first, -1n)) : null
    case 'mul':
      if (isInterval(first)) return isWhole(second) ? interval(times(first, BigInt(second))) : null
      return isInterval(second) && isWhole(first) ? interval(times(second, BigInt(first))) : null
    default:
      return null
  }
}

function isInterval(value: unknown): value is Interval {
  return typeof value === 'object' && value !== null && 'micros' in value
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

function interval(value: Interval): TypedExpression {
  return literal(Object.freeze(value), INTERVAL)
}

function sum(a: Interval, b: Interval): Interval {
  return { months: a.months + b.months, days: a.days + b.days, micros: a.micros + b.micros }
}

function times(a: Interval, factor: bigint): Interval {
  return { months: a.months * Number(factor), days: a.days * Number(factor), micros: a.micros * factor }
}
