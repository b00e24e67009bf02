/**
 * Arithmetic over cells. What leaves the range in which doubles are exact goes through the references of the kernels,
 * which also say what an overflow is.
 */

import { fitsPrecision, integerRange, powerOfTen } from '../../../planner/integers.js'
import type { DataType } from '../../../planner/types.js'
import { absReference, type BinaryOperator, binaryReference, negReference } from '../../kernels/scalar/arithmetic.js'
import {
  computeOf,
  type Evaluate,
  EXACT_LIMIT,
  type ExactNode,
  exactValue,
  type NumberNode,
  nodeOf,
  type RecordNode,
  setExact,
} from './nodes.js'

type IntegerOperator = Exclude<BinaryOperator, 'div'>

/** a `name` b of two nodes of one kind; null if it has no form of its own. */
export function arithmeticNode(name: BinaryOperator, a: RecordNode, b: RecordNode, type: DataType): RecordNode | null {
  if (a.kind === 'number' && b.kind === 'number') {
    if (a.type.kind === 'float' && type.kind === 'float') return floatNode(name, a, b, type)
    if (name === 'div' || a.type.kind !== 'int' || type.kind !== 'int' || type.bits === 64) return null
    return integerNode(name, a, b, type)
  }
  if (name === 'div') return null
  if (a.kind !== 'exact' || b.kind !== 'exact' || (type.kind !== 'int' && type.kind !== 'decimal')) return null
  return isNumeric(a.type) && isNumeric(b.type) && type.kind === a.type.kind ? exactNode(name, a, b, type) : null
}

function isNumeric({ kind }: DataType): boolean {
  return kind === 'int' || kind === 'decimal'
}

function floatNode(name: BinaryOperator, a: NumberNode, b: NumberNode, type: DataType): RecordNode {
  const cell = new Float64Array(1)
  const evaluate = FLOAT_OPERATORS[name](a.evaluate, a.cell, b.evaluate, b.cell, cell)
  if (type.kind !== 'float' || type.bits === 64) return { kind: 'number', type, cell, evaluate }
  const rounded: Evaluate = (row) => {
    if (!evaluate(row)) return false
    cell[0] = Math.fround(cell[0])
    return true
  }
  return { kind: 'number', type, cell, evaluate: rounded }
}

type BinaryEvaluate = (a: Evaluate, x: Float64Array, b: Evaluate, y: Float64Array, out: Float64Array) => Evaluate

/** Both sides are evaluated even if one is null: either may fail. */
const FLOAT_OPERATORS: Record<BinaryOperator, BinaryEvaluate> = {
  add: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return false
    out[0] = x[0] + y[0]
    return true
  },
  sub: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return false
    out[0] = x[0] - y[0]
    return true
  },
  mul: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return false
    out[0] = x[0] * y[0]
    return true
  },
  div: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return false
    out[0] = x[0] / y[0]
    return true
  },
  intDiv: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left || y[0] === 0) return false
    out[0] = x[0] / y[0]
    return true
  },
  mod: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return false
    out[0] = x[0] % y[0]
    return true
  },
}

/** The same of integers whose results are checked by the caller; a sum with 0 makes 0 of -0. */
const INTEGER_OPERATORS: Record<IntegerOperator, BinaryEvaluate> = {
  add: FLOAT_OPERATORS.add,
  sub: FLOAT_OPERATORS.sub,
  mul: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return false
    out[0] = x[0] * y[0] + 0
    return true
  },
  // Without a remainder the division is exact.
  intDiv: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left || y[0] === 0) return false
    out[0] = (x[0] - (x[0] % y[0])) / y[0] + 0
    return true
  },
  mod: (a, x, b, y, out) => (row) => {
    const left = a(row)
    if (!b(row) || !left || y[0] === 0) return false
    out[0] = (x[0] % y[0]) + 0
    return true
  },
}

function integerNode(
  name: IntegerOperator,
  a: NumberNode,
  b: NumberNode,
  type: Extract<DataType, { kind: 'int' }>,
): RecordNode {
  const [lowest, highest] = integerRange(type).map(Number)
  const cell = new Float64Array(1)
  const compute = INTEGER_OPERATORS[name](a.evaluate, a.cell, b.evaluate, b.cell, cell)
  const types = [a.type, b.type]
  const evaluate: Evaluate = (row) => {
    if (!compute(row)) return false
    const result = cell[0]
    if (result >= lowest && result <= highest) return true
    return binaryReference(name, [a.cell[0], b.cell[0]], types, type) !== null
  }
  if (name !== 'mod') return { kind: 'number', type, cell, evaluate }
  // The quotient of the smallest integer by -1 overflows though the remainder is 0.
  const remainder: Evaluate = (row) => {
    if (!evaluate(row)) return false
    return b.cell[0] !== -1 || a.cell[0] !== lowest || binaryReference(name, [a.cell[0], -1], types, type) !== null
  }
  return { kind: 'number', type, cell, evaluate: remainder }
}

function exactNode(name: IntegerOperator, a: ExactNode, b: ExactNode, type: DataType): RecordNode {
  const [least, greatest] = safeRange(type)
  const cell = new Float64Array(1)
  const large = { value: 0n }
  const compute = INTEGER_OPERATORS[name](a.evaluate, a.cell, b.evaluate, b.cell, cell)
  const types = [a.type, b.type]
  const slow = (): boolean => {
    const result = binaryReference(name, [exactValue(a), exactValue(b)], types, type)
    if (result === null) return false
    setExact({ cell, large }, result as bigint)
    return true
  }
  const evaluate: Evaluate = (row) => {
    if (!compute(row)) return false
    const result = cell[0]
    // NaN, where a side is large, is in no range.
    return (result > least && result < greatest) || slow()
  }
  return { kind: 'exact', type, cell, large, evaluate }
}

/** Exclusive bounds within which a result that doubles give is exact and of the type. */
function safeRange(type: DataType): readonly [least: number, greatest: number] {
  if (type.kind === 'int') return [type.signed ? -EXACT_LIMIT : -1, EXACT_LIMIT]
  const limit = type.kind === 'decimal' ? Math.min(EXACT_LIMIT, Number(powerOfTen(Math.min(type.precision, 22)))) : 0
  return [-limit, limit]
}

/** -a or abs(a); null if it has no form of its own. */
export function inversionNode(name: 'neg' | 'abs', a: RecordNode, type: DataType): RecordNode | null {
  const reference = name === 'neg' ? negReference : absReference
  if (a.kind === 'number' && a.type.kind === 'float') {
    const { cell: from, evaluate: inner } = a
    const cell = new Float64Array(1)
    const evaluate: Evaluate =
      name === 'neg'
        ? (row) => {
            if (!inner(row)) return false
            cell[0] = -from[0]
            return true
          }
        : (row) => {
            if (!inner(row)) return false
            cell[0] = Math.abs(from[0])
            return true
          }
    return { kind: 'number', type, cell, evaluate }
  }
  if (!isNumeric(a.type) || !isNumeric(type)) return null
  const compute = computeOf(a)
  const types = [a.type]
  return nodeOf(type, (row) => reference([compute(row)], types, type))
}

/** An integer or decimal as a decimal of at least its scale, or as a wider integer; null if it has no form of its own. */
export function scaledNode(a: RecordNode, scale: number, type: DataType, refuse: () => boolean): RecordNode | null {
  if (a.kind !== 'number' && a.kind !== 'exact') return null
  const factor = powerOfTen(scale)
  const multiplier = Number(factor)
  const [least, greatest] = safeRange(type)
  const cell = new Float64Array(1)
  const large = { value: 0n }
  const { cell: from, evaluate: inner } = a
  const slow = (): boolean => {
    const exact = (a.kind === 'exact' ? exactValue(a) : BigInt(from[0])) * factor
    if (type.kind === 'decimal' && !fitsPrecision(exact, type.precision)) return refuse()
    setExact({ cell, large }, exact)
    return true
  }
  const evaluate: Evaluate = (row) => {
    if (!inner(row)) return false
    const result = from[0] * multiplier
    if (!(result > least && result < greatest)) return slow()
    cell[0] = result
    return true
  }
  return { kind: 'exact', type, cell, large, evaluate }
}
