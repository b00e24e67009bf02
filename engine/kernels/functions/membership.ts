/** Membership in a list of candidates. */

import { bitmapBytes, type Vector } from '../../../io/batch.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { compareValues } from '../scalar/order.js'
import { expand, plain } from '../vectors.js'
import { constantNull } from './by-row.js'
import { compare } from './comparison.js'
import { bits, intersect, isConstantNull, result } from './operands.js'
import { stringIsIn } from './string-compare.js'

export const isIn: KernelFunction = {
  name: 'isIn',
  canFail: false,
  nullPropagating: false,
  reference: ([value, ...candidates], [type]) => {
    if (value === null) return null
    if (candidates.some((candidate) => candidate !== null && compareValues(value, candidate, type) === 0)) return true
    return candidates.includes(null) ? null : false
  },
  evaluate: (context, [value, ...candidates], type, length) => membership(context, value, candidates, type, length),
}

/** True where a candidate is equal; null where the value is, or where a null candidate leaves the answer open. */
function membership(
  context: KernelContext,
  value: Vector,
  candidates: readonly Vector[],
  type: DataType,
  length: number,
): Vector {
  if (isConstantNull(context, value)) return constantNull(context, type, length)
  const known = candidates.filter((candidate) => !isConstantNull(context, candidate))
  const isText = value.type.kind === 'utf8' || value.type.kind === 'binary'
  const bySet = isText && known.length > 1 && known.every((candidate) => candidate.constant)
  const found = bySet
    ? expand(context, stringIsIn(context, plain(context, value), known, length))
    : anyEqual(context, value, known, type, length)
  const open = known.reduce((common, { validity }) => intersect(context, common, validity, length), 0)
  let validity = 0
  if (known.length < candidates.length) validity = found.values
  else if (open !== 0) {
    validity = result(context, type, length).values
    context.wasm.bits_or(found.values, 1, open, 1, validity, length)
  }
  return { ...found, validity: value.constant ? validity : intersect(context, validity, value.validity, length) }
}

function anyEqual(
  context: KernelContext,
  value: Vector,
  candidates: readonly Vector[],
  type: DataType,
  length: number,
): Vector {
  const { wasm } = context
  const found = result(context, type, length)
  context.memory.u8.fill(0, found.values, found.values + bitmapBytes(length))
  for (const candidate of candidates) {
    const equal = compare(context, 'eq', [value, candidate], length)
    const [values, step] = bits(context, equal.values, equal.constant)
    if (candidate.validity === 0) wasm.bits_or(found.values, 1, values, step, found.values, length)
    else {
      const counted = result(context, type, length).values
      wasm.bits_and(values, step, ...bits(context, candidate.validity, candidate.constant), counted, length)
      wasm.bits_or(found.values, 1, counted, 1, found.values, length)
    }
  }
  return found
}
