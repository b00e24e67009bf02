import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeRowGroup } from '../../../io/parquet/encode.js'
import { partitionedSchema, partitionRows } from '../../../io/parquet/partition-rows.js'
import { PartitionWriter } from '../../../io/parquet/partition-writer.js'
import { expandPaths } from '../../../io/paths.js'
import { VolleyError } from '../../../planner/errors.js'
import { DATE, decimal, field, INT32, schemaOf, UTF8 } from '../../../planner/types.js'
import { describe, expect, it } from '../../support/jest.js'
import {
  batchOf,
  duckdbText,
  memory,
  type Row,
  readFiles,
  target,
  temporaryDirectory,
} from '../../support/parquet-files.js'

const directory = temporaryDirectory()
const schema = schemaOf([field('n', INT32), field('city', UTF8), field('day', DATE), field('rate', decimal(5, 2))])
const cities = ['Zürich', 'a/b=c%', null, '', '..']
const rows = Array.from({ length: 100 }, (_, i): Row => [i, cities[i % 5], 18262 + (i % 2), -5n])

async function write(path: string, own: readonly Row[], overwrite = false) {
  const files = partitionedSchema(schema, ['city', 'day'])
  const writer = await PartitionWriter.open(path, files, { overwrite })
  const batch = batchOf(schema, own)
  for (const part of partitionRows(memory.views, batch, ['city', 'day'])) {
    const selected = Array.from(part.rows, (row) => [own[row][0], own[row][3]])
    const slices = [{ batch: batchOf(files, selected), start: 0, length: selected.length }]
    await writer.append(part.directory, encodeRowGroup(target, slices, files, { compression: 'snappy' }))
  }
  return writer
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof VolleyError) return error.code
    throw error
  }
  return 'none'
}

describe('PartitionWriter', () => {
  it('writes directories that volley and DuckDB read back', async () => {
    const path = join(directory, 'out')
    const result = await (await write(path, rows)).finish()
    expect([result.rows, result.files.length]).toEqual([100, 10])
    expect(readdirSync(directory)).toEqual(['out'])
    const back = await readFiles(expandPaths(path, ['.parquet']), ['n', 'city', 'day', 'rate'])
    expect(back.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(rows)
    const text = await duckdbText(`select n, city, day, rate from read_parquet('${path}/**/*.parquet',
      hive_partitioning = true, hive_types = {'day': date, 'city': varchar}) order by n`)
    expect(text.map((row) => row.slice(0, 3))).toEqual(
      rows.map(([n, city, day]) => [String(n), city, day === 18262 ? '2020-01-01' : '2020-01-02']),
    )
  })

  it('refuses an existing output, and replaces only partitioned ones', async () => {
    const path = join(directory, 'again')
    await (await write(path, rows)).finish()
    expect(await codeOf(write(path, rows))).toBe('VOLLEY_OUTPUT_EXISTS')
    await (await write(path, rows.slice(0, 1), true)).finish()
    expect((await readFiles(expandPaths(path, ['.parquet']))).length).toBe(1)
    writeFileSync(join(path, 'thesis.doc'), '')
    expect(await codeOf(write(path, rows, true))).toBe('VOLLEY_OUTPUT_EXISTS')
    const late = join(directory, 'late')
    const writer = await write(late, rows)
    mkdirSync(join(late, 'k=1'), { recursive: true })
    expect(await codeOf(writer.finish())).toBe('VOLLEY_OUTPUT_EXISTS')
    await writer.abort()
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('leaves nothing behind when aborted, and an empty directory without rows', async () => {
    const path = join(directory, 'aborted')
    await (await write(path, rows)).abort()
    expect(existsSync(path)).toBe(false)
    await (await write(path, [])).finish()
    expect(readdirSync(path)).toEqual([])
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('names a key that is no column', () => {
    expect(() => partitionedSchema(schema, ['town'])).toThrow('no such column')
    expect(() => partitionedSchema(schema, ['n', 'city', 'day', 'rate'])).toThrow('leaves none')
  })
})
