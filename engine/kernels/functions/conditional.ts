/** Functions that choose among their arguments by null. */

import type { Vector } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { compareValues } from '../scalar/order.js'
import { asNull, blend } from './blend.js'
import { compare } from './comparison.js'
import { bits, isConstantNull, result, validBits } from './operands.js'

/** Rows of `first`, or of `second` where that is null. */
export function orElse(context: KernelContext, first: Vector, second: Vector, length: number): Vector {
  if (isConstantNull(context, first)) return second
  if (first.validity === 0 || first.constant) return first
  return blend(context, first.validity, first, second, first.type, length)
}

const coalesce: KernelFunction = {
  name: 'coalesce',
  canFail: false,
  nullPropagating: false,
  reference: (parameters) => parameters.find((value) => value !== null) ?? null,
  evaluate: (context, parameters, _type, length) =>
    parameters.reduceRight((rest, first) => orElse(context, first, rest, length)),
}

const nullIf: KernelFunction = {
  name: 'nullIf',
  canFail: false,
  nullPropagating: false,
  reference: ([a, b], [type]) => (a !== null && b !== null && compareValues(a, b, type) === 0 ? null : a),
  evaluate: (context, [a, b], type, length) => {
    if (isConstantNull(context, a) || isConstantNull(context, b)) return a
    const { wasm } = context
    const equal = compare(context, 'eq', [a, b], length)
    const removed = result(context, BOOL, length).values
    wasm.bits_and(...bits(context, equal.values, equal.constant), ...validBits(context, b), removed, length)
    // Where `a` is null already, whether it is removed does not matter.
    return blend(context, removed, asNull(context, a), a, type, length)
  },
}

export const conditionalFunctions: readonly KernelFunction[] = [coalesce, nullIf]
