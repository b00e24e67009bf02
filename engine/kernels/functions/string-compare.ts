/** Comparisons and membership of strings and of binary values, by unsigned bytes. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'
import { byteRange, offsetsFor, shapeOf, text } from './string-operands.js'

export type ComparisonOperator = 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte'

/**
 * Compares two plain or constant utf8 or binary vectors into a bool vector in scratch, without validity: the result
 * of null slots is undefined. Constant if both arguments are.
 */
export function compareStrings(
  context: KernelContext,
  operator: ComparisonOperator,
  a: Vector,
  b: Vector,
  length: number,
): Vector {
  const { rows, constant } = shapeOf([a, b], length)
  const values = context.scratch(bitmapBytes(rows))
  const equality = operator === 'eq' || operator === 'neq'
  const swapped = operator === 'gt' || operator === 'gte'
  const flag = operator === 'neq' || operator === 'lte' || operator === 'gte' ? 1 : 0
  const kernel = context.wasm[equality ? 'string_equal' : 'string_less']
  kernel(...text(swapped ? b : a), ...text(swapped ? a : b), flag, values, rows)
  return vector(BOOL, length, { values, constant })
}

/**
 * Tells which rows of a plain or constant utf8 or binary vector equal one of `candidates`, which are constants and not
 * null. A bool vector in scratch, without validity, constant if the argument is.
 */
export function stringIsIn(
  context: KernelContext,
  argument: Vector,
  candidates: readonly Vector[],
  length: number,
): Vector {
  const { memory, wasm } = context
  const { rows, constant } = shapeOf([argument], length)
  const out = context.scratch(bitmapBytes(rows))
  const list = joinConstants(context, candidates)
  // At most half of the slots are taken.
  const slots = 2 ** Math.ceil(Math.log2(candidates.length * 2 + 1))
  const table = context.scratch(slots * 4)
  memory.u8.fill(0, table, table + slots * 4)
  wasm.string_set_build(list.offsets, list.values, candidates.length, table, slots - 1)
  const members = [list.offsets, list.values, candidates.length]
  wasm.string_set_test(...text(argument), ...members, table, slots - 1, out, rows)
  return vector(BOOL, length, { values: out, constant })
}

/** The values of constants as the rows of one list, in scratch. */
function joinConstants(context: KernelContext, constants: readonly Vector[]): { offsets: number; values: number } {
  const { memory } = context
  const ranges = constants.map((constant) => byteRange(context, constant, 1))
  const offsets = offsetsFor(context, constants.length)
  const values = context.scratch(ranges.reduce((sum, range) => sum + range.size, 0))
  let end = 0
  memory.i32[offsets / 4] = 0
  ranges.forEach(({ start, size }, i) => {
    memory.u8.copyWithin(values + end, start, start + size)
    end += size
    memory.i32[offsets / 4 + i + 1] = end
  })
  return { offsets, values }
}
