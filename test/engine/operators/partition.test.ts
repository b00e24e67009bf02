/** Rows in hash partitions: where each goes, and that all come back. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { releaseBatch } from '../../../engine/kernels/vectors.js'
import { Grouping } from '../../../engine/operators/aggregate/grouping.js'
import { hashKeys } from '../../../engine/operators/keys/hash.js'
import { keyLayout } from '../../../engine/operators/keys/layout.js'
import { PartitionedRows, type PartitionTarget, PIECE_FIELDS } from '../../../engine/operators/partition.js'
import { loadPieces } from '../../../engine/operators/spilled-pieces.js'
import { type Batch, sliceBatch, type Vector } from '../../../io/batch.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import {
  type DataType,
  decimal,
  FLOAT32,
  FLOAT64,
  field,
  INT32,
  INT64,
  NULL,
  schemaOf,
  UTF8,
} from '../../../planner/types.js'
import { afterAll, afterEach, describe, expect, it } from '../../support/jest.js'
import { randomColumn, SORTABLE_TYPES } from './random-columns.js'
import { columnVector, createContext, type Form, textOf, valuesOf } from './tables.js'

const { memory, context } = createContext()
const directory = mkdtempSync(join(tmpdir(), 'volley-partition-'))
afterAll(() => rmSync(directory, { recursive: true }))
afterEach(() => context.resetScratch())

const ROWS = 500
const LIST: DataType = { kind: 'list', element: field('item', INT64) }
const STRUCT: DataType = { kind: 'struct', fields: [field('a', UTF8), field('b', LIST)] }

function hashesOf(keys: readonly Vector[], rows: number): bigint[] {
  const address = hashKeys(context, keys, rows)
  return [...memory.views.u64.slice(address / 8, address / 8 + rows)]
}

const vectorOf = (type: DataType, values: readonly ScalarValue[], form?: Form) =>
  columnVector(context, { name: 'c', type, values }, form)

let files = 0

function targetOf(options: Partial<PartitionTarget> = {}): PartitionTarget {
  const path = join(directory, `file-${++files}`)
  writeFileSync(path, '')
  const end = memory.allocate(4)
  memory.views.i32[end / 4] = 0
  return { file: { path, end }, bits: 3, skip: 0, taskBytes: 1 << 20, ...options }
}

/** The rows of each partition, as text. */
function partitionsOf(batch: Batch, pieces: Float64Array, { file, bits }: PartitionTarget): string[][] {
  const places = Array.from({ length: 2 ** bits }, () => [] as number[])
  const rows = places.map(() => 0)
  for (let at = 0; at < pieces.length; at += PIECE_FIELDS) {
    const [partition, position, bytes, count] = pieces.subarray(at, at + PIECE_FIELDS)
    places[partition].push(position, bytes, count)
    rows[partition] += count
  }
  return places.map((numbers, partition) => {
    const { schema } = batch
    const read = { kind: 'spilled', schema, path: file.path, pieces: Float64Array.from(numbers) } as const
    const loaded = loadPieces(context, { ...read, rows: rows[partition], firstRow: 0 })
    const texts = rowsOf(loaded)
    releaseBatch(memory, loaded)
    return texts
  })
}

function rowsOf({ columns, length }: Batch): string[] {
  const values = columns.map((column) => valuesOf(context, column).map(textOf))
  return Array.from({ length }, (_, row) => values.map((column) => column[row]).join('|'))
}

function batchOf(columns: readonly Vector[]): Batch {
  const schema = schemaOf(columns.map(({ type }, index) => field(`c${index}`, type)))
  return { schema, length: columns[0].length, columns }
}

/** Partitions a batch, slice by slice, and reads it back. */
function partitioned(batch: Batch, keyCount: number, target: PartitionTarget, sliceRows: number): string[][] {
  context.freeScratch()
  const before = memory.statistics().blocks
  const rows = new PartitionedRows(context, target)
  for (let start = 0; start < batch.length; start += sliceRows) {
    const slice = sliceBatch(batch, start, Math.min(sliceRows, batch.length - start))
    rows.add(slice.columns.slice(0, keyCount), slice)
    context.resetScratch()
  }
  const pieces = rows.finish()
  context.freeScratch()
  expect(memory.statistics().blocks).toBe(before)
  return partitionsOf(batch, pieces, target)
}

describe('hashes of keys', () => {
  it('are the same for all forms of a vector', () => {
    for (const [seed, type] of SORTABLE_TYPES.entries()) {
      const { values } = randomColumn('c', type, ROWS, seed)
      const plain = hashesOf([vectorOf(type, values)], ROWS)
      expect(hashesOf([vectorOf(type, values, 'wide')], ROWS)).toEqual(plain)
      if (type.kind === 'utf8') expect(hashesOf([vectorOf(type, values, 'dictionary')], ROWS)).toEqual(plain)
      const constant = { ...vectorFromValues(type, [values[3]], memory.views, memory.allocate), length: 5 }
      expect(hashesOf([{ ...constant, constant: true }], 5)).toEqual(Array.from({ length: 5 }, () => plain[3]))
    }
  })

  it('are the same for equal values', () => {
    for (const type of [FLOAT32, FLOAT64]) {
      const [zero, minus, one, nan, other] = hashesOf([vectorOf(type, [0, -0, 1, Number.NaN, -Number.NaN])], 5)
      expect([minus, other]).toEqual([zero, nan])
      expect(new Set([zero, one, nan]).size).toBe(3)
    }
    const strings = vectorOf(UTF8, ['', null, '', null, 'null'])
    const [empty, none, same, again, text] = hashesOf([strings], 5)
    expect([same, again]).toEqual([empty, none])
    expect(new Set([empty, none, text]).size).toBe(3)
  })

  it('are of all keys', () => {
    const [a, b] = [vectorOf(INT32, [1, 1, 2, null, null]), vectorOf(UTF8, ['x', 'y', 'x', 'x', null])]
    expect(new Set(hashesOf([a, b], 5)).size).toBe(5)
    const nothing = { ...vectorFromValues(NULL, [null, null], memory.views, memory.allocate) }
    expect(new Set(hashesOf([nothing], 2)).size).toBe(1)
  })

  it('are of nested values', () => {
    const value = (row: number) => (row === 4 ? null : { a: `k${row % 2}`, b: row % 2 === 0 ? null : [1n, null] })
    const hashes = hashesOf([vectorOf(STRUCT, [0, 1, 2, 3, 4].map(value))], 5)
    expect(hashes.slice(2, 4)).toEqual(hashes.slice(0, 2))
    expect(new Set(hashes).size).toBe(3)
  })

  it('are those by which groups are divided', () => {
    const pairs = SORTABLE_TYPES.map((type, i) => [type, SORTABLE_TYPES[(i * 7 + 3) % SORTABLE_TYPES.length]])
    for (const [seed, types] of [...SORTABLE_TYPES.map((type) => [type]), ...pairs].entries()) {
      const keys = types.map((type, i) => vectorOf(type, randomColumn('c', type, ROWS, seed * 2 + i).values))
      const grouping = Grouping.create(context, keyLayout(types), 0)
      const found = grouping.find(keys, ROWS, 0)
      const groups = [...memory.views.u32.slice(found / 4, found / 4 + ROWS)]
      const hashes = hashesOf(keys, ROWS)
      const partitionOfGroup = new Map<number, number>()
      for (let partition = 0; partition < 8; partition++) {
        const { entries, count } = grouping.partition(partition, 8)
        for (const group of memory.views.u32.slice(entries / 4, entries / 4 + count)) {
          partitionOfGroup.set(group, partition)
        }
      }
      expect(groups.map((group) => partitionOfGroup.get(group))).toEqual(hashes.map((hash) => Number(hash >> 61n)))
      grouping.release()
    }
  })
})

describe('partitions', () => {
  it('have all rows, each where its hash says, in the order in which they came', () => {
    const batch = batchOf([
      vectorOf(UTF8, randomColumn('k', UTF8, ROWS, 1).values, 'dictionary'),
      vectorOf(INT64, randomColumn('l', INT64, ROWS, 2).values),
      ...SORTABLE_TYPES.map((type, i) => vectorOf(type, randomColumn('c', type, ROWS, i).values)),
      vectorOf(
        LIST,
        Array.from({ length: ROWS }, (_, i) => (i % 5 === 0 ? null : [BigInt(i), null])),
      ),
    ])
    const numbers = hashesOf(batch.columns.slice(0, 2), ROWS).map((hash) => Number(hash >> 61n))
    const rows = rowsOf(batch)
    const expected = Array.from({ length: 8 }, (_, p) => rows.filter((_, row) => numbers[row] === p))
    for (const [sliceRows, taskBytes] of [
      [ROWS, 1 << 20],
      [64, 1 << 20],
      [128, 20_000],
      [64, 0],
    ]) {
      expect(partitioned(batch, 2, targetOf({ taskBytes }), sliceRows)).toEqual(expected)
    }
  })

  it('are as many as asked for, by bits that were not used yet', () => {
    const values = Array.from({ length: ROWS }, (_, i) => BigInt(i))
    const batch = batchOf([vectorOf(INT64, values)])
    const hashes = hashesOf(batch.columns, ROWS)
    for (const [bits, skip] of [
      [1, 0],
      [8, 0],
      [4, 3],
      [8, 8],
      [5, 20],
    ]) {
      const found = partitioned(batch, 1, targetOf({ bits, skip }), 64)
      const place = (hash: bigint) => Number(BigInt.asUintN(64, hash << BigInt(skip)) >> BigInt(64 - bits))
      const expected = Array.from({ length: 2 ** bits }, (_, p) =>
        values.filter((_, row) => place(hashes[row]) === p).map(String),
      )
      expect(found).toEqual(expected)
    }
  })

  it('take rows that are alike in form only', () => {
    // Decimals of 8 and of 16 bytes, constants and dictionaries in the slices of one column.
    const type = decimal(38, 2)
    const slices = [
      batchOf([vectorOf(type, [1n, 2n, null, 3n])]),
      batchOf([vectorOf(type, [1n, 2n, null, 3n], 'wide')]),
      batchOf([{ ...vectorOf(type, [3n]), length: 4, constant: true }]),
    ]
    const target = targetOf()
    const rows = new PartitionedRows(context, target)
    for (const slice of slices) rows.add(slice.columns, slice)
    const found = partitionsOf(slices[0], rows.finish(), target)
    expect(found.flat().sort()).toEqual(slices.flatMap(rowsOf).sort())
    expect(found.filter((texts) => texts.includes('3'))).toHaveLength(1)
  })

  it('may have no rows', () => {
    const target = targetOf()
    const pieces = new PartitionedRows(context, target).finish()
    expect(pieces).toHaveLength(0)
    expect(partitionsOf(batchOf([vectorOf(INT32, [1])]), pieces, target).flat()).toEqual([])
  })

  it('leave nothing in memory when they are given up', () => {
    const target = targetOf()
    context.freeScratch()
    const before = memory.statistics().blocks
    const batch = batchOf([vectorOf(INT32, [1, 2, 3])])
    const rows = new PartitionedRows(context, target)
    rows.add(batch.columns, batch)
    rows.abandon()
    releaseBatch(memory, batch)
    context.freeScratch()
    expect(memory.statistics().blocks).toBe(before)
  })
})
