/** Dead letters of jobs that are stopped in the middle and go on: none is lost, none is there twice. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { PipelineSpecification } from '../../../../planner/pipeline/specification.js'
import { describe, expect, it } from '../../../support/jest.js'
import { failure } from '../../../support/scene.js'
import { query, StreamScene } from '../../../support/streaming.js'

const scene = StreamScene.forFile()
const ROWS = 6000
const BAD = ROWS / 50

const job = (name: string, errors: object = {}): PipelineSpecification => ({
  name,
  batchSize: 128,
  stages: [
    { id: 'read', source: `${name}-in.parquet` },
    {
      id: 'numbers',
      kind: 'processor',
      from: 'read',
      queue: 1,
      transform: { convert: { text: 'integer' } },
      errors: { deadLetters: `${name}-letters`, ...errors },
    },
    {
      id: 'held',
      placement: 'inline',
      kind: 'processor',
      from: 'numbers',
      queue: 1,
      transform: { function: { call: held, schema: { id: 'int64', text: 'int64' } } },
    },
    { id: 'load', from: 'held', queue: 1, target: `${name}.parquet` },
  ],
})

/** Where a job waits to be stopped; it cannot end before. */
let stop: { readonly atRow: bigint; readonly signal: AbortSignal } | null = null

async function held(row: { id: bigint }): Promise<object> {
  const at = stop
  if (at !== null && row.id === at.atRow && !at.signal.aborted) {
    await new Promise((resolve) => at.signal.addEventListener('abort', resolve))
  }
  return row
}

async function input(name: string): Promise<void> {
  await query(
    `copy (select i as id, case when i % 50 = 3 then 'x' || i else i::varchar end as text from range(${ROWS}) t(i))
     to '${scene.path(`${name}-in.parquet`)}' (format parquet, row_group_size 2048)`,
  )
}

const checkpoint = (id: string, resume: boolean) => ({
  checkpoint: { id, resume, every: { batches: 2, milliseconds: null } },
})

/** Stops a job that has come to `row` once it has committed what came before. */
async function stopAt(row: bigint, name: string, resume: boolean): Promise<void> {
  const aborting = new AbortController()
  const manifest = scene.path(`checkpoints/${name}/checkpoint.json`)
  const committed = () =>
    existsSync(manifest) ? JSON.stringify(JSON.parse(readFileSync(manifest, 'utf8')).committed) : 'null'
  const before = committed()
  const watch = setInterval(() => {
    if (committed() !== before) aborting.abort()
  }, 5)
  stop = { atRow: row, signal: aborting.signal }
  try {
    const options = { ...checkpoint(name, resume), signal: aborting.signal }
    expect((await failure(() => scene.run(job(name), options))).code).toBe('VOLLEY_ABORTED')
  } finally {
    stop = null
    clearInterval(watch)
  }
}

describe('the dead letters of a job', () => {
  it('are the same as if it had not been stopped', async () => {
    await input('stopped')
    await stopAt(2000n, 'stopped', false)
    await stopAt(4500n, 'stopped', true)
    const { deadLetters, status } = await scene.run(job('stopped'), checkpoint('stopped', true))
    expect(status).toBe('done')
    expect(deadLetters).toEqual([{ path: expect.stringContaining('stopped-letters'), records: BAD }])
    expect(readdirSync(scene.path('stopped-letters'))).toHaveLength(1)
    const found = `from '${deadLetters[0].path}'`
    expect(await query(`select count(*)::int as n, count(distinct row)::int as d ${found}`)).toEqual([
      { n: BAD, d: BAD },
    ])
    expect(await query(`select count(*)::int as n from '${scene.path('stopped.parquet')}'`)).toEqual([
      { n: ROWS - BAD },
    ])
    expect(existsSync(scene.path('checkpoints/stopped/dead-letters.ndjson'))).toBe(false)
  })

  it('are there when there were too many of them, and the count goes on', async () => {
    await input('many')
    const run = (resume: boolean) => scene.run(job('many', { maxCount: 50 }), checkpoint('many', resume))
    const error = await failure(() => run(false))
    expect(error.code).toBe('VOLLEY_TOO_MANY_REJECTS')
    expect(error.details.failed).toBe(51)
    expect(await query(`select count(*)::int as n from '${String(error.details.path)}'`)).toEqual([{ n: 51 }])
    const again = await failure(() => run(true))
    expect(again.details).toMatchObject({ failed: 51, path: error.details.path })
    expect(await query(`select count(distinct row)::int as n from '${String(error.details.path)}'`)).toEqual([
      { n: 51 },
    ])
  })
})
