/** Comparison of single rows by sort keys, for the few that split sorted runs. */

import type { MemoryViews, Vector } from '../../../io/batch.js'
import { isValid, readValue } from '../../../io/values.js'
import { isNested, isVariableLength } from '../../../planner/types.js'
import { encodeRows } from '../../kernels/vectors/row-bytes.js'
import { take } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { SortColumn } from './keys.js'

/** Negative, zero or positive as row `a` is before, equal to or after row `b`. */
export type RowComparison = (a: number, b: number) => number

export function compareRows(context: OperatorContext, keys: readonly SortColumn[]): RowComparison {
  const comparisons = keys
    .filter(({ vector }) => !vector.constant && vector.type.kind !== 'null')
    .map((key) => compareKey(context, key))
  return (a, b) => {
    for (const compare of comparisons) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

function compareKey(context: OperatorContext, { vector, descending, nullsFirst }: SortColumn): RowComparison {
  const { memory } = context
  const compare = compareValues(context, vector)
  return (a, b) => {
    const [validA, validB] = [isValid(memory, vector, a), isValid(memory, vector, b)]
    if (!validA || !validB) return (Number(validA) - Number(validB)) * (nullsFirst ? 1 : -1)
    return descending ? -compare(a, b) : compare(a, b)
  }
}

function compareValues(context: OperatorContext, vector: Vector): RowComparison {
  const { memory } = context
  if (isVariableLength(vector.type)) return compareStrings(context, vector)
  if (isNested(vector.type)) return compareNested(context, vector)
  return (a, b) => compareScalars(scalarAt(memory, vector, a), scalarAt(memory, vector, b))
}

function compareStrings(context: OperatorContext, { dictionary, ...vector }: Vector): RowComparison {
  const { i32, u32 } = context.memory
  const { offsets, values } = dictionary ?? vector
  const at = dictionary === null ? (row: number) => row : (row: number) => u32[vector.values / 4 + row]
  return (a, b) => {
    const [first, second] = [offsets / 4 + at(a), offsets / 4 + at(b)]
    const [startA, startB] = [i32[first], i32[second]]
    const [lengthA, lengthB] = [i32[first + 1] - startA, i32[second + 1] - startB]
    return context.wasm.bytes_compare(values + startA, lengthA, values + startB, lengthB)
  }
}

function compareNested(context: OperatorContext, vector: Vector): RowComparison {
  const rows = context.scratch(8)
  return (a, b) => {
    const mark = context.markScratch()
    context.memory.u32[rows / 4] = a
    context.memory.u32[rows / 4 + 1] = b
    const pair = encodeRows(context, take(context, vector, rows, 2))
    const order = compareStrings(context, pair)(0, 1)
    context.rewindScratch(mark)
    return order
  }
}

/** Numbers, big integers and booleans compare alike. */
function scalarAt(memory: MemoryViews, vector: Vector, row: number): number | bigint {
  const value = readValue(memory, vector, row)
  return typeof value === 'bigint' ? value : Number(value)
}

/** NaN is the greatest float; -0 equals 0. */
function compareScalars(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return a < b ? -1 : a > b ? 1 : 0
}
