/** Brings vectors to the forms that kernels take. */

import type { Vector } from '../../../io/batch.js'
import type { KernelContext } from '../kernel.js'
import { gather } from './take.js'

/** Decodes a dictionary; a constant stays one. Plain vectors are returned as they are. */
export function plain(context: KernelContext, source: Vector): Vector {
  if (source.dictionary === null) return source
  const rows = source.constant ? 1 : source.length
  const indices = validCodes(context, source, rows)
  const decoded = gather(context, source.dictionary, indices, rows, source.validity !== 0)
  return { ...decoded, length: source.length, validity: source.validity, constant: source.constant }
}

/** The codes as indices, those of null rows replaced by `NO_ROW`, which gathers take for null. */
export function validCodes(context: KernelContext, source: Vector, rows: number): number {
  if (source.validity === 0) return source.values
  const indices = context.scratch(rows * 4)
  context.wasm.take_mask_codes(source.values, source.validity, 0, rows, indices)
  return indices
}

/** Repeats a constant over all its rows; dictionaries stay encoded. Full vectors are returned as they are. */
export function expand(context: KernelContext, source: Vector): Vector {
  if (!source.constant) return source
  return gather(context, source, 0, source.length, false)
}
