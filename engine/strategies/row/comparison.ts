/** Comparisons of cells, and of bytes where they lie. */

import type { MemoryViews } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { Comparison } from '../../kernels/functions/comparison.js'
import { compareValues } from '../../kernels/scalar/order.js'
import {
  type BoolNode,
  computeOf,
  type Evaluate,
  type ExactNode,
  exactValue,
  FALSE,
  type RecordNode,
  type Test,
  type TextNode,
  TRUE,
  UNKNOWN,
} from './nodes.js'

type Ordering = Exclude<Comparison, 'gt' | 'gte'>

/** a `name` b of two nodes of one type. */
export function comparisonNode(memory: MemoryViews, name: Comparison, a: RecordNode, b: RecordNode): BoolNode {
  // What is evaluated first only decides which of two failures is told.
  if (name === 'gt') return comparisonNode(memory, 'lt', b, a)
  if (name === 'gte') return comparisonNode(memory, 'lte', b, a)
  return { kind: 'bool', type: BOOL, test: testOf(memory, name, a, b) }
}

function testOf(memory: MemoryViews, name: Ordering, a: RecordNode, b: RecordNode): Test {
  if (a.kind === 'number' && b.kind === 'number') {
    const tests = a.type.kind === 'float' ? FLOAT_TESTS : NUMBER_TESTS
    return tests[name](a.evaluate, a.cell, b.evaluate, b.cell)
  }
  if (a.kind === 'exact' && b.kind === 'exact') return EXACT_TESTS[name](a, b)
  if (a.kind === 'text' && b.kind === 'text') {
    return byOrder(name, a.evaluate, b.evaluate, () => compareSpans(memory.u8, a.span, memory.u8, b.span))
  }
  const sides = a.kind === 'text' ? constantSide(b) : b.kind === 'text' ? constantSide(a) : null
  if (sides !== null) {
    const column = (a.kind === 'text' ? a : b) as TextNode
    if (name === 'eq' || name === 'neq') return equalityTest(memory.u8, name, column, sides)
    const span = Float64Array.of(0, sides.length)
    return a.kind === 'text'
      ? byOrder(name, column.evaluate, always, () => compareSpans(memory.u8, column.span, sides, span))
      : byOrder(name, always, column.evaluate, () => compareSpans(sides, span, memory.u8, column.span))
  }
  const [x, y] = [computeOf(a), computeOf(b)]
  const holds = HOLDS[name]
  return (row) => {
    const left = x(row)
    const right = y(row)
    if (left === null || right === null) return UNKNOWN
    return holds(compareValues(left, right, a.type)) ? TRUE : FALSE
  }
}

const always: Evaluate = () => true

/** Bytes of a node that is a constant text; null for others. */
export function constantSide(node: RecordNode): Uint8Array | null {
  if (node.kind !== 'value' || node.constant !== true) return null
  const { value } = node.box
  if (typeof value === 'string') return Buffer.from(value)
  return value instanceof Uint8Array ? value : null
}

const HOLDS: Record<Ordering, (order: number) => boolean> = {
  eq: (order) => order === 0,
  neq: (order) => order !== 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
}

function byOrder(name: Ordering, a: Evaluate, b: Evaluate, order: () => number): Test {
  const holds = HOLDS[name]
  return (row) => {
    const left = a(row)
    if (!b(row) || !left) return UNKNOWN
    return holds(order()) ? TRUE : FALSE
  }
}

/** Negative, zero or positive by the order of bytes, which for UTF-8 is that of code points. */
function compareSpans(left: Uint8Array, a: Float64Array, right: Uint8Array, b: Float64Array): number {
  const start = a[0]
  const other = b[0]
  const length = a[1] - start
  const otherLength = b[1] - other
  const shared = length < otherLength ? length : otherLength
  for (let i = 0; i < shared; i++) {
    const difference = left[start + i] - right[other + i]
    if (difference !== 0) return difference
  }
  return length - otherLength
}

function equalityTest(u8: Uint8Array, name: 'eq' | 'neq', { evaluate, span }: TextNode, bytes: Uint8Array): Test {
  const [equal, different] = name === 'eq' ? [TRUE, FALSE] : [FALSE, TRUE]
  return (row) => {
    if (!evaluate(row)) return UNKNOWN
    if (span[1] - span[0] !== bytes.length) return different
    return hasBytes(u8, span[0], bytes) ? equal : different
  }
}

/** True if `bytes` lie at the address. */
export function hasBytes(u8: Uint8Array, address: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (u8[address + i] !== bytes[i]) return false
  return true
}

type CellTest = (a: Evaluate, x: Float64Array, b: Evaluate, y: Float64Array) => Test

/** Both sides are evaluated even if one is null: either may fail. */
const NUMBER_TESTS: Record<Ordering, CellTest> = {
  eq: (a, x, b, y) => (row) => {
    const left = a(row)
    return !b(row) || !left ? UNKNOWN : x[0] === y[0] ? TRUE : FALSE
  },
  neq: (a, x, b, y) => (row) => {
    const left = a(row)
    return !b(row) || !left ? UNKNOWN : x[0] !== y[0] ? TRUE : FALSE
  },
  lt: (a, x, b, y) => (row) => {
    const left = a(row)
    return !b(row) || !left ? UNKNOWN : x[0] < y[0] ? TRUE : FALSE
  },
  lte: (a, x, b, y) => (row) => {
    const left = a(row)
    return !b(row) || !left ? UNKNOWN : x[0] <= y[0] ? TRUE : FALSE
  },
}

/** NaN equals itself and is above all else. */
const FLOAT_TESTS: Record<Ordering, CellTest> = {
  eq: (a, x, b, y) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return UNKNOWN
    return x[0] === y[0] || (Number.isNaN(x[0]) && Number.isNaN(y[0])) ? TRUE : FALSE
  },
  neq: (a, x, b, y) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return UNKNOWN
    return x[0] === y[0] || (Number.isNaN(x[0]) && Number.isNaN(y[0])) ? FALSE : TRUE
  },
  lt: (a, x, b, y) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return UNKNOWN
    return x[0] < y[0] || (Number.isNaN(y[0]) && !Number.isNaN(x[0])) ? TRUE : FALSE
  },
  lte: (a, x, b, y) => (row) => {
    const left = a(row)
    if (!b(row) || !left) return UNKNOWN
    return x[0] <= y[0] || Number.isNaN(y[0]) ? TRUE : FALSE
  },
}

/** What is large is NaN in its cell, and compared as bigint. */
const EXACT_TESTS: Record<Ordering, (a: ExactNode, b: ExactNode) => Test> = {
  eq: (a, b) => {
    const [x, y, left, right] = [a.cell, b.cell, a.evaluate, b.evaluate]
    return (row) => {
      const isValid = left(row)
      if (!right(row) || !isValid) return UNKNOWN
      if (x[0] === y[0]) return TRUE
      return Number.isNaN(x[0]) && Number.isNaN(y[0]) && a.large.value === b.large.value ? TRUE : FALSE
    }
  },
  neq: (a, b) => {
    const [x, y, left, right] = [a.cell, b.cell, a.evaluate, b.evaluate]
    return (row) => {
      const isValid = left(row)
      if (!right(row) || !isValid) return UNKNOWN
      if (x[0] === y[0]) return FALSE
      return Number.isNaN(x[0]) && Number.isNaN(y[0]) && a.large.value === b.large.value ? FALSE : TRUE
    }
  },
  lt: (a, b) => {
    const [x, y, left, right] = [a.cell, b.cell, a.evaluate, b.evaluate]
    return (row) => {
      const isValid = left(row)
      if (!right(row) || !isValid) return UNKNOWN
      if (x[0] < y[0]) return TRUE
      if (x[0] >= y[0]) return FALSE
      return exactValue(a) < exactValue(b) ? TRUE : FALSE
    }
  },
  lte: (a, b) => {
    const [x, y, left, right] = [a.cell, b.cell, a.evaluate, b.evaluate]
    return (row) => {
      const isValid = left(row)
      if (!right(row) || !isValid) return UNKNOWN
      if (x[0] <= y[0]) return TRUE
      if (x[0] > y[0]) return FALSE
      return exactValue(a) <= exactValue(b) ? TRUE : FALSE
    }
  },
}
