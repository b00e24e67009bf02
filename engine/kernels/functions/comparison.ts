/** Comparisons. */

import type { Vector } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { compareNullable, compareValues } from '../scalar/order.js'
import { plain } from '../vectors.js'
import { evaluateByRow } from './by-row.js'
import { narrow, sameWidth } from './decimal.js'
import { bits, laneOf, operand, result, validBits } from './operands.js'
import { compareStrings } from './string-compare.js'

export type Comparison = 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte'

/** What each operator asks of the order of its arguments. */
const HOLDS: Record<Comparison, (order: number) => boolean> = {
  eq: (order) => order === 0,
  neq: (order) => order !== 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
}

/** Compares vectors of one type into bits; those of null rows are undefined. The result may be constant. */
export function compare(
  context: KernelContext,
  name: Comparison,
  parameters: readonly Vector[],
  length: number,
): Vector {
  if (name === 'gt') return compare(context, 'lt', [parameters[1], parameters[0]], length)
  if (name === 'gte') return compare(context, 'lte', [parameters[1], parameters[0]], length)
  const [a, b] = parameters
  switch (a.type.kind) {
    case 'bool':
      return compareBits(context, name, a, b, length)
    case 'utf8':
    case 'binary':
      return compareStrings(context, name, plain(context, a), plain(context, b), length)
    case 'decimal':
      return compareLanes(context, name, ...sameWidth(context, narrow(context, a), narrow(context, b)), length)
    case 'int':
    case 'float':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
      return compareLanes(context, name, a, b, length)
    case 'null':
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      return evaluateByRow(context, comparisonReference(name), parameters, BOOL, length)
  }
}

function compareLanes(context: KernelContext, name: Comparison, a: Vector, b: Vector, length: number): Vector {
  const out = result(context, BOOL, length)
  context.wasm[`${name}_${laneOf(a)}`](...operand(context, a), ...operand(context, b), out.values, length)
  return out
}

/** Tells which numbers are not 0, NaN among them. */
export function compareToZero(context: KernelContext, source: Vector, length: number): Vector {
  const zero = context.scratch(64)
  context.memory.u8.fill(0, zero, zero + 64)
  return compareLanes(context, 'neq', source, { ...source, values: zero, constant: true }, length)
}

function compareBits(context: KernelContext, name: Comparison, a: Vector, b: Vector, length: number): Vector {
  const out = result(context, BOOL, length)
  const x = bits(context, a.values, a.constant)
  const y = bits(context, b.values, b.constant)
  const { wasm } = context
  if (name === 'eq' || name === 'neq') wasm.bits_xor(...x, ...y, out.values, length)
  // a < b is true and not a; a <= b is the opposite of b < a.
  else if (name === 'lt') wasm.bits_and_not(...y, ...x, out.values, length)
  else wasm.bits_and_not(...x, ...y, out.values, length)
  if (name === 'eq' || name === 'lte') wasm.bits_not(out.values, out.values, length)
  return out
}

function comparisonReference(name: Comparison): KernelFunction['reference'] {
  const holds = HOLDS[name]
  return ([a, b], [type]) => (a === null || b === null ? null : holds(compareValues(a, b, type)))
}

function comparison(name: Comparison): KernelFunction {
  return {
    name,
    canFail: false,
    reference: comparisonReference(name),
    evaluate: (context, parameters, _type, length) => compare(context, name, parameters, length),
  }
}

/** Equality where null equals null. */
function distinctness(name: 'isDistinctFrom' | 'isNotDistinctFrom'): KernelFunction {
  const distinct = name === 'isDistinctFrom'
  return {
    name,
    canFail: false,
    nullPropagating: false,
    reference: ([a, b], [type, other]) =>
      (compareNullable(a, b, type.kind === 'null' ? other : type) !== 0) === distinct,
    evaluate: (context, parameters, _type, length) => {
      const [a, b] = parameters
      const { wasm } = context
      const out = result(context, BOOL, length)
      const aValid = validBits(context, a)
      const bValid = validBits(context, b)
      if (a.type.kind === 'null' || b.type.kind === 'null') {
        wasm.bits_xor(...aValid, ...bValid, out.values, length)
      } else {
        const differs = compare(context, 'neq', parameters, length)
        // One is null and the other is not, or neither is and they differ.
        const both = result(context, BOOL, length).values
        const differing = bits(context, differs.values, differs.constant)
        wasm.bits_and(...aValid, ...bValid, both, length)
        wasm.bits_and(both, 1, ...differing, both, length)
        wasm.bits_xor(...aValid, ...bValid, out.values, length)
        wasm.bits_or(out.values, 1, both, 1, out.values, length)
      }
      if (!distinct) wasm.bits_not(out.values, out.values, length)
      return out
    },
  }
}

export const comparisonFunctions: readonly KernelFunction[] = [
  comparison('eq'),
  comparison('neq'),
  comparison('lt'),
  comparison('lte'),
  comparison('gt'),
  comparison('gte'),
  distinctness('isDistinctFrom'),
  distinctness('isNotDistinctFrom'),
]
