/**
 * Compiled expressions: closures that compute one record at a time into cells of their own.
 *
 * A closure takes the row of the bound slice and tells whether the value is valid; the value is then in the node's cell
 * until the closure runs again. Nothing is allocated for a record but what is no number: text, large integers, nested
 * values.
 *
 *   kind     types                                        cell
 *   number   floats, integers to 32 bits, dates           a double
 *   exact    64-bit integers, decimals, times, instants   a double if it is exact, else NaN and a bigint beside it
 *   bool     booleans                                     none: the closure returns FALSE, TRUE or UNKNOWN
 *   text     columns of text and bytes                    addresses of the first byte and past the last
 *   value    everything else                              any value
 */

import { unreachable } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'

export const FALSE = 0
export const TRUE = 1
export const UNKNOWN = 2

/** FALSE, TRUE or UNKNOWN, for a row. */
export type Test = (row: number) => number
/** Computes the cell of a node for a row; false if the value is null. */
export type Evaluate = (row: number) => boolean
/** A value of any type, for a row. */
export type Compute = (row: number) => ScalarValue

/** Integers of a smaller magnitude are exact as doubles, and so are sums and products of that magnitude. */
export const EXACT_LIMIT = 2 ** 53

export interface NumberNode {
  readonly kind: 'number'
  readonly type: DataType
  readonly cell: Float64Array
  readonly evaluate: Evaluate
}

export interface ExactNode {
  readonly kind: 'exact'
  readonly type: DataType
  /** An integer of a magnitude up to 2^53, or NaN if the value is in `large`. */
  readonly cell: Float64Array
  readonly large: { value: bigint }
  readonly evaluate: Evaluate
}

export interface BoolNode {
  readonly kind: 'bool'
  readonly type: DataType
  readonly test: Test
}

export interface TextNode {
  readonly kind: 'text'
  readonly type: DataType
  /** First byte, past the last byte. */
  readonly span: Float64Array
  readonly evaluate: Evaluate
  /** The value that was evaluated last. */
  readonly read: () => string | Uint8Array
}

export interface ValueNode {
  readonly kind: 'value'
  readonly type: DataType
  readonly box: { value: ScalarValue }
  /** True if the box never changes. */
  readonly constant?: boolean
  readonly evaluate: Evaluate
}

export type RecordNode = NumberNode | ExactNode | BoolNode | TextNode | ValueNode

/** How values of a type that were computed are kept; columns of text are kept as `text` instead. */
export function kindOf(type: DataType): 'number' | 'exact' | 'bool' | 'value' {
  switch (type.kind) {
    case 'int':
      return type.bits === 64 ? 'exact' : 'number'
    case 'float':
    case 'date':
      return 'number'
    case 'decimal':
    case 'time':
    case 'timestamp':
    case 'duration':
      return 'exact'
    case 'bool':
      return 'bool'
    case 'null':
    case 'utf8':
    case 'binary':
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      return 'value'
    default:
      return unreachable(type)
  }
}

/** The value of an exact node that was evaluated last. */
export function exactValue({ cell, large }: Pick<ExactNode, 'cell' | 'large'>): bigint {
  const value = cell[0]
  return Number.isNaN(value) ? large.value : BigInt(value)
}

export function setExact({ cell, large }: Pick<ExactNode, 'cell' | 'large'>, value: bigint): void {
  const approximate = Number(value)
  if (approximate > -EXACT_LIMIT && approximate < EXACT_LIMIT) cell[0] = approximate
  else {
    cell[0] = Number.NaN
    large.value = value
  }
}

function truthOf(value: ScalarValue): number {
  return value === null ? UNKNOWN : value === true ? TRUE : FALSE
}

/** A node of the kind of its type around a closure that gives values. */
export function nodeOf(type: DataType, compute: Compute): RecordNode {
  const kind = kindOf(type)
  switch (kind) {
    case 'number': {
      const cell = new Float64Array(1)
      const evaluate: Evaluate = (row) => {
        const value = compute(row)
        if (value === null) return false
        cell[0] = value as number
        return true
      }
      return { kind, type, cell, evaluate }
    }
    case 'exact': {
      const target = { cell: new Float64Array(1), large: { value: 0n } }
      const evaluate: Evaluate = (row) => {
        const value = compute(row)
        if (value === null) return false
        setExact(target, value as bigint)
        return true
      }
      return { kind, type, ...target, evaluate }
    }
    case 'bool':
      return { kind, type, test: (row) => truthOf(compute(row)) }
    case 'value': {
      const box: { value: ScalarValue } = { value: null }
      const evaluate: Evaluate = (row) => {
        box.value = compute(row)
        return box.value !== null
      }
      return { kind, type, box, evaluate }
    }
    default:
      return unreachable(kind)
  }
}

/** A node's values outside of cells, null where they are. */
export function computeOf(node: RecordNode): Compute {
  switch (node.kind) {
    case 'number': {
      const { cell, evaluate } = node
      return (row) => (evaluate(row) ? cell[0] : null)
    }
    case 'exact':
      return (row) => (node.evaluate(row) ? exactValue(node) : null)
    case 'bool': {
      const { test } = node
      return (row) => {
        const truth = test(row)
        return truth === UNKNOWN ? null : truth === TRUE
      }
    }
    case 'text':
      return (row) => (node.evaluate(row) ? node.read() : null)
    case 'value': {
      const { box, evaluate } = node
      return (row) => (evaluate(row) ? box.value : null)
    }
    default:
      return unreachable(node)
  }
}

/** Tells of any node whether it is valid, leaving its value in its cell. */
export function validityOf(node: RecordNode): Evaluate {
  if (node.kind !== 'bool') return node.evaluate
  const { test } = node
  return (row) => test(row) !== UNKNOWN
}

/** A node that is computed once for a record by `store`, and read by others as often as they like. */
export function stored(node: RecordNode): { readonly store: (row: number) => void; readonly node: RecordNode } {
  if (node.kind === 'bool') {
    const { test } = node
    let truth = UNKNOWN
    return {
      store: (row) => {
        truth = test(row)
      },
      node: { ...node, test: () => truth },
    }
  }
  const { evaluate } = node
  let isValid = false
  return {
    store: (row) => {
      isValid = evaluate(row)
    },
    node: { ...node, evaluate: () => isValid },
  }
}

export function literalNode(value: ScalarValue, type: DataType): RecordNode {
  const isValid = value !== null
  const kind = kindOf(type)
  switch (kind) {
    case 'number':
      return { kind, type, cell: Float64Array.of((value as number) ?? 0), evaluate: () => isValid }
    case 'exact': {
      const target = { cell: new Float64Array(1), large: { value: 0n } }
      if (value !== null) setExact(target, value as bigint)
      return { kind, type, ...target, evaluate: () => isValid }
    }
    case 'bool': {
      const truth = truthOf(value)
      return { kind, type, test: () => truth }
    }
    case 'value':
      return { kind, type, box: { value }, constant: true, evaluate: () => isValid }
    default:
      return unreachable(kind)
  }
}
