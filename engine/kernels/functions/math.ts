/** Rounding and functions of floats. */

import { isValid, readValue } from '../../../io/values.js'
import type { KernelFunction } from '../kernel.js'
import {
  expReference,
  FLOAT_FUNCTIONS,
  type LogarithmName,
  logarithmReference,
  power,
  powerReference,
  roundFloat,
  roundReference,
  sqrtReference,
  type WholeName,
  wholeReference,
} from '../scalar/math.js'
import { evaluateByRow } from './by-row.js'
import { narrow } from './decimal.js'
import { mapFloatPairs, mapFloats } from './float-map.js'
import { commonValidity, failAt, laneOf, result } from './operands.js'

/** Modes of `shorten_d64`. */
const MODES = { round: 0, floor: 1, ceil: 2, trunc: 3 }

/** To a whole number, or (`round` alone) to a number of digits. */
function rounding(name: 'round' | WholeName): KernelFunction {
  const reference = name === 'round' ? roundReference : wholeReference(name)
  return {
    name,
    canFail: name === 'round',
    reference,
    evaluate: (context, parameters, type, length) => {
      const [source, digits] = parameters
      if (source.type.kind === 'float' && digits === undefined) {
        const out = result(context, type, length)
        context.wasm[`${name}_${laneOf(source)}`](source.values, out.values, length)
        return out
      }
      if (source.type.kind === 'decimal' && type.kind === 'decimal') {
        const narrowed = narrow(context, source)
        const removed = source.type.scale - type.scale
        if (narrowed.width === 8 && removed <= 18 && (digits === undefined || type.scale > 0)) {
          const out = result(context, type, length, 8)
          context.wasm.shorten_d64(narrowed.values, out.values, length, removed, MODES[name])
          return out
        }
      }
      if (source.type.kind === 'float' && digits.constant) {
        const places = Number(readValue(context.memory, digits, 0))
        return mapFloats(context, source, type, length, (value) => roundFloat(value, places))
      }
      if (source.type.kind === 'int' && digits === undefined) return source
      return evaluateByRow(context, reference, parameters, type, length)
    },
  }
}

function logarithm(name: LogarithmName): KernelFunction {
  const reference = logarithmReference(name)
  return {
    name,
    canFail: true,
    reference,
    evaluate: (context, parameters, type, length) => {
      const [source] = parameters
      const { f64 } = context.memory
      for (let row = 0; row < length; row++) {
        if (f64[source.values / 8 + row] <= 0 && isValid(context.memory, source, row)) {
          failAt(context, reference, parameters, type, row)
        }
      }
      return mapFloats(context, source, type, length, FLOAT_FUNCTIONS[name])
    },
  }
}

const sqrt: KernelFunction = {
  name: 'sqrt',
  canFail: true,
  reference: sqrtReference,
  evaluate: (context, parameters, type, length) => {
    const [source] = parameters
    const out = result(context, type, length)
    const validity = commonValidity(context, parameters, length)
    const failed = context.wasm.sqrt_f64(source.values, out.values, length, validity)
    if (failed >= 0) failAt(context, sqrtReference, parameters, type, failed)
    return out
  },
}

const exp: KernelFunction = {
  name: 'exp',
  canFail: false,
  reference: expReference,
  evaluate: (context, [source], type, length) => mapFloats(context, source, type, length, FLOAT_FUNCTIONS.exp),
}

const powerFunction: KernelFunction = {
  name: 'power',
  canFail: false,
  reference: powerReference,
  evaluate: (context, parameters, type, length) => mapFloatPairs(context, parameters, type, length, power),
}

export const mathFunctions: readonly KernelFunction[] = [
  rounding('round'),
  rounding('floor'),
  rounding('ceil'),
  rounding('trunc'),
  sqrt,
  powerFunction,
  exp,
  logarithm('ln'),
  logarithm('log10'),
  logarithm('log2'),
]
