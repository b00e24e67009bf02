/** The signatures under which a function is tested: what the resolver makes of every combination of sample types. */

import type { ScalarValue } from '../../../planner/expression.js'
import { functionNamed } from '../../../planner/functions.js'
import { type DataType, INT32, typeName, typesEqual, UTF8 } from '../../../planner/types.js'
import { ALL_TYPES } from './samples.js'

export interface TestedSignature {
  readonly parameters: readonly DataType[]
  /** Values of parameters that must be literals. */
  readonly constants: readonly (ScalarValue | undefined)[]
  readonly result: DataType
}

const UNITS = [
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
  'millennium',
]

/** Argument counts to try, and the functions whose first argument is the name of a unit. */
const ARITIES: Record<string, readonly number[]> = {
  round: [1, 2],
  coalesce: [1, 2, 3],
  greatest: [1, 2, 3],
  least: [1, 2, 3],
  isIn: [2, 3, 4],
  and: [2, 3],
  or: [2, 3],
  makeDate: [3],
}

/** Functions of text, which have tests of their own. */
const TEXT = new Set(
  (
    'lower upper trim ltrim rtrim length byteLength substring concat concatOperator replace like ilike startsWith ' +
    'endsWith contains position left right lpad rpad reverse repeat'
  ).split(' '),
)

const known = new Map<string, readonly TestedSignature[]>()

export function signaturesOf(name: string): readonly TestedSignature[] {
  let signatures = known.get(name)
  if (signatures === undefined) {
    signatures = TEXT.has(name) ? [] : findSignatures(name)
    known.set(name, signatures)
  }
  return signatures
}

function findSignatures(name: string): readonly TestedSignature[] {
  const found = new Map<string, TestedSignature>()
  const add = (types: readonly DataType[], constants: readonly (ScalarValue | undefined)[]) => {
    const signature = functionNamed(name)?.resolve(types, constants) ?? null
    if (signature === null) return
    // The resolver writes `nullIf` of differing types as a case.
    if (name === 'nullIf' && !typesEqual(signature.parameters[0], signature.result)) return
    const key = [...signature.parameters.map(typeName), ...constants.map(String)].join()
    found.set(key, { ...signature, constants })
  }
  if (name === 'dateTrunc' || name === 'dateDiff') {
    for (const unit of UNITS) {
      for (const type of ALL_TYPES) add(name === 'dateTrunc' ? [UTF8, type] : [UTF8, type, type], [unit])
    }
    return [...found.values()]
  }
  for (const arity of ARITIES[name] ?? [1, 2]) {
    if (arity === 1) for (const type of ALL_TYPES) add([type], [])
    else if (name === 'round') {
      for (const type of ALL_TYPES) for (const digits of [-3, -1, 0, 1, 2, 30]) add([type, INT32], [undefined, digits])
    } else if (arity === 2) for (const a of ALL_TYPES) for (const b of ALL_TYPES) add([a, b], [])
    else for (const type of ALL_TYPES) add(new Array(arity).fill(type), [])
  }
  return [...found.values()]
}
