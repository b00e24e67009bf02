/** The arithmetic operators. */

import type { Vector } from '../../../io/batch.js'
import { unreachable } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import {
  absReference,
  type BinaryOperator,
  binaryReference,
  negReference,
  signReference,
} from '../scalar/arithmetic.js'
import { isTemporal, temporalReference } from '../scalar/date-arithmetic.js'
import { evaluateByRow } from './by-row.js'
import { compareToZero } from './comparison.js'
import { evaluateTemporal } from './date-arithmetic.js'
import { addDecimals, type Checked, multiplyDecimals, narrow } from './decimal.js'
import { mapFloatPairs } from './float-map.js'
import { commonValidity, failAt, intersect, laneOf, operand, result } from './operands.js'

type Reference = KernelFunction['reference']

function binaryOperator(name: BinaryOperator): KernelFunction {
  const reference: Reference = (parameters, types, type) =>
    types.some(isTemporal)
      ? temporalReference(name, parameters, types, type)
      : binaryReference(name, parameters, types, type)
  return {
    name,
    canFail: true,
    reference,
    evaluate: (context, parameters, type, length) => {
      if (parameters.some((parameter) => isTemporal(parameter.type))) {
        return evaluateTemporal(context, name, parameters, type, length, reference)
      }
      const { kind } = parameters[0].type
      if (kind === 'float') return floats(context, name, parameters, type, length, reference)
      if (kind === 'decimal') return decimals(context, name, parameters, type, length, reference)
      return integers(context, name, parameters, type, length, reference)
    },
  }
}

type Evaluate = (
  context: KernelContext,
  name: BinaryOperator,
  parameters: readonly Vector[],
  type: DataType,
  length: number,
  reference: Reference,
) => Vector

const integers: Evaluate = (context, name, parameters, type, length, reference) => {
  const [a, b] = parameters
  const out = result(context, type, length)
  const divides = name === 'intDiv' || name === 'mod'
  const quotients = divides ? nonZero(context, b, length) : 0
  const validity = intersect(context, commonValidity(context, parameters, length), quotients, length)
  const operands = [...operand(context, a), ...operand(context, b)]
  const failed = context.wasm[`${name}_${laneOf(a)}`](...operands, out.values, length, validity)
  if (failed >= 0) failAt(context, reference, parameters, type, failed)
  return divides ? { ...out, validity: quotients } : out
}

/** Bitmap of the rows that can be divided by; 0 if it is a constant other than zero. */
function nonZero(context: KernelContext, divisor: Vector, length: number): number {
  const bitmap = compareToZero(context, divisor, length).values
  return divisor.constant && (context.memory.u8[bitmap] & 1) === 1 ? 0 : bitmap
}

const floats: Evaluate = (context, name, parameters, type, length) => {
  const [a, b] = parameters
  if (name === 'mod') return mapFloatPairs(context, parameters, type, length, (x, y) => x % y)
  const out = result(context, type, length)
  const kernel = name === 'intDiv' ? 'div' : name
  context.wasm[`${kernel}_${laneOf(a)}`](...operand(context, a), ...operand(context, b), out.values, length)
  return name === 'intDiv' ? { ...out, validity: nonZero(context, b, length) } : out
}

const decimals: Evaluate = (context, name, parameters, type, length, reference) => {
  if (type.kind !== 'decimal') return evaluateByRow(context, reference, parameters, type, length)
  switch (name) {
    case 'add':
    case 'sub':
      return unlessFailed(context, addDecimals(context, name, parameters, type, length), parameters, type, reference)
    case 'mul':
      return unlessFailed(context, multiplyDecimals(context, parameters, type, length), parameters, type, reference)
    case 'intDiv':
    case 'mod': {
      const narrowed = parameters.map((parameter) => narrow(context, parameter))
      if (narrowed.some((parameter) => parameter.width === 16)) {
        return evaluateByRow(context, reference, parameters, type, length)
      }
      const out = integers(context, name, narrowed, { kind: 'duration', unit: 'us' }, length, reference)
      return { ...out, type }
    }
    case 'div':
      return evaluateByRow(context, reference, parameters, type, length)
    default:
      return unreachable(name)
  }
}

function unlessFailed(
  context: KernelContext,
  checked: Checked,
  parameters: readonly Vector[],
  type: DataType,
  reference: Reference,
): Vector {
  return 'vector' in checked ? checked.vector : failAt(context, reference, parameters, type, checked.failed)
}

/** -a or abs(a). */
function inversion(name: 'neg' | 'abs', numeric: Reference): KernelFunction {
  return {
    name,
    canFail: true,
    reference: numeric,
    evaluate: (context, parameters, type, length) => {
      const [a] = parameters
      if (a.type.kind === 'interval') return evaluateByRow(context, numeric, parameters, type, length)
      const out = result(context, type, length, a.width)
      const lane = laneOf(a)
      if (a.type.kind === 'float') context.wasm[`${name}_${lane}`](a.values, out.values, length)
      else if (lane === 'i128') context.wasm.invert_i128(name === 'neg' ? 1 : 0, a.values, out.values, length)
      else if (name === 'abs' && lane.startsWith('u')) return a
      else {
        const validity = commonValidity(context, parameters, length)
        const failed = context.wasm[`${name}_${lane}`](a.values, out.values, length, validity)
        if (failed >= 0) failAt(context, numeric, parameters, type, failed)
      }
      return out
    },
  }
}

const sign: KernelFunction = {
  name: 'sign',
  canFail: false,
  reference: signReference,
  evaluate: (context, [a], type, length) => {
    const out = result(context, type, length)
    context.wasm[`sign_${laneOf(a)}`](a.values, out.values, length)
    return out
  },
}

const negation: Reference = (parameters: readonly ScalarValue[], types, type) =>
  isTemporal(types[0]) ? temporalReference('neg', parameters, types, type) : negReference(parameters, types, type)

export const arithmeticFunctions: readonly KernelFunction[] = [
  binaryOperator('add'),
  binaryOperator('sub'),
  binaryOperator('mul'),
  binaryOperator('div'),
  binaryOperator('intDiv'),
  binaryOperator('mod'),
  inversion('neg', negation),
  inversion('abs', absReference),
  sign,
]
