import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
// Loaded first, as it counts as what the process has already.
import '../../../engine/executor.js'
import { Component, type Engine, type EngineOptions, type Frame, open, type RunOptions } from '../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun, duckdbText } from '../../support/parquet-files.js'
import { failure, modulePath, Scene } from '../../support/scene.js'
import { openWithSharedMemory } from '../../support/small-memory.js'

/** Leaves DuckDB some 100 MB, however much this process has already. */
const openTight = (options: EngineOptions): Promise<Engine> =>
  open({ ...options, threads: 1, memoryLimit: process.memoryUsage.rss() + 175e6 })

const scene = Scene.forFile({}, openTight)
const input = scene.path('input.parquet')
const schema = { i: 'int64', text: 'utf8' }
const identity = { module: modulePath('faulty.mjs'), function: 'identity' }

/** 60 MB of text. */
beforeAll(() =>
  duckdbRun(`copy (select i, md5(i::varchar) || md5((-i)::varchar) as text from range(900000) t(i)) to '${input}'
    (row_group_size 40960)`),
)

const table = (engine: Engine = scene.engine) => engine.scanParquet(input)
const opaque = (engine?: Engine) => table(engine).mapBatches(identity, { schema })

abstract class Query extends Component {
  readonly name = 'query'
  readonly schema = { n: 'int64' }
}

/** Lists cannot be spilled. */
class List extends Query {
  override processBigData({ sql }: { readonly sql: string }): string {
    return `SELECT len(list(text || i || x))::BIGINT AS n FROM ${sql}, range(60) r(x)`
  }
}

/** Rows of ever longer lists: the first come long before a list is too long. */
class LongerLists extends Query {
  override processBigData(): string {
    return `WITH RECURSIVE r(n) AS (
        SELECT 1::BIGINT
        UNION ALL
        SELECT n * 2 + 0 * len(list(x)) FROM r, range(r.n * 10000) t(x) GROUP BY n)
      SELECT n + 0 * unnest(range(100000)) AS n FROM r`
  }
}

const endings: Readonly<Record<string, (frame: Frame, options?: RunOptions) => Promise<unknown>>> = {
  collect: (frame, options) => frame.collect(options),
  parquet: (frame, options) => frame.sinkParquet(scene.path('out.parquet'), {}, options),
  csv: (frame, options) => frame.sinkCsv(scene.path('out.csv'), {}, options),
}

describe('memory of DuckDB that runs out', () => {
  const inputs = { 'pushed down': table, staged: opaque }

  describe.each(Object.keys(inputs) as (keyof typeof inputs)[])('%s', (name) => {
    it.each(Object.keys(endings))('fails the run, and another works: %s', async (ending) => {
      const error = await scene.fails('VOLLEY_MEMORY_LIMIT', () => endings[ending](inputs[name]().apply(new List())))
      expect(error.message).toMatch(
        /^DuckDB may hold [\d.]+ [MG]B under a memory limit of [\d.]+ [MG]B and needs more: failed to allocate .* \(.+ [KM]?B\); a limit of about [\d.]+ [MG]B may be enough$/,
      )
      const { limitBytes, smallestLimitBytes, operators } = error.details
      expect(smallestLimitBytes).toBeGreaterThan(limitBytes as number)
      expect(operators).toContainEqual({ label: 'DuckDB', bytes: expect.any(Number) })
    })
  })

  it('in the middle of a result does not look like its end', async () => {
    let rows = 0
    const error = await scene.fails('VOLLEY_MEMORY_LIMIT', async () => {
      for await (const batch of table().apply(new LongerLists()).stream()) rows += batch.numRows
    })
    expect(rows).toBeGreaterThan(0)
    expect(error.message).toContain('DuckDB may hold')
    await scene.fails('VOLLEY_MEMORY_LIMIT', () => endings.csv(table().apply(new LongerLists())))
  })
})

describe('a plan that DuckDB has no memory for', () => {
  it('is run in partitions, from the start', async () => {
    const limits = { threads: 1, memoryLimit: process.memoryUsage.rss() + 175e6 }
    await using engine = await openWithSharedMemory(200e6, limits)
    const path = scene.path('groups.parquet')
    // DuckDB cannot spill the texts that aggregates keep: of so many it never has room for all.
    const kept = { a: 'first(text)', b: 'last(text)', c: "max(text || 'c')", d: "min(text || 'd')" }
    const groups = table(engine)
      .groupBy('text')
      .agg({ n: 'count(*)', m: 'max(i)', ...kept })
    const report = await groups.sinkParquet(path, {}, { strategy: 'bigdata' })
    expect(report.rowsOut).toBe(900_000)
    expect(report.strategies.map(({ name, reason }) => [name, reason])).toEqual([
      ['bigdata', 'asked for'],
      ['bigdata', expect.stringMatching(/^bigdata from the start, in volley's own partitions: failed to allocate /)],
    ])
    const wrong = `select count(*) from '${path}' where n <> 1 or text <> a or text <> b
      or text || 'c' <> c or text || 'd' <> d or md5(m::varchar) || md5((-m)::varchar) <> text`
    expect(await duckdbText(wrong)).toEqual([['0']])
  })
})

/** A file system too small to spill to, or null where this process may not mount one. */
function mountSmall(): string | null {
  const directory = scene.path('small')
  mkdirSync(directory)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory])
  return mounted.status === 0 ? directory : null
}

const small = mountSmall()

describe('a temporary directory that is full', () => {
  const test = small === null ? it.skip : it
  afterAll(() => {
    if (small !== null) spawnSync('umount', [small])
  })

  const big = (frame: Frame) => frame.union(frame, frame)
  const bigdata = { strategy: 'bigdata' } as const
  /** A sort may need more memory than it can give up before the disk is full. */
  const either = /^VOLLEY_(DISK_FULL: cannot (spill to|write) .*small|MEMORY_LIMIT: )/
  const works: Readonly<Record<string, readonly [RegExp, (engine: Engine) => Promise<unknown>]>> = {
    'sort to parquet by DuckDB': [either, (engine) => endings.parquet(big(table(engine)).sort('text'), bigdata)],
    'sort to csv': [either, (engine) => endings.csv(big(table(engine)).sort('text'), bigdata)],
    'rows of workers that are collected': [
      /^VOLLEY_DISK_FULL: cannot spill to .*small/,
      (engine) => endings.csv(big(opaque(engine)).apply(new List())),
    ],
  }

  test.each(Object.keys(works))('ends the run, which says so, and leaves nothing there: %s', async (name) => {
    const engine = await openTight({ tempDirectory: small as string })
    try {
      const files = scene.files()
      const [expected, work] = works[name]
      const { code, message } = await failure(() => work(engine))
      expect(`${code}: ${message}`).toMatch(expected)
      expect(scene.files().filter((file) => !file.startsWith('small/'))).toEqual(files)
      expect(await table(engine).limit(5).count(bigdata)).toBe(5)
    } finally {
      await engine.close()
    }
    expect(readdirSync(small as string)).toEqual([])
  })

  test('is told from an output on a full device', async () => {
    const path = join(small as string, 'out.parquet')
    const error = await scene.fails('VOLLEY_DISK_FULL', () => table().sinkParquet(path, {}, bigdata))
    expect(error.message).toBe(`cannot write ${path}: no space left on the device`)
    expect(error.details.path).toBe(path)
    expect(readdirSync(small as string)).toEqual([])
  })
})
