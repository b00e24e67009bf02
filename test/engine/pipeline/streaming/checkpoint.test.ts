/** Jobs that are stopped in the middle and go on. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { PipelineSpecification } from '../../../../planner/pipeline/specification.js'
import { describe, expect, it } from '../../../support/jest.js'
import { failure } from '../../../support/scene.js'
import { query, type StreamOptions, StreamScene } from '../../../support/streaming.js'

const scene = StreamScene.forFile()
const ROWS = 8000

/** Runs a job until some rows have come out, and then aborts it. */
async function runUntil(specification: PipelineSpecification, id: string, batches: number): Promise<void> {
  const aborting = new AbortController()
  const manifest = scene.path(`checkpoints/${id}/checkpoint.json`)
  const watch = setInterval(() => {
    if (!existsSync(manifest)) return
    const { committed } = JSON.parse(readFileSync(manifest, 'utf8')) as { committed: { epoch: number } | null }
    if ((committed?.epoch ?? 0) >= batches) aborting.abort()
  }, 1)
  try {
    const error = await failure(() => scene.run(specification, { ...checkpointed(id), signal: aborting.signal }))
    expect(error.code).toBe('VOLLEY_ABORTED')
  } finally {
    clearInterval(watch)
  }
}

function checkpointed(id: string, resume = false): StreamOptions {
  return { checkpoint: { id, resume, every: { batches: 1, milliseconds: null } } }
}

async function expectGoesOn(id: string, specification: PipelineSpecification, read: string): Promise<void> {
  await runUntil(specification, id, 2)
  const { checkpoint, stages } = await scene.run(specification, checkpointed(id, true))
  expect(checkpoint).toMatchObject({ resumed: true, resumes: 1, wasFinished: false, startsAnew: null })
  expect(stages.at(-1)?.rowsIn).toBe(ROWS)
  const orders = scene.path('orders.parquet')
  expect(await query(`select id::int as id, name from ${read} order by id`)).toEqual(
    await query(`select id::int as id, name from '${orders}' order by id`),
  )
  expect(readdirSync(scene.directory).filter((name) => name.includes('volley'))).toEqual([])
}

const load = (target: Extract<PipelineSpecification, { load: unknown }>['load']): PipelineSpecification => ({
  batchSize: 256,
  stages: [
    { id: 'extract', source: 'orders.parquet' },
    { id: 'load', from: 'extract', queue: 1, target: target as string },
  ],
})

describe('a job with an epoch every millisecond', () => {
  it('begins none while its consumers finish', async () => {
    await scene.orders('often.parquet', ROWS)
    const targets = ['a', 'b', 'c'].map((name) => ({
      id: name,
      from: 'extract',
      target: `often-${name}.parquet`,
    }))
    const stages = [{ id: 'extract', source: 'often.parquet' }, ...targets]
    const options = { checkpoint: { id: 'often', resume: false, every: { batches: null, milliseconds: 1 } } }
    const { status } = await scene.run({ batchSize: 1024, stages }, options)
    expect(status).toBe('done')
    for (const { target } of targets) {
      expect(await query(`select count(*)::int as n from '${scene.path(target)}'`)).toEqual([{ n: ROWS }])
    }
  })
})

describe('a job that was stopped goes on', () => {
  it('in files of every format', async () => {
    await scene.orders('orders.parquet', ROWS)
    await expectGoesOn('parquet', load('out.parquet'), `'${scene.path('out.parquet')}'`)
    await expectGoesOn('csv', load('out.csv'), `'${scene.path('out.csv')}'`)
    await expectGoesOn('gzip', load('out.csv.gz'), `'${scene.path('out.csv.gz')}'`)
    await expectGoesOn('lines', load('out.ndjson'), `'${scene.path('out.ndjson')}'`)
  })

  it.each(['out.arrow', 'out.arrows'])('in %s', async (name) => {
    await scene.orders('orders.parquet', ROWS)
    const specification = load(name)
    await runUntil(specification, name, 2)
    await scene.run(specification, checkpointed(name, true))
    const rows = await scene.engine
      .scanArrow(scene.path(name))
      .groupBy()
      .agg({ n: 'count(*)', s: 'sum(id)::bigint' })
      .collect()
    expect(rows.get(0)?.toJSON()).toEqual({ n: BigInt(ROWS), s: BigInt((ROWS * (ROWS - 1)) / 2) })
  })

  it('in directories', async () => {
    await scene.orders('orders.parquet', ROWS)
    const parted = load({ path: 'parts', format: 'parquet', options: { partitionBy: ['customer'] } })
    await expectGoesOn('parts', parted, `read_parquet('${scene.path('parts')}/*/*.parquet')`)
    const appended = load({ path: 'appended', format: 'ndjson', mode: 'append' })
    await expectGoesOn('appended', appended, `'${scene.path('appended')}/*.ndjson'`)
  })

  it('with what an accumulator holds', async () => {
    await scene.orders('orders.parquet', ROWS)
    await expectGoesOn(
      'gathered',
      {
        batchSize: 256,
        stages: [
          { id: 'extract', source: 'orders.parquet' },
          { id: 'gather', kind: 'accumulator', from: 'extract', key: 'customer', rows: 500, queue: 1 },
          { id: 'load', from: 'gather', queue: 1, target: 'gathered.parquet' },
        ],
      },
      `'${scene.path('gathered.parquet')}'`,
    )
  })

  it('behind barriers that several inputs have brought', async () => {
    await scene.orders('orders.parquet', ROWS)
    await query(
      `copy (select * from '${scene.path('orders.parquet')}' where id < 3000) to '${scene.path('some.csv')}';
       copy (select * from '${scene.path('orders.parquet')}' where id >= 3000) to '${scene.path('rest.ndjson')}'`,
    )
    await expectGoesOn(
      'joined',
      {
        batchSize: 256,
        stages: [
          { id: 'some', source: 'some.csv' },
          { id: 'rest', source: 'rest.ndjson' },
          {
            id: 'a',
            kind: 'processor',
            from: 'some',
            transform: { select: ['id', 'name'], convert: { id: 'bigint' } },
          },
          {
            id: 'b',
            kind: 'processor',
            from: 'rest',
            transform: { select: ['id', 'name'], convert: { id: 'bigint' } },
          },
          { id: 'load', from: ['a', 'b'], queue: 1, target: 'joined.csv' },
        ],
      },
      `'${scene.path('joined.csv')}'`,
    )
  })

  it('from the start where a stage cannot go on', async () => {
    const specification: PipelineSpecification = {
      batchSize: 100,
      stages: [
        { id: 'extract', source: 'orders.parquet' },
        { id: 'called', from: 'extract', target: () => null },
      ],
    }
    await scene.orders('orders.parquet', ROWS)
    const { checkpoint } = await scene.run(specification, checkpointed('anew'))
    expect(checkpoint?.startsAnew).toMatch(/^called /)
  })
})

describe('a checkpoint', () => {
  it('is not taken for that of another plan or other inputs', async () => {
    await scene.orders('changing.parquet', ROWS)
    const changing = (filter: string): PipelineSpecification => ({
      batchSize: 256,
      stages: [
        { id: 'extract', source: 'changing.parquet' },
        { id: 'keep', kind: 'processor', from: 'extract', queue: 1, transform: { filter } },
        { id: 'load', from: 'keep', queue: 1, target: 'changing.csv' },
      ],
    })
    await runUntil(changing('id >= 0'), 'changing', 1)
    const error = await failure(() => scene.run(changing('id > 5'), checkpointed('changing', true)))
    expect(error.code).toBe('VOLLEY_CHECKPOINT_MISMATCH')
    expect(error.message).toMatch(/pipeline\.stages\.keep\.transforms\.0\.condition was "id >= 0", is "id > 5"/)
    await scene.orders('changing.parquet', ROWS + 1)
    const other = await failure(() => scene.run(changing('id >= 0'), checkpointed('changing', true)))
    expect(other.code).toBe('VOLLEY_CHECKPOINT_MISMATCH')
    expect(other.message).toMatch(/inputs\.extract/)
  })

  it('is not begun anew while its job has not ended', async () => {
    await scene.orders('orders.parquet', ROWS)
    const specification = load('unfinished.csv')
    await runUntil(specification, 'unfinished', 1)
    const error = await failure(() => scene.run(specification, checkpointed('unfinished')))
    expect(error.code).toBe('VOLLEY_CHECKPOINT_EXISTS')
    expect(error.message).toMatch(/resume it, or take another ID/)
  })

  it('says that its job was finished', async () => {
    await scene.orders('orders.parquet', ROWS)
    const specification = load({ path: 'finished.csv', mode: 'replace' })
    const first = await scene.run(specification, checkpointed('finished', true))
    expect(first.checkpoint).toMatchObject({ resumed: false, wasFinished: false })
    writeFileSync(scene.path('finished.csv'), 'untouched')
    const again = await scene.run(specification, checkpointed('finished', true))
    expect(again.checkpoint).toMatchObject({ resumed: true, wasFinished: true })
    expect(again.outputs).toEqual(first.outputs)
    expect(readFileSync(scene.path('finished.csv'), 'utf8')).toBe('untouched')
    await scene.run(specification, checkpointed('finished'))
    expect(readFileSync(scene.path('finished.csv'), 'utf8').split('\n')).toHaveLength(ROWS + 2)
  })

  it('has a name that is one of a directory', async () => {
    const error = await failure(() => scene.run(load('x.csv'), checkpointed('../x')))
    expect(error.message).toMatch(/a checkpoint ID consists of letters/)
  })
})
