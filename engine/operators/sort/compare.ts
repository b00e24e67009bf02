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

/** Compares rows of the same vectors. */
export function compareRows(context: OperatorContext, keys: readonly SortColumn[]): RowComparison {
  const telling = keys.filter(({ vector }) => !vector.constant)
  return compareBetween(context, telling, telling)
}

/** Compares row `a` of the left vectors with row `b` of the right ones, which have the same types and directions. */
export function compareBetween(
  context: OperatorContext,
  left: readonly SortColumn[],
  right: readonly SortColumn[],
): RowComparison {
  const comparisons = left.flatMap((key, index) =>
    key.vector.type.kind === 'null' ? [] : [compareKey(context, key, right[index].vector)],
  )
  return (a, b) => {
    for (const compare of comparisons) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

function compareKey(
  context: OperatorContext,
  { vector: left, descending, nullsFirst }: SortColumn,
  right: Vector,
): RowComparison {
  const { memory } = context
  const compare = compareValues(context, left, right)
  return (a, b) => {
    const [validA, validB] = [isValid(memory, left, a), isValid(memory, right, b)]
    if (!validA || !validB) return (Number(validA) - Number(validB)) * (nullsFirst ? 1 : -1)
    return descending ? -compare(a, b) : compare(a, b)
  }
}

function compareValues(context: OperatorContext, left: Vector, right: Vector): RowComparison {
  const { memory } = context
  if (isVariableLength(left.type)) return compareStrings(context, left, right)
  if (isNested(left.type)) return compareNested(context, left, right)
  return (a, b) => compareScalars(scalarAt(memory, left, a), scalarAt(memory, right, b))
}

function compareStrings(context: OperatorContext, left: Vector, right: Vector): RowComparison {
  const { i32 } = context.memory
  const [placeA, placeB] = [offsetPlace(context, left), offsetPlace(context, right)]
  const [valuesA, valuesB] = [valuesOf(left), valuesOf(right)]
  return (a, b) => {
    const [first, second] = [placeA(a), placeB(b)]
    const [startA, startB] = [i32[first], i32[second]]
    const [lengthA, lengthB] = [i32[first + 1] - startA, i32[second + 1] - startB]
    return context.wasm.bytes_compare(valuesA + startA, lengthA, valuesB + startB, lengthB)
  }
}

/** Where in the memory, in int32 words, the offset of a row's string lies. */
function offsetPlace({ memory }: OperatorContext, { dictionary, offsets, values, constant }: Vector) {
  const row = constant ? () => 0 : (index: number) => index
  if (dictionary === null) return (index: number) => offsets / 4 + row(index)
  return (index: number) => dictionary.offsets / 4 + memory.u32[values / 4 + row(index)]
}

function valuesOf({ dictionary, values }: Vector): number {
  return dictionary?.values ?? values
}

function compareNested(context: OperatorContext, left: Vector, right: Vector): RowComparison {
  const row = context.scratch(4)
  const encoded = (source: Vector, index: number) => {
    context.memory.u32[row / 4] = index
    return encodeRows(context, take(context, source, row, 1))
  }
  return (a, b) => {
    const mark = context.markScratch()
    const order = compareStrings(context, encoded(left, a), encoded(right, b))(0, 0)
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
