import {
  concat,
  expand,
  NO_ROW,
  persist,
  plain,
  releaseVector,
  selectionOf,
  take,
} from '../../../engine/kernels/vectors.js'
import { sliceVector, type Vector } from '../../../io/batch.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { BOOL, type DataType, decimal, field, INT32, UTF8 } from '../../../planner/types.js'
import { afterEach, describe, expect, it } from '../../support/jest.js'
import { randomColumn, SORTABLE_TYPES } from '../operators/random-columns.js'
import { type Column, columnVector, createContext, type Form, textOf, valuesOf } from '../operators/tables.js'

const { memory, context } = createContext()
const LIST: DataType = { kind: 'list', element: field('item', UTF8) }
const STRUCT: DataType = { kind: 'struct', fields: [field('a', INT32), field('b', LIST)] }
const MAP: DataType = { kind: 'map', key: field('key', UTF8, false), value: field('value', INT32) }

const nested: Column[] = [
  { name: 'list', type: LIST, values: [['x', null], null, [], ['a long string beyond eight', 'y']] },
  { name: 'struct', type: STRUCT, values: [{ a: 1, b: ['q'] }, null, { a: null, b: null }, { a: 4, b: [] }] },
  {
    name: 'map',
    type: MAP,
    values: [new Map([['k', 1]]), new Map(), null, new Map<string, number | null>([['z', null]])],
  },
  { name: 'none', type: { kind: 'null' }, values: [null, null, null] },
]

const ROWS = 150
const columns: { column: Column; form: Form }[] = [
  ...SORTABLE_TYPES.map((type, i) => ({ column: randomColumn('c', type, ROWS, i), form: 'plain' as const })),
  { column: randomColumn('c', UTF8, ROWS, 100), form: 'dictionary' },
  { column: randomColumn('c', decimal(9, 2), ROWS, 101), form: 'wide' },
  ...nested.map((column) => ({ column, form: 'plain' as const })),
]

function texts(values: readonly ScalarValue[]): string[] {
  return values.map(textOf)
}

function indicesOf(rows: readonly number[]): number {
  const address = context.scratch(Math.max(1, rows.length) * 4)
  memory.views.u32.set(rows, address / 4)
  return address
}

function constant(source: Vector, length: number): Vector {
  return { ...source, length, constant: true }
}

afterEach(() => context.resetScratch())

describe('vectors of every type', () => {
  for (const { column, form } of columns) {
    const name = `${column.type.kind} ${form}`
    const rows = column.values.length

    it(`takes rows of ${name}`, () => {
      const source = columnVector(context, column, form)
      const chosen = Array.from({ length: rows * 2 }, (_, i) => (i * 7) % rows)
      const taken = take(context, source, indicesOf(chosen), chosen.length)
      expect(texts(valuesOf(context, taken))).toEqual(texts(chosen.map((row) => column.values[row])))
      const outer = chosen.map((row, i) => (i % 3 === 0 ? NO_ROW : row))
      const padded = take(context, source, indicesOf(outer), outer.length, { nullable: true })
      const expected = outer.map((row) => (row === NO_ROW ? null : column.values[row]))
      expect(texts(valuesOf(context, padded))).toEqual(texts(expected))
      expect(taken.dictionary === null).toBe(form !== 'dictionary')
      releaseVector(memory, source)
    })

    it(`repeats a constant of ${name}`, () => {
      const source = constant(columnVector(context, column, form), 5)
      const expected = texts(new Array(5).fill(column.values[0]))
      expect(texts(valuesOf(context, expand(context, source)))).toEqual(expected)
      expect(texts(valuesOf(context, plain(context, expand(context, source))))).toEqual(expected)
      const outer = indicesOf([0, NO_ROW, 3])
      const padded = take(context, source, outer, 3, { nullable: true })
      expect(texts(valuesOf(context, padded))).toEqual([expected[0], 'null', expected[0]])
    })

    it(`joins and persists ${name} without holding on to others' blocks`, () => {
      context.freeScratch()
      const before = memory.statistics().blocks
      const source = columnVector(context, column, form)
      const pieces = [
        sliceVector(source, 0, Math.min(64, rows)),
        constant({ ...plain(context, source), blocks: [] }, 3),
        take(context, source, indicesOf([rows - 1, 0]), 2),
        ...(rows > 64 ? [plain(context, sliceVector(source, 64, rows - 64))] : []),
      ]
      const joined = concat(context, context.allocate, pieces)
      const expected = texts(pieces.flatMap((piece) => valuesOf(context, piece)))
      const taken = persist(context, context.allocate, pieces[2])
      const kept = persist(context, context.allocate, pieces[0])
      releaseVector(memory, source)
      const empty = concat(context, context.allocate, [], column.type)
      expect(valuesOf(context, empty)).toEqual([])
      expect(texts(valuesOf(context, joined))).toEqual(expected)
      expect(texts(valuesOf(context, taken))).toEqual(texts([column.values[rows - 1], column.values[0]]))
      expect(texts(valuesOf(context, kept))).toEqual(texts(column.values.slice(0, 64)))
      for (const one of [joined, taken, kept, empty]) releaseVector(memory, one)
      context.freeScratch()
      expect(memory.statistics().blocks).toBe(before)
    })
  }
})

describe('concat', () => {
  it('keeps a shared dictionary and decodes different ones', () => {
    const values = ['a', null, 'bb', 'a']
    const source = columnVector(context, { name: 'c', type: UTF8, values }, 'dictionary')
    const other = columnVector(context, { name: 'c', type: UTF8, values: ['z', null] }, 'dictionary')
    const same = concat(context, context.allocate, [source, source])
    expect(same.dictionary?.values).toBe(source.dictionary?.values)
    expect(valuesOf(context, same)).toEqual([...values, ...values])
    expect(valuesOf(context, concat(context, context.allocate, [source, other]))).toEqual([...values, 'z', null])
  })

  it('widens decimals if one of them is wide', () => {
    const column = { name: 'd', type: decimal(9, 2), values: [1n, null, -5n] }
    const [narrow, wide] = [columnVector(context, column), columnVector(context, column, 'wide')]
    const joined = concat(context, context.allocate, [narrow, wide])
    expect(joined.width).toBe(16)
    expect(valuesOf(context, joined)).toEqual([1n, null, -5n, 1n, null, -5n])
  })
})

describe('selectionOf', () => {
  it('lists the rows that are true, whatever their density', () => {
    for (const share of [0, 3, 50, 97, 100]) {
      const values = Array.from({ length: 1000 }, (_, i) => ((i * 37) % 100 < share ? i % 11 !== 0 || null : false))
      const condition = columnVector(context, { name: 'b', type: BOOL, values })
      const { indices, count } = selectionOf(context, condition)
      const expected = values.flatMap((value, row) => (value === true ? [row] : []))
      expect([...memory.views.u32.subarray(indices / 4, indices / 4 + count)]).toEqual(expected)
    }
    const yes = constant(columnVector(context, { name: 'b', type: BOOL, values: [true] }), 70)
    expect(selectionOf(context, yes).count).toBe(70)
    const unknown = constant(columnVector(context, { name: 'b', type: BOOL, values: [null] }), 70)
    expect(selectionOf(context, unknown).count).toBe(0)
  })
})
