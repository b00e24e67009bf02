/** Runs of one pipeline with several sets of parameters: what they share, and what becomes of failures. */

import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type OneOfMultiple, type Parameters, pipeline } from '../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../support/jest.js'
import { Scene } from '../../support/scene.js'
import { query } from '../../support/streaming.js'

const scene = Scene.forFile({ threads: 2 })
let server: Server
let requests = 0

beforeAll(async () => {
  server = createServer((_, response) => {
    requests++
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(Array.from({ length: 100 }, (__, id) => ({ id, kind: id % 4 }))))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  await query(`copy (select i as id, i % 4 as kind from range(100) t(i)) to '${scene.path('kinds.csv')}'`)
})

afterAll(() => {
  server.close()
})

const SCHEMA = { id: 'int64', kind: 'int64' }
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

const ofKind = (name: string, source: (params: Parameters) => object | string, mode: 'full' | 'streaming') =>
  scene.engine.pipeline((params) =>
    pipeline(name, { directory: scene.directory, mode })
      .producer('in', source(params) as string)
      .processor('some', { transform: { filter: `kind = ${String(params.kind)}` } })
      .consumer('out', { path: `${name}-${String(params.kind)}.parquet` }),
  )

const count = async (name: string) => {
  const [{ n }] = await query(`select count(*)::int as n from '${scene.path(name)}'`)
  return n
}

describe.each(['full', 'streaming'] as const)('runs in mode %s', (mode) => {
  it('read once what does not depend on the parameters', async () => {
    requests = 0
    const name = `http-${mode}`
    const runs = await ofKind(name, () => ({ url: url(), schema: SCHEMA }), mode).runMultiple({
      paramName: 'kind',
      paramValues: [0, 1, 2, 3],
      maxConcurrent: 2,
    })
    expect(runs).toMatchObject({
      status: 'done',
      succeeded: 4,
      failed: 0,
      others: 0,
      sharedInputs: { misses: 1, hits: 3 },
    })
    expect(requests).toBe(1)
    for (const kind of [0, 1, 2, 3]) expect(await count(`${name}-${kind}.parquet`)).toBe(25)
    const files = await ofKind(`csv-${mode}`, () => 'kinds.csv', mode).runMultiple({
      paramName: 'kind',
      paramValues: [1, 2],
    })
    expect(files).toMatchObject({ succeeded: 2, sharedInputs: { misses: 1, hits: 1 } })
    expect(await count(`csv-${mode}-2.parquet`)).toBe(25)
  })

  it('read for themselves what does', async () => {
    requests = 0
    const source = ({ kind }: Parameters) => ({ url: `${url()}?kind=${String(kind)}`, schema: SCHEMA })
    const { succeeded, sharedInputs } = await ofKind(`own-${mode}`, source, mode).runMultiple({
      paramName: 'kind',
      paramValues: [0, 1],
    })
    expect([succeeded, requests, sharedInputs.misses]).toEqual([2, 2, 0])
  })
})

describe('functions of code', () => {
  it('are shared only if they are the same one', async () => {
    const source =
      ({ kind }: Parameters) =>
      () => [{ id: 1n, kind }]
    const { succeeded } = await ofKind('closures', source, 'full').runMultiple({
      paramName: 'kind',
      paramValues: [5, 6],
    })
    expect(succeeded).toBe(2)
    expect(await count('closures-5.parquet')).toBe(1)
    expect(await count('closures-6.parquet')).toBe(1)
    let calls = 0
    const same = () => {
      calls++
      return [{ id: 1n, kind: 7 }]
    }
    const again = await ofKind('same', () => same, 'full').runMultiple({ paramName: 'kind', paramValues: [7, 8] })
    expect([again.succeeded, calls]).toEqual([2, 1])
  })

  it('in streams are read as their rows come, by all runs at once', async () => {
    let calls = 0
    const same = async function* () {
      calls++
      for (let id = 0n; id < 500n; id++) {
        if (id % 50n === 0n) await new Promise(setImmediate)
        yield { id, kind: id % 4n }
      }
    }
    const { succeeded, sharedInputs } = await ofKind('live', () => same, 'streaming').runMultiple({
      paramName: 'kind',
      paramValues: [0, 1, 2, 3],
      maxConcurrent: 3,
    })
    expect([succeeded, calls]).toEqual([4, 1])
    expect(sharedInputs).toMatchObject({ misses: 1, hits: 3 })
    for (const kind of [0, 1, 2, 3]) expect(await count(`live-${kind}.parquet`)).toBe(125)
    expect(scene.engine.memoryUsage().leasedBytes).toBe(0)
  })

  it('in streams that fail are called again by the next run', async () => {
    let calls = 0
    const flaky = function* () {
      yield { id: 1n, kind: 1 }
      if (++calls === 1) throw new Error('not yet')
    }
    const { runs } = await ofKind('flaky', () => flaky, 'streaming').runMultiple({
      paramName: 'kind',
      paramValues: [1, 2],
    })
    expect(runs.map(({ status }) => status)).toEqual(['failed', 'done'])
    expect(calls).toBe(2)
  })

  it('in streams without an end can be left by a run', async () => {
    const endless = async function* () {
      for (let id = 0n; ; id++) {
        if (id % 100n === 0n) await new Promise((resolve) => setTimeout(resolve, 1))
        yield { id, kind: 1 }
      }
    }
    const { status, runs } = await ofKind('unending', () => endless, 'streaming').runMultiple({
      paramName: 'kind',
      paramValues: [1, 2],
      maxConcurrent: 2,
      signal: AbortSignal.timeout(300),
    })
    expect([status, ...runs.map((one) => one.status)]).toEqual(['aborted', 'aborted', 'aborted'])
  })
})

describe.each(['full', 'streaming'] as const)('small files of Parquet and Arrow in mode %s', (mode) => {
  it.each(['parquet', 'arrow'] as const)('are read once: %s', async (format) => {
    const path = scene.path(`kinds-${mode}.${format}`)
    const kinds = scene.engine.scanCsv(scene.path('kinds.csv'))
    await (format === 'parquet' ? kinds.sinkParquet(path) : kinds.sinkArrow(path))
    const name = `${format}-${mode}`
    const { succeeded, sharedInputs } = await ofKind(name, () => path, mode).runMultiple({
      paramName: 'kind',
      paramValues: [0, 3],
    })
    expect([succeeded, sharedInputs.misses, sharedInputs.hits]).toEqual([2, 1, 1])
    expect(await count(`${name}-3.parquet`)).toBe(25)
  })
})

describe('a run that fails', () => {
  const failing = (name: string) => ofKind(name, () => 'kinds.csv', 'full')
  const paramSets = [{ kind: 0 }, { kind: 'nothing' }, { kind: 2 }]

  it('leaves the others alone, and is told with its parameters', async () => {
    const told: OneOfMultiple[] = []
    const stages = new Set<string>()
    const { status, succeeded, failed, runs } = await failing('goes-on').runMultiple({
      paramSets,
      onRun: (outcome) => told.push(outcome),
      onProgress: ({ stage }, { index, params }) => stages.add(`${index} ${String(params.kind)} ${stage}`),
    })
    expect([status, succeeded, failed]).toEqual(['failed', 2, 1])
    expect(runs.map(({ index, params, status: of }) => [index, params.kind, of])).toEqual([
      [0, 0, 'done'],
      [1, 'nothing', 'failed'],
      [2, 2, 'done'],
    ])
    expect(runs[1].error).toMatchObject({ code: 'VOLLEY_UNKNOWN_COLUMN' })
    expect(told).toEqual(runs)
    expect(stages.has('2 2 out')).toBe(true)
  })

  it('ends the others if that is asked for', async () => {
    const { succeeded, failed, others, runs } = await failing('stops').runMultiple({ paramSets, onFailure: 'stop' })
    expect([succeeded, failed, others]).toEqual([1, 1, 1])
    expect(runs[2]).toMatchObject({ status: 'skipped', report: null, error: null })
    expect(existsSync(scene.path('stops-2.parquet'))).toBe(false)
  })
})

describe('an abort', () => {
  it('ends the wait between runs, and those that have not begun do not', async () => {
    const aborting = new AbortController()
    const { status, runs } = await ofKind('aborted', () => 'kinds.csv', 'full').runMultiple({
      paramName: 'kind',
      paramValues: [0, 1, 2],
      delayBetweenRuns: 3_600_000,
      signal: aborting.signal,
      onRun: () => aborting.abort(),
    })
    expect(status).toBe('aborted')
    expect(runs.map((one) => one.status)).toEqual(['done', 'aborted', 'aborted'])
  })

  it('ends a run under way', async () => {
    const endless = () =>
      async function* () {
        for (let id = 0n; ; id++) yield { id, kind: 1 }
      }
    const { status, runs } = await ofKind('endless', endless, 'streaming').runMultiple({
      paramName: 'kind',
      paramValues: [1, 2],
      signal: AbortSignal.timeout(300),
    })
    expect(runs.map((one) => one.error?.code)).toEqual(['VOLLEY_ABORTED', 'VOLLEY_ABORTED'])
    expect(status).toBe('aborted')
    expect(runs.map((one) => one.status)).toEqual(['aborted', 'aborted'])
  })
})

describe('what makes no sense', () => {
  it.each([
    [{ paramSets: [] }],
    [{ paramName: 'kind', paramValues: 3 as never }],
    [{ paramSets: [{}], maxConcurrent: 0 }],
    [{ paramSets: [{}], onFailure: 'perhaps' as never }],
    [{ paramSets: [{}], checkpoint: 'x' } as never],
  ])('is refused: %j', async (options) => {
    await expect(ofKind('refused', () => 'kinds.csv', 'full').runMultiple(options)).rejects.toMatchObject({
      code: 'VOLLEY_INVALID_ARGUMENT',
    })
  })
})
