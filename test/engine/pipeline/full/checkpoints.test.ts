/** Jobs in mode `full` that ended early go on behind the stages that had ended. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type PipelineReport, type PipelineRunOptions, pipeline, type StageProgress } from '../../../../index.js'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { failure, Scene } from '../../../support/scene.js'
import { query } from '../../../support/streaming.js'

const scene = Scene.forFile({ threads: 2 })
const ROWS = 3000

beforeAll(async () => {
  await query(
    `copy (select i::bigint as id, (i % 7)::integer as customer, (i * 37 % 1000)::integer as amount,
       case when i % 50 = 3 then 'x' || i else i::varchar end as text from range(${ROWS}) t(i))
     to '${scene.path('orders.parquet')}' (format parquet, row_group_size 1000)`,
  )
  writeFileSync(
    scene.path('customers.csv'),
    ['customer,title', ...Array.from({ length: 7 }, (_, id) => `${id},title ${id}`)].join('\n'),
  )
})

const begin = (name: string, options: { onFailure?: 'continue' } = {}) =>
  pipeline(name, { directory: scene.directory, batchSize: 256, ...options })
const read = (name: string) => query(`select * from '${scene.path(name)}'`)
const count = async (name: string) => (await query(`select count(*)::int as n from '${scene.path(name)}'`))[0].n
const idsOf = ({ stages }: PipelineReport) => stages.map(({ id, rowsIn, rowsOut }) => [id, rowsIn, rowsOut])

/** A function that takes records only once the fault is gone. */
function gateOf(fault: { isThere: boolean }) {
  return () => {
    if (fault.isThere) throw new Error('not yet')
  }
}

/** Rows that are extracted, sorted and grouped, with a table, into two places; what was called is in `calls`. */
function job(name: string, fault: { stage: string } | null = null) {
  const calls: string[] = []
  const records = () => {
    calls.push('extract')
    return Array.from({ length: ROWS }, (_, id) => ({ id, customer: id % 7, amount: (id * 37) % 1000 }))
  }
  const called = (stage: string) => {
    if (!calls.includes(stage)) calls.push(stage)
    if (fault?.stage === stage) throw new Error(`${stage} is to fail`)
  }
  const made = begin(name)
    .producer('orders', records)
    .producer('customers', 'customers.csv')
    .processor('sorted', { from: 'orders', transform: [{ sort: ['amount', 'id'] }] })
    .processor('totals', {
      from: 'sorted',
      tables: { customers: 'customers' },
      transform: {
        sql: `select c.title, sum(o.amount)::bigint as total from input o join customers c on o.customer = c.customer
              group by c.title order by c.title`,
      },
    })
    .consumer('file', `${name}.parquet`)
    .consumer('own', () => called('own'), { from: 'sorted' })
  const run = (options: PipelineRunOptions = {}) =>
    scene.engine.pipeline(made).run({ checkpoint: name, checkpointDirectory: scene.path('jobs'), ...options })
  return { calls, run }
}

const TOTALS = `select 'title ' || (i % 7) as title, sum(i * 37 % 1000)::bigint as total
  from range(${ROWS}) t(i) group by all order by all`

describe('a job in mode full', () => {
  it('does what a run without a checkpoint does, and leaves nothing of its own behind', async () => {
    const { run } = job('plain')
    const report = await run()
    expect(report).toMatchObject({ mode: 'full', status: 'done' })
    expect(report.checkpoint).toMatchObject({ resumed: false, epoch: 5, startsAnew: null, wasFinished: false })
    expect(await read('plain.parquet')).toEqual(await query(TOTALS))
    expect(idsOf(report)).toEqual([
      ['orders', null, ROWS],
      ['customers', null, null],
      ['sorted', ROWS, ROWS],
      ['totals', ROWS, 7],
      ['file', 7, 7],
      ['own', ROWS, ROWS],
    ])
    expect(readdirSync(scene.path('jobs/plain'))).toEqual(['checkpoint.json'])
    const again = await run({ resume: true })
    expect(again.checkpoint).toMatchObject({ wasFinished: true, resumed: true })
    expect(idsOf(again)).toEqual(idsOf(report))
    expect(again.outputs).toEqual(report.outputs)
  })

  it('goes on behind the stages that had ended, and tells their counts', async () => {
    const fault = { stage: 'own' }
    const { calls, run } = job('halfway', fault)
    expect((await failure(() => run())).message).toMatch(/own is to fail/)
    expect(calls).toEqual(['extract', 'own'])
    // Rows that others still need; the sources' are in those of the sort.
    expect(readdirSync(scene.path('jobs/halfway/rows'))).toContain('sorted.main.arrow')
    expect(readdirSync(scene.path('jobs/halfway/rows'))).not.toContain('orders.main.arrow')
    expect((await failure(() => run())).code).toBe('VOLLEY_CHECKPOINT_EXISTS')
    fault.stage = ''
    const events: StageProgress[] = []
    const report = await run({ resume: true, onProgress: (event) => events.push(event) })
    expect(calls.filter((call) => call === 'extract')).toHaveLength(1)
    expect(report.checkpoint).toMatchObject({ resumed: true, resumes: 1, resumedFrom: { rowsExtracted: ROWS } })
    expect(events.find(({ stage }) => stage === 'orders')).toMatchObject({ rowsOut: ROWS })
    expect(report.stages[0]).toMatchObject({ rowsOut: ROWS, status: 'done' })
    expect(report.stages[0].durationMs).toBeGreaterThan(0)
    expect(await read('halfway.parquet')).toEqual(await query(TOTALS))
    expect(existsSync(scene.path('jobs/halfway/rows'))).toBe(false)
  })

  it('does again only what failed, if independent parts are to go on', async () => {
    const calls: string[] = []
    const fault = { isThere: true }
    const made = begin('parts', { onFailure: 'continue' })
      .producer('orders', 'orders.parquet')
      .processor('even', { from: 'orders', transform: { filter: 'id % 2 = 0' } })
      .processor('odd', { from: 'orders', transform: { filter: 'id % 2 = 1' } })
      .consumer(
        'a',
        () => {
          calls.push('a')
        },
        { from: 'even' },
      )
      .consumer('b', gateOf(fault), { from: 'odd' })
    const options = { checkpoint: 'parts', checkpointDirectory: scene.path('jobs') }
    expect((await scene.engine.pipeline(made).run(options)).status).toBe('failed')
    const times = calls.length
    fault.isThere = false
    expect((await scene.engine.pipeline(made).run({ ...options, resume: true })).status).toBe('done')
    expect(calls).toHaveLength(times)
  })

  it('keeps what left by every port', async () => {
    const fault = { isThere: true }
    const made = begin('ports', { onFailure: 'continue' })
      .producer('orders', 'orders.parquet')
      .processor('parsed', {
        from: 'orders',
        transform: { sql: 'select id, text::integer as number from input order by id' },
        routes: { low: 'number < 1000' },
      })
      .processor('divided', {
        from: 'parsed.main',
        transform: {
          function: {
            call: ({ id }: { id: bigint }, { emit }: { emit: (port: string, output: object) => void }) => {
              if (id % 3n === 0n) emit('third', { id })
              return { id }
            },
          },
        },
        placement: 'inline',
      })
      .consumer('gate', gateOf(fault), { from: 'orders' })
      .consumer('low', 'ports-low.csv', { from: 'parsed.low' })
      .consumer('rejects', 'ports-rejects.ndjson', { from: 'parsed.rejects' })
      .consumer('main', 'ports-main.parquet', { from: 'divided' })
      .consumer('third', 'ports-third.arrow', { from: 'divided.third' })
      .consumer('nothing', 'ports-nothing.csv', { from: 'divided.never' })
    const options = { checkpoint: 'ports', checkpointDirectory: scene.path('jobs') }
    expect((await scene.engine.pipeline(made).run(options)).status).toBe('failed')
    fault.isThere = false
    expect((await scene.engine.pipeline(made).run({ ...options, resume: true })).status).toBe('done')
    expect(await count('ports-low.csv')).toBe(980)
    expect(await count('ports-rejects.ndjson')).toBe(60)
    expect(await count('ports-main.parquet')).toBe(1960)
    expect(existsSync(scene.path('ports-nothing.csv'))).toBe(false)
    expect(await scene.engine.scanArrow(scene.path('ports-third.arrow')).count()).toBeGreaterThan(600)
  })

  it('tells each dead letter once', async () => {
    const fault = { isThere: true }
    const made = begin('letters')
      .producer('orders', 'orders.parquet')
      .processor('parsed', {
        transform: { convert: { text: 'integer' } },
        errors: { deadLetters: 'letters' },
      })
      .processor('sorted', { transform: { sort: 'text' } })
      .consumer('file', { path: 'letters.parquet' })
      .consumer('gate', gateOf(fault), { from: 'sorted' })
    const options = { checkpoint: 'letters', checkpointDirectory: scene.path('jobs') }
    await failure(() => scene.engine.pipeline(made).run(options))
    fault.isThere = false
    const { deadLetters, stages } = await scene.engine.pipeline(made).run({ ...options, resume: true })
    expect(deadLetters).toEqual([{ path: expect.stringContaining('letters'), records: 60 }])
    expect(await query(`select count(distinct row)::int as n from '${deadLetters[0].path}'`)).toEqual([{ n: 60 }])
    expect(stages.find(({ id }) => id === 'parsed')?.rejected).toBe(60)
  })

  it('writes outputs without rows with their columns', async () => {
    const made = begin('empty')
      .producer('orders', 'orders.parquet')
      .processor('none', { transform: { filter: 'id < 0' } })
      .consumer('file', { path: 'empty.parquet' })
    await scene.engine.pipeline(made).run({ checkpoint: 'empty', checkpointDirectory: scene.path('jobs') })
    expect(await query(`select column_name from (describe select * from '${scene.path('empty.parquet')}')`)).toEqual(
      ['id', 'customer', 'amount', 'text'].map((column_name) => ({ column_name })),
    )
  })
})

describe('a load of a job that was killed', () => {
  const targets = {
    append: {
      type: 'duckdb' as const,
      connection: 'once.duckdb',
      table: 'append',
      mode: 'append' as const,
      create: true,
    },
    replace: {
      type: 'sqlite' as const,
      connection: 'once.sqlite',
      table: 'replace',
      mode: 'replace' as const,
      create: true,
    },
    file: { path: 'once.parquet' },
  }

  it('behind its commit, before that was written down, is not done again', async () => {
    const made = begin('once')
      .producer('orders', 'orders.parquet')
      .consumer('append', targets.append)
      .consumer('replace', targets.replace, { from: 'orders' })
      .consumer('file', targets.file, { from: 'orders' })
    const options = { checkpoint: 'once', checkpointDirectory: scene.path('jobs') }
    await scene.engine.pipeline(made).run(options)
    const path = scene.path('jobs/once/checkpoint.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as object
    writeFileSync(path, JSON.stringify({ ...manifest, status: 'running', stages: {} }))
    const { stages, status } = await scene.engine.pipeline(made).run({ ...options, resume: true })
    expect(status).toBe('done')
    expect(stages.map(({ rowsIn }) => rowsIn).slice(1)).toEqual([ROWS, ROWS, ROWS])
    expect(await query('select count(*)::int as n from append', scene.path('once.duckdb'))).toEqual([{ n: ROWS }])
    expect(await count('once.parquet')).toBe(ROWS)
  })
})

describe('outputs', () => {
  it.each([undefined, 'parts-job'])(
    'of partitions are the directory, in each mode; checkpoint %s',
    async (checkpoint) => {
      const outputs = ['full', 'streaming', 'hybrid'].map(async (mode, index) => {
        const name = `by-${checkpoint ?? 'none'}-${mode}`
        const made = begin(name)
          .producer('orders', 'orders.parquet')
          .consumer('parts', { path: name, format: 'parquet', options: { partitionBy: ['customer'] } })
        const options =
          checkpoint === undefined
            ? {}
            : { checkpoint: `${checkpoint}-${index}`, checkpointDirectory: scene.path('jobs') }
        const report = await scene.engine.pipeline(made).run({ ...options, mode: mode as 'full' })
        return [report.outputs, [scene.path(name)]]
      })
      for (const [found, expected] of await Promise.all(outputs)) expect(found).toEqual(expected)
    },
  )
})

describe('a job in mode full is refused', () => {
  const fault = { isThere: true }
  const made = (name: string, condition: string) =>
    begin(name)
      .producer('lines', `${name}.csv`)
      .processor('some', { transform: { filter: condition, sort: 'id' } })
      .consumer('file', { path: `${name}.parquet` })
      .consumer('gate', gateOf(fault), { from: 'some' })
  const options = (name: string) => ({ checkpoint: name, checkpointDirectory: scene.path('jobs'), resume: true })

  it.each([
    ['plan', (name: string) => ({ pipeline: made(name, 'id > 2'), mode: 'full' as const }), /some\.transforms/],
    [
      'input',
      (name: string) => {
        writeFileSync(scene.path(`${name}.csv`), 'id\n1\n2\n3\n')
        return { pipeline: made(name, 'id > 1'), mode: 'full' as const }
      },
      /inputs\.lines/,
    ],
    ['mode', (name: string) => ({ pipeline: made(name, 'id > 1'), mode: 'streaming' as const }), /mode was "full", is/],
  ])('with another %s', async (name, change, message) => {
    writeFileSync(scene.path(`${name}.csv`), 'id\n1\n2\n')
    await failure(() => scene.engine.pipeline(made(name, 'id > 1')).run(options(name)))
    const changed = change(name)
    const error = await failure(() =>
      scene.engine.pipeline(changed.pipeline).run({ ...options(name), mode: changed.mode }),
    )
    expect([error.code, error.message]).toEqual(['VOLLEY_CHECKPOINT_MISMATCH', expect.stringMatching(message)])
    const manifest = JSON.parse(readFileSync(scene.path(`jobs/${name}/checkpoint.json`), 'utf8')) as object
    expect(manifest).toMatchObject({ status: 'running' })
  })
})
