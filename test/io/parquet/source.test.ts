import { join } from 'node:path'
import { inspectParquet } from '../../../io/parquet/inspect.js'
import { openParquetSource, type ParquetSource } from '../../../io/parquet/source.js'
import { expandPaths } from '../../../io/paths.js'
import type { ParquetMorsel } from '../../../io/source.js'
import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue, TypedExpression } from '../../../planner/expression.js'
import { BOOL, type DataType, FLOAT64, field, INT64, schemaOf, typeName, UTF8 } from '../../../planner/types.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { batchOf, duckdbRun, readFiles, temporaryDirectory, writeFile } from '../../support/parquet-files.js'

const directory = temporaryDirectory()
const path = join(directory, 'ordered.parquet')

beforeAll(async () => {
  await duckdbRun(`copy (select i, (i / 100)::decimal(12, 2) as price, 'name ' || lpad(i::varchar, 6, '0') as name,
    date '2020-01-01' + i::int as day, if(i < 2048, null, i) as late from range(6144) t(i))
    to '${path}' (row_group_size 2048)`)
})

function comparison(name: string, column: string, type: DataType, value: ScalarValue): TypedExpression {
  const arguments_: TypedExpression[] = [
    { kind: 'column', index: 0, name: column, type },
    { kind: 'literal', value, type },
  ]
  return { kind: 'call', function: name, arguments: arguments_, type: BOOL }
}

async function rowGroups(source: ParquetSource, column: string, name: string, value: ScalarValue): Promise<number[]> {
  const { type } = source.schema.fields.find((own) => own.name === column) as { type: DataType }
  const request = { columns: [column], predicate: comparison(name, column, type, value) }
  const read: ParquetMorsel[] = []
  for await (const morsel of source.morsels(request)) read.push(morsel)
  expect(source.estimate(request).rowGroups?.read).toBe(read.length)
  return read.map((morsel) => morsel.rowGroup)
}

function failureOf(work: () => unknown): VolleyError {
  try {
    work()
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('no failure')
}

describe('ParquetSource', () => {
  it('leaves out row groups whose statistics rule them out', async () => {
    const source = openParquetSource([path], 0, path)
    expect(await rowGroups(source, 'i', 'eq', 3000n)).toEqual([1])
    expect(await rowGroups(source, 'i', 'gt', 4095n)).toEqual([2])
    expect(await rowGroups(source, 'i', 'lt', 0n)).toEqual([])
    expect(await rowGroups(source, 'price', 'lt', 2048n)).toEqual([0])
    expect(await rowGroups(source, 'name', 'gt', 'name 005000')).toEqual([2])
    expect(await rowGroups(source, 'day', 'lt', 18262)).toEqual([])
    expect(await rowGroups(source, 'late', 'gt', 0n)).toEqual([1, 2])
  })

  it('estimates rows and bytes of the columns asked for', () => {
    const source = openParquetSource([path], 0, path)
    const one = source.estimate({ columns: ['i'], predicate: null })
    const all = source.estimate({ columns: source.schema.fields.map((own) => own.name), predicate: null })
    expect([one.rows, all.rows, one.rowGroups?.total]).toEqual([6144, 6144, 3])
    expect(one.bytes).toBeLessThan(all.bytes as number)
  })

  it('names file, column and types where files differ', async () => {
    const other = join(directory, 'other.parquet')
    await writeFile(other, [batchOf(schemaOf([field('i', UTF8)]), [['x']])])
    const numbers = join(directory, 'numbers.parquet')
    await writeFile(numbers, [batchOf(schemaOf([field('i', INT64)]), [[1n]])])
    expect(failureOf(() => openParquetSource([numbers, other], 0, 'two')).details).toMatchObject({
      path: other,
      column: 'i',
      expected: 'BIGINT',
      actual: 'VARCHAR',
    })
    expect(failureOf(() => openParquetSource([numbers, path], 0, 'two')).code).toBe('VOLLEY_SCHEMA_MISMATCH')
    expect(failureOf(() => openParquetSource([path, numbers], 0, 'two')).details.column).toBe('price')
    expect(await readFiles([numbers, numbers])).toEqual([[1n], [1n]])
  })

  it('adds the columns of directory names', async () => {
    const root = join(directory, 'hive')
    await duckdbRun(`copy (select i, i % 2 as k, date '2020-01-01' + (i % 3)::int as d,
      case i % 3 when 0 then 'a b/c' when 1 then 'é' end as t from range(12) r(i))
      to '${root}' (format parquet, partition_by (k, d, t))`)
    const paths = expandPaths(root, ['.parquet'])
    const source = openParquetSource(paths, 0, root)
    expect(source.schema.fields.map((own) => [own.name, typeName(own.type)])).toEqual([
      ['i', 'BIGINT'],
      ['k', 'BIGINT'],
      ['d', 'DATE'],
      ['t', 'VARCHAR'],
    ])
    const rows = await readFiles(paths, ['t', 'i', 'd', 'k'])
    const sorted = rows.sort((a, b) => Number(a[1]) - Number(b[1]))
    expect(sorted).toEqual(
      Array.from({ length: 12 }, (_, i) => [['a b/c', 'é', null][i % 3], BigInt(i), 18262 + (i % 3), BigInt(i % 2)]),
    )
    expect(await rowGroups(source, 'k', 'gt', 0n)).toEqual(paths.slice(paths.length / 2).map(() => 0))
    expect(openParquetSource(paths, 0, root, { hivePartitioning: false }).schema.fields.length).toBe(1)
  })

  it('reads files without rows', async () => {
    const empty = join(directory, 'empty.parquet')
    await duckdbRun(`copy (select 1 as i where false) to '${empty}'`)
    expect(await readFiles(empty)).toEqual([])
  })
})

describe('inspectParquet', () => {
  it('tells encodings, sizes and statistics', async () => {
    const own = join(directory, 'inspected.parquet')
    const schema = schemaOf([field('n', INT64), field('f', FLOAT64)])
    await writeFile(
      own,
      [
        batchOf(schema, [
          [5n, 1],
          [-3n, Number.NaN],
          [null, 0],
        ]),
      ],
      {
        compression: 'zstd',
        keyValues: { made: 'for a test' },
      },
    )
    const inspection = inspectParquet(own)
    expect(inspection.rows).toBe(3)
    expect(inspection.createdBy).toMatch(/^volley version \d/)
    expect(inspection.keyValues).toEqual({ made: 'for a test' })
    expect(inspection.schema[0]).toEqual({ name: 'n', type: 'BIGINT', nullable: true })
    const [n, f] = inspection.rowGroups[0].columns
    expect(n).toMatchObject({ path: 'n', compression: 'zstd', values: 3 })
    expect(n.statistics).toEqual({ min: -3n, max: 5n, exact: true, nullCount: 1 })
    expect(f.statistics).toEqual({ min: -0, max: 1, exact: false, nullCount: 0 })
  })
})
