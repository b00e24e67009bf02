/** Three-valued logic and tests for null and for special floats. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { evaluateByRow } from './by-row.js'
import { bits, laneOf, result, validBits } from './operands.js'

/** Joins two boolean vectors; false AND null is false, true OR null is true. */
export function kleene(context: KernelContext, name: 'and' | 'or', a: Vector, b: Vector, length: number): Vector {
  const out = result(context, BOOL, length)
  const nullable = [a, b].some((side) => side.validity !== 0 || side.type.kind === 'null')
  const validity = nullable ? context.scratch(bitmapBytes(length)) : 0
  const operands = [...kleeneOperand(context, a), ...kleeneOperand(context, b)]
  context.wasm[`kleene_${name}`](...operands, out.values, validity, length)
  return { ...out, validity }
}

/** Address of the values, of the validity, and their step. */
function kleeneOperand(context: KernelContext, side: Vector): [values: number, validity: number, step: number] {
  if (side.type.kind === 'null') {
    const [zeros] = validBits(context, side)
    return [zeros, zeros, 0]
  }
  const [values, step] = bits(context, side.values, side.constant)
  return [values, bits(context, side.validity, side.constant)[0], step]
}

function connective(name: 'and' | 'or'): KernelFunction {
  const decisive = name === 'or'
  return {
    name,
    canFail: false,
    nullPropagating: false,
    reference: (parameters) =>
      parameters.includes(decisive) ? decisive : parameters.includes(null) ? null : !decisive,
    evaluate: (context, parameters, _type, length) =>
      parameters.length === 1 ? parameters[0] : parameters.reduce((a, b) => kleene(context, name, a, b, length)),
  }
}

const not: KernelFunction = {
  name: 'not',
  canFail: false,
  reference: ([value]) => (value === null ? null : !value),
  evaluate: (context, [value], type, length) => {
    const out = result(context, type, length)
    context.wasm.bits_not(value.values, out.values, length)
    return out
  },
}

function nullTest(name: 'isNull' | 'isNotNull'): KernelFunction {
  const negate = name === 'isNull'
  return {
    name,
    canFail: false,
    nullPropagating: false,
    reference: ([value]) => (value === null) === negate,
    evaluate: (context, [value], _type, length) => {
      const valid = validBits(context, value)
      if (valid[1] === 1 && !negate) return vector(BOOL, length, { values: valid[0] })
      const out = vector(BOOL, length, { constant: valid[1] === 0, values: context.scratch(bitmapBytes(length)) })
      if (negate) context.wasm.bits_not(valid[0], out.values, valid[1] === 0 ? 1 : length)
      else context.memory.u8[out.values] = context.memory.u8[valid[0]]
      return out
    },
  }
}

const FLOAT_TESTS = {
  isNan: Number.isNaN,
  isInf: (value: number) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY,
  isFinite: Number.isFinite,
}

function floatTest(name: keyof typeof FLOAT_TESTS): KernelFunction {
  const reference: KernelFunction['reference'] = ([value]) => (value === null ? null : FLOAT_TESTS[name](Number(value)))
  return {
    name,
    canFail: false,
    reference,
    evaluate: (context, [value], type, length) => {
      if (value.type.kind !== 'float') return evaluateByRow(context, reference, [value], type, length)
      const out = result(context, type, length)
      context.wasm[`${name}_${laneOf(value)}`](value.values, out.values, length)
      return out
    },
  }
}

export const logicFunctions: readonly KernelFunction[] = [
  connective('and'),
  connective('or'),
  not,
  nullTest('isNull'),
  nullTest('isNotNull'),
  floatTest('isNan'),
  floatTest('isInf'),
  floatTest('isFinite'),
]
