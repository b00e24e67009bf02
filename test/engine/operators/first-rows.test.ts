import fc from 'fast-check'
import { concat, releaseVector, take } from '../../../engine/kernels/vectors.js'
import { FirstRowsSlots, type FirstRowsStep, firstRows } from '../../../engine/operators/first-rows.js'
import { computeWindow } from '../../../engine/operators/window.js'
import type { Batch } from '../../../io/batch.js'
import type { TypedExpression, TypedWindow } from '../../../planner/expression.js'
import { type DataType, field, INT32, INT64, isVariableLength, schemaOf, UTF8 } from '../../../planner/types.js'
import { afterEach, describe, expect, it } from '../../support/jest.js'
import { randomColumn, SORTABLE_TYPES } from './random-columns.js'
import { type Column, columnVector, createContext, valuesOf } from './tables.js'

const { memory, context } = createContext()
afterEach(() => context.freeScratch())

const ORDERED = SORTABLE_TYPES.filter(
  (type) => !isVariableLength(type) && !(type.kind === 'decimal' && type.precision > 18),
)

interface Order {
  readonly descending: boolean
  readonly nullsFirst: boolean
  readonly count: number
  /** Rows are numbered by rank, and not one by one. */
  readonly peers: boolean
}

const order = fc.record({
  descending: fc.boolean(),
  nullsFirst: fc.boolean(),
  count: fc.integer({ min: 1, max: 4 }),
  peers: fc.boolean(),
})

function columnOf({ schema }: Batch, index: number): TypedExpression {
  const { name, type } = schema.fields[index]
  return { kind: 'column', index, name, type }
}

function batchOf(columns: readonly Column[]): Batch {
  return {
    schema: schemaOf(columns.map(({ name, type }) => field(name, type))),
    length: columns[0].values.length,
    columns: columns.map((column) => columnVector(context, column)),
  }
}

function releaseColumns({ columns }: Batch): void {
  for (const column of columns) releaseVector(memory, column)
}

/** Of `id`, partition and order: the rows that the window numbers up to `count`, by id, and their numbers. */
function numbered(batch: Batch, { descending, nullsFirst, count, peers }: Order): [unknown, unknown][] {
  const window: TypedWindow = {
    name: 'n',
    function: peers ? 'rank' : 'rowNumber',
    arguments: [],
    partitionBy: [columnOf(batch, 1)],
    orderBy: batch.columns.length > 2 ? [{ expression: columnOf(batch, 2), descending, nullsFirst }] : [],
    frame: null,
    type: INT64,
  }
  const [numbers] = computeWindow(context, [window], batch)
  const ids = valuesOf(context, batch.columns[0])
  const result = valuesOf(context, numbers).flatMap((number, row): [unknown, unknown][] =>
    Number(number) <= count ? [[ids[row], number]] : [],
  )
  releaseVector(memory, numbers)
  return result
}

/** A piece of the input, and which of two threads does it. Pieces are done in the order of a list, not of the input. */
interface Task {
  readonly start: number
  readonly end: number
  readonly thread: number
}

/** What is left of a batch after the tasks, in the order of the input. */
function passed(batch: Batch, given: Order, tasks: readonly Task[]): Batch {
  const slots = [0, 1].map(() => FirstRowsSlots.create(context, 1))
  const partitionBy = [columnOf(batch, 1)]
  const { count, peers, ...direction } = given
  const key = batch.columns.length > 2 ? { expression: columnOf(batch, 2), ...direction } : null
  const pieces = tasks.map(({ start, end, thread }) => {
    const rows = context.scratch((end - start) * 4 + 4)
    context.wasm.take_sequence(start, end - start, rows)
    const columns = batch.columns.map((column) => take(context, column, rows, end - start))
    const place = { slots: slots[thread].slots, slotCount: 1 }
    const step: FirstRowsStep = { kind: 'firstRows', count, peers, partitionBy, key, ...place }
    return { start, kept: firstRows(context, step, { ...batch, length: end - start, columns }, start) }
  })
  for (const one of slots) one.release({ partitionBy })
  pieces.sort((a, b) => a.start - b.start)
  const columns = batch.columns.map((_, i) =>
    concat(
      context,
      context.allocate,
      pieces.map(({ kept }) => kept.columns[i]),
    ),
  )
  return { ...batch, length: pieces.reduce((sum, { kept }) => sum + kept.length, 0), columns }
}

const tasksOf = (rows: number): fc.Arbitrary<Task[]> =>
  fc
    .tuple(
      fc.array(fc.integer({ min: 1, max: rows - 1 }), { maxLength: 6 }),
      fc.array(fc.nat(1), { minLength: 8, maxLength: 8 }),
    )
    .chain(([cuts, threads]) => {
      const ends = [...new Set([...cuts, rows])].sort((a, b) => a - b)
      const tasks = ends.map((end, i) => ({ start: ends[i - 1] ?? 0, end, thread: threads[i] }))
      return fc.shuffledSubarray(tasks, { minLength: tasks.length })
    })

function checkTypes(types: readonly (DataType | null)[], rows: number, runs: number): void {
  const before = memory.statistics().blocks
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.nat(1000), order, tasksOf(rows), (type, seed, given, tasks) => {
      const ids = Array.from({ length: rows }, (_, i) => BigInt(i))
      const batch = batchOf([
        { name: 'id', type: INT64, values: ids },
        randomColumn('p', seed % 2 === 0 ? INT32 : UTF8, rows, seed, 3),
        ...(type === null ? [] : [randomColumn('o', type, rows, seed + 1, 5)]),
      ])
      const kept = passed(batch, given, tasks)
      expect(numbered(kept, given)).toEqual(numbered(batch, given))
      releaseColumns(kept)
      releaseColumns(batch)
      context.resetScratch()
    }),
    { numRuns: runs },
  )
  context.freeScratch()
  expect(memory.statistics().blocks).toBeLessThanOrEqual(before)
}

describe('first rows', () => {
  it('leave a window the rows that it numbers first, whichever task comes first', () => {
    checkTypes(ORDERED, 90, 150)
  })

  it('are those that come first where there is no order', () => {
    checkTypes([null], 60, 20)
  })

  it('leave out most rows of large partitions', () => {
    const rows = 20_000
    const values = Array.from({ length: rows }, (_, i) => (i * 7919) % 10_007)
    const batch = batchOf([
      { name: 'id', type: INT64, values: values.map(BigInt) },
      { name: 'p', type: INT32, values: values.map((value) => value % 10) },
      { name: 'o', type: INT32, values },
    ])
    const tasks = Array.from({ length: 10 }, (_, i) => ({ start: i * 2000, end: (i + 1) * 2000, thread: 0 }))
    const kept = passed(batch, { descending: true, nullsFirst: false, count: 2, peers: false }, tasks)
    expect(kept.length).toBeLessThan(500)
    releaseColumns(kept)
    releaseColumns(batch)
  })

  it('pass as they are where partitions are nearly as many as rows, and hold no memory for these', () => {
    const rows = 140_000
    const ids = Array.from({ length: rows + 3 }, (_, i) => BigInt(Math.min(i, rows)))
    const batch = batchOf(['id', 'p', 'o'].map((name) => ({ name, type: INT64, values: ids })))
    const slots = FirstRowsSlots.create(context, 1)
    const held = memory.statistics().blocks
    const partitionBy = [columnOf(batch, 1)]
    const key = { expression: columnOf(batch, 2), descending: false, nullsFirst: false }
    const step: FirstRowsStep = {
      kind: 'firstRows',
      count: 1,
      peers: false,
      partitionBy,
      key,
      slots: slots.slots,
      slotCount: 1,
    }
    expect(firstRows(context, step, batch, 0).length).toBe(rows + 1)
    context.freeScratch()
    expect(memory.statistics().blocks).toBeLessThanOrEqual(held)
    // Nothing is known any more of the partition that has had its first row.
    expect(firstRows(context, step, batch, 1).length).toBe(rows + 3)
    slots.release(step)
    releaseColumns(batch)
  })
})
