import { readFileSync, writeFileSync } from 'node:fs'
import { openParquetSource } from '../../../io/parquet/source.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun, morselsOf } from '../../support/parquet-files.js'
import { Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const good = scene.path('good.parquet')
const out = scene.path('out.parquet')
let bytes: Buffer

/** A file with these bytes; returns its path. */
function file(name: string, content: Uint8Array | string): string {
  writeFileSync(scene.path(name), content)
  return scene.path(name)
}

beforeAll(async () => {
  await duckdbRun(`copy (select i, 'unique ' || i as name, (i * 37)::decimal(9, 2) as price from range(6000) t(i))
    to '${good}' (row_group_size 2048, compression uncompressed)`)
  bytes = readFileSync(good)
})

describe('files that cannot be read', () => {
  it('misses files, globs and directories by name', async () => {
    const path = scene.path('missing.parquet')
    const error = await scene.fails('VOLLEY_FILE_NOT_FOUND', () => scene.engine.scanParquet(path).collect())
    expect(error.details.path).toBe(path)
    expect(error.message).toContain(path)
    const glob = scene.path('missing-*.parquet')
    await scene.fails('VOLLEY_FILE_NOT_FOUND', () => scene.engine.scanParquet(glob).sinkParquet(out))
    await scene.fails('VOLLEY_FILE_NOT_FOUND', () => scene.engine.scanCsv(scene.path('missing.csv')).collect())
    await scene.fails('VOLLEY_FILE_NOT_FOUND', () => scene.engine.scanArrow(scene.path('missing.arrow')).collect())
    await scene.fails('VOLLEY_FILE_NOT_FOUND', () => scene.engine.scanNdjson(scene.path('missing.jsonl')).collect())
    await scene.fails('VOLLEY_FILE_NOT_FOUND', () => scene.engine.sql(`select * from '${path}'`).collect())
  })

  it('tells what is of another format', async () => {
    for (const content of ['a,b\n1,2\n', '', '{"a": 1}\n']) {
      const path = file('text.parquet', content)
      const error = await scene.fails('VOLLEY_NOT_PARQUET', () => scene.engine.scanParquet(path).collect())
      expect(error.message).toContain(path)
    }
    await scene.fails('VOLLEY_NOT_ARROW', () => scene.engine.scanArrow(good).collect())
  })

  it('tells what is cut short, wherever it was cut', async () => {
    for (const length of [4, 20, 1000, bytes.length - 100, bytes.length - 1]) {
      const path = file('cut.parquet', bytes.subarray(0, length))
      const error = await scene.fails('VOLLEY_TRUNCATED_FILE', () => scene.engine.scanParquet(path).sinkParquet(out))
      expect(error.message).toContain(path)
    }
  })

  it('names row group and column of a page that does not decode', async () => {
    const [, second] = await morselsOf(openParquetSource([good], 0, 'test'), ['price'])
    const damaged = Buffer.from(bytes)
    damaged.fill(0xee, second.ranges[0].offset, second.ranges[0].offset + 40)
    const path = file('page.parquet', damaged)
    const runs = [
      () => scene.engine.scanParquet(path).sinkParquet(out),
      () => scene.engine.scanParquet(path).groupBy('i').agg({ total: 'sum(price)' }).collect(),
      () => scene.engine.scanParquet(path).sort('price').collect(),
    ]
    for (const run of runs) {
      const error = await scene.fails('VOLLEY_CORRUPT_FILE', run)
      expect(error.details).toMatchObject({ path, rowGroup: 1, column: 'price' })
      expect(error.message).toContain('column price of row group 1')
    }
    expect(await scene.engine.scanParquet(path).select('i').count()).toBe(6000)
  })

  it('tells a footer that cannot be decoded', async () => {
    const damaged = Buffer.from(bytes)
    const length = bytes.readUInt32LE(bytes.length - 8)
    damaged.fill(0xff, bytes.length - 8 - length, bytes.length - 8)
    const path = file('footer.parquet', damaged)
    const error = await scene.fails('VOLLEY_CORRUPT_FILE', () => scene.engine.scanParquet(path).sinkParquet(out))
    expect(error.details.path).toBe(path)
    expect(error.message).toContain('footer')
  })

  it('names row group, column and row of text that is not UTF-8', async () => {
    const damaged = Buffer.from(bytes)
    damaged.set([0xff], damaged.indexOf('unique 3000'))
    const path = file('text.parquet', damaged)
    const error = await scene.fails('VOLLEY_INVALID_UTF8', () => scene.engine.scanParquet(path).sinkParquet(out))
    expect(error.details).toEqual({ path, rowGroup: 1, column: 'name', row: 3000 })
    expect(error.message).toContain('column name of row group 1, row 3000')
  })

  it('names file, column and types where the files of a scan differ', async () => {
    const other = scene.path('other.parquet')
    await duckdbRun(`copy (select 'x' as i, 'y' as name, 1::decimal(9, 2) as price) to '${other}'`)
    const scan = scene.engine.scanParquet([good, other])
    const error = await scene.fails('VOLLEY_SCHEMA_MISMATCH', () => scan.sinkParquet(out))
    expect(error.details).toMatchObject({ path: other, column: 'i', expected: 'BIGINT', actual: 'VARCHAR' })
    for (const name of [good, other, 'BIGINT', 'VARCHAR']) expect(error.message).toContain(name)
  })

  it('names the line of a record that does not parse', async () => {
    const path = file('bad.jsonl', '{"a": 1}\n{"a": 2\n{"a": 3}\n')
    const error = await scene.fails('VOLLEY_BAD_RECORD', () => scene.engine.scanNdjson(path).sinkParquet(out))
    expect(error.details).toMatchObject({ path, line: 2 })
  })
})

describe('files without rows', () => {
  it('pass through every operator and sink', async () => {
    const path = scene.path('zero.parquet')
    await duckdbRun(`copy (select 1 as i, 'a' as name where false) to '${path}'`)
    const empty = scene.engine.scanParquet(path)
    const other = empty.rename({ name: 'other' })
    const frames = [
      empty,
      empty.filter('i > 0'),
      empty.sort('name', 'i'),
      empty.limit(5),
      empty.distinct(),
      empty.groupBy('name').agg({ total: 'sum(i)' }),
      empty.union(empty),
      empty.join(other, { on: 'i' }),
      empty.mapRows((row) => row, { schema: { i: 'int32', name: 'utf8' } }),
    ]
    for (const frame of frames) expect((await frame.collect()).numRows).toBe(0)
    const [total] = (await empty.groupBy().agg({ rows: 'count(*)', total: 'sum(i)' }).collect()).toArray()
    expect([total.rows, total.total]).toEqual([0n, null])
    const written = scene.path('zero-out.parquet')
    expect((await empty.sinkParquet(written)).rowsOut).toBe(0)
    const back = await scene.engine.scanParquet(written).collect()
    expect([back.numRows, back.schema.names]).toEqual([0, ['i', 'name']])
  })
})
