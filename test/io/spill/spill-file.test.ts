import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Batch, sliceBatch, type Vector, vector } from '../../../io/batch.js'
import type { SpilledBatch, SpillFile } from '../../../io/spill/spill-file.js'
import { readSpilled, spilledBatch } from '../../../io/spill/spill-reader.js'
import { SpillWriter } from '../../../io/spill/spill-writer.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { BOOL, type DataType, field, INT32, INT64, NULL, schemaOf, UTF8 } from '../../../planner/types.js'
import { randomColumn, SORTABLE_TYPES } from '../../engine/operators/random-columns.js'
import { columnVector, createContext, textOf, valuesOf } from '../../engine/operators/tables.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'

const { memory, context } = createContext()
const directory = mkdtempSync(join(tmpdir(), 'volley-spill-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0

function emptyFile(path = join(directory, `file-${++files}`)): SpillFile {
  writeFileSync(path, '')
  const end = memory.allocate(4)
  memory.views.i32[end / 4] = 0
  return { path, end }
}

function batchOf(columns: readonly Vector[]): Batch {
  const schema = schemaOf(columns.map(({ type }, index) => field(`c${index}`, type)))
  return { schema, length: columns[0].length, columns }
}

function write(file: SpillFile, batches: readonly Batch[]): SpilledBatch[] {
  const writer = new SpillWriter(memory.views, file)
  try {
    return batches.map((batch) => writer.append(batch))
  } finally {
    writer.close()
  }
}

/** The values of each column, as text. */
function texts({ columns }: Batch): string[][] {
  return columns.map((column) => valuesOf(context, column).map(textOf))
}

function expectSame(batches: readonly Batch[]): void {
  const spilled = write(emptyFile(), batches)
  const blocks = readSpilled(memory.views, spilled, memory)
  batches.forEach((batch, index) => {
    const read = spilledBatch(memory.views, batch.schema, blocks[index])
    expect(texts(read)).toEqual(texts(batch))
    expect([read.length, spilled[index].rows]).toEqual([batch.length, batch.length])
    memory.release(blocks[index])
  })
}

function failure(work: () => unknown): VolleyError {
  try {
    work()
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('nothing failed')
}

const LIST: DataType = { kind: 'list', element: field('item', UTF8) }
const STRUCT: DataType = { kind: 'struct', fields: [field('a', INT32), field('b', LIST), field('c', BOOL)] }
const MAP: DataType = { kind: 'map', key: field('key', UTF8, false), value: field('value', INT64) }

function nested(rows: number): Vector[] {
  const list = (row: number) => (row % 5 === 0 ? null : Array.from({ length: row % 4 }, (_, k) => `${row}/${k}`))
  const map = (row: number) => new Map<ScalarValue, ScalarValue>([[`k${row}`, row % 3 === 0 ? null : BigInt(row)]])
  const values: [DataType, (row: number) => ScalarValue][] = [
    [LIST, list],
    [STRUCT, (row) => (row % 7 === 0 ? null : { a: row, b: list(row), c: row % 2 === 0 })],
    [MAP, map],
    [{ kind: 'list', element: field('item', STRUCT) }, (row) => [{ a: null, b: list(row), c: null }]],
  ]
  return values.map(([type, value]) =>
    vectorFromValues(
      type,
      Array.from({ length: rows }, (_, row) => value(row)),
      memory.views,
      memory.allocate,
    ),
  )
}

describe('a spill file', () => {
  it.each(SORTABLE_TYPES.map((type) => [JSON.stringify(type), type] as const))('keeps %s', (_, type) => {
    const whole = batchOf([columnVector(context, randomColumn('a', type, 300, 1))])
    expectSame([whole, sliceBatch(whole, 64, 100), sliceBatch(whole, 192, 0), sliceBatch(whole, 256, 1)])
  })

  it('keeps dictionaries, wide decimals, constants and nothing', () => {
    const text = columnVector(context, randomColumn('a', UTF8, 200, 2), 'dictionary')
    const decimals = randomColumn('b', { kind: 'decimal', precision: 9, scale: 2 }, 200, 3)
    const constant = {
      ...columnVector(context, { name: 'c', type: UTF8, values: ['same'] }),
      length: 200,
      constant: true,
    }
    const nothing = {
      ...columnVector(context, { name: 'd', type: INT64, values: [null] }),
      length: 200,
      constant: true,
    }
    const whole = batchOf([text, columnVector(context, decimals, 'wide'), constant, nothing, vector(NULL, 200)])
    expectSame([whole, sliceBatch(whole, 128, 65)])
  })

  it('keeps nested values, of slices their own', () => {
    const whole = batchOf(nested(200))
    expectSame([whole, sliceBatch(whole, 128, 70), sliceBatch(whole, 64, 0)])
    const [all] = write(emptyFile(), [whole])
    const [few] = write(emptyFile(), [sliceBatch(whole, 128, 10)])
    expect(few.bytes).toBeLessThan(all.bytes / 3)
  })

  it('keeps batches without columns and without rows', () => {
    expectSame([{ schema: schemaOf([]), length: 7, columns: [] }])
    expectSame([batchOf([vectorFromValues(UTF8, [], memory.views, memory.allocate)])])
  })

  it('takes batches of several writers, each at a place of its own', () => {
    const file = emptyFile()
    const batches = [1, 2, 3, 4].map((seed) => batchOf([columnVector(context, randomColumn('a', UTF8, 50, seed))]))
    const writers = [new SpillWriter(memory.views, file), new SpillWriter(memory.views, file)]
    const spilled = batches.map((batch, index) => writers[index % 2].append(batch))
    for (const writer of writers) writer.close()
    const blocks = readSpilled(memory.views, [...spilled].reverse(), memory).reverse()
    const read = blocks.map((block) => texts(spilledBatch(memory.views, batches[0].schema, block)))
    expect(read).toEqual(batches.map(texts))
    expect(spilled.every(({ position }) => position % 64 === 0)).toBe(true)
  })

  it('tells that it was cut, and keeps no block then', () => {
    const file = emptyFile()
    const batch = batchOf([columnVector(context, randomColumn('a', UTF8, 500, 1))])
    const spilled = write(file, [batch, batch])
    const { blocks } = memory.statistics()
    truncateSync(file.path, spilled[1].position + 100)
    const cut = failure(() => readSpilled(memory.views, spilled, memory))
    expect([cut.code, cut.message]).toEqual([
      'VOLLEY_IO',
      `${file.path} ends at ${spilled[1].position + 100}, a batch goes to ${spilled[1].position + spilled[1].bytes}`,
    ])
    rmSync(file.path)
    const removed = failure(() => readSpilled(memory.views, spilled, memory))
    expect([removed.code, removed.message]).toEqual(['VOLLEY_IO', `cannot read ${file.path}: somebody removed it`])
    expect(failure(() => new SpillWriter(memory.views, file)).code).toBe('VOLLEY_IO')
    expect(memory.statistics().blocks).toBe(blocks)
  })

  const itWhereFull = existsSync('/dev/full') ? it : it.skip
  itWhereFull('tells that the disk is full', () => {
    const writer = new SpillWriter(memory.views, { ...emptyFile(), path: '/dev/full' })
    const error = failure(() => writer.append(batchOf([columnVector(context, randomColumn('a', INT64, 50, 1))])))
    writer.close()
    expect([error.code, error.message]).toEqual([
      'VOLLEY_DISK_FULL',
      'cannot write /dev/full: no space left on the device',
    ])
    expect(readdirSync(directory)).not.toContain('full')
  })
})
