import {
  describeRowError,
  evaluate,
  evaluateAll,
  evaluatePredicate,
  evaluateScalar,
} from '../../../engine/kernels/evaluate.js'
import { RowError } from '../../../engine/kernels/kernel.js'
import { type Vector, vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import type { ScalarValue, TypedExpression } from '../../../planner/expression.js'
import { BOOL, type DataType, decimal, field, INT32, INT64, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { build, context, memory } from './samples.js'

const call = (name: string, type: DataType, ...parameters: TypedExpression[]): TypedExpression => ({
  kind: 'call',
  function: name,
  arguments: parameters,
  type,
})
const literal = (value: ScalarValue, type: DataType): TypedExpression => ({ kind: 'literal', value, type })
const column = (index: number, type: DataType): TypedExpression => ({ kind: 'column', index, name: `c${index}`, type })
const parsed = (argument: TypedExpression): TypedExpression => ({ kind: 'cast', argument, type: INT32, try: false })

function batchOf(...columns: Vector[]) {
  const fields = columns.map(({ type }, i) => field(`c${i}`, type))
  return { schema: { fields }, length: columns[0].length, columns }
}

function valuesOf(source: Vector): ScalarValue[] {
  return Array.from({ length: source.length }, (_, row) => readValue(memory.views, source, row))
}

const TEXTS = ['1', 'x', '3', null, '-5', 'y']
const digits = column(0, UTF8)
const isNumber = call('isIn', BOOL, digits, ...['1', '3', '-5'].map((text) => literal(text, UTF8)))

function run(expression: TypedExpression): ScalarValue[] {
  return valuesOf(evaluate(context, expression, batchOf(build(UTF8, TEXTS))))
}

describe('evaluate', () => {
  it('computes a branch that fails only on the rows that take it', () => {
    const guarded: TypedExpression = {
      kind: 'case',
      branches: [
        { when: isNumber, then: parsed(digits) },
        { when: call('eq', BOOL, digits, literal('y', UTF8)), then: literal(7, INT32) },
      ],
      otherwise: literal(null, INT32),
      type: INT32,
    }
    expect(run(guarded)).toEqual([1, null, 3, null, -5, 7])
    const batch = TEXTS.map((text) => evaluateScalar(guarded, () => text))
    expect(batch).toEqual([1, null, 3, null, -5, 7])
  })

  it('computes a side of AND and OR only where the sides before leave it open', () => {
    const positive = call('gt', BOOL, parsed(digits), literal(0, INT32))
    expect(run(call('and', BOOL, isNumber, positive))).toEqual([true, false, true, null, false, false])
    const either = call('or', BOOL, call('not', BOOL, isNumber), positive)
    expect(run(either)).toEqual([true, true, true, null, false, true])
    expect(() => run(call('and', BOOL, positive, isNumber))).toThrow("cannot cast 'x' to INTEGER")
  })

  it('computes later arguments of coalesce only where the earlier are null', () => {
    const first: TypedExpression = {
      kind: 'case',
      branches: [{ when: isNumber, then: literal(null, INT32) }],
      otherwise: literal(0, INT32),
      type: INT32,
    }
    expect(run(call('coalesce', INT32, first, parsed(digits)))).toEqual([1, 0, 3, 0, -5, 0])
  })

  it('names the first row that fails, within a branch too', () => {
    const failing: TypedExpression = {
      kind: 'case',
      branches: [{ when: call('eq', BOOL, digits, literal('y', UTF8)), then: parsed(digits) }],
      otherwise: literal(0, INT32),
      type: INT32,
    }
    for (const [expression, row] of [
      [failing, 5],
      [parsed(digits), 1],
    ] as const) {
      const error = errorOf(() => run(expression))
      expect(error).toBeInstanceOf(RowError)
      expect((error as RowError).row).toBe(row)
    }
  })

  it('ignores values in null slots', () => {
    const large = build(INT32, [2 ** 31 - 1, 1, 2 ** 31 - 1])
    const valid = build(BOOL, [false, true, false])
    const batch = batchOf(vector(INT32, 3, { values: large.values, validity: valid.values }))
    const sum = call('add', INT32, column(0, INT32), literal(1, INT32))
    expect(valuesOf(evaluate(context, sum, batch))).toEqual([null, 2, null])
  })

  it('computes once what expressions have in common', () => {
    const batch = batchOf(build(INT64, [1n, 2n, 3n]))
    const double = call('add', INT64, column(0, INT64), column(0, INT64))
    const again = call('add', INT64, column(0, INT64), column(0, INT64))
    const [first, second, outer] = evaluateAll(context, [double, again, call('neg', INT64, double)], batch)
    expect(second).toBe(first)
    expect(valuesOf(outer)).toEqual([-2n, -4n, -6n])
  })

  it('maps dictionaries through their codes', () => {
    const dictionary = build(UTF8, ['a', 'b', 'c'])
    const codes = build(INT32, [2, 0, 99, 1])
    const validity = build(BOOL, [true, true, false, true]).values
    const encoded = vector(UTF8, 4, { values: codes.values, validity, dictionary })
    const upper = evaluate(context, call('upper', UTF8, column(0, UTF8)), batchOf(encoded))
    expect(upper.dictionary).not.toBeNull()
    expect(valuesOf(upper)).toEqual(['C', 'A', null, 'B'])
    const less = evaluatePredicate(context, call('lt', BOOL, column(0, UTF8), literal('c', UTF8)), batchOf(encoded))
    expect(valuesOf(less)).toEqual([false, true, null, true])
  })

  it('does not fail for entries of a dictionary that no row has', () => {
    const dictionary = build(UTF8, ['1', 'none'])
    const encoded = vector(UTF8, 2, { values: build(INT32, [0, 0]).values, dictionary })
    expect(valuesOf(evaluate(context, parsed(column(0, UTF8)), batchOf(encoded)))).toEqual([1, 1])
  })

  it('keeps decimals in 64 bits while they fit', () => {
    const type = decimal(15, 2)
    const batch = batchOf(build(type, [1_00n, -99_999n]))
    const product = evaluate(context, call('mul', decimal(30, 4), column(0, type), column(0, type)), batch)
    expect([product.width, valuesOf(product)]).toEqual([8, [10000n, 9999800001n]])
    const wide = batchOf(build(type, [999_999_999_999_999n]))
    const square = evaluate(context, call('mul', decimal(30, 4), column(0, type), column(0, type)), wide)
    expect([square.width, valuesOf(square)]).toEqual([16, [999_999_999_999_999n ** 2n]])
  })

  it('gives constants for constants, and nothing for no rows', () => {
    const two = call('add', INT32, literal(1, INT32), literal(1, INT32))
    const constant = evaluate(context, two, batchOf(build(INT32, [1, 2, 3])))
    expect([constant.constant, valuesOf(constant)]).toEqual([true, [2, 2, 2]])
    const overflow = call('add', INT32, literal(2 ** 31 - 1, INT32), literal(1, INT32))
    expect(evaluate(context, overflow, batchOf(build(INT32, []))).length).toBe(0)
  })
})

describe('describeRowError', () => {
  it('names the expression, the file and the row of the input', () => {
    const expression = call('add', INT32, column(0, INT32), literal(1, INT32))
    const error = new RowError('VOLLEY_OVERFLOW', '2147483647 + 1 is out of the range of INTEGER', 5)
    const described = describeRowError(error, expression, { path: 'a.parquet', rowGroup: 2, firstRow: 1000 })
    expect(described.code).toBe('VOLLEY_OVERFLOW')
    expect(described.message).toBe('2147483647 + 1 is out of the range of INTEGER, in c0 + 1 at row 1005 of a.parquet')
    expect(described.details).toEqual({ expression: 'c0 + 1', path: 'a.parquet', rowGroup: 2, row: 1005 })
  })
})

function errorOf(compute: () => unknown): unknown {
  try {
    return compute()
  } catch (error) {
    return error
  }
}
