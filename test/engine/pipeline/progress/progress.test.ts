/** What runs of pipelines tell of themselves, and report. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Engine,
  open,
  type PhaseProgress,
  type PipelineReport,
  pipeline,
  type StageProgress,
  VolleyError,
} from '../../../../index.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { query } from '../../../support/streaming.js'

const directory = mkdtempSync(join(tmpdir(), 'volley-progress-'))
const path = (name: string) => join(directory, name)
const ROWS = 20_000
let engine: Engine

beforeAll(async () => {
  engine = await open({ threads: 2 })
  await query(
    `copy (select i::bigint as id, (i % 100)::double as amount from range(${ROWS}) t(i))
     to '${path('orders.parquet')}' (format parquet, row_group_size 4096)`,
  )
})
afterAll(async () => {
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

function totals(output: string) {
  return pipeline('totals', { batchSize: 1000 })
    .producer('orders', path('orders.parquet'))
    .processor('large', { transform: { filter: 'amount >= 50', add: { total: 'amount * 2' } } })
    .consumer('file', { path: path(output), mode: 'replace' })
}

const LARGE = ROWS / 2

describe.each(['full', 'streaming', 'hybrid'] as const)('mode %s', (mode) => {
  it('tells of stages and phases, a last time of each', async () => {
    const stages: StageProgress[] = []
    const phases: PhaseProgress[] = []
    const heard: string[] = []
    const listener = ({ stage, isDone }: StageProgress) => isDone && heard.push(stage)
    engine.on('stage', listener)
    const report = await engine.pipeline(totals(`${mode}.parquet`)).run({
      mode,
      onProgress: (event) => stages.push(event),
      onPhase: (event) => phases.push(event),
    })
    engine.off('stage', listener)
    const last = stages.filter(({ isDone }) => isDone)
    expect(last.map(({ stage }) => stage).sort()).toEqual(['file', 'large', 'orders'])
    expect(heard.sort()).toEqual(['file', 'large', 'orders'])
    const of = (id: string) => last.find(({ stage }) => stage === id)!
    expect(of('orders')).toMatchObject({
      pipeline: 'totals',
      phase: 'extract',
      status: 'done',
      rowsOut: ROWS,
      share: 1,
    })
    expect(of('large')).toMatchObject({ phase: 'transform', rowsOut: LARGE, placement: 'threads', rejected: 0 })
    expect(of('file')).toMatchObject({ phase: 'load', rowsIn: LARGE, rowsOut: LARGE, remainingMs: 0 })
    expect(phases.filter(({ isDone }) => isDone).map(({ phase, rows }) => [phase, rows])).toEqual([
      ['extract', ROWS],
      ['transform', LARGE],
      ['load', LARGE],
    ])
    expect(report.phases.map(({ name, rows }) => [name, rows])).toEqual([
      ['extract', ROWS],
      ['transform', LARGE],
      ['load', LARGE],
    ])
    for (const { durationMs, rowsPerSecond } of report.phases) {
      expect(durationMs).toBeGreaterThan(0)
      expect(durationMs).toBeLessThanOrEqual(report.durationMs + 1)
      expect(rowsPerSecond).toBeGreaterThan(0)
    }
    expect(report.peaks.rssBytes).toBeGreaterThan(10e6)
    for (const { busyMs, waitingMs, durationMs } of report.stages) {
      expect(busyMs + waitingMs).toBeCloseTo(durationMs)
    }
  })

  it('ends with an error of whoever is told', async () => {
    const fail = () => {
      throw new Error('mine')
    }
    const run = engine.pipeline(totals(`told-${mode}.parquet`)).run({ mode, onProgress: fail })
    await expect(run).rejects.toMatchObject({ code: 'VOLLEY_USER_FUNCTION', message: 'onProgress failed: mine' })
  })

  it('says what became of stages when one fails', async () => {
    const last = new Map<string, string>()
    const failing = pipeline('failing', { batchSize: 1000 })
      .producer('orders', path('orders.parquet'))
      .processor('large', { transform: { filter: 'id >= 0' } })
      .consumer('file', ({ id }: { readonly id: bigint }) => {
        if (id === 7000n) throw new Error('seven')
      })
    const error = await engine
      .pipeline(failing)
      .run({ mode, onProgress: ({ stage, status, isDone }) => isDone && last.set(stage, status) })
      .then(
        () => null,
        (reason: unknown) => reason,
      )
    expect(error).toBeInstanceOf(VolleyError)
    const report = (error as VolleyError).details.report as PipelineReport
    expect(report.status).toBe('failed')
    expect(report.stages.at(-1)).toMatchObject({
      id: 'file',
      status: 'failed',
      error: { code: 'VOLLEY_USER_FUNCTION' },
    })
    expect(report.stages.filter(({ status }) => status === 'failed').length).toBe(1)
    expect(last.get('file')).toBe('failed')
    expect([...last.keys()].sort()).toEqual(['file', 'large', 'orders'])
  })
})

describe('streams', () => {
  it('tell how full queues were, and how long stages waited', async () => {
    const records = Array.from({ length: 200 }, (_, id) => ({ id }))
    const slow = pipeline('slow', { batchSize: 10, mode: 'streaming' })
      .producer('orders', records)
      .consumer('slow', async () => {
        await new Promise((resolve) => setTimeout(resolve, 2))
      })
    const report = await engine.pipeline(slow).run()
    const [orders, consumer] = report.stages
    expect(orders.queuePeak).toBe(null)
    expect(consumer.queuePeak!.batches).toBeGreaterThan(1)
    expect(consumer.queuePeak!.bytes).toBeGreaterThan(100)
    expect(report.peaks.queuedBytes).toBeGreaterThanOrEqual(consumer.queuePeak!.bytes)
    expect(orders.waitingMs).toBeGreaterThan(orders.busyMs)
    expect(consumer.busyMs).toBeGreaterThan(40)
  })

  it('go on counting when a job is resumed', async () => {
    const stopped = new AbortController()
    const kept = { checkpoint: 'counted', checkpointDirectory: path('checkpoints'), checkpointEvery: { batches: 2 } }
    const job = () =>
      pipeline('counted', { batchSize: 1000, mode: 'streaming' })
        .producer('orders', path('orders.parquet'))
        .processor('paced', { transform: { filter: 'amount >= 50' } })
        .consumer('file', { path: path('counted.parquet'), mode: 'replace' })
    const manifest = path('checkpoints/counted/checkpoint.json')
    const watch = setInterval(() => {
      if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).committed !== null) stopped.abort()
    }, 1)
    const first = engine.pipeline(job()).run({ ...kept, signal: stopped.signal, onProgress: () => {} })
    // It may have ended by then.
    const wasStopped = await first.then(
      () => false,
      () => true,
    )
    clearInterval(watch)
    const report = await engine.pipeline(job()).run({ ...kept, resume: true })
    expect(report.stages.map(({ id, rowsIn, rowsOut }) => [id, rowsIn, rowsOut])).toEqual([
      ['orders', ROWS, ROWS],
      ['paced', ROWS, LARGE],
      ['file', LARGE, LARGE],
    ])
    expect(report.phases.map(({ rows }) => rows)).toEqual([ROWS, LARGE, LARGE])
    const { resumed, wasFinished, resumedFrom } = report.checkpoint!
    expect([resumed, wasFinished]).toEqual([true, !wasStopped])
    if (resumedFrom !== null) {
      expect(resumedFrom.epoch).toBeGreaterThan(0)
      expect(resumedFrom.rowsExtracted).toBeLessThanOrEqual(ROWS)
      const [extract] = report.phases
      expect(extract.durationMs).toBeGreaterThan(0)
    }
  })
})
