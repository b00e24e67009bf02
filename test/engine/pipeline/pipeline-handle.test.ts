/** Pipelines of an engine in mode `full`: what they run as, what they report, and how they fail. */

import { existsSync, writeFileSync } from 'node:fs'
import { type PipelineReport, pipeline, type StageReport, VolleyError } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 2 })

const RECORDS = Array.from({ length: 1000 }, (_, id) => ({
  id,
  group: id % 5,
  text: id % 100 === 99 ? 'x' : String(id),
}))

beforeAll(async () => {
  await scene.engine
    .fromRecords(RECORDS, { id: 'int64', group: 'int32', text: 'varchar' })
    .sinkParquet(scene.path('in.parquet'), { rowGroupSize: 200 })
  writeFileSync(
    scene.path('functions.mjs'),
    `export const twice = ({ id }) => [{ id }, { id: -id }]
export const shout = ({ id, text }, { mark }) => ({ id, text: text + mark })
export function sorted({ id }, kwargs, { emit }) {
  if (id % 2n === 0n) return { id }
  emit('odd', { id })
}
export const batches = (batch) => Array.from(batch, ({ id }) => ({ id }))
export const failing = () => { throw new Error('never') }
`,
  )
})

const begin = (name: string, options: object = {}) =>
  pipeline(name, { directory: scene.directory, batchSize: 256, ...options })
const rows = (stages: readonly StageReport[]) => stages.map(({ id, status, rowsOut }) => [id, status, rowsOut])

async function read(name: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for await (const row of scene.engine.sql(`select * from '${scene.path(name)}'`).rows()) found.push(row)
  return found
}

describe('a chain', () => {
  it('is one plan', async () => {
    const handle = scene.engine.pipeline(
      begin('chain')
        .producer('in', 'in.parquet')
        .processor('some', { transform: { filter: 'id < 100', add: { more: 'id + 1' } } })
        .processor('few', { transform: { select: ['id', 'more'] } })
        .consumer('out', { path: 'chain.parquet', mode: 'replace' }),
    )
    const explained = await handle.explain()
    expect(explained).toMatch(/out:\n.*\n {2}project id, id \+ 1 AS more\n.*filter id < 100\n.*scan parquet/)
    expect(rows((await handle.run()).stages)).toEqual([
      ['in', 'done', expect.any(Number)],
      ['some', 'done', 100],
      ['few', 'done', 100],
      ['out', 'done', 100],
    ])
    expect(await read('chain.parquet')).toHaveLength(100)
    await expect(handle.plan()).resolves.toMatchObject({ ids: ['in', 'some', 'few', 'out'] })
  })

  it('validates without running', async () => {
    const handle = scene.engine.pipeline(
      begin('valid')
        .producer('in', 'in.parquet')
        .processor('f', { transform: { function: { module: './functions.mjs', function: 'twice' } } })
        .consumer('out', 'never.parquet'),
    )
    expect(await handle.validate()).toEqual({
      isValid: true,
      problems: [],
      columns: { in: { id: 'BIGINT', group: 'INTEGER', text: 'VARCHAR' }, f: null, out: null },
    })
    expect(existsSync(scene.path('never.parquet'))).toBe(false)
  })
})

describe('functions', () => {
  it.each([
    [
      'of a module, with a schema, in the plan',
      { module: './functions.mjs', function: 'twice', schema: { id: 'int64' } },
      2000,
    ],
    ['of a module, without a schema', { module: './functions.mjs', function: 'twice' }, 2000],
    [
      'of batches, giving records',
      { module: './functions.mjs', function: 'batches', mode: 'batch' as const, schema: { id: 'int64' } },
      1000,
    ],
    ['of code', { call: ({ id }: { id: bigint }) => ({ id }) }, 1000],
  ])('%s', async (_, step, expected) => {
    const built = begin('functions')
      .producer('in', 'in.parquet')
      .processor('f', { transform: { function: step } })
      .consumer('out', { path: 'functions.parquet', mode: 'replace' })
    await scene.engine.pipeline(built).run()
    const found = await read('functions.parquet')
    expect(found).toHaveLength(expected)
    expect(new Set(found.map(({ id }) => Math.abs(Number(id)))).size).toBe(1000)
  })

  it('of which it is told what they took, also where their rows are kept', async () => {
    const some = { module: './functions.mjs', function: 'sorted' }
    const built = begin('counted')
      .producer('in', 'in.parquet')
      .processor('few', { transform: { filter: 'id < 300' } })
      .processor('even', { transform: [{ add: { more: 'id + 1' } }, { function: some }, { function: some }] })
      .consumer('a', { path: 'a.parquet', mode: 'replace' })
    const counts = async (handle: { run(): Promise<PipelineReport> }) =>
      (await handle.run()).stages.map(({ id, rowsIn, rowsOut }) => [id, rowsIn, rowsOut])
    const expected = [
      ['in', null, expect.any(Number)],
      ['few', expect.any(Number), 300],
      ['even', 300, 150],
      ['a', 150, 150],
    ]
    expect(await counts(scene.engine.pipeline(built))).toEqual(expected)
    const twice = built.consumer('b', { path: 'b.parquet', mode: 'replace' }, { from: 'even' })
    expect(await counts(scene.engine.pipeline(twice))).toEqual([...expected, ['b', 150, 150]])
  })

  it.each([undefined, { id: 'int64' }])('are told what 64-bit integers are: %s', async (schema) => {
    const call = ({ id }: { id: number }) => ({ id: id + 1 })
    const built = begin('integers')
      .producer('in', 'in.parquet')
      .processor('f', { transform: { function: { call, ...(schema && { schema }) } as never } })
      .consumer('out', 'integers.parquet')
    await expect(scene.engine.pipeline(built).run()).rejects.toThrow(/Cannot mix BigInt.*Number\(value\) makes them/)
  })

  it('and branches tell what they take', async () => {
    const built = begin('branches')
      .producer('in', 'in.parquet')
      .processor('few', { from: 'in', transform: { filter: 'id < 30' } })
      .processor('all', { from: 'in', transform: { add: { more: 'id' }, drop: 'more' } })
      .consumer('out', { path: 'branches.parquet', mode: 'replace' }, { from: ['few', 'all'] })
    const { stages } = await scene.engine.pipeline(built).run()
    expect(stages.map(({ id, rowsIn, rowsOut }) => [id, rowsIn, rowsOut])).toEqual([
      ['in', null, 1000],
      ['few', 1000, null],
      ['all', 1000, 1000],
      ['out', 1030, 1030],
    ])
  })

  it('are told how to be repeated', async () => {
    const failing = (retryable: boolean) =>
      begin('repeated', { retries: { count: 1, backoffMs: 1 } })
        .producer('in', 'in.parquet')
        .processor('f', {
          transform: {
            function: {
              call: () => {
                throw Object.assign(new Error('not yet'), { retryable })
              },
            },
          },
        })
        .consumer('out', 'repeated.parquet')
    const messages = [false, true].map((retryable) =>
      scene.engine
        .pipeline(failing(retryable))
        .run()
        .catch((error: Error) => error.message),
    )
    expect(await Promise.all(messages)).toEqual([
      expect.stringMatching(/not yet \(not tried again: its error has no retryable: true\)$/),
      expect.stringMatching(/not yet \(after 2 attempts\)$/),
    ])
  })

  it('put out by other ports', async () => {
    const built = begin('ports')
      .producer('in', 'in.parquet')
      .processor('f', { transform: { function: { module: './functions.mjs', function: 'sorted' } } })
      .consumer('even', { path: 'even.parquet', mode: 'replace' })
      .consumer('odd', { path: 'odd.parquet', mode: 'replace' }, { from: 'f.odd' })
      .consumer('none', { path: 'none.parquet', mode: 'replace' }, { from: 'f.none' })
    await scene.engine.pipeline(built).run()
    expect((await read('even.parquet')).every(({ id }) => Number(id) % 2 === 0)).toBe(true)
    expect(await read('odd.parquet')).toHaveLength(500)
    expect(existsSync(scene.path('none.parquet'))).toBe(false)
  })
})

describe('closures', () => {
  const doubling = (name: string, options: object) =>
    pipeline(name, { directory: scene.directory, ...options })
      .producer('read', { path: 'in.parquet' })
      .processor('double', { transform: { function: { call: ({ id }: { id: bigint }) => ({ id: id * 2n }) } } })
      .consumer('file', { path: `${name}.parquet`, mode: 'replace' })

  it.each(['full', 'streaming', 'hybrid'] as const)('run inline where nothing else is asked for: %s', async (mode) => {
    const handle = scene.engine.pipeline(doubling(`closure-${mode}`, { mode }))
    expect(await handle.validate()).toMatchObject({ isValid: true, problems: [] })
    await handle.run()
    expect(await read(`closure-${mode}.parquet`)).toContainEqual({ id: 1998n })
  })

  it.each(['full', 'streaming'] as const)('that declare columns run inline as well: %s', async (mode) => {
    const name = `declared-${mode}`
    const built = begin(name, { mode })
      .producer('in', 'in.parquet')
      .processor('double', {
        transform: [
          { filter: 'id < 10' },
          { function: { call: ({ id }: { id: bigint }) => ({ id: id * 2n }), schema: { id: 'int64' } } },
        ],
      })
      .consumer('out', { path: `${name}.parquet`, mode: 'replace' })
    const { stages } = await scene.engine.pipeline(built).run()
    expect(stages[1]).toMatchObject({ rowsOut: 10, placement: 'inline' })
    expect(await read(`${name}.parquet`)).toContainEqual({ id: 18n })
  })

  it.each(
    (['full', 'streaming'] as const).flatMap((mode) => [
      { mode, placement: 'threads', schema: { id: 'int64' } },
      { mode, placement: 'process', schema: undefined },
    ]),
  )('are refused where a stage is placed as $placement in mode $mode', async ({ mode, placement, schema }) => {
    const built = begin('refused', { mode })
      .producer('in', 'in.parquet')
      .processor('same', {
        transform: { function: { call: (row: object) => row, ...(schema && { schema }) } },
        placement: placement as 'threads' | 'process',
      })
      .consumer('out', 'refused.parquet')
    await expect(scene.engine.pipeline(built).run()).rejects.toMatchObject({
      code: 'VOLLEY_UNSUPPORTED',
      message: expect.stringContaining(`'same' cannot be placed as '${placement}': 'call' is a closure`),
    })
    expect(existsSync(scene.path('refused.parquet'))).toBe(false)
  })

  it('are refused where they cannot go, before anything runs', async () => {
    const placed = doubling('closure-placed', {}).build()
    const stages = placed.stages.map((stage) =>
      stage.kind === 'processor'
        ? { ...stage, placement: { kind: 'process', maxProcesses: 1, retries: 0, timeout: null } as const }
        : stage,
    )
    const { problems } = await scene.engine.pipeline({ ...placed, stages }).validate()
    expect(problems).toMatchObject([{ stage: 'double', code: 'VOLLEY_UNSUPPORTED' }])
    expect(problems[0].message).toContain("cannot be placed as 'process': 'call' is a closure")
  })
})

describe('loads', () => {
  it.each(['duckdb', 'sqlite'] as const)('into a %s file make its directory', async (type) => {
    const connection = scene.path(`made/for/${type}.db`)
    const load = { type, connection, table: 't' }
    await scene.engine.pipeline({ extract: [{ id: 1 }], load }).run()
    expect(existsSync(connection)).toBe(true)
    const below = { ...load, connection: scene.path('in.parquet/t.db') }
    await expect(scene.engine.pipeline({ extract: [{ id: 1 }], load: below }).run()).rejects.toMatchObject({
      code: 'VOLLEY_IO',
    })
  })

  it('append, and upsert by key', async () => {
    const load = (path: string, mode: 'append' | 'upsert', records: readonly object[]) =>
      scene.engine
        .pipeline({
          extract: records,
          load: { path: scene.path(path), mode, ...(mode === 'upsert' ? { key: 'id' } : {}) },
        })
        .run()
    await load('parts', 'append', [{ id: 1 }])
    await load('parts', 'append', [{ id: 2 }])
    expect(await read('parts')).toEqual([{ id: 1n }, { id: 2n }])
    await load('keyed.csv', 'upsert', [
      { id: 1, v: 'a' },
      { id: 2, v: 'b' },
    ])
    await load('keyed.csv', 'upsert', [
      { id: 2, v: 'c' },
      { id: 3, v: 'd' },
    ])
    const keyed = (await read('keyed.csv')).map(({ id, v }) => `${id}${v}`)
    expect(keyed.sort()).toEqual(['1a', '2c', '3d'])
  })
})

describe('failures', () => {
  const failing = (onFailure: 'fail-fast' | 'continue') =>
    pipeline('failing', { directory: scene.directory, onFailure })
      .producer('in', 'in.parquet')
      .processor('bad', { from: 'in', transform: { convert: { text: 'int32' } } })
      .consumer('never', { path: `never-${onFailure}.parquet` })
      .consumer('good', { path: 'good.parquet', mode: 'replace' }, { from: 'in' })

  it('are thrown, with the report', async () => {
    const error: unknown = await scene.engine
      .pipeline(failing('fail-fast'))
      .run()
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(VolleyError)
    const { code, message, details } = error as VolleyError
    expect([code, message]).toEqual(['VOLLEY_CAST', expect.stringMatching(/^stage never: /)])
    expect(details.report).toMatchObject({ status: 'failed', name: 'failing' })
    expect(existsSync(scene.path('never-fail-fast.parquet'))).toBe(false)
  })

  it('leave what is independent alone', async () => {
    const { status, stages } = await scene.engine.pipeline(failing('continue')).run()
    expect(status).toBe('failed')
    expect(stages.map(({ id, status: of }) => [id, of])).toEqual(
      expect.arrayContaining([
        ['never', 'failed'],
        ['good', 'done'],
      ]),
    )
    expect(stages.find(({ id }) => id === 'never')?.error).toMatchObject({ code: 'VOLLEY_CAST' })
    expect(await read('good.parquet')).toHaveLength(1000)
  })

  it('go to the dead letters, up to a number', async () => {
    const letters = (maxCount: number) =>
      pipeline('letters', { directory: scene.directory, errors: { deadLetters: 'dead.parquet', maxCount } })
        .producer('in', 'in.parquet')
        .processor('bad', { transform: { convert: { text: 'int32' } } })
        .consumer('out', { path: 'letters.parquet', mode: 'replace' })
    await scene.engine.pipeline(letters(10)).run()
    expect(await read('letters.parquet')).toHaveLength(990)
    expect(await read('dead.parquet')).toHaveLength(10)
    await expect(scene.engine.pipeline(letters(9)).run()).rejects.toMatchObject({ code: 'VOLLEY_TOO_MANY_REJECTS' })
  })

  it('an abort ends a run', async () => {
    const built = begin('aborted').producer('in', 'in.parquet').consumer('out', { path: 'aborted.parquet' })
    await expect(scene.engine.pipeline(built).run({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'VOLLEY_ABORTED',
    })
    expect(existsSync(scene.path('aborted.parquet'))).toBe(false)
  })
})

describe('several inputs', () => {
  it('are matched by the names of their columns', async () => {
    const built = begin('inputs')
      .producer('a', [{ x: 1, y: 'a' }])
      .producer('b', [{ y: 'b', x: 2 }])
      .consumer('out', { path: 'inputs.csv', mode: 'replace' }, { from: ['a', 'b'] })
    await scene.engine.pipeline(built).run()
    expect(await read('inputs.csv')).toEqual([
      { x: 1n, y: 'a' },
      { x: 2n, y: 'b' },
    ])
    const other = begin('other')
      .producer('a', [{ x: 1 }])
      .producer('b', [{ z: 2 }])
      .consumer('out', { path: 'inputs.csv', mode: 'replace' }, { from: ['a', 'b'] })
    await expect(scene.engine.pipeline(other).run()).rejects.toMatchObject({ code: 'VOLLEY_SCHEMA_MISMATCH' })
  })
})

describe('runMultiple', () => {
  it('runs once for each set, and goes on after failures', async () => {
    const handle = scene.engine.pipeline(({ least }) =>
      begin('multiple')
        .producer('in', 'in.parquet')
        .processor('some', { transform: { filter: `id >= ${least}` } })
        .consumer('out', { path: `from-${least}.parquet`, mode: 'replace' }),
    )
    const paramSets = [{ least: 990 }, { least: 'nothing' }, { least: 500 }]
    const { succeeded, failed, runs } = await handle.runMultiple({ paramSets, maxConcurrent: 2, batchSize: 2 })
    expect([succeeded, failed]).toEqual([2, 1])
    expect(runs.map(({ params, status, report }) => [params.least, status, report?.stages.at(-1)?.rowsOut])).toEqual([
      [990, 'done', 10],
      ['nothing', 'failed', null],
      [500, 'done', 500],
    ])
    expect(runs[1].error).toMatchObject({ code: 'VOLLEY_UNKNOWN_COLUMN' })
  })
})
