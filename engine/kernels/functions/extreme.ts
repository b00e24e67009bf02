/** The choice of the greatest or least argument. */

import type { ScalarValue } from '../../../planner/expression.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelFunction } from '../kernel.js'
import { compareValues } from '../scalar/order.js'
import { blend } from './blend.js'
import { constantNull } from './by-row.js'
import { compare } from './comparison.js'
import { bits, isConstantNull, result, validBits } from './operands.js'

/** The greatest or least argument that is not null. */
function extreme(name: 'greatest' | 'least'): KernelFunction {
  const better = name === 'greatest' ? 'gt' : 'lt'
  const isBetter = (order: number) => (name === 'greatest' ? order > 0 : order < 0)
  return {
    name,
    canFail: false,
    nullPropagating: false,
    reference: (parameters, [type]) => {
      const known = parameters.filter((value) => value !== null)
      return known.reduce<ScalarValue>(
        (best, value) => (best === null || isBetter(compareValues(value, best, type)) ? value : best),
        null,
      )
    },
    evaluate: (context, parameters, type, length) => {
      const known = parameters.filter((parameter) => !isConstantNull(context, parameter))
      if (known.length === 0) return constantNull(context, type, length)
      return known.reduce((best, next) => {
        // `next` replaces `best` where it is better or `best` is null, unless it is null itself.
        const { wasm } = context
        const chosen = result(context, BOOL, length).values
        const improves = compare(context, better, [next, best], length)
        wasm.bits_or_not(
          ...bits(context, improves.values, improves.constant),
          ...validBits(context, best),
          chosen,
          length,
        )
        wasm.bits_and(chosen, 1, ...validBits(context, next), chosen, length)
        return blend(context, chosen, next, best, type, length)
      })
    },
  }
}

export const extremeFunctions: readonly KernelFunction[] = [extreme('greatest'), extreme('least')]
