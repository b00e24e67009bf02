/** What one entry of the function registry says. */

import type { ScalarValue } from '../expression.js'
import type { DataType } from '../types.js'

/** The types arguments are cast to, one per argument, and the type of the result. */
export interface Signature {
  readonly parameters: readonly DataType[]
  readonly result: DataType
}

/**
 * Chooses the signature for arguments of these types, or null if there is none.
 *
 * `literals[i]` is the value of argument i where it is a constant written without a type (`1`, `'x'`), which adapts to
 * its neighbours; undefined otherwise.
 */
export type ResolveSignature = (
  types: readonly DataType[],
  literals: readonly (ScalarValue | undefined)[],
) => Signature | null

interface Definition {
  /** The canonical name, which nodes, kernels and explain use. */
  readonly name: string
  /** Names and operators of SQL that mean this function, in lower case. */
  readonly sqlNames: readonly string[]
  /** How it is called, then what it computes. */
  readonly doc: string
  readonly resolve: ResolveSignature
}

export interface ScalarFunction extends Definition {
  readonly kind: 'scalar'
}

export interface AggregateFunction extends Definition {
  readonly kind: 'aggregate'
  /** True if `distinct` may change the result. Where it cannot, the resolver drops it. */
  readonly distinctMatters: boolean
}

export interface WindowFunction extends Definition {
  readonly kind: 'window'
  /** The number of arguments, at least and at most. */
  readonly arity: readonly [number, number]
}
