import { existsSync, readFileSync } from 'node:fs'
import { Retries } from '../../../engine/recovery/retries.js'
import { type Frame, type RunOptions, VolleyError } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { failure, modulePath, Scene } from '../../support/scene.js'

const scene = Scene.forFile()
const path = scene.path('plain.parquet')
const ROWS = 40_000
const schema = { id: 'int64', k: 'int64' } as const
const module = modulePath('flaky.mjs')

beforeAll(async () => {
  await duckdbRun(`copy (select i as id, i % 10 as k from range(${ROWS}) t(i)) to '${path}' (row_group_size 4096)`)
})

const table = () => scene.engine.scanParquet(path)
let logs = 0

/** Ends threads as often as `times` says. */
function exiting(times: number): Frame {
  const kwargs = { log: scene.path(`log-${++logs}`), times }
  return table().mapBatches({ module, function: 'exitsAtFirst', kwargs }, { schema })
}

/** Says that it is busy as often as `times` says. */
function busy(times: number): { readonly frame: Frame; readonly calls: () => number } {
  const log = scene.path(`log-${++logs}`)
  const call = { module, function: 'throwsAtFirst', kwargs: { log, times, id: 20_000n } }
  const calls = () => (existsSync(log) ? readFileSync(log).length : 0)
  return { frame: table().mapRows(call, { schema }), calls }
}

/** Tasks that wait in a thread which ends fail with the one that it runs. */
const retries = { count: 8, backoffMs: 1 }

async function rowsOf(frame: Frame, run: RunOptions = {}): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const row of frame.rows(run)) rows.push(row)
  return rows
}

describe('tasks', () => {
  const totals = (input: Frame) => input.groupBy('id % 1000 as m').agg({ n: 'count(*)', s: 'sum(id)', f: 'first(k)' })

  it('are done again when their thread ends, and nothing is seen twice', async () => {
    const ids = Array.from({ length: ROWS }, (_, i) => BigInt(i))
    expect((await rowsOf(exiting(1), { strategy: 'bulk', retries })).map((row) => row.id)).toEqual(ids)
    const joined = (input: Frame) =>
      input.join(table().limit(10).rename({ id: 'j' }), { on: 'k', how: 'full' }).sort('id')
    expect(await rowsOf(joined(exiting(1)), { strategy: 'bulk', retries })).toEqual(await rowsOf(joined(table())))
  })

  it.each(['bulk', 'bigdata'] as const)('leave nothing of failed attempts in aggregates in %s', async (strategy) => {
    const expected = await rowsOf(totals(table()))
    expect(await rowsOf(totals(exiting(2)), { strategy, retries })).toEqual(expected)
  })

  it('are done again under a switch in their middle', async () => {
    const run = { strategy: 'bulk', retries, switchAtMorsel: 3 } as const
    expect(await rowsOf(totals(exiting(1)).sort('m'), run)).toEqual(await rowsOf(totals(table()).sort('m')))
  })

  it('are counted in the report and in the profile', async () => {
    const report = await exiting(1).sinkParquet(scene.path('counted.parquet'), {}, { retries })
    expect(report.rowsOut).toBe(ROWS)
    expect(report.retries).toBeGreaterThanOrEqual(1)
    const profile = await exiting(1).profile({ retries })
    expect(profile.report.retries).toBeGreaterThanOrEqual(1)
    expect(JSON.stringify(profile.plan)).toMatch(/"retries":[1-9]/)
  })

  it('fail with the reason when it does not pass', async () => {
    const call = { module: modulePath('faulty.mjs'), function: 'exits' }
    const always = table().limit(10).mapBatches(call, { schema })
    const run = { retries: { count: 1, backoffMs: 1 } }
    const error = await scene.fails('VOLLEY_WORKER_DIED', () => always.collect(run))
    expect(error.details.attempts).toBe(2)
    expect(error.message).toContain('(after 2 attempts)')
    expect(error.cause).toBeInstanceOf(Error)
    expect((await failure(() => exiting(1).collect())).code).toBe('VOLLEY_WORKER_DIED')
  })
})

describe.each(['row', 'bulk', 'bigdata'] as const)('functions of runs in %s', (strategy) => {
  it('are called again for errors that are marked as retryable', async () => {
    const { frame, calls } = busy(2)
    const target = scene.path(`${strategy}-functions.parquet`)
    const report = await frame.sinkParquet(target, {}, { strategy, retries: { count: 2, backoffMs: 1 } })
    expect([report.rowsOut, report.retries, calls()]).toEqual([ROWS, 2, 2])
  })

  it('fail with the error and its cause after the last attempt', async () => {
    const { frame, calls } = busy(3)
    const error = await failure(() => frame.collect({ strategy, retries: { count: 2, backoffMs: 1 } }))
    expect([error.code, (error.cause as Error).message]).toEqual(['VOLLEY_USER_FUNCTION', 'busy'])
    expect(calls()).toBe(3)
  })

  it('are rejected for a record only after that', async () => {
    const { frame, calls } = busy(3)
    const rejected: number[] = []
    const run = { strategy, retries: { count: 1, backoffMs: 1 } }
    const rejects = (batch: { readonly numRows: number }) => void rejected.push(batch.numRows)
    const rows = await rowsOf(frame, { ...run, rejects })
    // In a worker the record is tried once more by itself.
    expect([rows.length, rejected, calls()]).toEqual(strategy === 'row' ? [ROWS - 1, [1], 2] : [ROWS - 1, [1], 3])
  })

  it('of the main thread are called again too', async () => {
    let failures = 0
    const call = (row: Record<string, unknown>) => {
      if (row.id !== 7n || failures === 2) return row
      failures++
      throw Object.assign(new Error('later'), { retryable: true })
    }
    const frame = table().limit(20).mapRows(call, { schema })
    const rows = await rowsOf(frame, { strategy, retries: { count: 2, backoffMs: 1 } })
    expect([rows.length, failures]).toEqual([20, 2])
    const other = table()
      .limit(20)
      .mapRows(async () => Promise.reject(new Error('never')), { schema })
    const error = await failure(() => other.collect({ strategy, retries: { count: 2 } }))
    expect(error.message).toContain('never')
  })
})

describe('waiting', () => {
  const asking = { checkCancelled: () => {}, onRetry: () => {} }
  const died = () => new VolleyError('VOLLEY_WORKER_DIED', 'gone')

  it('grows from one repetition to the next, less what is left to chance', async () => {
    const times: number[] = []
    const attempt = async (left: number) => {
      times.push(performance.now())
      if (left > 0) throw died()
      return 'done'
    }
    const patient = new Retries({ count: 3, backoffMs: 20, factor: 3, jitter: 0.5 }, () => 0)
    expect(await patient.run(attempt, asking)).toBe('done')
    const waits = times.slice(1).map((time, index) => time - times[index])
    expect(waits.map((wait, index) => wait >= 20 * 3 ** index - 2)).toEqual([true, true, true])
    expect(patient.count).toBe(3)
    // All of an hour.
    await new Retries({ count: 1, backoffMs: 3_600_000, jitter: 1 }, () => 1).run(attempt, asking)
  })

  it('ends when the run is aborted', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 50)
    const call = { module: modulePath('faulty.mjs'), function: 'exits' }
    const frame = table().limit(10).mapBatches(call, { schema })
    const run = { retries: { count: 5, backoffMs: 60_000 }, signal: controller.signal }
    await scene.fails('VOLLEY_ABORTED', () => frame.collect(run))
  })

  it('ends when another task has failed for good', async () => {
    const retryable = busy(99).frame.select('id')
    const failing = retryable.filter('id / (id - id) = 0 or cast(repeat(cast(id as varchar), 9) as integer) > 0')
    await failure(() => failing.collect({ strategy: 'bulk', retries: { count: 5, backoffMs: 3_600_000 } }))
  })

  it('is of no use where the reason does not pass', async () => {
    const no = new Retries({ count: 3, backoffMs: 60_000 })
    const error = await failure(() => no.run(() => Promise.reject(new VolleyError('VOLLEY_CAST', 'no number')), asking))
    expect([error.code, no.count]).toEqual(['VOLLEY_CAST', 0])
  })
})

it('takes options that make sense', async () => {
  for (const [message, retries] of [
    ['count of retries', {}],
    ['count of retries', { count: -1 }],
    ['backoffMs of retries', { count: 1, backoffMs: -1 }],
    ['factor of retries', { count: 1, factor: 0.5 }],
    ['jitter of retries', { count: 1, jitter: 2 }],
    ["no option 'counts'", { counts: 1 }],
  ] as const) {
    const error = await failure(async () => table().collect({ retries } as unknown as RunOptions))
    expect([error.code, error.message]).toEqual(['VOLLEY_INVALID_ARGUMENT', expect.stringContaining(message)])
  }
})
