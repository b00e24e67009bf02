/** Every scalar function with its kernel and its reference, by canonical name. */

import { InternalError } from '../../planner/errors.js'
import { arithmeticFunctions } from './functions/arithmetic.js'
import { comparisonFunctions } from './functions/comparison.js'
import { conditionalFunctions } from './functions/conditional.js'
import { dateFunctions } from './functions/date.js'
import { extremeFunctions } from './functions/extreme.js'
import { logicFunctions } from './functions/logic.js'
import { mathFunctions } from './functions/math.js'
import { isIn } from './functions/membership.js'
import { stringFunctions } from './functions/string.js'
import type { KernelFunction } from './kernel.js'

const functions: ReadonlyMap<string, KernelFunction> = new Map(
  [
    arithmeticFunctions,
    comparisonFunctions,
    [isIn],
    extremeFunctions,
    conditionalFunctions,
    dateFunctions,
    logicFunctions,
    mathFunctions,
    stringFunctions,
  ].flatMap((list) => list.map((one) => [one.name, one])),
)

/** The function of a canonical name of `planner/functions.ts`; the resolver lets no other through. */
export function kernelFor(name: string): KernelFunction {
  const found = functions.get(name)
  if (found === undefined) throw new InternalError(`no kernel for the function ${name}`)
  return found
}
