import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ElementField, FileField, structs, thriftField } from '../../../io/parquet/metadata.js'
import { openParquetSource } from '../../../io/parquet/source.js'
import { readThriftStruct, type ThriftStruct, writeThriftStruct } from '../../../io/parquet/thrift.js'
import { parquetScanSql, scanRefusal } from '../../../planner/duckdb-sql/scans.js'
import { field, INT64, type Schema, schemaOf, typeName } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { batchOf, duckdbRun, temporaryDirectory, writeFile } from '../../support/parquet-files.js'
import { allTypesRows, allTypesSchema } from '../../support/parquet-tables.js'
import { fromDuckDb, run } from './duckdb.js'

const directory = temporaryDirectory()

/** Writes a query's rows. */
async function written(name: string, query: string): Promise<string> {
  const path = join(directory, name)
  await duckdbRun(`copy (${query}) to '${path}' (format parquet, row_group_size 2048)`)
  return path
}

const columnsOf = (schema: Schema) => schema.fields.map(({ name, type }) => ({ name, type, constants: null }))

describe('a scan', () => {
  it('has the values that volley reads, in columns of every type', async () => {
    const path = join(directory, 'every.parquet')
    const rows = allTypesRows(150, 9)
    await writeFile(path, [batchOf(allTypesSchema, rows)])
    const { schema } = openParquetSource([path], 0, path)
    const found = await run(`from ${parquetScanSql([{ path }], columnsOf(schema), false)}`)
    for (const [index, { name, type }] of allTypesSchema.fields.entries()) {
      const plain = (value: unknown) => (value instanceof Uint8Array ? [...value] : value)
      const values = found.map((row) => plain(fromDuckDb(row[index], type)))
      expect([name, values]).toEqual([name, rows.map((row) => plain(row[index]))])
    }
  })

  it('takes types that only DuckDB has for what volley reads', async () => {
    const path = await written(
      'own.parquet',
      `select '00112233-4455-6677-8899-aabbccddeeff'::uuid as u, '{"a":1}'::json as j, 'x'::enum('x', 'y') as e,
         '10:00:00+02'::timetz as t, ['00112233-4455-6677-8899-aabbccddeeff'::uuid] as l`,
    )
    const { schema } = openParquetSource([path], 0, path)
    expect(schema.fields.map(({ type }) => typeName(type))).toEqual(['BLOB', 'VARCHAR', 'VARCHAR', 'TIME', 'BLOB[]'])
    const scan = parquetScanSql([{ path }], columnsOf(schema), false)
    const list = [0, 1, 2, 3, 4].map((index) => `typeof(c${index})`)
    expect(await run(`select ${list.join(', ')} from ${scan}`)).toEqual([
      ['BLOB', 'VARCHAR', 'VARCHAR', 'TIME', 'BLOB[]'],
    ])
    expect(await run(`select c0::varchar, c1, c2, c3::varchar from ${scan}`)).toEqual([
      ['\\x00\\x11\\x223DUfw\\x88\\x99\\xAA\\xBB\\xCC\\xDD\\xEE\\xFF', '{"a":1}', 'x', '08:00:00'],
    ])
  })

  it('numbers the rows of several files, and starts where it is told', async () => {
    const paths = [
      await written('first.parquet', 'select i from range(5000) t(i)'),
      await written('second.parquet', 'select i + 5000 as i from range(3000) t(i)'),
    ]
    const column = { name: 'i', type: INT64, constants: null }
    const whole = parquetScanSql(
      paths.map((path) => ({ path })),
      [column],
      true,
    )
    expect(
      await run(
        `select count(*), bool_and(c0 = r - 1) from (select *, row_number() over (order by p0) as r from ${whole})`,
      ),
    ).toEqual([[8000n, true]])
    const rest = parquetScanSql([{ path: paths[0], fromRow: 4096 }, { path: paths[1] }], [column], false)
    expect(await run(`select count(*), min(c0), max(c0) from ${rest}`)).toEqual([[3904n, 4096n, 7999n]])
    const one = parquetScanSql([{ path: paths[1], fromRow: 2048 }], [column], true)
    expect(await run(`select count(*), min(c0), min(p0) from ${one}`)).toEqual([[952n, 7048n, 2048n]])
    expect(await run(`select count(*) from ${parquetScanSql([{ path: paths[0] }], [], false)}`)).toEqual([[5000n]])
  })

  it('has the columns that directories give', async () => {
    const paths: string[] = []
    for (const [country, year] of [
      ['CH', '2023'],
      ["it's", '2024'],
      ['__HIVE_DEFAULT_PARTITION__', '2024'],
    ]) {
      const folder = join(directory, `country=${encodeURIComponent(country)}`, `year=${year}`)
      mkdirSync(folder, { recursive: true })
      paths.push(join(folder, 'part.parquet'))
      await duckdbRun(
        `copy (select '${country.length}' as "a ""b""") to '${paths.at(-1)?.replaceAll("'", "''")}' (format parquet)`,
      )
    }
    const source = openParquetSource(paths, 0, 'parts')
    const columns = source.schema.fields.map(({ name, type }) => ({ name, type, constants: source.constantsOf(name) }))
    const scan = parquetScanSql(source.files, columns, true)
    expect(await run(`select c0, c1, c2, typeof(c2) from ${scan} order by p0`)).toEqual([
      ['2', 'CH', 2023n, 'BIGINT'],
      ['4', "it's", 2024n, 'BIGINT'],
      ['26', null, 2024n, 'BIGINT'],
    ])
  })
})

describe('what DuckDB would read otherwise', () => {
  const refusalOf = (path: string, format = 'parquet') => {
    const source = openParquetSource([path], 0, 'orders')
    const { schema } = source
    const table = { id: 0, format, label: 'orders' }
    return scanRefusal({ kind: 'scan', source: table, schema, predicate: null, limit: null }, source)
  }

  it('is refused with the reason', async () => {
    const plain = await written('plain.parquet', `select 1 as a, timestamp_ns '2020-01-01' as n`)
    expect(refusalOf(plain)).toBe(null)
    expect(refusalOf(plain, 'csv')).toBe('the source orders is no Parquet file')
    const twice = join(directory, 'twice.parquet')
    await writeFile(twice, [batchOf(schemaOf([field('a', INT64), field('A', INT64)]), [[1n, 2n]])])
    expect(refusalOf(twice)).toBe('the names a and A differ by case alone')
    const old = changed(plain, 'old.parquet', (element) => {
      element.set(ElementField.TYPE, thriftField.i32(3))
      element.delete(ElementField.LOGICAL_TYPE)
      element.delete(ElementField.CONVERTED_TYPE)
    })
    expect(refusalOf(old)).toBe('the column n of TIMESTAMP_NS has nanoseconds that DuckDB cuts off')
  })
})

/** A copy of a file whose last schema element is changed. */
function changed(from: string, name: string, change: (element: ThriftStruct) => void): string {
  const file = readFileSync(from)
  const length = file.readUInt32LE(file.length - 8)
  const { struct } = readThriftStruct(file.subarray(file.length - 8 - length))
  const elements = structs(struct, FileField.SCHEMA)
  change(elements[elements.length - 1])
  struct.set(FileField.SCHEMA, thriftField.structs(elements))
  const footer = writeThriftStruct(struct)
  const tail = Buffer.alloc(8, 'PAR1PAR1')
  tail.writeUInt32LE(footer.length)
  const path = join(directory, name)
  writeFileSync(path, Buffer.concat([file.subarray(0, file.length - 8 - length), footer, tail]))
  return path
}
