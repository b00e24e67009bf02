/** Names tell formats: the same in scans, in sinks and in SQL. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Frame } from '../../index.js'
import { expect, it } from '../support/jest.js'
import { failure, Scene } from '../support/scene.js'

const scene = Scene.forFile({ threads: 1 })

async function rowsOf(query: string, tables: Readonly<Record<string, Frame | string>> = {}): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of scene.engine.sql(query, tables).rows()) rows.push(row)
  return rows
}

it('tab-separated files are written, scanned and queried with tabs', async () => {
  const path = scene.path('a.tsv')
  await scene.engine.fromRecords([{ a: 1, b: 'x y' }]).sinkCsv(path)
  expect(readFileSync(path, 'utf8')).toBe('a\tb\n1\tx y\n')
  const expected = [{ a: 1n, b: 'x y' }]
  expect(await rowsOf(`from '${path}'`)).toEqual(expected)
  expect(await rowsOf('from t', { t: path })).toEqual(expected)
  expect((await scene.engine.scanCsv(path, { delimiter: ',' }).schema()).names).toEqual(['a\tb'])
})

it('a query reads a directory, whose files tell the format', async () => {
  const path = scene.path('by kind')
  await scene.engine.fromRecords([1, 2, 3].map((n) => ({ n, kind: `k${n % 2}` }))).sinkParquet(path, {
    partitionBy: 'kind',
  })
  const expected = [
    { kind: 'k0', n: 2n },
    { kind: 'k1', n: 1n },
    { kind: 'k1', n: 3n },
  ]
  expect(await rowsOf(`select kind, n from '${path}' order by kind, n`)).toEqual(expected)
  expect(await rowsOf('select kind, n from t order by all', { t: path })).toEqual(expected)
  mkdirSync(scene.path('empty'))
  expect((await failure(() => rowsOf(`from '${scene.path('empty')}'`))).code).toBe('VOLLEY_UNKNOWN_TABLE')
})

it('options of table functions are those of DuckDB, and others are refused', async () => {
  const path = scene.path('semicolons.csv')
  writeFileSync(path, "a;b\n1;'x;y'\nNULL;-\n")
  const options = `delim = ';', quote = '''', nullstr = ['NULL', '-'], header = true, sample_size = 10`
  expect(await rowsOf(`from read_csv('${path}', ${options})`)).toEqual([
    { a: 1n, b: 'x;y' },
    { a: null, b: null },
  ])
  const error = await failure(() => rowsOf(`from read_csv('${path}', skip = 1)`))
  expect([error.code, error.message]).toEqual(['VOLLEY_UNSUPPORTED', expect.stringContaining('option skip')])
})

it('a module named by a path without ./ is told how to be named', async () => {
  const frame = scene.engine.fromRecords([{ a: 1 }]).mapRows({ module: 'package.json' }, { schema: { a: 'int64' } })
  expect((await failure(() => frame.collect())).message).toContain('write ./package.json')
})

it('dates before Christ come back from text as they went', async () => {
  const dates = "select date '0044-03-15 (BC)' as d, timestamp '0001-12-31 (BC) 10:00:00.5' as t"
  const types = { d: 'date', t: 'timestamp' }
  const written = await rowsOf(dates)
  await scene.engine.sql(dates).sinkCsv(scene.path('old.csv'))
  await scene.engine.sql(dates).sinkNdjson(scene.path('old.ndjson'))
  for (const frame of [
    scene.engine.scanCsv(scene.path('old.csv')),
    scene.engine.scanCsv(scene.path('old.csv'), { types }),
    scene.engine.scanNdjson(scene.path('old.ndjson'), { types }),
  ]) {
    expect(await rowsOf('from t', { t: frame })).toEqual(written)
  }
})
