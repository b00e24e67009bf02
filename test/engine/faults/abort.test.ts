import { type Frame, type RunOptions, VolleyError } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { expectNoLeak, expectWorks, failure, modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const input = scene.path('input.parquet')
const table = () => scene.engine.scanParquet(input)
const schema = { i: 'int64', k: 'int64', text: 'utf8' }
const identity = { module: modulePath('faulty.mjs'), function: 'identity' }

beforeAll(async () => {
  await duckdbRun(`copy (select i, i % 1000 as k, md5(i::varchar) as text from range(120000) t(i)) to '${input}'
    (row_group_size 4096)`)
})

type Run = (options: RunOptions) => Promise<unknown>

/** Each takes long enough to be aborted in its middle. */
const runs: Record<string, Run> = {
  collect: (options) => table().filter('i % 2 = 0').collect(options),
  sort: (options) => table().sort('text').collect(options),
  'top-k': (options) => table().sort('text').limit(10).collect(options),
  aggregate: (options) => table().groupBy('text').agg({ n: 'sum(k)' }).collect(options),
  join: (options) =>
    table()
      .join(table().rename({ i: 'j', k: 'l' }), { on: 'text' })
      .collect(options),
  'full join': (options) =>
    table()
      .join(table().rename({ i: 'j', k: 'l' }), { on: 'text', how: 'full' })
      .collect(options),
  window: (options) => table().withColumns({ n: 'row_number() over (partition by k order by text)' }).collect(options),
  distinct: (options) => table().distinct('text').collect(options),
  union: (options) => table().union(table(), table()).count(options),
  module: (options) => table().mapBatches(identity, { schema }).collect(options),
  closure: (options) =>
    table()
      .mapRows((row) => row, { schema })
      .count(options),
  'sink parquet': (options) => overwriting('parquet', options),
  'sink directory': (options) => overwriting('directory', options),
  'sink arrow': (options) => overwriting('arrow', options),
  'sink csv': (options) => overwriting('csv', options),
  'sink ndjson': (options) => overwriting('ndjson', options),
}

function overwriting(format: string, options: RunOptions): Promise<unknown> {
  const path = scene.path(`out.${format}`)
  const overwrite = true
  switch (format) {
    case 'parquet':
      return table().sinkParquet(path, { overwrite, rowGroupSize: 4096 }, options)
    case 'directory':
      return table()
        .withColumns({ part: 'k % 4' })
        .sinkParquet(path, { overwrite, rowGroupSize: 4096, partitionBy: ['part'] }, options)
    case 'arrow':
      return table().sinkArrow(path, { overwrite }, options)
    case 'csv':
      return table().sinkCsv(path, { overwrite }, options)
    default:
      return table().sinkNdjson(path, { overwrite }, options)
  }
}

/** Aborts after some milliseconds. Returns true if the run ended before. */
async function abortAfter(milliseconds: number, run: Run): Promise<boolean> {
  const controller = new AbortController()
  const reason = new Error('changed my mind')
  const timer = setTimeout(() => controller.abort(reason), milliseconds)
  try {
    await run({ signal: controller.signal })
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(VolleyError)
    const { code, message, cause } = error as VolleyError
    expect([code, message, cause]).toEqual(['VOLLEY_ABORTED', 'the run was aborted', reason])
    return false
  } finally {
    clearTimeout(timer)
  }
}

const temporary = () => scene.files().filter((name) => name.includes('volley-tmp'))

describe('a signal', () => {
  it('that was given before ends the run before it reads', async () => {
    for (const run of Object.values(runs)) {
      const reason = new Error('too late')
      const error = await failure(() => run({ signal: AbortSignal.abort(reason) }))
      expect([error.code, error.cause]).toEqual(['VOLLEY_ABORTED', reason])
    }
    expect(scene.files()).toEqual(['input.parquet'])
  })

  it.each(Object.keys(runs))('at any time ends the run and leaves nothing: %s', async (name) => {
    const run = runs[name]
    await run({})
    const files = scene.files()
    for (const milliseconds of [0, 2, 8, 25]) {
      const ended = await abortAfter(milliseconds, run)
      expect(temporary()).toEqual([])
      expect(scene.files()).toEqual(files)
      if (ended) break
    }
    await expectWorks(scene.engine)
  })

  it('leaves no block behind', async () => {
    const aborted = Object.entries(runs).map(([name, run]) => [name, () => abortAfter(8, run)] as const)
    await expectNoLeak(scene.engine, Object.fromEntries(aborted))
  })

  it('after the end does nothing', async () => {
    const controller = new AbortController()
    const result = await table().limit(5).collect({ signal: controller.signal })
    controller.abort()
    expect(result.numRows).toBe(5)
    await expectWorks(scene.engine)
  })
})

describe('a run that waits', () => {
  const never = () => new Promise<never>(() => {})
  const waiting: Record<string, () => Frame> = {
    'for a promise of a module': () => table().mapBatches({ ...identity, function: 'neverSettles' }, { schema }),
    'for a promise of a module of rows': () => table().mapRows({ ...identity, function: 'neverSettles' }, { schema }),
    'for a promise of a closure': () => table().mapBatches(never, { schema }),
    'for a promise of a closure of rows': () => table().mapRows(never, { schema }),
    'for records': () => scene.engine.fromRecords(slowRecords(), { i: 'int64' }),
    'for records that tell the schema': () => scene.engine.fromRecords(slowRecords()),
  }

  it.each(Object.keys(waiting))('can be aborted: %s', async (name) => {
    expect(await abortAfter(50, (options) => waiting[name]().collect(options))).toBe(false)
    await expectWorks(scene.engine)
  })

  async function* slowRecords() {
    yield { i: 1n }
    await never()
  }
})

describe('a result that is left early', () => {
  const frames: Record<string, () => Frame> = {
    scan: () => table(),
    filter: () => table().filter('k > 3'),
    sort: () => table().sort('text'),
    aggregate: () => table().groupBy('text').agg({ n: 'count(*)' }),
    join: () => table().join(table().rename({ i: 'j', k: 'l' }), { on: 'text' }),
    limit: () => table().limit(50_000, 100),
    union: () => table().union(table()),
    module: () => table().mapBatches(identity, { schema }),
    closure: () => table().mapBatches((batch) => batch, { schema }),
  }

  it('at any batch leaves no block behind', async () => {
    const leave = async (frame: Frame) => {
      for (const wanted of [0, 1, 3]) {
        let seen = 0
        for await (const batch of frame.stream()) {
          expect(batch.numRows).toBeGreaterThan(0)
          if (++seen > wanted) break
        }
      }
      let rows = 0
      for await (const _ of frame.rows()) if (++rows === 10) break
    }
    const left = Object.entries(frames).map(([name, frame]) => [name, () => leave(frame())] as const)
    await expectNoLeak(scene.engine, Object.fromEntries(left))
    await expectWorks(scene.engine)
  })

  it('may be left without having been begun', async () => {
    const iterator = table().stream()[Symbol.asyncIterator]()
    await iterator.return?.()
    expect((await iterator.next()).done).toBe(true)
    await expectWorks(scene.engine)
  })
})

describe('several runs of one engine at a time', () => {
  it('each get their own result', async () => {
    const results = await Promise.all([
      table().count(),
      table().filter('k = 7').count(),
      table().sort('text').limit(3).collect(),
      table().groupBy('k').agg({ n: 'count(*)' }).sort('k').collect(),
      table().join(table().select('i as j', 'text'), { on: 'text' }).count(),
      table().mapBatches(identity, { schema }).count(),
      table()
        .mapRows((row) => row, { schema })
        .filter('i < 100')
        .count(),
      table().distinct('k').count(),
    ])
    const [all, some, first, groups, joined, mapped, closure, distinct] = results
    expect([all, some, joined, mapped, closure, distinct]).toEqual([120_000, 120, 120_000, 120_000, 100, 1000])
    expect(first.numRows).toBe(3)
    expect(groups.toArray().every((row) => row.n === 120n)).toBe(true)
  })

  it('do not disturb each other when one fails and one is aborted', async () => {
    const throws = { module: modulePath('faulty.mjs'), function: 'throws' }
    const controller = new AbortController()
    const all = Promise.allSettled([
      table().sort('text').collect(),
      table().mapBatches(throws, { schema }).collect(),
      table().sort('text').collect({ signal: controller.signal }),
      table().filter('i >= 0').count(),
    ])
    // They are planned by then, and none is done: that takes answers of threads.
    setImmediate(() => controller.abort())
    const [sorted, failed, aborted, counted] = await all
    expect(sorted.status === 'fulfilled' && sorted.value.numRows).toBe(120_000)
    expect(failed.status === 'rejected' && failed.reason.code).toBe('VOLLEY_USER_FUNCTION')
    expect(aborted.status === 'rejected' && aborted.reason.code).toBe('VOLLEY_ABORTED')
    expect(counted.status === 'fulfilled' && counted.value).toBe(120_000)
  })
})
