/**
 * Splits a condition into ranges of columns, which one kernel call each can test, and the rest.
 *
 * `day >= date '1994-01-01' and day < date '1995-01-01' and name like 'a%'` is one range of `day` and one other condition.
 */

import type { ScalarValue, TypedExpression } from '../../planner/expression.js'
import type { DataType } from '../../planner/types.js'

/** Bounds are inclusive, in stored units. No value is in a range whose `low` is above its `high`. */
export interface ColumnRange {
  readonly column: number
  readonly bits: 32 | 64
  readonly low: bigint
  readonly high: bigint
}

export interface SplitCondition {
  readonly ranges: readonly ColumnRange[]
  /** What the ranges do not say, or null. */
  readonly rest: TypedExpression | null
}

const splits = new WeakMap<TypedExpression, SplitCondition>()

export function splitRanges(condition: TypedExpression): SplitCondition {
  let split = splits.get(condition)
  if (split === undefined) {
    split = computeSplit(condition)
    splits.set(condition, split)
  }
  return split
}

function computeSplit(condition: TypedExpression): SplitCondition {
  const ranges = new Map<number, ColumnRange>()
  const others: TypedExpression[] = []
  for (const conjunct of conjunctsOf(condition)) {
    const range = rangeOf(conjunct)
    if (range === null) others.push(conjunct)
    else ranges.set(range.column, intersection(ranges.get(range.column), range))
  }
  const rest =
    others.length > 1
      ? ({ kind: 'call', function: 'and', arguments: others, type: condition.type } as const)
      : (others[0] ?? null)
  return { ranges: [...ranges.values()], rest }
}

function conjunctsOf(condition: TypedExpression): readonly TypedExpression[] {
  return condition.kind === 'call' && condition.function === 'and'
    ? condition.arguments.flatMap(conjunctsOf)
    : [condition]
}

const MIRRORED: Readonly<Record<string, string>> = { eq: 'eq', lt: 'gt', lte: 'gte', gt: 'lt', gte: 'lte' }

function rangeOf(conjunct: TypedExpression): ColumnRange | null {
  if (conjunct.kind !== 'call' || MIRRORED[conjunct.function] === undefined) return null
  const [left, right] = conjunct.arguments
  if (left.kind === 'column' && right.kind === 'literal') return bounded(left, conjunct.function, right.value)
  if (left.kind === 'literal' && right.kind === 'column') {
    return bounded(right, MIRRORED[conjunct.function], left.value)
  }
  return null
}

function bounded(
  column: Extract<TypedExpression, { kind: 'column' }>,
  comparison: string,
  value: ScalarValue,
): ColumnRange | null {
  const bits = bitsOf(column.type)
  if (bits === null || (typeof value !== 'number' && typeof value !== 'bigint')) return null
  const limit = BigInt(value)
  const [least, greatest] = [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
  const low = comparison === 'gt' ? limit + 1n : comparison === 'gte' || comparison === 'eq' ? limit : least
  const high = comparison === 'lt' ? limit - 1n : comparison === 'lte' || comparison === 'eq' ? limit : greatest
  return intersection(
    { column: column.index, bits, low: least, high: greatest },
    { column: column.index, bits, low, high },
  )
}

/** Signed integers at the widths for which there are kernels; narrow decimals among them. */
function bitsOf(type: DataType): 32 | 64 | null {
  switch (type.kind) {
    case 'int':
      return type.signed && type.bits >= 32 ? (type.bits as 32 | 64) : null
    case 'decimal':
      return type.precision <= 18 ? 64 : null
    case 'date':
      return 32
    case 'timestamp':
    case 'duration':
      return 64
    default:
      return null
  }
}

function intersection(a: ColumnRange | undefined, b: ColumnRange): ColumnRange {
  if (a === undefined) return b
  const low = a.low > b.low ? a.low : b.low
  return { ...b, low, high: a.high > b.high ? b.high : a.high }
}
