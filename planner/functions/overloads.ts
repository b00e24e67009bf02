/** Chooses between the signatures of a function by the casts they need. */

import type { ScalarValue } from '../expression.js'
import type { DataType } from '../types.js'
import { implicitCastCost, type Operand, type TypePattern } from './coercion.js'
import type { ResolveSignature, Signature } from './definition.js'

/** Stands for timestamps with any zone; the result has the zone of the first argument that has one. */
export interface Overload {
  readonly parameters: readonly TypePattern[]
  readonly result: TypePattern
}

/** Settles precision and scale of an overload with a `decimal` in it, given the argument types; null rejects it. */
export type BindDecimal = (
  types: readonly DataType[],
  literals: readonly (ScalarValue | undefined)[],
) => Signature | null

export function overload(parameters: readonly TypePattern[], result: TypePattern): Overload {
  return { parameters, result }
}

/** The overload with the cheapest casts; none if two are equally cheap, as a guess would surprise. */
function cheapest(overloads: readonly Overload[], operands: readonly Operand[]): Overload | null {
  let best: Overload | null = null
  let bestCost = Number.POSITIVE_INFINITY
  let tied = false
  for (const candidate of overloads) {
    const cost = totalCost(candidate, operands)
    if (cost === null || cost > bestCost) continue
    tied = cost === bestCost
    best = candidate
    bestCost = cost
  }
  return tied ? null : best
}

/** Resolves by overloads; those with decimals go through `bindDecimal`. */
export function byOverloads(overloads: readonly Overload[], bindDecimal?: BindDecimal): ResolveSignature {
  return (types, literals) => {
    const operands = types.map((type, i) => ({ type, literal: literals[i] }))
    const chosen = cheapest(overloads, operands)
    if (chosen === null) return null
    if (chosen.parameters.includes('decimal')) return bindDecimal === undefined ? null : bindDecimal(types, literals)
    const zone = types.find((type) => type.kind === 'timestamp' && type.zone !== null)
    return {
      parameters: chosen.parameters.map((parameter) => withZone(parameter, zone)),
      result: withZone(chosen.result, zone),
    }
  }
}

function totalCost(candidate: Overload, operands: readonly Operand[]): number | null {
  if (candidate.parameters.length !== operands.length) return null
  let total = 0
  for (let i = 0; i < operands.length; i++) {
    const cost = implicitCastCost(operands[i], candidate.parameters[i])
    if (cost < 0) return null
    total += cost
  }
  return total
}

function withZone(pattern: TypePattern, zoned: DataType | undefined): DataType {
  const type = pattern as DataType
  if (type.kind !== 'timestamp' || type.zone === null || zoned?.kind !== 'timestamp') return type
  return { kind: 'timestamp', unit: type.unit, zone: zoned.zone }
}
