import type { Vector } from '../../../io/batch.js'
import { align64 } from '../../../io/batch.js'
import { isValid, readBit } from '../../../io/values.js'
import type { KernelContext } from '../kernel.js'

/** Row numbers, ascending, as u32 at an address. */
export interface Selection {
  readonly indices: number
  readonly count: number
}

/** The rows where a boolean vector is true; null counts as false. All rows are selected if `count` is its length. */
export function selectionOf(context: KernelContext, condition: Vector): Selection {
  const { wasm, memory, scratch } = context
  const { length } = condition
  const indices = scratch(align64(length) * 4)
  if (condition.constant || condition.type.kind === 'null') {
    if (!isValid(memory, condition, 0) || !readBit(memory, condition.values, 0)) return { indices, count: 0 }
    wasm.take_sequence(0, length, indices)
    return { indices, count: length }
  }
  return { indices, count: wasm.selection_rows(condition.values, condition.validity, length, indices) }
}
