import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as arrow from 'apache-arrow'
import { Table, writeParquet } from 'parquet-wasm/node'
import { Converted } from '../../../io/parquet/logical-types.js'
import { ElementField, FileField, structs, thriftField } from '../../../io/parquet/metadata.js'
import { openParquet } from '../../../io/parquet/open-file.js'
import { readThriftStruct, type ThriftStruct, writeThriftStruct } from '../../../io/parquet/thrift.js'
import { typeName } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { readFiles, temporaryDirectory } from '../../support/parquet-files.js'

const directory = temporaryDirectory()

/** Lets the codec write an Arrow table, and changes the schema elements of its footer. */
function write(name: string, table: arrow.Table, change: (elements: ThriftStruct[]) => ThriftStruct[]): string {
  const file = Buffer.from(writeParquet(Table.fromIPCStream(arrow.tableToIPC(table, 'stream'))))
  const length = file.readUInt32LE(file.length - 8)
  const { struct } = readThriftStruct(file.subarray(file.length - 8 - length))
  struct.set(FileField.SCHEMA, thriftField.structs(change(structs(struct, FileField.SCHEMA))))
  struct.delete(FileField.KEY_VALUES)
  const footer = writeThriftStruct(struct)
  const tail = Buffer.alloc(8, 'PAR1PAR1')
  tail.writeUInt32LE(footer.length)
  const path = join(directory, name)
  writeFileSync(path, Buffer.concat([file.subarray(0, file.length - 8 - length), footer, tail]))
  return path
}

const lists = [[1, 2], [], [3]]

function listTable(nullable: boolean): arrow.Table {
  const type = new arrow.List(new arrow.Field('item', new arrow.Int32(), false))
  const vector = arrow.vectorFromArray(lists, type)
  const schema = new arrow.Schema([new arrow.Field('l', type, nullable)])
  return new arrow.Table(
    schema,
    new arrow.RecordBatch(
      schema,
      arrow.makeData({ type: new arrow.Struct(schema.fields), length: 3, children: [vector.data[0]] }),
    ),
  )
}

describe('lists of older writers', () => {
  it('reads lists whose repeated field is the element', async () => {
    const path = write('two-levels.parquet', listTable(true), ([root, list, , element]) => {
      const repeated: ThriftStruct = new Map(element)
      repeated.set(ElementField.REPETITION, thriftField.i32(2))
      repeated.set(ElementField.NAME, thriftField.text('array'))
      return [root, list, repeated]
    })
    expect(typeName(openParquet(path).schema.fields[0].type)).toBe('INTEGER[]')
    expect(await readFiles(path)).toEqual(lists.map((list) => [list]))
  })

  it('reads repeated fields without a list around them', async () => {
    const path = write('repeated.parquet', listTable(false), ([root, , , element]) => {
      const repeated: ThriftStruct = new Map(element)
      repeated.set(ElementField.REPETITION, thriftField.i32(2))
      repeated.set(ElementField.NAME, thriftField.text('l'))
      return [root, repeated]
    })
    expect(openParquet(path).schema.fields[0]).toMatchObject({ name: 'l', nullable: false })
    expect(await readFiles(path)).toEqual(lists.map((list) => [list]))
  })
})

describe('annotations of older writers', () => {
  const table = new arrow.Table({ n: arrow.vectorFromArray([1, -1, null], new arrow.Int32()) })

  for (const [name, converted, type, values] of [
    ['UINT_32', Converted.UINT_8 + 2, 'UINTEGER', [1, 4294967295, null]],
    ['INT_8', Converted.INT_8, 'TINYINT', [1, -1, null]],
    ['DATE', Converted.DATE, 'DATE', [1, -1, null]],
    ['TIME_MILLIS', Converted.TIME_MILLIS, 'TIME_MS', [1n, -1n, null]],
  ] as const) {
    it(`understands ${name} without a logical type`, async () => {
      const path = write(`${name}.parquet`, table, ([root, element]) => {
        const annotated: ThriftStruct = new Map(element)
        annotated.set(ElementField.CONVERTED_TYPE, thriftField.i32(converted))
        return [root, annotated]
      })
      expect(typeName(openParquet(path).schema.fields[0].type)).toBe(type)
      expect(await readFiles(path)).toEqual(values.map((value) => [value]))
    })
  }
})

describe('types that Arrow writers keep in their own schema', () => {
  it('restores durations and halves', async () => {
    const halves = arrow.vectorFromArray([1.5, null, -0.25], new arrow.Float16())
    const durations = arrow.vectorFromArray([5n, null, -7n], new arrow.DurationMillisecond())
    const file = writeParquet(Table.fromIPCStream(arrow.tableToIPC(new arrow.Table({ halves, durations }), 'stream')))
    const path = join(directory, 'kept.parquet')
    writeFileSync(path, file)
    expect(openParquet(path).schema.fields.map((field) => typeName(field.type))).toEqual(['FLOAT', 'DURATION_MS'])
    expect(await readFiles(path)).toEqual([
      [1.5, 5n],
      [null, null],
      [-0.25, -7n],
    ])
  })
})
