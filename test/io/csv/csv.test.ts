import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import type { CsvReadOptions, CsvWriteOptions } from '../../../io/csv/csv-options.js'
import { CsvSink } from '../../../io/csv/csv-sink.js'
import { CsvSource } from '../../../io/csv/csv-source.js'
import * as types from '../../../planner/types.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { batchOf, type Columns, scan, schemaText, shared, sinkMemory, target } from '../scan.js'

let directory: string
let path: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'volley-csv-'))
  path = join(directory, 'in.csv')
})
afterAll(() => rmSync(directory, { recursive: true }))

async function read(text: string | Uint8Array, options: CsvReadOptions = {}) {
  writeFileSync(path, text)
  const source = await CsvSource.open(1, [path], options)
  return { schema: schemaText(source), ...(await scan(source)) }
}

async function write(columns: Columns, options: CsvWriteOptions = {}, name = 'out.csv'): Promise<Buffer> {
  const before = shared.statistics().blocks
  const batch = batchOf(columns)
  const sink = await CsvSink.open(join(directory, name), batch.schema, sinkMemory, { overwrite: true, ...options })
  await sink.write(batch)
  await sink.finish()
  expect(shared.statistics().blocks).toBe(before)
  return readFileSync(join(directory, name))
}

describe('CSV reader', () => {
  it('infers types', async () => {
    const { schema, columns } = await read(
      'i,d,b,day,at,zoned,clock,text,code,none\n' +
        '1,1.5,true,2024-02-29,2024-01-01 10:00:00.5,2024-01-01T12:00:00+02:00,10:00:00,x,01,\n' +
        '-2,3,F,1969-12-31,2024-01-02,2024-01-01 10:00:00Z,11:30:00.25,"y, ""z""",02,\n' +
        ',,,,,,,,,\n',
    )
    expect(schema).toBe(
      "i BIGINT, d DOUBLE, b BOOLEAN, day DATE, at TIMESTAMP, zoned TIMESTAMP WITH TIME ZONE 'UTC', clock TIME, " +
        'text VARCHAR, code VARCHAR, none VARCHAR',
    )
    const ten = BigInt(Date.UTC(2024, 0, 1, 10)) * 1000n
    expect(columns).toEqual({
      i: [1n, -2n, null],
      d: [1.5, 3, null],
      b: [true, false, null],
      day: [19782, -1, null],
      at: [ten + 500_000n, BigInt(Date.UTC(2024, 0, 2)) * 1000n, null],
      zoned: [ten, ten, null],
      clock: [36_000_000_000n, 41_400_250_000n, null],
      text: ['x', 'y, "z"', null],
      code: ['01', '02', null],
      none: [null, null, null],
    })
  })

  it('infers the same types as DuckDB', async () => {
    const texts = [
      ['1', '-5'],
      ['1', '2.5'],
      ['9223372036854775807'],
      ['9223372036854775808'],
      ['1e5', '.5'],
      ['01', '02'],
      ['+5'],
      ['nan', '1'],
      ['inf', '1'],
      ['1.5', 'inf', '-Infinity'],
      ['nan', '-inf'],
      [' 1', '2 '],
      ['t', 'f'],
      ['TRUE', 'False'],
      ['2024-01-01', '2024-1-5'],
      ['2024-01-01 10:00:00', '2024-01-02'],
      ['5"', 'a"b'],
      ['1', '001.5'],
      ['2024-01-01T10:00:00.5'],
      ['2024-01-01 10:00:00Z', '2024-01-01 10:00:00+02'],
      ['10:00:00', '11:00:00.5'],
      ['2024-02-30'],
      ['x', '1'],
      ['-0', '0'],
      ['', ''],
    ]
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const ours: string[] = []
    const theirs: unknown[] = []
    for (const values of texts) {
      const { schema } = await read(`k,v\n${values.map((value) => `a,${value}`).join('\n')}\n`)
      ours.push(schema.replace(" WITH TIME ZONE 'UTC'", ' WITH TIME ZONE'))
      const described = await connection.runAndReadAll(
        `select string_agg(column_name || ' ' || column_type, ', ') from (describe from read_csv('${path}', header = true, delim = ','))`,
      )
      theirs.push(described.getRows()[0][0])
    }
    expect(ours).toEqual(theirs)
    connection.closeSync()
    instance.closeSync()
  })

  it('reads other delimiters, quotes and null strings, and no header', async () => {
    expect(
      await read("1;'a;b'\nNA;'it''s'\n", { delimiter: ';', quote: "'", header: false, nullStrings: ['NA', ''] }),
    ).toMatchObject({
      schema: 'column0 BIGINT, column1 VARCHAR',
      columns: { column0: [1n, null], column1: ['a;b', "it's"] },
    })
    expect((await read('a\tb\n1\t2\n', { delimiter: '\t' })).columns).toEqual({ a: [1n], b: [2n] })
    expect((await read('a,b\n1,\n', { nullStrings: ['NA'] })).columns).toEqual({ a: [1n], b: [''] })
    expect((await read('a,b\n"x\\"y",1\n', { escape: '\\' })).columns.a).toEqual(['x"y'])
  })

  it('takes byte order marks, CRLF, blank lines, line breaks in quotes and repeated names', async () => {
    const { schema, columns } = await read('\ufeffa,a,\r\n1,"x\r\ny",2\r\n\r\n3,z,4\r\n')
    expect(schema).toBe('a BIGINT, a_1 VARCHAR, column2 BIGINT')
    expect(columns).toEqual({ a: [1n, 3n], a_1: ['x\r\ny', 'z'], column2: [2n, 4n] })
    expect((await read('a\n1\n\n2')).columns).toEqual({ a: [1n, null, 2n] })
    expect((await read('a,b\n')).schema).toBe('a VARCHAR, b VARCHAR')
  })

  it('takes types instead of inferring them', async () => {
    const { schema, columns } = await read('a,b,c,d\n01,1.50,x,255\n', {
      types: { a: types.INT16, b: types.decimal(10, 2), d: types.UINT8 },
    })
    expect(schema).toBe('a SMALLINT, b DECIMAL(10,2), c VARCHAR, d UTINYINT')
    expect(columns).toEqual({ a: [1], b: [150n], c: ['x'], d: [255] })
    await expect(read('a\n256\n', { types: { a: types.UINT8 } })).rejects.toMatchObject({
      code: 'VOLLEY_BAD_RECORD',
      details: { path, line: 2, column: 'a', expected: 'UTINYINT', actual: '"256"' },
    })
    await expect(read('a\n1\n', { types: { b: types.INT8 } })).rejects.toMatchObject({ code: 'VOLLEY_UNKNOWN_COLUMN' })
  })

  it('reads compressed files', async () => {
    const zipped = join(directory, 'in.csv.gz')
    const packed = gzipSync('a,b\n1,x\n')
    writeFileSync(zipped, packed)
    expect((await scan(await CsvSource.open(1, [zipped]))).columns).toEqual({ a: [1n], b: ['x'] })
    writeFileSync(zipped, packed.subarray(0, packed.length - 10))
    await expect(CsvSource.open(1, [zipped]).then(scan)).rejects.toMatchObject({ code: 'VOLLEY_TRUNCATED_FILE' })
    writeFileSync(zipped, 'a,b\n')
    await expect(CsvSource.open(1, [zipped])).rejects.toMatchObject({ code: 'VOLLEY_CORRUPT_FILE' })
  })

  it('cuts many records into morsels and reads only some columns', async () => {
    const count = 100_000
    writeFileSync(path, `a,b,c\n${Array.from({ length: count }, (_, i) => `${i},b${i},${i / 2}`).join('\n')}\n`)
    const source = await CsvSource.open(1, [path, path])
    const { columns, batches } = await scan(source, ['c', 'a'])
    expect(batches.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 3392])
    expect(Object.keys(columns)).toEqual(['c', 'a'])
    expect(columns.a[count + 7]).toBe(7n)
    expect(columns.c[count - 1]).toBe((count - 1) / 2)
  })

  it('says where a record is wrong', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => String(i)).join('\n')
    await expect(read(`a\n${rows}\nx\n`)).rejects.toMatchObject({
      code: 'VOLLEY_BAD_RECORD',
      details: { line: 30_002, column: 'a', expected: 'BIGINT', actual: '"x"' },
    })
    for (const text of ['a,b\n1,2\n3\n', 'a,b\n1,2\n3,4,5\n']) {
      await expect(read(text)).rejects.toMatchObject({
        code: 'VOLLEY_BAD_RECORD',
        details: { path, line: 3, expected: '2 fields' },
      })
    }
    await expect(read('a,b\n1,"x\n')).rejects.toMatchObject({ code: 'VOLLEY_BAD_RECORD', details: { path } })
    await expect(read('')).rejects.toMatchObject({ code: 'VOLLEY_BAD_RECORD' })
    const bytes = Buffer.from('a,b\n1,x\n2,y\n')
    bytes[10] = 0xff
    await expect(read(bytes)).rejects.toMatchObject({ code: 'VOLLEY_INVALID_UTF8', details: { path, line: 3 } })
    await expect(CsvSource.open(1, [join(directory, 'none.csv')])).rejects.toMatchObject({
      code: 'VOLLEY_FILE_NOT_FOUND',
    })
    await expect(read('a\n1\n', { quote: ',' })).rejects.toMatchObject({ code: 'VOLLEY_INVALID_ARGUMENT' })
  })

  it('keeps characters whole that chunks cut in two', async () => {
    const text = `${'é'.repeat(200_000)}x`
    expect((await read(`a\n${text}\n`)).columns.a).toEqual([text])
  })

  it('stops early without leaving the file open or a block behind', async () => {
    writeFileSync(path, `a\n${'1\n'.repeat(200_000)}`)
    const before = shared.statistics().blocks
    const source = await CsvSource.open(1, [path])
    for await (const { batch } of source.morsels({ columns: ['a'], predicate: null }, target)) {
      batch.columns[0].blocks.forEach(shared.release)
      break
    }
    expect(shared.statistics().blocks).toBe(before)
    expect(existsSync(path)).toBe(true)
  })
})

describe('CSV writer', () => {
  const list = (type: types.DataType): types.DataType => ({ kind: 'list', element: types.field('item', type) })
  const struct: types.DataType = {
    kind: 'struct',
    fields: [types.field('a', types.INT32), types.field('b c', types.UTF8)],
  }
  const map: types.DataType = {
    kind: 'map',
    key: types.field('key', types.UTF8, false),
    value: types.field('value', types.INT32),
  }

  it('writes every type as DuckDB does', async () => {
    const day = BigInt(Date.UTC(2024, 0, 2, 3, 4, 5))
    const texts = ['', 'a,b', 'q"q', 'l\nn', ' s ', "it's", 'NULL', 'ü', 'plain', null]
    const floats = [1, 1e20, 1.5e-7, Number.POSITIVE_INFINITY, Number.NaN, -0, 1e15, 1e16, 0.0001, 0.00001, 123456.789]
    const rows: [types.DataType, string, readonly (types.DataType extends never ? never : unknown)[]][] = [
      [types.BOOL, 'BOOLEAN', [true, false, null]],
      [types.INT8, 'TINYINT', [-1, 0]],
      [types.UINT64, 'UBIGINT', [2n ** 64n - 1n]],
      [types.FLOAT64, 'DOUBLE', floats],
      [types.FLOAT32, 'FLOAT', [0.1, 16777216, 1e-10, 3.4e38].map(Math.fround)],
      [types.decimal(10, 2), 'DECIMAL(10,2)', [1230n, -5n, 0n]],
      [types.decimal(4, 0), 'DECIMAL(4,0)', [5n]],
      [types.HUGEINT, 'HUGEINT', [-(10n ** 37n)]],
      [types.DATE, 'DATE', [19782, -1, -735_000, 3_800_000]],
      [types.TIMESTAMP, 'TIMESTAMP', [day * 1000n + 120_000n, day * 1000n, -1n]],
      [types.timestamp('ns', null), 'TIMESTAMP_NS', [day * 1_000_000n + 123_456_789n]],
      [types.time('us'), 'TIME', [3_723_500_000n, 0n]],
      [types.BINARY, 'BLOB', [Uint8Array.of(0, 255, 97, 92), Uint8Array.of(34)]],
      [types.UTF8, 'VARCHAR', texts],
      [list(types.INT32), 'INTEGER[]', [[1, null, 3], []]],
      [list(types.UTF8), 'VARCHAR[]', [texts]],
      [
        struct,
        'STRUCT(a INTEGER, "b c" VARCHAR)',
        [
          { a: 1, 'b c': 'x y' },
          { a: null, 'b c': null },
        ],
      ],
      [map, 'MAP(VARCHAR, INTEGER)', [new Map([['k', 1]]), new Map()]],
    ]
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    for (const [type, name, values] of rows) {
      // `k` keeps an empty line from being ambiguous.
      const ours = await write([
        ['k', types.INT32, values.map(() => 1)],
        ['v', type, values as Columns[number][2]],
      ])
      const theirs = join(directory, 'theirs.csv')
      const literals = values.map((value) => `(1, ${literal(value, type)}::${name})`)
      await connection.run(`copy (select * from (values ${literals.join(', ')}) t(k, v)) to '${theirs}' (header)`)
      expect(ours.toString()).toBe(readFileSync(theirs, 'utf8'))
    }
    connection.closeSync()
    instance.closeSync()
  })

  it('takes delimiter, quote, null string and header', async () => {
    const columns: Columns = [
      ['a', types.INT32, [1, null]],
      ['b', types.UTF8, ["x;'y", 'NA']],
    ]
    const text = await write(columns, { delimiter: ';', quote: "'", nullValue: 'NA', header: false })
    expect(text.toString()).toBe("1;'x;''y'\nNA;'NA'\n")
    expect((await write(columns, { escape: '\\' })).toString()).toBe("a,b\n1,x;'y\n,NA\n")
  })

  it('reads back what it wrote', async () => {
    const columns: Columns = [
      ['a', types.INT64, [1n, null]],
      ['b', types.UTF8, ['line\nbreak, "quoted"', null]],
      ['c', types.DATE, [1, null]],
    ]
    const zipped = await write(columns, {}, 'out.csv.gz')
    expect(gunzipSync(zipped).toString()).toBe('a,b,c\n1,"line\nbreak, ""quoted""",1970-01-02\n,,\n')
    const source = await CsvSource.open(1, [join(directory, 'out.csv.gz')])
    expect((await scan(source)).columns).toEqual(Object.fromEntries(columns.map(([name, , values]) => [name, values])))
  })

  it('leaves nothing behind when aborted, compressed or not', async () => {
    const before = readdirSync(directory).length
    for (const name of ['gone.csv', 'gone.csv.gz']) {
      const batch = batchOf([['a', types.INT32, Array.from({ length: 100_000 }, (_, i) => i)]])
      const sink = await CsvSink.open(join(directory, name), batch.schema, sinkMemory)
      await sink.write(batch)
      await sink.abort()
      await sink.abort()
    }
    expect(readdirSync(directory)).toHaveLength(before)
  })
})

/** A value as a DuckDB literal of its type. */
function literal(value: unknown, type: types.DataType): string {
  const text = (given: string): string => `'${given.replaceAll("'", "''")}'`
  if (value === null) return 'NULL'
  if (value instanceof Uint8Array)
    return text([...value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''))
  if (type.kind === 'date') return `(date '1970-01-01' + ${value})`
  if (type.kind === 'timestamp') return type.unit === 'ns' ? `make_timestamp_ns(${value})` : `make_timestamp(${value})`
  if (type.kind === 'time') return `(time '00:00:00' + to_microseconds(${value}))`
  if (type.kind === 'decimal' && type.scale > 0) return `(${value}::DECIMAL(18,0) / 100)`
  if (type.kind === 'list')
    return `[${(value as unknown[]).map((item) => literal(item, type.element.type)).join(', ')}]`
  if (type.kind === 'struct') {
    const struct = value as Record<string, unknown>
    return `{${type.fields.map((f) => `${text(f.name)}: ${literal(struct[f.name], f.type)}`).join(', ')}}`
  }
  if (type.kind === 'map') {
    const entries = [...(value as Map<string, unknown>)]
    return `MAP {${entries.map(([key, item]) => `${text(key)}: ${literal(item, type.value.type)}`).join(', ')}}`
  }
  return text(Object.is(value, -0) ? '-0.0' : String(value))
}
