/**
 * Compiles typed expressions into nodes: the types that records mostly consist of in forms of their own, everything
 * else through the scalar references of the kernels.
 */

import type { MemoryViews } from '../../../io/batch.js'
import { unreachable } from '../../../planner/errors.js'
import type { ScalarValue, TypedExpression } from '../../../planner/expression.js'
import { powerOfTen } from '../../../planner/integers.js'
import { BOOL, type DataType, typesEqual } from '../../../planner/types.js'
import { kernelFor } from '../../kernels/registry.js'
import { castScalar } from '../../kernels/scalar/cast.js'
import { arithmeticNode, inversionNode, scaledNode } from './arithmetic.js'
import { comparisonNode, constantSide, hasBytes } from './comparison.js'
import {
  computeOf,
  type Evaluate,
  EXACT_LIMIT,
  exactValue,
  FALSE,
  kindOf,
  literalNode,
  nodeOf,
  type RecordNode,
  stored,
  type Test,
  TRUE,
  UNKNOWN,
  validityOf,
} from './nodes.js'

type Call = Extract<TypedExpression, { kind: 'call' }>

/** What an expression is compiled over. */
export interface Scope {
  readonly memory: MemoryViews
  /** The node of a column. */
  readonly column: (index: number) => RecordNode
}

export function compile(scope: Scope, expression: TypedExpression): RecordNode {
  switch (expression.kind) {
    case 'column':
      return scope.column(expression.index)
    case 'literal':
      return literalNode(expression.value, expression.type)
    case 'cast':
      return castNode(compile(scope, expression.argument), expression.argument.type, expression.type, expression.try)
    case 'case': {
      const branches = expression.branches.map(({ when, then }) => ({
        test: testOf(compile(scope, when)),
        outcome: compile(scope, then),
      }))
      const otherwise = { test: () => TRUE, outcome: compile(scope, expression.otherwise) }
      return chosenNode([...branches, otherwise], expression.type)
    }
    case 'call':
      return callNode(scope, expression)
    default:
      return unreachable(expression)
  }
}

/** A condition as a test; a condition that is always null has no booleans to test. */
export function testOf(node: RecordNode): Test {
  return node.kind === 'bool' ? node.test : () => UNKNOWN
}

function callNode(scope: Scope, expression: Call): RecordNode {
  const { function: name, type } = expression
  const inputs = expression.arguments.map((argument) => compile(scope, argument))
  return specialNode(scope, name, inputs, type) ?? referenceNode(name, inputs, type)
}

/** A call in a form of its own; null if it has none. */
function specialNode(scope: Scope, name: string, inputs: readonly RecordNode[], type: DataType): RecordNode | null {
  const [a, b] = inputs
  switch (name) {
    case 'and':
      return { kind: 'bool', type, test: inputs.map(testOf).reduce(both) }
    case 'or':
      return { kind: 'bool', type, test: inputs.map(testOf).reduce(either) }
    case 'not':
      return { kind: 'bool', type, test: opposite(testOf(a)) }
    case 'isNull':
      return { kind: 'bool', type, test: nullTest(validityOf(a), FALSE) }
    case 'isNotNull':
      return { kind: 'bool', type, test: nullTest(validityOf(a), TRUE) }
    case 'eq':
    case 'neq':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return comparisonNode(scope.memory, name, a, b)
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'intDiv':
    case 'mod':
      return arithmeticNode(name, a, b, type)
    case 'neg':
    case 'abs':
      return inversionNode(name, a, type)
    case 'isIn':
      return membershipNode(scope, inputs)
    case 'startsWith':
      return prefixNode(scope.memory, a, b)
    case 'coalesce':
      return firstValidNode(inputs, type)
    default:
      return null
  }
}

/** AND stops at a side that is false, so that one that would fail is not computed. */
function both(a: Test, b: Test): Test {
  return (row) => {
    const left = a(row)
    if (left === FALSE) return FALSE
    const right = b(row)
    return right === TRUE ? left : right
  }
}

function either(a: Test, b: Test): Test {
  return (row) => {
    const left = a(row)
    if (left === TRUE) return TRUE
    const right = b(row)
    return right === FALSE ? left : right
  }
}

function opposite(a: Test): Test {
  return (row) => {
    const truth = a(row)
    return truth === UNKNOWN ? UNKNOWN : TRUE - truth
  }
}

function nullTest(isValid: Evaluate, whenValid: number): Test {
  return (row) => (isValid(row) ? whenValid : TRUE - whenValid)
}

/** Membership in candidates: each is compared, as all may be columns. */
function membershipNode(scope: Scope, [value, ...candidates]: readonly RecordNode[]): RecordNode {
  const { store, node } = stored(value)
  const isValid = validityOf(node)
  const tests = candidates.map((candidate) => comparisonNode(scope.memory, 'eq', node, candidate).test)
  const test: Test = (row) => {
    store(row)
    if (!isValid(row)) return UNKNOWN
    let found = FALSE
    for (let i = 0; i < tests.length; i++) {
      const truth = tests[i](row)
      if (truth === TRUE) return TRUE
      if (truth === UNKNOWN) found = UNKNOWN
    }
    return found
  }
  return { kind: 'bool', type: BOOL, test }
}

function prefixNode(memory: MemoryViews, a: RecordNode, b: RecordNode): RecordNode | null {
  const prefix = constantSide(b)
  if (a.kind !== 'text' || prefix === null) return null
  const { span, evaluate } = a
  const test: Test = (row) => {
    if (!evaluate(row)) return UNKNOWN
    return span[1] - span[0] >= prefix.length && hasBytes(memory.u8, span[0], prefix) ? TRUE : FALSE
  }
  return { kind: 'bool', type: BOOL, test }
}

function firstValidNode(inputs: readonly RecordNode[], type: DataType): RecordNode {
  const choices = inputs.map((input) => {
    const once = onceComputed(input)
    return { test: once.test, outcome: once.node }
  })
  return chosenNode(choices, type)
}

/** A test whether a node is valid, and the node with what the test has computed. */
function onceComputed(node: RecordNode): { readonly test: Test; readonly node: RecordNode } {
  if (node.kind !== 'bool') {
    const { evaluate } = node
    return { test: (row) => (evaluate(row) ? TRUE : FALSE), node: { ...node, evaluate: () => true } }
  }
  let truth = UNKNOWN
  const test: Test = (row) => {
    truth = node.test(row)
    return truth === UNKNOWN ? FALSE : TRUE
  }
  return { test, node: { ...node, test: () => truth } }
}

interface Choice {
  readonly test: Test
  readonly outcome: RecordNode
}

/** The outcome of the first choice whose test is true; null if there is none. Others are not computed. */
function chosenNode(choices: readonly Choice[], type: DataType): RecordNode {
  const tests = choices.map((choice) => choice.test)
  const choose = (row: number) => {
    for (let i = 0; i < tests.length; i++) if (tests[i](row) === TRUE) return i
    return -1
  }
  const kind = kindOf(type)
  const outcomes = choices.map((choice) => choice.outcome)
  if (kind === 'bool') {
    const truths = outcomes.map(testOf)
    return {
      kind,
      type,
      test: (row) => {
        const chosen = choose(row)
        return chosen < 0 ? UNKNOWN : truths[chosen](row)
      },
    }
  }
  if (kind === 'number' && outcomes.every((outcome) => outcome.kind === 'number')) {
    const cell = new Float64Array(1)
    const evaluate: Evaluate = (row) => {
      const chosen = choose(row)
      if (chosen < 0 || !outcomes[chosen].evaluate(row)) return false
      cell[0] = outcomes[chosen].cell[0]
      return true
    }
    return { kind, type, cell, evaluate }
  }
  if (kind === 'exact' && outcomes.every((outcome) => outcome.kind === 'exact')) {
    const cell = new Float64Array(1)
    const large = { value: 0n }
    const evaluate: Evaluate = (row) => {
      const chosen = choose(row)
      if (chosen < 0 || !outcomes[chosen].evaluate(row)) return false
      cell[0] = outcomes[chosen].cell[0]
      if (Number.isNaN(cell[0])) large.value = outcomes[chosen].large.value
      return true
    }
    return { kind, type, cell, large, evaluate }
  }
  const values = outcomes.map(computeOf)
  return nodeOf(type, (row) => {
    const chosen = choose(row)
    return chosen < 0 ? null : values[chosen](row)
  })
}

/** A call of the scalar reference. All arguments are computed, as any may fail, and most functions are null for a null. */
function referenceNode(name: string, inputs: readonly RecordNode[], type: DataType): RecordNode {
  const { reference, nullPropagating } = kernelFor(name)
  const computes = inputs.map(computeOf)
  const types = inputs.map((input) => input.type)
  const values: ScalarValue[] = inputs.map(() => null)
  return nodeOf(type, (row) => {
    let anyNull = false
    for (let i = 0; i < computes.length; i++) {
      values[i] = computes[i](row)
      if (values[i] === null) anyNull = true
    }
    return anyNull && nullPropagating !== false ? null : reference(values, types, type)
  })
}

function castNode(argument: RecordNode, from: DataType, to: DataType, tolerant: boolean): RecordNode {
  return directCast(argument, from, to, tolerant) ?? referenceCast(argument, from, to, tolerant)
}

function referenceCast(argument: RecordNode, from: DataType, to: DataType, tolerant: boolean): RecordNode {
  const compute = computeOf(argument)
  return nodeOf(to, (row) => {
    const value = compute(row)
    return value === null ? null : castScalar(value, from, to, tolerant)
  })
}

/** Casts that are a multiplication or less; null for others. */
function directCast(argument: RecordNode, from: DataType, to: DataType, tolerant: boolean): RecordNode | null {
  if (typesEqual(from, to)) return argument
  const refuse = () => {
    const value =
      argument.kind === 'exact' ? exactValue(argument) : argument.kind === 'number' ? argument.cell[0] : null
    return castScalar(value, from, to, tolerant) !== null
  }
  if (to.kind === 'decimal') {
    if (from.kind === 'int') return scaledNode(argument, to.scale, to, refuse)
    if (from.kind !== 'decimal' || to.scale < from.scale) return null
    return scaledNode(argument, to.scale - from.scale, to, refuse)
  }
  if (from.kind === 'int' && to.kind === 'int') {
    if (to.bits === 64 && (to.signed || !from.signed) && from.bits !== 64) return scaledNode(argument, 0, to, refuse)
    // A wider type of the same sign, or a signed one that is wider than an unsigned one, holds all values.
    if (from.bits < to.bits && to.bits !== 64 && (to.signed || !from.signed) && argument.kind === 'number') {
      return { ...argument, type: to }
    }
    return null
  }
  if (to.kind === 'float' && to.bits === 64) {
    if (argument.kind === 'number' && (from.kind === 'int' || from.kind === 'float')) return { ...argument, type: to }
    if (argument.kind === 'exact' && (from.kind === 'int' || from.kind === 'decimal'))
      return toDouble(argument, from, to)
  }
  return null
}

/** Below 2^53 the quotient by the power of ten is rounded once; beyond, the reference says how. */
function toDouble(argument: Extract<RecordNode, { kind: 'exact' }>, from: DataType, to: DataType): RecordNode {
  const divisor = from.kind === 'decimal' ? Number(powerOfTen(from.scale)) : 1
  const { cell: value, evaluate: inner } = argument
  const cell = new Float64Array(1)
  const evaluate: Evaluate = (row) => {
    if (!inner(row)) return false
    if (value[0] > -EXACT_LIMIT && value[0] < EXACT_LIMIT) cell[0] = value[0] / divisor
    else cell[0] = castScalar(exactValue(argument), from, to, false) as number
    return true
  }
  return { kind: 'number', type: to, cell, evaluate }
}
