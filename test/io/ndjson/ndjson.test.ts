import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parseExactJson } from '../../../io/ndjson/exact-json.js'
import { NdjsonSink } from '../../../io/ndjson/ndjson-sink.js'
import { type NdjsonReadOptions, NdjsonSource } from '../../../io/ndjson/ndjson-source.js'
import * as types from '../../../planner/types.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { batchOf, type Columns, scan, schemaText, shared, sinkMemory } from '../scan.js'

let directory: string
let path: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'volley-ndjson-'))
  path = join(directory, 'in.ndjson')
})
afterAll(() => rmSync(directory, { recursive: true }))

async function read(text: string | Uint8Array, options: NdjsonReadOptions = {}) {
  writeFileSync(path, text)
  const source = await NdjsonSource.open(1, [path], options)
  return { schema: schemaText(source), ...(await scan(source)) }
}

async function write(columns: Columns, name = 'out.ndjson'): Promise<Buffer> {
  const before = shared.statistics().blocks
  const batch = batchOf(columns)
  const sink = await NdjsonSink.open(join(directory, name), batch.schema, sinkMemory, { overwrite: true })
  await sink.write(batch)
  expect(await sink.finish()).toMatchObject({ rows: columns[0][2].length, files: [join(directory, name)] })
  expect(shared.statistics().blocks).toBe(before)
  return readFileSync(join(directory, name))
}

describe('NDJSON reader', () => {
  it('infers types and fills in what is missing', async () => {
    const { schema, columns } = await read(
      '{"i":1,"d":1.5,"b":true,"s":"x","l":[1,null],"o":{"a":1}}\r\n' +
        '\n' +
        '{"d":2,"i":null,"o":{"b":"y"},"late":[]}',
    )
    expect(schema).toBe(
      'i BIGINT, d DOUBLE, b BOOLEAN, s VARCHAR, l BIGINT[], o STRUCT(a BIGINT, b VARCHAR), late VARCHAR[]',
    )
    expect(columns).toEqual({
      i: [1n, null],
      d: [1.5, 2],
      b: [true, null],
      s: ['x', null],
      l: [[1n, null], null],
      o: [
        { a: 1n, b: null },
        { a: null, b: 'y' },
      ],
      late: [null, []],
    })
  })

  it('keeps integers exact that a double cannot hold', async () => {
    const { schema, columns } = await read(
      '{"id":9007199254740993,"text":"1234567890123456789 \\" ü","huge":-17014118346046923173168730371588410572}\n' +
        '{"id":1,"text":"","huge":1}\n',
    )
    expect(schema).toBe('id BIGINT, text VARCHAR, huge DECIMAL(38,0)')
    expect(columns.id).toEqual([9007199254740993n, 1n])
    expect(columns.huge).toEqual([-17014118346046923173168730371588410572n, 1n])
    expect(columns.text[0]).toBe('1234567890123456789 " ü')
  })

  it('takes types instead of inferring them', async () => {
    const { schema, columns } = await read(
      '{"day":"2024-02-29","price":"1.50","n":7,"mixed":1}\n{"price":2,"mixed":2}\n',
      {
        types: { day: types.DATE, price: types.decimal(10, 2), n: types.INT16, extra: types.UTF8 },
      },
    )
    expect(schema).toBe('day DATE, price DECIMAL(10,2), n SMALLINT, mixed BIGINT, extra VARCHAR')
    expect(columns).toEqual({
      day: [19782, null],
      price: [150n, 200n],
      n: [7, null],
      mixed: [1n, 2n],
      extra: [null, null],
    })
  })

  it('reads compressed and several files, some columns, in morsels', async () => {
    const zipped = join(directory, 'in.ndjson.gz')
    const count = 70_000
    writeFileSync(zipped, gzipSync(Array.from({ length: count }, (_, i) => `{"a":${i},"b":"b${i}"}`).join('\n')))
    const source = await NdjsonSource.open(1, [zipped, zipped])
    const { columns, batches } = await scan(source, ['b'])
    expect(batches).toEqual([
      { length: 65_536, firstRow: 0 },
      { length: 65_536, firstRow: 65_536 },
      { length: 8928, firstRow: 131_072 },
    ])
    expect(columns.b[count + 1]).toBe('b1')
  })

  it('says where a record is wrong', async () => {
    const wrong: [string, object][] = [
      ['{"a":1}\n\n{"a":}\n', { code: 'VOLLEY_BAD_RECORD', details: { path, line: 3 } }],
      ['{"a":1}\n[1]\n', { code: 'VOLLEY_BAD_RECORD', details: { line: 2, actual: 'an array of 1' } }],
      ['{"a":1}\n\n{"a":"x"}\n', { details: { line: 3, column: 'a', expected: 'BIGINT', actual: 'VARCHAR' } }],
      ['', { code: 'VOLLEY_BAD_RECORD' }],
    ]
    for (const [text, error] of wrong) await expect(read(text)).rejects.toMatchObject(error)
    const options = { sampleRows: 1 }
    const lines = '{"a":1}\n'.repeat(50_000)
    await expect(read(`${lines}{"a":true}\n`, options)).rejects.toMatchObject({
      code: 'VOLLEY_BAD_RECORD',
      details: { path, line: 50_001, column: 'a', expected: 'BIGINT', actual: 'true' },
    })
    await expect(read(`${lines}{"b":1}\n`, options)).rejects.toMatchObject({ details: { line: 50_001, column: 'b' } })
    const bytes = Buffer.from('{"a":"x"}\n{"a":"y"}\n')
    bytes[16] = 0xc0
    await expect(read(bytes)).rejects.toMatchObject({ code: 'VOLLEY_INVALID_UTF8', details: { line: 2 } })
  })
})

describe('parseExactJson', () => {
  it('agrees with JSON.parse but for long integers', () => {
    const texts = ['{"a":[1,{"b":[]},[],{}],"c":-1.5e3}', '"x"', '[true,false,null]', '{"__proto__":1}', '0']
    for (const text of texts) {
      expect(parseExactJson(text)).toEqual(JSON.parse(text))
      const long = `[${text},12345678901234567890,0.1234567890123456789]`
      const [value, integer, fraction] = parseExactJson(long) as unknown[]
      expect(value).toEqual(JSON.parse(text))
      expect(integer).toBe(12345678901234567890n)
      expect(fraction).toBe(0.12345678901234568)
    }
    expect(() => parseExactJson('{"a":12345678901234567890')).toThrow(SyntaxError)
  })
})

describe('NDJSON writer', () => {
  it('writes every type', async () => {
    const day = BigInt(Date.UTC(2024, 0, 2, 3, 4, 5))
    const columns: Columns = [
      ['flag', types.BOOL, [true]],
      ['big', types.INT64, [9223372036854775807n]],
      ['real', types.FLOAT32, [Math.fround(0.1)]],
      ['nan', types.FLOAT64, [Number.NaN]],
      ['price', types.decimal(38, 2), [-12345678901234567890123n]],
      ['text', types.UTF8, ['q"\n\u0001ü']],
      ['blob', types.BINARY, [Uint8Array.of(0, 255, 16)]],
      ['day', types.DATE, [19782]],
      ['at', types.TIMESTAMP, [day * 1000n + 120_000n]],
      ['zoned', types.timestamp('ms', 'UTC'), [day]],
      ['clock', types.time('us'), [3_723_500_000n]],
      ['list', { kind: 'list', element: types.field('item', types.INT32) }, [[1, null]]],
      ['struct', { kind: 'struct', fields: [types.field('x y', types.INT32)] }, [{ 'x y': 1 }]],
      [
        'map',
        { kind: 'map', key: types.field('key', types.INT32, false), value: types.field('value', types.UTF8) },
        [new Map([[1, 'one']])],
      ],
      ['none', types.UTF8, [null]],
    ]
    const text = (await write(columns)).toString()
    expect(text).toBe(
      '{"flag":true,"big":9223372036854775807,"real":0.1,"nan":null,"price":-123456789012345678901.23,' +
        '"text":"q\\"\\n\\u0001ü","blob":"AP8Q","day":"2024-02-29","at":"2024-01-02T03:04:05.12",' +
        '"zoned":"2024-01-02T03:04:05Z","clock":"01:02:03.5","list":[1,null],"struct":{"x y":1},"map":{"1":"one"},' +
        '"none":null}\n',
    )
    expect(JSON.parse(text)).toMatchObject({ real: 0.1, blob: 'AP8Q' })
  })

  it('reads back what it wrote, compressed', async () => {
    const columns: Columns = [
      ['a', types.INT64, [2n ** 60n + 1n, null]],
      ['b', types.UTF8, ['line\nbreak', null]],
    ]
    const zipped = await write(columns, 'out.ndjson.gz')
    expect(gunzipSync(zipped).toString()).toBe('{"a":1152921504606846977,"b":"line\\nbreak"}\n{"a":null,"b":null}\n')
    const source = await NdjsonSource.open(1, [join(directory, 'out.ndjson.gz')])
    expect((await scan(source)).columns).toEqual(Object.fromEntries(columns.map(([name, , values]) => [name, values])))
  })
})
