import { setTimeout as delay } from 'node:timers/promises'
import { releaseBatch } from '../../../io/block-sharing.js'
import { inferSchema } from '../../../io/records/infer.js'
import { type Records, RecordsSource } from '../../../io/records/records-source.js'
import { batchOfRecords, toRow } from '../../../io/records/row.js'
import * as types from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { memory, scan, schemaText, shared, target } from '../scan.js'

const open = (records: Records, schema: types.Schema | null = null) => RecordsSource.open(1, records, schema)

function describeInferred(records: readonly unknown[]): string {
  return inferSchema(records)
    .fields.map((f) => `${f.name} ${types.typeName(f.type)}`)
    .join(', ')
}

describe('inferSchema', () => {
  it('finds a type for every kind of value', () => {
    expect(
      describeInferred([
        {
          i: 1,
          d: 1,
          b: true,
          s: 'x',
          at: new Date(0),
          big: 1n,
          blob: Buffer.from('a'),
          none: null,
          missing: undefined,
        },
        { i: 2, d: 1.5, huge: 2n ** 64n, list: [1, null], struct: { a: 1 }, map: new Map([['k', 1]]), empty: [] },
        { struct: { b: [{ c: 'x' }] }, list: [0.5], floats: new Float64Array(2) },
      ]),
    ).toBe(
      'i BIGINT, d DOUBLE, b BOOLEAN, s VARCHAR, at TIMESTAMP, big BIGINT, blob BLOB, none VARCHAR, missing VARCHAR, ' +
        'huge DECIMAL(38,0), list DOUBLE[], struct STRUCT(a BIGINT, b STRUCT(c VARCHAR)[]), map MAP(VARCHAR, BIGINT), ' +
        'empty VARCHAR[], floats BIGINT[]',
    )
  })

  it('refuses records that contradict each other', () => {
    const mixed: [unknown[], object][] = [
      [[{ a: 1 }, { a: 'x' }], { row: 1, column: 'a', expected: 'BIGINT', actual: 'VARCHAR' }],
      [[{ a: { b: 1 } }, { a: { b: true } }], { row: 1, column: 'a.b' }],
      [[{ a: [1, 'x'] }], { row: 0, column: 'a' }],
      [[{ a: () => 1 }], { row: 0, column: 'a' }],
      [[{ a: 1 }, 7], { row: 1, expected: 'an object', actual: '7' }],
      [[null], { row: 0 }],
    ]
    for (const [records, details] of mixed) {
      expect(() => inferSchema(records)).toThrow(
        expect.objectContaining({ code: 'VOLLEY_BAD_RECORD', details: expect.objectContaining(details) }),
      )
    }
  })
})

describe('records', () => {
  const struct: types.DataType = { kind: 'struct', fields: [types.field('x', types.decimal(5, 1))] }
  const schema = types.schemaOf([
    types.field('i', types.INT16),
    types.field('big', types.UINT64),
    types.field('f', types.FLOAT64),
    types.field('price', types.decimal(10, 2)),
    types.field('huge', types.HUGEINT),
    types.field('s', types.UTF8),
    types.field('blob', types.BINARY),
    types.field('day', types.DATE),
    types.field('at', types.TIMESTAMP),
    types.field('nanos', types.timestamp('ns', null)),
    types.field('clock', types.time('us')),
    types.field('span', types.duration('ms')),
    types.field('list', { kind: 'list', element: types.field('item', struct) }),
    types.field('map', {
      kind: 'map',
      key: types.field('key', types.UTF8, false),
      value: types.field('v', types.DATE),
    }),
  ])

  it('become batches and rows again', () => {
    const at = new Date('2024-02-29T10:00:00.123Z')
    const record = {
      i: -5,
      big: 2n ** 64n - 1n,
      f: 0.5,
      price: '123.45',
      huge: 10n ** 30n,
      s: 'ü',
      blob: Uint8Array.of(1, 2),
      day: new Date('2024-02-29'),
      at,
      nanos: at,
      clock: 5n,
      span: -7n,
      list: [{ x: '-0.5' }, null, { x: null }],
      map: new Map([['k', new Date(0)]]),
    }
    const nothing = Object.fromEntries(schema.fields.map((f) => [f.name, null]))
    const batch = batchOfRecords(schema, [record, {}], target)
    expect(toRow(memory, batch, 0)).toStrictEqual(record)
    expect(toRow(memory, batch, 1)).toStrictEqual(nothing)
    releaseBatch(shared, batch)
  })

  it('take other forms of the same values', () => {
    const batch = batchOfRecords(
      schema,
      [
        {
          i: 7n,
          big: 5,
          price: 1.5,
          huge: 3,
          day: '2024-02-29',
          at: '2024-02-29T10:00:00+02:00',
          nanos: -1n,
          clock: '00:00:01',
        },
        { price: 7n, list: [], map: [['a', '1970-01-02']], blob: new Uint8Array([3]).buffer },
      ],
      target,
    )
    expect(toRow(memory, batch, 0)).toMatchObject({
      i: 7,
      big: 5n,
      price: '1.50',
      huge: 3n,
      day: new Date('2024-02-29'),
      at: new Date('2024-02-29T08:00:00Z'),
      nanos: new Date(-1),
      clock: 1_000_000n,
    })
    expect(toRow(memory, batch, 1)).toMatchObject({
      price: '7.00',
      list: [],
      map: new Map([['a', new Date(86_400_000)]]),
    })
    releaseBatch(shared, batch)
  })

  it('are refused where a value does not fit', () => {
    const wrong: [string, unknown, string][] = [
      ['i', 32_768, '32768'],
      ['i', 1.5, '1.5'],
      ['i', '1', '"1"'],
      ['big', -1n, '-1n'],
      ['f', '1', '"1"'],
      ['price', 1.005, '1.005'],
      ['price', '123456789.00', '"123456789.00"'],
      ['price', Number.NaN, 'NaN'],
      ['s', 1, '1'],
      ['blob', 'x', '"x"'],
      ['day', '2024-02-30', '"2024-02-30"'],
      ['at', new Date(Number.NaN), 'an invalid Date'],
      ['clock', '25:00:00', '"25:00:00"'],
      ['list', { x: 1 }, 'an object'],
      ['map', [1], 'an array of 1'],
    ]
    for (const [column, value, actual] of wrong) {
      expect(() => batchOfRecords(schema, [{}, { [column]: value }], target, 10)).toThrow(
        expect.objectContaining({
          code: 'VOLLEY_BAD_RECORD',
          details: expect.objectContaining({ column, row: 11, actual }),
        }),
      )
    }
    const required = types.schemaOf([types.field('a', types.INT32, false)])
    expect(() => batchOfRecords(required, [{}], target)).toThrow(/column a, record 0: expected a value, got null/)
  })
})

describe('RecordsSource', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => ({ a: i, b: `b${i}`, c: null }))

  it('reads an array as often as asked', async () => {
    const source = await open(many)
    expect(schemaText(source)).toBe('a BIGINT, b VARCHAR, c VARCHAR')
    expect(source.bounded).toBe(true)
    expect(source.estimate().rows).toBe(100_000)
    for (let run = 0; run < 2; run++) {
      const { columns, batches } = await scan(source, ['b', 'a'])
      expect(batches).toEqual([
        { length: 65_536, firstRow: 0 },
        { length: 34_464, firstRow: 65_536 },
      ])
      expect(columns.a[99_999]).toBe(99_999n)
    }
  })

  it('reads generators and async iterables once', async () => {
    async function* producer() {
      for (const record of many.slice(0, 3000)) yield record
    }
    function* generator() {
      yield* many.slice(0, 3000)
    }
    for (const records of [producer(), generator()]) {
      const source = await open(records)
      expect((await scan(source)).columns.a).toHaveLength(3000)
      await expect(scan(source)).rejects.toMatchObject({ code: 'VOLLEY_INVALID_ARGUMENT' })
    }
  })

  it('hands on the records of a slow producer before a batch is full', async () => {
    async function* slow() {
      yield { a: 1 }
      yield { a: 2 }
      await delay(300)
      yield { a: 3 }
    }
    const source = await open(slow(), types.schemaOf([types.field('a', types.INT32)]))
    const { columns, batches } = await scan(source)
    expect(columns.a).toEqual([1, 2, 3])
    expect(batches.map(({ length }) => length)).toEqual([2, 1])
  })

  it('refuses fields that the sample lacked, unless there is a schema', async () => {
    const records = [...Array.from({ length: 1000 }, () => ({ a: 1 })), { a: 1, b: 2 }]
    await expect(scan(await open(records))).rejects.toMatchObject({ details: { row: 1000, column: 'b' } })
    const source = await open(records, types.schemaOf([types.field('a', types.INT32)]))
    expect((await scan(source)).columns.a).toHaveLength(1001)
    await expect(open([])).rejects.toMatchObject({ code: 'VOLLEY_INVALID_ARGUMENT' })
  })

  it('lets the producer clean up when reading stops early', async () => {
    const before = shared.statistics().blocks
    let cleaned = false
    async function* endless() {
      try {
        for (let a = 0; ; a++) yield { a }
      } finally {
        cleaned = true
      }
    }
    const source = await open(endless())
    for await (const { batch } of source.morsels({ columns: ['a'], predicate: null }, target)) {
      releaseBatch(shared, batch)
      break
    }
    expect(cleaned).toBe(true)
    expect(shared.statistics().blocks).toBe(before)
  })

  it('tells which record the producer failed at, and keeps its error', async () => {
    const failure = new RangeError('producer')
    async function* failing() {
      yield { a: 1 }
      throw failure
    }
    function* failingAtOnce() {
      yield { a: 1 }
      throw failure
    }
    const expected = {
      code: 'VOLLEY_USER_FUNCTION',
      message: 'the records failed at record 1: producer',
      details: { row: 1 },
      cause: failure,
    }
    for (const make of [failing, failingAtOnce]) {
      await expect(open(make())).rejects.toMatchObject(expected)
      const source = await open(make(), types.schemaOf([types.field('a', types.INT32)]))
      await expect(scan(source)).rejects.toMatchObject(expected)
    }
  })

  it('infers a schema from what came when the producer pauses', async () => {
    let goOn = () => {}
    const pause = new Promise<void>((resolve) => {
      goOn = resolve
    })
    async function* pausing() {
      yield { a: 1 }
      yield { a: 2.5 }
      await pause
      yield { a: 3 }
      yield { a: 4, b: 5 }
    }
    const source = await open(pausing())
    expect(schemaText(source)).toBe('a DOUBLE')
    goOn()
    await expect(scan(source)).rejects.toMatchObject({
      message: 'record 3 has a field b that the first 2 records lack: give a schema',
    })
  })
})
