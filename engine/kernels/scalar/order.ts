/** The order and equality of single values. */

import { intervalMicros } from '../../../planner/calendar.js'
import { unreachable } from '../../../planner/errors.js'
import type { Interval, ScalarValue } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'
import { compareBytes, compareText } from './string-compare.js'

/**
 * Negative, zero or positive as `a` is before, equal to or after `b`: strings by code point, NaN above all other
 * floats, nested values by element with nulls last. Neither is null.
 */
export function compareValues(a: ScalarValue, b: ScalarValue, type: DataType): number {
  switch (type.kind) {
    case 'null':
      return 0
    case 'float':
      return compareFloats(a as number, b as number)
    case 'bool':
    case 'int':
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
      return a === b ? 0 : (a as number | bigint | boolean) < (b as number | bigint | boolean) ? -1 : 1
    case 'utf8':
      return compareText(a as string, b as string)
    case 'binary':
      return compareBytes(a as Uint8Array, b as Uint8Array)
    case 'interval':
      return compareIntervals(a as Interval, b as Interval)
    case 'list':
      return compareLists(a as readonly ScalarValue[], b as readonly ScalarValue[], type.element.type)
    case 'struct': {
      for (const { name, type: fieldType } of type.fields) {
        const order = compareNullable(fieldOf(a, name), fieldOf(b, name), fieldType)
        if (order !== 0) return order
      }
      return 0
    }
    case 'map': {
      const entry: DataType = { kind: 'struct', fields: [type.key, type.value] }
      return compareLists(entriesOf(a, type), entriesOf(b, type), entry)
    }
    default:
      return unreachable(type)
  }
}

/** The same where either may be null, which is after everything else and equal to itself. */
export function compareNullable(a: ScalarValue, b: ScalarValue, type: DataType): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0)
  return compareValues(a, b, type)
}

function compareFloats(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0)
}

/** Intervals are equal to the same span in months of 30 days and days of 24 hours, as in SQL. */
function compareIntervals(a: Interval, b: Interval): number {
  const difference = intervalMicros(a) - intervalMicros(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

function compareLists(a: readonly ScalarValue[], b: readonly ScalarValue[], type: DataType): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const order = compareNullable(a[i], b[i], type)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function fieldOf(value: ScalarValue, name: string): ScalarValue {
  return (value as { readonly [name: string]: ScalarValue })[name] ?? null
}

function entriesOf(value: ScalarValue, type: Extract<DataType, { kind: 'map' }>): ScalarValue[] {
  const entries = [...(value as ReadonlyMap<ScalarValue, ScalarValue>)]
  return entries.map(([key, item]) => ({ [type.key.name]: key, [type.value.name]: item }))
}
