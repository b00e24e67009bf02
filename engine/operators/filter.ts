/** Filter: keeps the rows for which a predicate is true; neither false nor NULL passes. */

import { type Batch, bitmapBytes, type Vector, vector } from '../../io/batch.js'
import { isPacked } from '../../io/packed.js'
import { readValue } from '../../io/values.js'
import type { TypedExpression } from '../../planner/expression.js'
import { BOOL } from '../../planner/types.js'
import { evaluatePredicate } from '../kernels/evaluate.js'
import { type KernelExports, RowError } from '../kernels/kernel.js'
import { type Selection, selectionOf, take, unpack, unpackBatch } from '../kernels/vectors.js'
import type { OperatorContext } from './operator-context.js'
import { type ColumnRange, splitRanges } from './ranges.js'

/** The rows that pass, and the address of their u32 indexes in `batch`; null indexes if all pass. */
export interface Filtered {
  readonly batch: Batch
  readonly indices: number | null
}

/** Columns of `batch` may be packed; those of the result are not. */
export function filter(context: OperatorContext, predicate: TypedExpression, batch: Batch): Filtered {
  const selection = select(context, predicate, batch)
  if (selection.count === batch.length) return { batch: unpackBatch(context, batch), indices: null }
  const columns = batch.columns.map((column) =>
    unpack(context, take(context, column, selection.indices, selection.count)),
  )
  return { batch: { schema: batch.schema, length: selection.count, columns }, indices: selection.indices }
}

/** Tests ranges of columns with a kernel call each, and evaluates the rest of the condition. */
function select(context: OperatorContext, predicate: TypedExpression, batch: Batch): Selection {
  const { ranges, rest } = splitRanges(predicate)
  if (ranges.length === 0 || !ranges.every((range) => isTestable(range, batch.columns[range.column]))) {
    return selectionOf(context, evaluatePredicate(context, predicate, unpackBatch(context, batch)))
  }
  const mask = rangeMask(context, ranges, batch)
  try {
    if (rest !== null) clearUnless(context, mask, evaluatePredicate(context, rest, unpackBatch(context, batch)))
    return selectionOf(context, vector(BOOL, batch.length, { values: mask }))
  } catch (error) {
    // A value may only fail if its row passes the conditions before: the evaluator knows their order.
    if (error instanceof RowError) {
      return selectionOf(context, evaluatePredicate(context, predicate, unpackBatch(context, batch)))
    }
    throw error
  }
}

function isTestable(range: ColumnRange, column: Vector): boolean {
  if (column.constant || column.dictionary !== null) return false
  return column.width * 8 === range.bits || isPacked(column)
}

type RangeKernel = (wasm: KernelExports, values: number, bounds: number, mask: number, length: number) => void

/** By the bytes of a value. */
const RANGE_KERNELS: Readonly<Record<number, RangeKernel>> = {
  1: (wasm, ...rest) => wasm.range_i8(...rest),
  2: (wasm, ...rest) => wasm.range_i16(...rest),
  4: (wasm, ...rest) => wasm.range_i32(...rest),
  8: (wasm, ...rest) => wasm.range_i64(...rest),
}

/** Address of the bitmap of rows whose values are in all ranges and not null. */
function rangeMask(context: OperatorContext, ranges: readonly ColumnRange[], batch: Batch): number {
  const { memory, scratch, wasm } = context
  const bytes = bitmapBytes(batch.length)
  const mask = scratch(bytes)
  memory.u8.fill(0xff, mask, mask + bytes)
  const bounds = scratch(16)
  for (const range of ranges) {
    const { values, validity, width } = batch.columns[range.column]
    const bits = width * 8
    const [least, greatest] = [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
    const low = range.low > least ? range.low : least
    const high = range.high < greatest ? range.high : greatest
    if (low > high) {
      memory.u8.fill(0, mask, mask + bytes)
      break
    }
    memory.i64[bounds / 8] = bits === 64 ? low - 2n ** 63n : low
    memory.i64[bounds / 8 + 1] = bits === 64 ? high - low - 2n ** 63n : high - low
    RANGE_KERNELS[width](wasm, values, bounds, mask, batch.length)
    if (validity !== 0) wasm.bitmap_and(mask, validity, mask, batch.length)
  }
  return mask
}

/** Clears the bits of `mask` where a condition is false or null. */
function clearUnless(context: OperatorContext, mask: number, condition: Vector): void {
  const { length, values, validity } = condition
  if (condition.constant || condition.type.kind === 'null') {
    const holds = condition.type.kind === 'bool' && readValue(context.memory, condition, 0) === true
    if (!holds) context.memory.u8.fill(0, mask, mask + bitmapBytes(length))
    return
  }
  context.wasm.bitmap_and(mask, values, mask, length)
  if (validity !== 0) context.wasm.bitmap_and(mask, validity, mask, length)
}
