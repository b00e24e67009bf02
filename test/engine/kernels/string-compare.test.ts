import fc from 'fast-check'
import {
  type ComparisonOperator,
  compareStrings,
  stringIsIn,
} from '../../../engine/kernels/functions/string-compare.js'
import { compareBytes, compareText } from '../../../engine/kernels/scalar/string-compare.js'
import { readValue } from '../../../io/values.js'
import { BINARY } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { type Argument, constantText, context, duckdbRows, text, toVector } from './string-oracle.js'

const OPERATORS: Record<ComparisonOperator, { sql: string; holds: (order: number) => boolean }> = {
  eq: { sql: '=', holds: (order) => order === 0 },
  neq: { sql: '<>', holds: (order) => order !== 0 },
  lt: { sql: '<', holds: (order) => order < 0 },
  lte: { sql: '<=', holds: (order) => order <= 0 },
  gt: { sql: '>', holds: (order) => order > 0 },
  gte: { sql: '>=', holds: (order) => order >= 0 },
}

function compare(operator: ComparisonOperator, a: Argument, b: Argument, length: number): unknown[] {
  context.resetScratch()
  const result = compareStrings(context, operator, toVector(a), toVector(b), length)
  return Array.from({ length }, (_, row) => readValue(context.memory, result, row))
}

const word = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uffff', '😀'), maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('a'), maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'a', 'a', 'b'), minLength: 6, maxLength: 40 }),
)
const left = fc.sample(word, { numRuns: 700, seed: 1 })
const right = left.map((value, i) => (i % 4 === 0 ? value : fc.sample(word, { numRuns: 1, seed: i })[0]))

describe.each(Object.keys(OPERATORS) as ComparisonOperator[])('compareStrings %s', (operator) => {
  const { holds, sql } = OPERATORS[operator]

  it('orders text by code points, as DuckDB does', async () => {
    const expected = left.map((value, i) => holds(compareText(value, right[i])))
    expect(compare(operator, text(...left), text(...right), 700)).toEqual(expected)
    expect(
      await duckdbRows(
        `a ${sql} b`,
        left.map((value, i) => [value, right[i]]),
      ),
    ).toEqual(expected)
  })

  it('takes constants', () => {
    for (const value of ['', 'a', 'aaaaaaaaaaaaaaaaaaab', '😀']) {
      const expected = left.map((other) => holds(compareText(other, value)))
      expect(compare(operator, text(...left), constantText(value), 700)).toEqual(expected)
      const swapped = left.map((other) => holds(compareText(value, other)))
      expect(compare(operator, constantText(value), text(...left), 700)).toEqual(swapped)
    }
    expect(compare(operator, constantText('a'), constantText('b'), 3)).toEqual(new Array(3).fill(holds(-1)))
  })

  it('orders bytes', () => {
    const a = [Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(255), Uint8Array.of(1, 2)]
    const b = [Uint8Array.of(0), Uint8Array.of(0), Uint8Array.of(1), Uint8Array.of(1, 3)]
    const result = compare(operator, { type: BINARY, values: a }, { type: BINARY, values: b }, 4)
    expect(result).toEqual(a.map((value, i) => holds(compareBytes(value, b[i]))))
  })
})

describe('stringIsIn', () => {
  it('finds members of lists of any size', () => {
    for (const size of [0, 1, 3, 200]) {
      context.resetScratch()
      const list = right.slice(0, size)
      const result = stringIsIn(
        context,
        toVector(text(...left)),
        list.map((value) => toVector(constantText(value))),
        700,
      )
      const members = new Set(list)
      expect(left.map((_, row) => readValue(context.memory, result, row))).toEqual(
        left.map((value) => members.has(value)),
      )
    }
  })

  it('takes a constant', () => {
    const result = stringIsIn(
      context,
      toVector(constantText('é')),
      ['x', 'é'].map((one) => toVector(constantText(one))),
      9,
    )
    expect(readValue(context.memory, result, 8)).toBe(true)
  })
})
