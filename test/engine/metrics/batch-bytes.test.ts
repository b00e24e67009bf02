import { batchBytes } from '../../../engine/metrics/batch-bytes.js'
import { type Batch, sliceBatch, type Vector, vector } from '../../../io/batch.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { BOOL, type DataType, decimal, FLOAT64, field, INT32, NULL, schemaOf, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { columnVector, createContext } from '../operators/tables.js'

const { context } = createContext()
const { memory } = context

function bytesOf(column: Vector): number {
  return batchBytes(memory, batchOf(column))
}

function batchOf(column: Vector): Batch {
  return { schema: schemaOf([field('c', column.type)]), length: column.length, columns: [column] }
}

function plain(type: DataType, values: readonly ScalarValue[]): Vector {
  return columnVector(context, { name: 'c', type, values })
}

describe('the bytes of a batch', () => {
  it('are those of its values', () => {
    expect(bytesOf(plain(INT32, [1, 2, 3]))).toBe(12)
    expect(bytesOf(plain(FLOAT64, [1, 2, 3]))).toBe(24)
    expect(bytesOf(plain(decimal(20, 0), [1n, 2n, 3n]))).toBe(48)
    expect(bytesOf(plain(BOOL, [true, false, true]))).toBe(8)
    expect(bytesOf(vector(NULL, 3))).toBe(0)
  })

  it('hold a bit a row, in whole words, where there are nulls', () => {
    expect(bytesOf(plain(INT32, [1, null, 3]))).toBe(12 + 8)
  })

  it('hold the offsets and the bytes of strings, of the rows alone that the batch has', () => {
    const strings = plain(UTF8, [...Array(64).fill('ab'), 'ünf'])
    expect(bytesOf(strings)).toBe(65 * 4 + 64 * 2 + 4)
    expect(batchBytes(memory, sliceBatch(batchOf(strings), 64, 1))).toBe(4 + 4)
  })

  it('hold the codes of a dictionary, which itself does not pass', () => {
    expect(
      bytesOf(columnVector(context, { name: 'c', type: UTF8, values: ['long text', 'b', 'b'] }, 'dictionary')),
    ).toBe(12)
  })

  it('hold one value that stands for all rows once', () => {
    expect(bytesOf({ ...plain(INT32, [7]), length: 3, constant: true })).toBe(4)
  })

  it('reach into lists as far as the rows do', () => {
    const type: DataType = { kind: 'list', element: field('element', INT32) }
    const child = plain(INT32, [1, 2, 3, 4])
    const offsets = context.scratch(16)
    memory.i32.set([1, 3, 3, 4], offsets / 4)
    expect(bytesOf(vector(type, 2, { offsets, children: [child] }))).toBe(2 * 4 + 2 * 4)
  })
})
