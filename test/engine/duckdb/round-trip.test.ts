import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDbHost } from '../../../engine/duckdb/host.js'
import { type Batch, sliceBatch, type Vector } from '../../../io/batch.js'
import { packBatch } from '../../../io/packed.js'
import { readValue } from '../../../io/values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  duration,
  FLOAT64,
  field,
  HUGEINT,
  INT16,
  INT32,
  INT64,
  NULL,
  schemaOf,
  time,
  timestamp,
  UINT16,
  UTF8,
} from '../../../planner/types.js'
import { everyType } from '../../support/every-type.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { randomColumn, SORTABLE_TYPES } from '../operators/random-columns.js'
import { columnVector, createContext, type Form, textOf } from '../operators/tables.js'

const ROWS = 5000
const OWNER = 7
const { memory, context } = createContext()
const directory = mkdtempSync(join(tmpdir(), 'volley-duckdb-'))
let host: DuckDbHost
let tables = 0

beforeAll(async () => {
  host = await DuckDbHost.open(memory, { memoryLimitBytes: 400e6, threads: 2, tempDirectory: directory })
})

afterAll(async () => {
  await host.close()
  rmSync(directory, { recursive: true, force: true })
})

function batchOf(...columns: readonly Vector[]): Batch {
  const schema = schemaOf(columns.map(({ type }, i) => field(`c${i}`, type)))
  return { schema, length: columns[0].length, columns }
}

/** What comes back of batches that were appended to a table; in batches of an odd size, in the given types. */
async function roundTrip(batches: readonly Batch[], batchRows = 777): Promise<string[][]> {
  const table = `t${tables++}`
  const { schema } = batches[0]
  await host.createTable(table, schema)
  await Promise.all(batches.map((batch) => host.append(table, batch)))
  const back: Batch[] = []
  for await (const batch of host.query(`from ${table}`, schema, { owner: OWNER, batchRows })) back.push(batch)
  await host.dropTable(table)
  const texts = columnsOf(back, schema.fields.length)
  memory.releaseOwner(OWNER)
  return texts
}

function columnsOf(batches: readonly Batch[], columns: number): string[][] {
  return Array.from({ length: columns }, (_, i) =>
    batches.flatMap(({ columns, length }) =>
      Array.from({ length }, (_, row) => textOf(readValue(memory.views, columns[i], row))),
    ),
  )
}

async function expectRoundTrip(...batches: readonly Batch[]): Promise<void> {
  const returned = await roundTrip(batches)
  expect(returned).toEqual(columnsOf(batches, batches[0].columns.length))
}

function filled(type: DataType, at: (row: number) => ScalarValue, rows = ROWS): Vector {
  const values = Array.from({ length: rows }, (_, row) => at(row))
  return columnVector(context, { name: 'c', type, values })
}

describe('a batch that goes through a table comes back', () => {
  const forms: readonly [DataType, Form][] = [
    ...SORTABLE_TYPES.map((type): [DataType, Form] => [type, 'plain']),
    [UTF8, 'dictionary'],
    [BINARY, 'dictionary'],
    [INT64, 'dictionary'],
    [decimal(12, 2), 'dictionary'],
    [decimal(4, 1), 'wide'],
    [decimal(9, 2), 'wide'],
    [decimal(18, 2), 'wide'],
  ]
  it.each(forms)('%j, %s', async (type, form) => {
    const column = randomColumn('c', type, ROWS, SORTABLE_TYPES.indexOf(type) + 50, 500)
    await expectRoundTrip(batchOf(columnVector(context, column, form)))
  })

  const counted: readonly [string, Vector][] = [
    ['nulls alone', filled(NULL, () => null)],
    ['integers of 16 bits', filled(INT16, (row) => (row % 7 === 0 ? null : row))],
    ['unsigned integers of 16 bits', filled(UINT16, (row) => 65_535 - row)],
    ['decimals of 2 bytes', filled(decimal(4, 2), (row) => (row % 5 === 0 ? null : BigInt(row - 2500)))],
    ['decimals of many digits that fit 8 bytes', filled(decimal(30, 2), (row) => BigInt(-row))],
    ['times in seconds', filled(time('s'), (row) => BigInt(row))],
    ['times in milliseconds', filled(time('ms'), (row) => (row % 3 === 0 ? null : BigInt(row * 17_000)))],
    ['times in nanoseconds', filled(time('ns'), (row) => BigInt(row) * 1_234_567n)],
    ...(['s', 'ms', 'us', 'ns'] as const).flatMap((unit): [string, Vector][] => [
      [`timestamps in ${unit}`, filled(timestamp(unit, null), (row) => BigInt(row - 10) * 86_399n)],
      [`timestamps in ${unit} with a zone`, filled(timestamp(unit, 'Europe/Zurich'), (row) => BigInt(row) * -1_003n)],
      [`durations in ${unit}`, filled(duration(unit), (row) => (row % 11 === 1 ? null : BigInt(row)))],
    ]),
    ['intervals', filled({ kind: 'interval' }, (row) => ({ months: row, days: -row, micros: BigInt(row) }))],
    ['long strings', filled(UTF8, (row) => (row % 50 === 3 ? 'ü'.repeat(row) : `a string beyond twelve ${row}`))],
    ['strings of 12 and 13 bytes', filled(UTF8, (row) => 'abcdefghijklmnop'.slice(0, 11 + (row % 4)))],
  ]
  it.each(counted)('%s', async (_, column) => {
    await expectRoundTrip(batchOf(column))
  })

  it('constants, null and not', async () => {
    for (const [type, value] of [
      [UTF8, 'the same for all rows'],
      [UTF8, null],
      [INT64, 5n],
      [BOOL, true],
      [FLOAT64, null],
      [decimal(30, 2), 12n],
      [DATE, 19_000],
    ] as const) {
      const one = columnVector(context, { name: 'c', type, values: [value] })
      await expectRoundTrip(batchOf({ ...one, constant: true, length: 3000 }))
    }
  })

  it('packed decimals', async () => {
    for (const most of [100n, 30_000n, 2_000_000_000n]) {
      const column = filled(decimal(18, 2), (row) => (row % 9 === 0 ? null : (BigInt(row) * most) / 5000n))
      const expected = columnsOf([batchOf(column)], 1)
      expect(await roundTrip([packBatch(batchOf(column), memory)])).toEqual(expected)
    }
  })

  it('slices, and many batches at once', async () => {
    const batch = batchOf(
      columnVector(context, randomColumn('a', UTF8, ROWS, 1)),
      columnVector(context, randomColumn('b', BOOL, ROWS, 2)),
      columnVector(context, randomColumn('c', HUGEINT, ROWS, 3)),
    )
    await expectRoundTrip(sliceBatch(batch, 64, 100), sliceBatch(batch, 2112, 2888), sliceBatch(batch, 0, 64))
  })

  it('bytes in null rows that are no text', async () => {
    const column = filled(UTF8, (row) => (row % 2 === 0 ? `a string that is long ${row}` : null))
    const bytes = filled(BINARY, (row) =>
      row % 2 === 0 ? Buffer.from(`a string that is long ${row}`) : Buffer.of(0xff),
    )
    const mixed = { ...column, offsets: bytes.offsets, values: bytes.values }
    const [returned] = await roundTrip([batchOf(mixed)])
    expect(returned).toEqual(columnsOf([batchOf(column)], 1)[0])
  })
})

describe('nested values', () => {
  const list: DataType = { kind: 'list', element: field('item', UTF8) }
  const struct: DataType = { kind: 'struct', fields: [field('a', decimal(9, 1)), field('b', list), field('c', BOOL)] }
  const map: DataType = { kind: 'map', key: field('key', UTF8, false), value: field('value', struct) }
  const texts = (row: number) =>
    Array.from({ length: row % 6 }, (_, i) => ((row + i) % 5 === 0 ? null : `${row} and ${'x'.repeat((row * i) % 20)}`))
  const structOf = (row: number) => ({ a: row % 3 === 0 ? null : BigInt(row), b: texts(row), c: row % 2 === 0 })
  const cases: readonly [string, Vector][] = [
    ['lists', filled(list, (row) => (row % 7 === 0 ? null : texts(row)))],
    [
      'lists longer than a chunk',
      filled(list, (row) => (row === 50 ? texts(5).concat(Array(6000).fill('y')) : []), 100),
    ],
    ['structs', filled(struct, (row) => (row % 7 === 0 ? null : structOf(row)))],
    [
      'maps',
      filled(map, (row) =>
        row % 4 === 0
          ? null
          : new Map([
              ['k', structOf(row)],
              [`${row}`, null],
            ]),
      ),
    ],
    [
      'lists of lists',
      filled({ kind: 'list', element: field('item', list) }, (row) => [texts(row), null, texts(row + 1)]),
    ],
  ]
  it.each(cases)('%s', async (_, column) => {
    await expectRoundTrip(batchOf(column))
    const sliced = sliceBatch(batchOf(column), 64, Math.min(column.length - 64, 2500))
    await expectRoundTrip(sliced)
  })

  it('constants', async () => {
    const column = filled(struct, () => structOf(4), 1)
    await expectRoundTrip(batchOf({ ...column, constant: true, length: 2500 }))
    const lists = filled(list, () => texts(11), 1)
    await expectRoundTrip(batchOf({ ...lists, constant: true, length: 2500 }))
  })
})

describe('results', () => {
  it('of every type of DuckDB come back the same', async () => {
    await host.execute(`create table every as ${everyType(30_000)}`)
    const schema = schemaOf([
      field('id', INT64),
      field('flag', BOOL),
      field('d9', decimal(9, 2)),
      field('d38', decimal(38, 4)),
      field('text', UTF8),
      field('bytes', BINARY),
      field('moment', timestamp('us', null)),
      field('zoned', timestamp('us', 'UTC')),
      field('i32', INT32),
    ])
    const names = schema.fields.map(({ name }) => name).join(', ')
    await host.createTable('copied', schema)
    for await (const batch of host.query(`select ${names} from every`, schema, { owner: OWNER })) {
      await host.append('copied', batch)
    }
    const count = async (sql: string) => {
      const result = host.query(sql, schemaOf([field('n', INT64)]), { owner: OWNER })
      const { value } = await result.next()
      return readValue(memory.views, (value as Batch).columns[0], 0)
    }
    expect(await count('select count(*) from copied')).toBe(30_000n)
    expect(await count(`select count(*) from (select ${names} from every except all from copied)`)).toBe(0n)
    memory.releaseOwner(OWNER)
  })

  it('with the same strings again and again, in any order, are read', async () => {
    const schema = schemaOf([field('s', UTF8), field('l', { kind: 'list', element: field('item', INT64) })])
    const sql = `select 'a dictionary entry ' || (hash(i) % 50) as s, [i, i + 1] as l
      from range(20000) t(i) where i % 3 <> 0 order by hash(i)`
    await host.execute(`create table expected as ${sql}`)
    const returned: string[] = []
    for await (const batch of host.query('from expected', schema, { owner: OWNER, batchRows: 5000 })) {
      for (let row = 0; row < batch.length; row++) returned.push(textOf(readValue(memory.views, batch.columns[0], row)))
      expect(batch.length).toBeLessThanOrEqual(5000)
    }
    const texts = host.query(`select s::varchar as s from expected`, schemaOf([field('s', UTF8)]), { owner: OWNER })
    const again: string[] = []
    for await (const { columns, length } of texts) {
      for (let row = 0; row < length; row++) again.push(textOf(readValue(memory.views, columns[0], row)))
    }
    expect(returned).toEqual(again)
    expect(returned).toHaveLength(13_333)
    memory.releaseOwner(OWNER)
  })

  it.each([
    ['select 1::bigint', INT32],
    ['select 1.5::decimal(10,1)', decimal(10, 2)],
    ['select 1.5::decimal(12,1)', decimal(10, 1)],
    ['select [1]', { kind: 'list', element: field('item', INT64) }],
    ['select 1, 2', INT32],
  ] as const)('of other types than expected are refused: %s', async (sql, type) => {
    const result = host.query(sql, schemaOf([field('c', type as DataType)]), { owner: OWNER })
    await expect(result.next()).rejects.toThrow(/instead of/)
  })
})
