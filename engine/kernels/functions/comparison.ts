/** Comparisons, membership, and the choice of the greatest or least. */

import { type Vector, vector } from '../../../io/batch.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { BOOL, type DataType } from '../../../planner/types.js'
import type { KernelContext, KernelFunction } from '../kernel.js'
import { compareNullable, compareValues } from '../scalar/order.js'
import { plain } from '../vectors.js'
import { blend } from './blend.js'
import { evaluateByRow } from './by-row.js'
import { narrow, sameWidth } from './decimal.js'
import { bits, intersect, isConstantNull, laneOf, operand, result, validBits } from './operands.js'
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

const isIn: KernelFunction = {
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

/** Joins the equality with each candidate by a three-valued OR. */
function membership(
  context: KernelContext,
  value: Vector,
  candidates: readonly Vector[],
  type: DataType,
  length: number,
): Vector {
  const found = result(context, type, length)
  context.memory.u8.fill(0, found.values, found.values + Math.ceil(length / 64) * 8)
  if (isConstantNull(context, value))
    return { ...vector(type, length), validity: zeros(context), constant: true, values: found.values }
  let nullCandidate = false
  let unknown = 0
  for (const candidate of candidates) {
    if (isConstantNull(context, candidate)) {
      nullCandidate = true
      continue
    }
    const equal = compare(context, 'eq', [value, candidate], length)
    const [values, step] = bits(context, equal.values, equal.constant)
    if (candidate.validity === 0) context.wasm.bits_or(found.values, 1, values, step, found.values, length)
    else {
      const valid = bits(context, candidate.validity, candidate.constant)
      const counted = result(context, type, length).values
      context.wasm.bits_and(values, step, ...valid, counted, length)
      context.wasm.bits_or(found.values, 1, counted, 1, found.values, length)
      unknown = unknown === 0 ? candidate.validity : intersect(context, unknown, candidate.validity, length)
    }
  }
  // Without a match, a null candidate leaves the answer open.
  let validity = 0
  if (nullCandidate) validity = found.values
  else if (unknown !== 0) {
    validity = result(context, type, length).values
    context.wasm.bits_or(found.values, 1, unknown, 1, validity, length)
  }
  if (value.constant) return { ...found, validity }
  return { ...found, validity: intersect(context, validity, value.validity, length) }
}

function zeros(context: KernelContext): number {
  const address = context.scratch(8)
  context.memory.u8.fill(0, address, address + 8)
  return address
}

/** The greatest or least argument that is not null. */
function extreme(name: 'greatest' | 'least'): KernelFunction {
  const better: Comparison = name === 'greatest' ? 'gt' : 'lt'
  return {
    name,
    canFail: false,
    nullPropagating: false,
    reference: (parameters, [type]) => {
      const known = parameters.filter((value) => value !== null)
      return known.reduce<ScalarValue>(
        (best, value) => (best === null || HOLDS[better](compareValues(value, best, type)) ? value : best),
        null,
      )
    },
    evaluate: (context, parameters, type, length) => {
      const known = parameters.filter((parameter) => !isConstantNull(context, parameter))
      if (known.length === 0)
        return { ...vector(type, length), validity: zeros(context), constant: true, values: context.scratch(64) }
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

export const comparisonFunctions: readonly KernelFunction[] = [
  comparison('eq'),
  comparison('neq'),
  comparison('lt'),
  comparison('lte'),
  comparison('gt'),
  comparison('gte'),
  distinctness('isDistinctFrom'),
  distinctness('isNotDistinctFrom'),
  isIn,
  extreme('greatest'),
  extreme('least'),
]
