/** What `fromArrow` and `fromRecords` take, and the types that columns can be given by name. */

import { RecordBatchReader, type Table, tableFromArrays, tableToIPC } from 'apache-arrow'
import { type Frame, open } from '../../index.js'
import { expect, it } from '../support/jest.js'
import { failure, Scene } from '../support/scene.js'

const scene = Scene.forFile({ threads: 1 })

async function rowsOf(frame: Frame): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of frame.rows()) rows.push(row)
  return rows
}

const numbers = (...a: number[]): Table => tableFromArrays({ a: Int32Array.from(a) })

it('record batches come from iterables, readers and other frames', async () => {
  const { engine } = scene
  const table = numbers(1, 2).concat(numbers(3))
  async function* later() {
    yield* table.batches
  }
  for (const input of [
    new Set(table.batches),
    later(),
    RecordBatchReader.from(tableToIPC(table)),
    engine.fromArrow(table).stream(),
  ]) {
    const frame = engine.fromArrow(input)
    expect(await Promise.all([rowsOf(frame), frame.count()])).toEqual([[{ a: 1 }, { a: 2 }, { a: 3 }], 3])
    expect(await rowsOf(frame.filter('a > 1'))).toEqual([{ a: 2 }, { a: 3 }])
  }
})

it('record batches that differ, fail or are none are refused', async () => {
  await using engine = await open({ threads: 1 })
  const other = tableFromArrays({ b: Int32Array.of(1) })
  const usage = engine.memoryUsage().usedBytes
  const mixed = await failure(() => engine.fromArrow([...numbers(1).batches, ...other.batches]).count())
  expect([mixed.code, mixed.message]).toEqual([
    'VOLLEY_SCHEMA_MISMATCH',
    'record batch 1 has the columns (b INTEGER), but the first has (a INTEGER)',
  ])
  const cause = new Error('gone')
  async function* failing() {
    yield* numbers(1).batches
    throw cause
  }
  expect(await failure(() => engine.fromArrow(failing()).count())).toMatchObject({
    code: 'VOLLEY_USER_FUNCTION',
    message: 'the record batches failed: gone',
    cause,
  })
  for (const nothing of [[], [5], new Set(), new Set([5]), {}, null]) {
    const error = await failure(async () => engine.fromArrow(nothing as unknown as Table).count())
    expect(error.code).toBe('VOLLEY_INVALID_ARGUMENT')
  }
  expect(engine.memoryUsage().usedBytes).toBe(usage)
})

it('types with types in them are named, for records and for functions', async () => {
  const records = [
    { l: [1, null], s: { x: 1.5, 'y z': ['a'] }, m: new Map([['k', 2n]]) },
    { l: null, s: null, m: null },
  ]
  const sql = { l: 'integer[]', s: 'struct(x double, "y z" varchar[])', m: 'map(varchar, bigint)' }
  const arrow = { l: 'list<int32>', s: 'struct<x: float64, "y z": list<utf8>>', m: 'map<utf8, int64>' }
  const frame = scene.engine.fromRecords(records, sql)
  expect(await rowsOf(frame)).toEqual(records)
  const mapped = frame.mapRows((row) => row, { schema: arrow })
  expect(String(await mapped.schema())).toBe(String(await frame.schema()))
  expect(await rowsOf(mapped)).toEqual(records)
})

it.each(['struct(x)', 'map(int)', 'list(int, int)', 'nope[]', 'int[', 'struct(x nope)'])('no type is %s', (type) => {
  expect(() => scene.engine.fromRecords([], { a: type })).toThrow(/there is no type named/)
})

it('a type that is not one of ours is refused', () => {
  const type = { typeId: 2 } as unknown as string
  expect(() => scene.engine.fromRecords([], { a: type })).toThrow(/the type of column a is a name such as 'int64'/)
})
