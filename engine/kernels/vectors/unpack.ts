/** Widens packed decimals (see `io/packed.ts`) to the 8 bytes that kernels know. */

import type { Batch, Vector } from '../../../io/batch.js'
import { isPacked } from '../../../io/packed.js'
import type { KernelContext } from '../kernel.js'

/** The column with its values in scratch if it was packed, and itself if not. */
export function unpack(context: KernelContext, column: Vector): Vector {
  if (!isPacked(column)) return column
  const { wasm, scratch } = context
  const values = scratch(column.length * 8)
  // The kernels report values that do not fit; all do.
  if (column.width === 1) wasm.i8_to_i64(column.values, values, column.length, 0)
  else if (column.width === 2) wasm.i16_to_i64(column.values, values, column.length, 0)
  else wasm.i32_to_i64(column.values, values, column.length, 0)
  return { ...column, values, width: 8, blocks: [] }
}

export function unpackBatch(context: KernelContext, batch: Batch): Batch {
  return batch.columns.some(isPacked)
    ? { ...batch, columns: batch.columns.map((column) => unpack(context, column)) }
    : batch
}
