import { join } from 'node:path'
import { openParquetSource } from '../../../io/parquet/source.js'
import { type CopyStatement, copyStatement } from '../../../planner/duckdb-sql/copy.js'
import { parquetScanSql } from '../../../planner/duckdb-sql/scans.js'
import { typedSelect } from '../../../planner/duckdb-sql/select.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { ParquetSinkOptions } from '../../../planner/run-options.js'
import { field, HUGEINT, INT32, schemaOf, timestamp, typeName } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import { temporaryDirectory } from '../../support/parquet-files.js'
import { allTypesRows, allTypesSchema } from '../../support/parquet-tables.js'
import { fromDuckDb, run, valuesSql } from './duckdb.js'

const directory = temporaryDirectory()

function copyOf(select: string, name: string, options: ParquetSinkOptions, schema = NUMBER): CopyStatement {
  return copyStatement(select, join(directory, name), options, schema)
}

const NUMBER = schemaOf([field('n', INT32)])

describe('the last select', () => {
  it('gives columns their names and types', async () => {
    const schema = schemaOf([field('a "b"', HUGEINT), field('A "b"', INT32), field('n', timestamp('ms', 'UTC'))])
    const sql = typedSelect(
      `select sum(i) as c0, 1::smallint as c1, timestamp '2020-01-01' as c2 from range(3) t(i)`,
      schema,
    )
    expect((await run(`describe ${sql}`)).map((row) => row.slice(0, 2))).toEqual([
      ['a "b"', 'DECIMAL(38,0)'],
      ['A "b"', 'INTEGER'],
      ['n', 'TIMESTAMP_MS'],
    ])
  })

  it('keeps the order of the rows', async () => {
    const sql = typedSelect('select (i * 7919) % 1000 as c0 from range(1000) t(i) order by c0 desc', NUMBER)
    expect((await run(sql)).map(([value]) => value)).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i))
  })
})

describe('a copy', () => {
  it('is read back with the same types and values, or refused', async () => {
    const rows = allTypesRows(40, 77)
    const lost: string[] = []
    for (const [index, { name, type }] of allTypesSchema.fields.entries()) {
      const schema = schemaOf([field(`${name} '"x"`, type)])
      const values = rows.map((row) => row[index])
      const select = typedSelect(
        `select c0 from ${valuesSql(
          [type],
          values.map((value) => [value]),
        )} order by row`,
        schema,
      )
      const copy = copyOf(select, `${name}.parquet`, {}, schema)
      if (copy.kind === 'refused') {
        lost.push(name)
        continue
      }
      expect(await run(copy.sql)).toEqual([[40n]])
      const path = join(directory, `${name}.parquet`)
      const source = openParquetSource([path], 0, name)
      expect(source.schema.fields.map((own) => [own.name, typeName(own.type)])).toEqual([
        [`${name} '"x"`, typeName(type)],
      ])
      const columns = source.schema.fields.map((own) => ({ ...own, constants: null }))
      const plain = (value: ScalarValue) => (value instanceof Uint8Array ? [...value] : value)
      const found = (await run(`from ${parquetScanSql([{ path }], columns, false)}`)).map(([value]) =>
        plain(fromDuckDb(value, type)),
      )
      expect([name, found]).toEqual([name, values.map(plain)])
    }
    expect(lost).toEqual(['nothing', 'f32', 'f64', 'time_s', 'time_ms', 'ts_s', 'zoned', 'took'])
  })

  it('follows the options', async () => {
    const select = typedSelect('select i::integer as c0 from range(10000) t(i)', NUMBER)
    for (const compression of ['snappy', 'zstd', 'gzip', 'lz4', 'none'] as const) {
      const copy = copyOf(select, `${compression}.parquet`, { compression, rowGroupSize: 4096 })
      if (copy.kind === 'refused') throw new Error(copy.reason)
      await run(copy.sql)
      const path = join(directory, `${compression}.parquet`)
      const [[found]] = await run(`select any_value(compression) from parquet_metadata('${path}')`)
      expect(found).toBe({ lz4: 'LZ4_RAW', none: 'UNCOMPRESSED' }[compression as string] ?? compression.toUpperCase())
      expect(openParquetSource([path], 0, path).files[0].metadata.rowGroups.map(({ rows }) => rows)).toEqual([
        4096, 4096, 1808,
      ])
    }
  })

  it('refuses what DuckDB does not write so', () => {
    const reasonOf = (options: ParquetSinkOptions, schema = NUMBER) => {
      const copy = copyOf('select 1', 'refused.parquet', options, schema)
      return copy.kind === 'refused' ? copy.reason : null
    }
    expect(reasonOf({ partitionBy: ['n'] })).toContain('partitionBy')
    expect(reasonOf({ statistics: false })).toContain('statistics')
    expect(reasonOf({ dictionary: false })).toContain('dictionaries')
    expect(reasonOf({ rowGroupSize: 1000 })).toContain('1000 rows')
    expect(reasonOf({}, schemaOf([]))).toContain('columns')
    expect(reasonOf({}, schemaOf([field('n', INT32), field('N', INT32)]))).toContain('n and N')
  })
})
