import * as arrow from 'apache-arrow'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { fromRecordBatch, toRecordBatch } from '../../../io/arrow/record-batch.js'
import { fromArrowSchema, toArrowSchema } from '../../../io/arrow/schema.js'
import { type Batch, sliceBatch, type Vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import * as types from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'

const shared = SharedMemory.create(64 << 20)
const memory = shared.views

const struct: types.DataType = {
  kind: 'struct',
  fields: [types.field('a', types.INT32), types.field('b', types.decimal(9, 2))],
}
const list: types.DataType = { kind: 'list', element: types.field('item', types.UTF8) }
const map: types.DataType = {
  kind: 'map',
  key: types.field('key', types.UTF8, false),
  value: types.field('value', types.INT64),
}

const columns: readonly (readonly [string, types.DataType, readonly ScalarValue[]])[] = [
  ['nothing', types.NULL, [null, null, null]],
  ['flag', types.BOOL, [true, null, false]],
  ['tiny', types.INT8, [-1, null, 3]],
  ['unsigned', types.UINT32, [4_000_000_000, 1, null]],
  ['big', types.INT64, [2n ** 62n, null, -1n]],
  ['ubig', types.UINT64, [2n ** 64n - 1n, 0n, 1n]],
  ['real', types.FLOAT32, [0.5, null, -1]],
  ['double', types.FLOAT64, [0.1, 2, null]],
  ['price', types.decimal(15, 2), [12345n, null, -1n]],
  ['huge', types.HUGEINT, [10n ** 37n, -(10n ** 37n), null]],
  ['text', types.UTF8, ['', 'äö', null]],
  ['blob', types.BINARY, [new Uint8Array([1, 2]), null, new Uint8Array()]],
  ['day', types.DATE, [0, -1, null]],
  ['time', types.time('us'), [1n, null, 2n]],
  ['time32', types.time('ms'), [1n, null, 2n]],
  ['stamp', types.timestamp('ns', 'UTC'), [1n, null, -2n]],
  ['span', types.duration('ms'), [1n, null, -2n]],
  ['record', struct, [{ a: 1, b: 100n }, null, { a: null, b: null }]],
  ['names', list, [['x', null], [], null]],
  ['pairs', map, [new Map([['k', 1n]]), null, new Map()]],
]

function batchOf(given: readonly (readonly [string, types.DataType, readonly ScalarValue[]])[]): Batch {
  return {
    schema: types.schemaOf(given.map(([name, type]) => types.field(name, type))),
    length: given[0][2].length,
    columns: given.map(([, type, values]) => vectorFromValues(type, values, memory, shared.allocate)),
  }
}

function valuesOf(batch: Batch): ScalarValue[][] {
  return batch.columns.map((column) => valuesOfVector(column))
}

function valuesOfVector(column: Vector): ScalarValue[] {
  return Array.from({ length: column.length }, (_, row) => readValue(memory, column, row))
}

function importTable(table: arrow.Table): Batch {
  return fromRecordBatch(table.batches[0], memory, shared.allocate)
}

describe('schemas', () => {
  it('survive the way to Arrow and back', () => {
    const { schema } = batchOf(columns)
    expect(fromArrowSchema(toArrowSchema(schema))).toEqual(schema)
    expect(toArrowSchema(schema)).toBe(toArrowSchema(schema))
  })

  it('refuse what has no equivalent, naming the column', () => {
    const union = new arrow.DenseUnion([0], [new arrow.Field('x', new arrow.Int32())])
    const refused = [union, new arrow.IntervalDayTime(), new arrow.Decimal(0, 76, 256), new arrow.Decimal(-1, 5)]
    for (const type of refused) {
      const schema = new arrow.Schema([new arrow.Field('odd', type, true)])
      expect(() => fromArrowSchema(schema)).toThrow(/column odd has the Arrow type/)
    }
    const twice = new arrow.Schema([new arrow.Field('a', new arrow.Int32()), new arrow.Field('a', new arrow.Int32())])
    expect(() => fromArrowSchema(twice)).toThrow(expect.objectContaining({ code: 'VOLLEY_DUPLICATE_COLUMN' }))
  })
})

describe('toRecordBatch', () => {
  it('makes what the constructor makes, but with one schema for all batches', () => {
    const batch = batchOf(columns)
    const ours = toRecordBatch(batch, memory, shared.allocate)
    const theirs = new arrow.RecordBatch(ours.schema, ours.data)
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort())
    expect(ours).toBeInstanceOf(arrow.RecordBatch)
    expect(ours.slice(1, 3).toArray().map(String)).toEqual(theirs.slice(1, 3).toArray().map(String))
    const again = toRecordBatch(batch, memory, shared.allocate)
    expect(again.schema).toBe(ours.schema)
    expect(fromArrowSchema(again.schema)).toBe(fromArrowSchema(ours.schema))
  })

  it('shows every type through apache-arrow', () => {
    const batch = batchOf(columns)
    const recordBatch = toRecordBatch(batch, memory, shared.allocate)
    const row = (index: number) => recordBatch.get(index)?.toJSON() ?? {}
    expect(row(0)).toMatchObject({
      nothing: null,
      flag: true,
      tiny: -1,
      unsigned: 4_000_000_000,
      big: 2n ** 62n,
      ubig: 2n ** 64n - 1n,
      real: 0.5,
      double: 0.1,
      text: '',
      blob: new Uint8Array([1, 2]),
    })
    expect(row(1)).toMatchObject({ flag: null, text: 'äö', price: null, record: null, pairs: null })
    expect([...row(0).names]).toEqual(['x', null])
    expect(row(0).pairs.toJSON()).toEqual({ k: 1n })
    expect(row(0).record.a).toBe(1)
    expect([...row(0).record.b]).toEqual([100, 0, 0, 0])
    expect([...row(2).price]).toEqual([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff])
    expect(valuesOf(fromRecordBatch(recordBatch, memory, shared.allocate))).toEqual(valuesOf(batch))
  })

  it('copies nothing but narrow decimals, constants and dictionaries, and wraps every view', () => {
    const batch = batchOf(columns.filter(([, type]) => type.kind !== 'decimal' && type.kind !== 'struct'))
    const allocated: number[] = []
    const wrapped: ArrayBufferView[] = []
    const recordBatch = toRecordBatch(
      batch,
      memory,
      (bytes) => {
        allocated.push(bytes)
        return shared.allocate(bytes)
      },
      (view) => {
        wrapped.push(view)
        return view
      },
    )
    expect(allocated).toEqual([])
    const views: ArrayBufferView[] = []
    const collect = (data: arrow.Data): void => {
      views.push(...Object.values(data.buffers).filter(ArrayBuffer.isView))
      data.children.forEach(collect)
    }
    recordBatch.data.children.forEach(collect)
    expect(views.length).toBeGreaterThan(20)
    expect(views.every((view) => view.buffer === memory.buffer)).toBe(true)
    expect(views.filter((view) => !wrapped.includes(view))).toEqual([])
  })

  it('gives dictionaries, constants and narrow decimals the layout of their type', () => {
    const dictionary = vectorFromValues(types.UTF8, ['red', 'green'], memory, shared.allocate)
    const codes = vectorFromValues(types.INT32, [1, null, 0, 1], memory, shared.allocate)
    const one = (type: types.DataType, value: ScalarValue): Vector => ({
      ...vectorFromValues(type, [value], memory, shared.allocate),
      length: 4,
      constant: true,
    })
    const narrow = vectorFromValues(types.INT64, [1n, -1n, null, 2n ** 62n], memory, shared.allocate)
    const batch: Batch = {
      schema: types.schemaOf([
        types.field('colour', types.UTF8),
        types.field('same', types.UTF8),
        types.field('none', types.INT32),
        types.field('rate', types.decimal(4, 2)),
        types.field('total', types.decimal(38, 2)),
      ]),
      length: 4,
      columns: [
        { ...codes, type: types.UTF8, dictionary },
        one(types.UTF8, 'c'),
        one(types.INT32, null),
        one(types.decimal(4, 2), -125n),
        { ...narrow, type: types.decimal(38, 2) },
      ],
    }
    const recordBatch = toRecordBatch(batch, memory, shared.allocate)
    expect(recordBatch.schema.fields[0].type.toString()).toBe('Utf8')
    expect([...(recordBatch.getChildAt(0) ?? [])]).toEqual(['green', null, 'red', 'green'])
    expect([...(recordBatch.getChildAt(1) ?? [])]).toEqual(['c', 'c', 'c', 'c'])
    expect(valuesOf(fromRecordBatch(recordBatch, memory, shared.allocate))).toEqual(valuesOf(batch))
  })

  it('shows slices', () => {
    const values = Array.from({ length: 200 }, (_, i) => (i % 7 === 0 ? null : `v${i}`))
    const flags = values.map((value) => value === null)
    const batch = batchOf([
      ['text', types.UTF8, values],
      ['flag', types.BOOL, flags],
      ['list', list, values.map((value) => (value === null ? null : [value, value]))],
    ])
    const part = sliceBatch(batch, 128, 72)
    const recordBatch = toRecordBatch(part, memory, shared.allocate)
    expect([...(recordBatch.getChildAt(0) ?? [])]).toEqual(values.slice(128))
    expect([...(recordBatch.getChildAt(1) ?? [])]).toEqual(flags.slice(128))
    expect(valuesOf(fromRecordBatch(recordBatch, memory, shared.allocate))).toEqual(valuesOf(part))
  })

  it('shows batches without rows', () => {
    const batch = batchOf(columns.map(([name, type]) => [name, type, []]))
    const recordBatch = toRecordBatch(batch, memory, shared.allocate)
    expect(recordBatch.numRows).toBe(0)
    expect(fromRecordBatch(recordBatch, memory, shared.allocate).length).toBe(0)
  })
})

describe('fromRecordBatch', () => {
  it('reads slices at any bit', () => {
    const values = Array.from({ length: 50 }, (_, i) => (i % 3 === 0 ? null : i))
    const table = new arrow.Table({
      number: arrow.vectorFromArray(values, new arrow.Int32()),
      flag: arrow.vectorFromArray(
        values.map((value) => value !== null && value % 2 === 0),
        new arrow.Bool(),
      ),
      text: arrow.vectorFromArray(
        values.map((value) => (value === null ? null : `t${value}`)),
        new arrow.Utf8(),
      ),
      list: arrow.vectorFromArray(
        values.map((value) => (value === null ? null : [value, value + 1])),
        new arrow.List(new arrow.Field('item', new arrow.Int32(), true)),
      ),
    }).slice(5, 47)
    const batch = importTable(table)
    const expected = values.slice(5, 47)
    expect(batch.length).toBe(42)
    expect(valuesOf(batch)).toEqual([
      expected,
      expected.map((value) => value !== null && value % 2 === 0),
      expected.map((value) => (value === null ? null : `t${value}`)),
      expected.map((value) => (value === null ? null : [value, value + 1])),
    ])
  })

  it('converts the encodings that vectors do not have', () => {
    const texts = ['short', null, 'longer than twelve bytes', '']
    const days = [new Date('2024-02-29'), null, new Date('1969-12-31'), new Date(0)]
    const halves = arrow.makeVector({
      type: new arrow.Float16(),
      data: Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00),
      length: 4,
      nullCount: 0,
    } as never)
    const table = new arrow.Table({
      large: arrow.vectorFromArray(texts, new arrow.LargeUtf8()),
      view: arrow.vectorFromArray(texts, new arrow.Utf8View()),
      fixed: arrow.vectorFromArray(
        [new Uint8Array([1, 2]), null, new Uint8Array([3, 4]), null],
        new arrow.FixedSizeBinary(2),
      ),
      date: arrow.vectorFromArray(days, new arrow.DateMillisecond()),
      half: halves,
      pair: arrow.vectorFromArray(
        [[1, 2], null, [3, 4], [5, 6]],
        new arrow.FixedSizeList(2, new arrow.Field('item', new arrow.Int32(), true)),
      ),
    })
    const batch = importTable(table)
    expect(batch.schema.fields.map((f) => types.typeName(f.type))).toEqual([
      'VARCHAR',
      'VARCHAR',
      'BLOB',
      'DATE',
      'FLOAT',
      'INTEGER[]',
    ])
    expect(valuesOf(batch)).toEqual([
      texts,
      texts,
      [new Uint8Array([1, 2]), null, new Uint8Array([3, 4]), null],
      [19782, null, -1, 0],
      [1, -2, 2 ** -24, Number.POSITIVE_INFINITY],
      [[1, 2], null, [3, 4], [5, 6]],
    ])
  })

  it('keeps dictionaries of text encoded and decodes others', () => {
    const texts = ['b', 'a', null, 'b']
    const numbers = [7, null, 7, 8]
    const batch = importTable(
      new arrow.Table({
        text: arrow.vectorFromArray(texts, new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
        number: arrow.vectorFromArray(numbers, new arrow.Dictionary(new arrow.Int32(), new arrow.Int16())),
      }),
    )
    expect(batch.columns.map((column) => column.dictionary !== null)).toEqual([true, false])
    expect(valuesOf(batch)).toEqual([texts, numbers])
  })

  it('narrows and widens decimals by precision', () => {
    const builder = (precision: number, bitWidth: number, words: readonly number[]) =>
      arrow.makeVector(
        new arrow.Data(new arrow.Decimal(2, precision, bitWidth), 0, 1, 0, {
          [arrow.BufferType.DATA]: Uint32Array.from(words),
        }),
      )
    const all = 0xffffffff
    const batch = importTable(
      new arrow.Table({
        short: builder(10, 128, [all - 1, all, all, all]),
        long: builder(38, 128, [0, 0, 1, 0]),
        wide: builder(38, 256, [all, all, all, all, all, all, all, all]),
        stored64: builder(18, 64, [5, 0]),
      }),
    )
    expect(batch.columns.map((column) => column.width)).toEqual([8, 16, 16, 8])
    expect(valuesOf(batch)).toEqual([[-2n], [2n ** 64n], [-1n], [5n]])
  })

  it('copies nothing that lies in the memory already', () => {
    const batch = batchOf(columns.filter(([, type]) => type.kind !== 'decimal' && type.kind !== 'struct'))
    const recordBatch = toRecordBatch(batch, memory, shared.allocate)
    const retained: number[] = []
    const blocks = batch.columns.flatMap((column) => column.blocks).sort((a, b) => a - b)
    const copy = fromRecordBatch(
      recordBatch,
      memory,
      () => {
        throw new Error('allocated')
      },
      {
        blockOf: (address) => blocks.findLast((block) => block <= address) ?? null,
        retain: (block) => retained.push(block),
      },
    )
    expect(valuesOf(copy)).toEqual(valuesOf(batch))
    expect(retained.sort((a, b) => a - b)).toEqual(blocks)
    expect(copy.columns.map((column) => column.blocks)).toEqual(batch.columns.map((column) => column.blocks))
  })

  it('refuses offsets and codes that point nowhere', () => {
    const text = arrow.makeVector(
      new arrow.Data(new arrow.Utf8(), 0, 2, 0, {
        [arrow.BufferType.OFFSET]: Int32Array.of(0, 9, 3),
        [arrow.BufferType.DATA]: new Uint8Array(3),
      }),
    )
    expect(() => importTable(new arrow.Table({ text }))).toThrow(
      /column text holds malformed Arrow data: offset 1 is 9/,
    )
    const code = arrow.makeVector(
      new arrow.Data(
        new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
        0,
        1,
        0,
        { [arrow.BufferType.DATA]: Int32Array.of(3) },
        [],
        arrow.vectorFromArray(['a'], new arrow.Utf8()),
      ),
    )
    expect(() => importTable(new arrow.Table({ code }))).toThrow(/code 3 in row 0 is not in its dictionary of 1 values/)
  })
})
