import type { SortColumn } from '../../../engine/operators/sort/keys.js'
import { mergeRuns, sortIndices } from '../../../engine/operators/sort.js'
import type { Vector } from '../../../io/batch.js'
import { BOOL, type DataType, decimal, FLOAT64, field, INT32, INT64, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { randomColumn, SORTABLE_TYPES } from './random-columns.js'
import { type Column, columnVector, type Form, operatorScene } from './tables.js'

const { memory, context, judge } = operatorScene()

const ROWS = 700

interface KeySpec {
  readonly column: string
  readonly descending: boolean
  readonly nullsFirst: boolean
}

function spec(column: string, order: number): KeySpec {
  return { column, descending: order % 2 === 1, nullsFirst: order >= 2 }
}

/** The order of rows by DuckDB; `id` makes it stable. */
async function expectedOrder(table: string, keys: readonly KeySpec[], where = 'true'): Promise<number[]> {
  const terms = keys.map(
    (key) => `${key.column} ${key.descending ? 'desc' : 'asc'} nulls ${key.nullsFirst ? 'first' : 'last'}`,
  )
  const rows = await judge.rows(`select id from ${table} where ${where} order by ${[...terms, 'id'].join(', ')}`)
  return rows.map((row) => Number(row[0]))
}

function sortColumns(vectors: ReadonlyMap<string, Vector>, keys: readonly KeySpec[]): SortColumn[] {
  return keys.map(({ column, ...order }) => ({ ...order, vector: vectors.get(column)! }))
}

function rowsAt(address: number, count: number): number[] {
  return [...memory.views.u32.subarray(address / 4, address / 4 + count)]
}

async function prepare(name: string, columns: readonly Column[], forms: Readonly<Record<string, Form>> = {}) {
  const id: Column = { name: 'id', type: INT32, values: columns[0].values.map((_, row) => row) }
  await judge.table(name, [id, ...columns])
  return new Map(columns.map((column) => [column.name, columnVector(context, column, forms[column.name])]))
}

function checkRuns(keys: readonly SortColumn[], rows: number, expected: readonly number[], bounds: readonly number[]) {
  const runs = bounds.slice(1).map((end, i) => {
    const [start, count] = [bounds[i], end - bounds[i]]
    return { address: sortIndices(context, keys, rows, { start, end }), count }
  })
  for (const [from, to] of [
    [0, rows],
    [0, 1],
    [rows >> 1, rows],
    [rows - 3, rows],
    [100, 100],
  ]) {
    expect(rowsAt(mergeRuns(context, keys, runs, from, to), to - from)).toEqual(expected.slice(from, to))
  }
}

describe('sortIndices', () => {
  SORTABLE_TYPES.forEach((type, seed) => {
    const forms: Form[] =
      type.kind === 'utf8' ? ['plain', 'dictionary'] : type.kind === 'decimal' ? ['plain', 'wide'] : ['plain']
    for (const form of forms) {
      it(`orders ${form} ${JSON.stringify(type)} as DuckDB does, in every direction`, async () => {
        const vectors = await prepare('t', [randomColumn('a', type, ROWS, seed)], { a: form })
        for (let order = 0; order < 4; order++) {
          const keys = [spec('a', order)]
          const expected = await expectedOrder('t', keys)
          const columns = sortColumns(vectors, keys)
          expect(rowsAt(sortIndices(context, columns, ROWS), ROWS)).toEqual(expected)
          const least = sortIndices(context, columns, ROWS, { limit: 20 })
          expect(rowsAt(least, 20)).toEqual(expected.slice(0, 20))
          checkRuns(columns, ROWS, expected, [0, 101, 300, 300, ROWS])
        }
      })
    }
  })

  it('orders by several keys, of few and of many bits', async () => {
    const columns = [
      randomColumn('a', UTF8, ROWS, 1, 3),
      randomColumn('b', FLOAT64, ROWS, 2, 3),
      randomColumn('c', BOOL, ROWS, 3),
      randomColumn('d', decimal(38, 4), ROWS, 4, 3),
      randomColumn('e', INT64, ROWS, 5, 3),
    ]
    const vectors = await prepare('t', columns, { a: 'dictionary' })
    const names = columns.map((column) => column.name)
    for (let round = 0; round < 12; round++) {
      const picked = [0, 1, 2].map((i) => names[(round * 3 + i * (1 + (round % 4))) % 5])
      const keys = [...new Set(picked)].map((name, i) => spec(name, (round + i) % 4))
      const expected = await expectedOrder('t', keys)
      const sorted = sortColumns(vectors, keys)
      expect(rowsAt(sortIndices(context, sorted, ROWS), ROWS)).toEqual(expected)
      expect(rowsAt(sortIndices(context, sorted, ROWS, { limit: 7 }), 7)).toEqual(expected.slice(0, 7))
      checkRuns(sorted, ROWS, expected, [0, 333, ROWS])
    }
  })

  it('orders strings that differ only late', async () => {
    const values = Array.from(
      { length: ROWS },
      (_, i) => `https://example.org/${'x'.repeat((i * 13) % 29)}${(i * 7919) % 97}`,
    )
    const vectors = await prepare('t', [{ name: 'a', type: UTF8, values }])
    const keys = [spec('a', 1)]
    const sorted = sortIndices(context, sortColumns(vectors, keys), ROWS)
    expect(rowsAt(sorted, ROWS)).toEqual(await expectedOrder('t', keys))
  })

  it('orders lists', async () => {
    const type: DataType = { kind: 'list', element: field('item', INT32) }
    const values = Array.from({ length: 60 }, (_, i) =>
      i % 7 === 0 ? null : Array.from({ length: i % 4 }, (_, k) => ((i + k) % 5 === 0 ? null : ((i * 31 + k) % 9) - 4)),
    )
    const vectors = await prepare('t', [{ name: 'a', type, values }])
    for (const order of [0, 3]) {
      const keys = [spec('a', order)]
      const sorted = sortIndices(context, sortColumns(vectors, keys), 60)
      expect(rowsAt(sorted, 60)).toEqual(await expectedOrder('t', keys))
    }
  })

  it('takes no rows, one row, only nulls and constants', () => {
    const key = (values: (number | null)[]): SortColumn => ({
      vector: columnVector(context, { name: 'a', type: INT32, values }),
      descending: false,
      nullsFirst: false,
    })
    expect(rowsAt(sortIndices(context, [key([])], 0), 0)).toEqual([])
    expect(rowsAt(sortIndices(context, [key([1])], 1), 1)).toEqual([0])
    expect(rowsAt(sortIndices(context, [key([null, null])], 2), 2)).toEqual([0, 1])
    const constant = key([5])
    const repeated = { ...constant, vector: { ...constant.vector, length: 3, constant: true } }
    expect(rowsAt(sortIndices(context, [repeated, key([3, 2, 1])], 3), 3)).toEqual([2, 1, 0])
    expect(rowsAt(sortIndices(context, [key([3, 2, 1])], 3, { limit: 0 }), 0)).toEqual([])
  })
})
