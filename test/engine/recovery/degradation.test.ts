import { writeFileSync } from 'node:fs'
import { Executor } from '../../../engine/executor.js'
import { checkEngineOptions, type EngineOptions } from '../../../engine/options.js'
import { Engine } from '../../../engine/session.js'
import { Component, type Frame, open, type RunReport, VolleyError } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectWorks, failure, Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const ROWS = 120_000
const small = scene.path('small-groups.parquet')
const large = scene.path('one-group.parquet')
const huge = scene.path('huge.parquet')

beforeAll(async () => {
  const rows = `select i, md5(i::varchar) as text from range(${ROWS}) t(i)`
  await duckdbRun(`copy (${rows}) to '${small}' (row_group_size 4096)`)
  await duckdbRun(`copy (${rows}) to '${large}' (row_group_size 122880)`)
  await duckdbRun(`copy (select i, i as j, i as k from range(6000000) t(i)) to '${huge}'`)
})

/** Runs with an engine whose shared memory, and what breakers may hold of it, are small. */
async function within<T>(sharedMemoryBytes: number, use: (engine: Engine) => Promise<T>): Promise<T> {
  const options = checkEngineOptions({ threads: 1, strategy: 'bulk' })
  await using engine = new Engine(new Executor({ ...options, sharedMemoryBytes, breakerBytes: 1.5e6 }))
  const result = await use(engine)
  await expectWorks(engine)
  return result
}

function reasons(report: RunReport): string[] {
  return report.strategies.map(({ name, from, reason }) => `${name} from ${from}: ${reason}`)
}

/** The row numbers of 100 partitions, which are all rows in one piece under bulk. */
function numbered(input: Frame): Frame {
  return input.withColumns({ n: 'row_number() over (partition by i % 100 order by text)' })
}

const AGAIN = /^bigdata from 0: bulk -> bigdata from the start: cannot allocate [\d.]+ [KM]B: [\d.]+ MB are in use$/

describe('a run in bulk that has no room for its first result', () => {
  it('begins anew as bigdata', async () => {
    const path = scene.path('numbered.parquet')
    const told: string[] = []
    const report = await within(16e6, (engine) => {
      engine.on('strategy', ({ from, to }) => told.push(`${from} ${to}`))
      return numbered(engine.scanParquet(small)).sinkParquet(path)
    })
    expect(reasons(report)).toEqual(['bulk from 0: asked for', expect.stringMatching(AGAIN)])
    expect([report.rowsIn, report.rowsOut, told]).toEqual([ROWS, ROWS, ['bulk bigdata']])
    const sum = 'sum(i * n)::bigint as s'
    const text = `select ${sum}, count(*) as c from`
    const written = scene.engine.sql(`${text} '${path}'`)
    const expected = scene.engine.sql(
      `${text} (select i, row_number() over (partition by i % 100 order by text) as n from '${small}')`,
    )
    expect((await written.collect()).toArray().map(String)).toEqual((await expected.collect()).toArray().map(String))
  })

  it('begins anew as row where it has nothing to move out of memory', async () => {
    // Room for the rows as they are read, and no more.
    const report = await within(15e6, (engine) => {
      const frame = engine.scanParquet(large).filter('i % 2 = 0').withColumns({ x: 'text || text || text || text' })
      return frame.sinkCsv(scene.path('filtered.csv'))
    })
    expect(reasons(report)).toEqual(['bulk from 0: asked for', expect.stringContaining('bulk -> row from the start: ')])
    expect([report.rowsIn, report.rowsOut]).toEqual([ROWS, ROWS / 2])
  })

  it('fails where its input can be read only once, or something was seen of it', async () => {
    function* records() {
      for (let i = 0; i < ROWS; i++) yield { i, text: `${i}`.padStart(32, '0') }
    }
    class Passing extends Component {
      override readonly name = 'passing'
      override readonly schema = { i: 'int64', text: 'utf8' } as const
      override processRow(row: Record<string, unknown>) {
        return row
      }
    }
    const rejects = () => {}
    const runs: Record<string, (engine: Engine) => Promise<unknown>> = {
      once: (engine) => numbered(engine.fromRecords(records(), { i: 'int64', text: 'utf8' })).collect(),
      component: (engine) => numbered(engine.scanParquet(small).apply(new Passing())).collect(),
      rejected: (engine) =>
        numbered(engine.scanParquet(small).filter('i > 0 or text::integer > 0')).collect({ rejects }),
    }
    for (const [name, run] of Object.entries(runs)) {
      const told: string[] = []
      const error = await within(16e6, (engine) => {
        engine.on('strategy', ({ reason }) => told.push(reason))
        return failure(() => run(engine))
      })
      expect([name, error.code, told]).toEqual([name, 'VOLLEY_MEMORY_LIMIT', []])
    }
  })
})

describe('bigdata without DuckDB', () => {
  /** Nothing can be written below a file. */
  const tempDirectory = scene.path('no-directory')
  const openWithout = (options: EngineOptions = {}) => open({ threads: 1, tempDirectory, ...options })

  beforeAll(() => writeFileSync(tempDirectory, ''))

  it('becomes bulk for what has room there', async () => {
    await using engine = await openWithout()
    const totals = engine.scanParquet(small).groupBy('i % 10 as k').agg({ n: 'count(*)' })
    const path = scene.path('totals.parquet')
    const report = await totals.sinkParquet(path, {}, { strategy: 'bigdata' })
    expect(reasons(report)).toEqual([
      'bigdata from 0: asked for',
      expect.stringMatching(/^bulk from 0: bigdata -> bulk from the start: DuckDB cannot be started: .*no-directory/),
    ])
    expect(report.rowsOut).toBe(10)
    const rows = await totals.sort('k').collect({ strategy: 'bigdata' })
    expect(rows.toArray().map((row) => Number(row.n))).toEqual(Array.from({ length: 10 }, () => ROWS / 10))
  })

  it('stays in memory when a switch is asked for', async () => {
    await using engine = await openWithout()
    const totals = engine.scanParquet(small).groupBy('i % 10 as k').agg({ n: 'count(*)' })
    const report = await totals.sinkParquet(scene.path('switched.parquet'), {}, { strategy: 'bulk', switchAtMorsel: 3 })
    expect(report.strategies.map(({ name }) => name)).toEqual(['bulk', 'bigdata', 'bulk'])
    expect([report.rowsIn, report.rowsOut]).toEqual([ROWS, 10])
  })

  it('fails with both reasons where there is no room', async () => {
    await using engine = await openWithout({ memoryLimit: process.memoryUsage.rss() + 220e6 })
    const sorted = engine.scanParquet(huge).distinct()
    const error = await failure(() => sorted.collect({ strategy: 'bigdata' }))
    expect(error.code).toBe('VOLLEY_IO')
    expect(error.message).toMatch(/DuckDB cannot be started: .*; and bulk cannot do without it: .* of room/)
    expect((error.cause as VolleyError).message).toMatch(/^DuckDB cannot be started/)
    expect((error.cause as VolleyError).cause).toBeInstanceOf(VolleyError)
    await expectWorks(engine)
  })
})
