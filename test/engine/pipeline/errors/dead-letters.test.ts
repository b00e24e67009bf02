/** Records that stages cannot process: where they go, when they are too many, and how they come again. */

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { type PipelineSpecification, VolleyError } from '../../../../index.js'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'
import { query } from '../../../support/streaming.js'

const scene = Scene.forFile({ threads: 2 })
const MODES = ['full', 'streaming'] as const

beforeAll(async () => {
  await query(
    `copy (select i as id, (i / 4)::decimal(10, 2) as amount, date '2024-01-01' + i::int as day,
       case when i % 100 = 7 then 'x' || i else i::varchar end as text from range(1000) t(i))
     to '${scene.path('texts.parquet')}' (format parquet, row_group_size 2048)`,
  )
  writeFileSync(
    scene.path('steps.mjs'),
    `let calls = 0
export const odd = (row) => { if (row.id % 200n === 20n) throw new Error('no ' + row.id); return row }
export const passing = (row) => {
  if (row.id === 300n && calls++ < 2) throw Object.assign(new Error('busy'), { retryable: true })
  return row
}
export const whole = (batch) => {
  for (const { id } of batch) if (id === 250n || id === 251n) throw new Error('the batch has ' + id)
  return batch
}
export const exits = (row) => { if (row.id === 5n) process.exit(3); return row }
export const load = ({ id }) => { if (id % 500n === 1n) throw new Error('refused ' + id) }
`,
  )
})

const step = (name: string, more: object = {}) => ({ module: './steps.mjs', function: name, ...more })

function chain(name: string, more: Partial<PipelineSpecification> & object): PipelineSpecification {
  return {
    name,
    directory: scene.directory,
    batchSize: 256,
    extract: 'texts.parquet',
    transform: { convert: { text: 'int32' } },
    load: { path: `${name}.parquet`, mode: 'replace' },
    errors: { deadLetters: `${name}-letters` },
    ...more,
  } as PipelineSpecification
}

const read = (name: string, columns = '*') => query(`select ${columns} from '${scene.path(name)}' order by all`)

describe.each(MODES)('in mode %s', (mode) => {
  it('a record that cannot be converted is written down with where it comes from', async () => {
    const name = `convert-${mode}`
    const { status, deadLetters, stages } = await scene.engine.pipeline(chain(name, {})).run({ mode })
    expect(status).toBe('done')
    expect(deadLetters).toEqual([{ path: expect.stringContaining(`${name}-letters`), records: 10 }])
    expect(stages.find(({ id }) => id === 'transform')).toMatchObject({ status: 'done' })
    expect(await read(`${name}.parquet`, 'count(*)::int as n')).toEqual([{ n: 990 }])
    const [letter] = await query(`select * from '${deadLetters[0].path}' where record like '%"id":207,%'`)
    expect(letter).toMatchObject({
      pipeline: name,
      stage: 'transform',
      step: 'convert',
      record: '{"id":207,"amount":51.75,"day":"2024-07-26","text":"x207"}',
      code: 'VOLLEY_CAST',
      message: "cannot cast 'x207' to INTEGER, in CAST(text AS INTEGER)",
    })
    expect(letter.row).toBe('207')
    if (mode === 'streaming') expect(letter).toMatchObject({ source: scene.path('texts.parquet'), row_group: 0 })
  })

  it('each step and function names its own failures', async () => {
    const name = `steps-${mode}`
    const transform = [{ convert: { text: 'int32' } }, { function: step('odd') }, { add: { tens: 'id / 10' } }]
    const { deadLetters } = await scene.engine.pipeline(chain(name, { transform })).run({ mode })
    const found = await query(
      `select step, code, count(*)::int as n from '${deadLetters[0].path}' group by all order by all`,
    )
    expect(found).toEqual([
      { step: 'step 1 (convert)', code: 'VOLLEY_CAST', n: 10 },
      { step: 'step 2 (function)', code: 'VOLLEY_USER_FUNCTION', n: 5 },
    ])
    expect(await read(`${name}.parquet`, 'count(*)::int as n')).toEqual([{ n: 985 }])
  })

  it('functions of batches are called again until the records are found, JSONata fails for its record', async () => {
    const name = `batches-${mode}`
    const transform = [
      { function: step('whole', { mode: 'batch' }) },
      {
        jsonata: { expression: '{ "id": id, "n": $number(text) }', schema: { id: 'int64', n: 'int64' } },
      },
    ]
    const { deadLetters } = await scene.engine.pipeline(chain(name, { transform })).run({ mode })
    expect(deadLetters[0].records).toBe(12)
    expect(await read(`${name}.parquet`, 'count(*)::int as n')).toEqual([{ n: 988 }])
  })

  it('what may pass is tried again before it is left out', async () => {
    const name = `passing-${mode}`
    const retries = { count: 3, backoffMs: 1, factor: 1, jitter: 0 }
    const made = chain(name, { transform: { function: step('passing') }, retries })
    const { deadLetters } = await scene.engine.pipeline(made).run({ mode })
    expect(deadLetters).toEqual([])
    expect(await read(`${name}.parquet`, 'count(*)::int as n')).toEqual([{ n: 1000 }])
  })

  it('a consumer leaves out what it cannot load', async () => {
    const name = `load-${mode}`
    const load = { ...step('load'), type: 'function' as const }
    const { deadLetters } = await scene.engine.pipeline(chain(name, { transform: {}, load })).run({ mode })
    expect(await query(`select stage, step, row::int as row from '${deadLetters[0].path}' order by row`)).toEqual([
      { stage: 'load', step: 'load', row: 1 },
      { stage: 'load', step: 'load', row: 501 },
    ])
  })

  it.each([
    [{ maxCount: 4 }, /5 of \d+ records failed: more than the 4 of maxCount/],
    [{ maxRate: 0.009 }, /1 of 100 records, a rate of 0.0100/],
    [{ maxConsecutive: 1 }, /the last 1 in a row/],
  ])('too many end the run: %j', async (limit, message) => {
    const name = `limit-${mode}-${Object.keys(limit)[0]}`
    const made = chain(name, { errors: { deadLetters: `${name}-letters.parquet`, ...limit } })
    const error: unknown = await scene.engine
      .pipeline(made)
      .run({ mode })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(VolleyError)
    const { code, message: said, details } = error as VolleyError
    expect(code).toBe('VOLLEY_TOO_MANY_REJECTS')
    expect(said).toMatch(message)
    expect(details).toMatchObject({ stage: 'transform', path: scene.path(`${name}-letters.parquet`) })
    expect((await read(`${name}-letters.parquet`)).length).toBe(details.failed)
    expect(existsSync(scene.path(`${name}.parquet`))).toBe(false)
  })

  it('without a place for them the first ends the run, and so does what is no fault of a record', async () => {
    const first = chain(`first-${mode}`, { errors: {} })
    await expect(scene.engine.pipeline(first).run({ mode })).rejects.toMatchObject({ code: 'VOLLEY_CAST' })
    const unknown = chain(`unknown-${mode}`, { transform: { filter: 'nothing > 1' } })
    await expect(scene.engine.pipeline(unknown).run({ mode })).rejects.toMatchObject({ code: 'VOLLEY_UNKNOWN_COLUMN' })
    const unfit = chain(`unfit-${mode}`, { transform: { filter: 'id + day > 1' } })
    await expect(scene.engine.pipeline(unfit).run({ mode })).rejects.toMatchObject({ code: 'VOLLEY_TYPE_MISMATCH' })
  })

  it('processes dead letters again at the stage that could not', async () => {
    const name = `again-${mode}`
    const letters = scene.path(`${name}-letters`)
    await scene.engine.pipeline(chain(name, {})).run({ mode })
    const [first] = readdirSync(letters)
    // Mended for some records: a leading x is taken off, but not that of the last.
    const mended = chain(name, {
      transform: [
        { add: { text: "case when id < 900 then replace(text, 'x', '') else text end" } },
        { convert: { text: 'int32' } },
      ],
    })
    const { outputs, deadLetters } = await scene.engine.pipeline(mended).run({ mode, reprocess: letters })
    expect(deadLetters).toEqual([{ path: expect.stringContaining(name), records: 1 }])
    expect(readdirSync(letters).sort()).toEqual([`${first}.done`, deadLetters[0].path.split('/').at(-1)].sort())
    expect(outputs).toEqual([expect.stringMatching(/again-\w+-reprocessed-.*\.parquet$/)])
    expect(
      await query(`select id::int as id, amount::varchar as amount, text from '${outputs[0]}' where id = 207`),
    ).toEqual([{ id: 207, amount: '51.75', text: 207 }])
    expect(
      await query(`select typeof(amount) as a, typeof(day) as d, count(*)::int as n from '${outputs[0]}' group by all`),
    ).toEqual([{ a: 'DECIMAL(10,2)', d: 'DATE', n: 9 }])
    expect(await query(`select record from '${deadLetters[0].path}'`)).toEqual([
      { record: expect.stringContaining('"text":"x907"') },
    ])
  })
})

describe('a stage of processes', () => {
  it('leaves out the record that ends them, and routes that fail name themselves', async () => {
    const { deadLetters } = await scene.engine
      .pipeline({
        name: 'processes',
        directory: scene.directory,
        mode: 'streaming',
        errors: { deadLetters: 'processes.parquet' },
        stages: [
          { id: 'texts', source: 'texts.parquet' },
          { id: 'some', kind: 'processor', from: 'texts', transform: { filter: 'id < 16' } },
          {
            id: 'exits',
            kind: 'processor',
            from: 'some',
            transform: { function: step('exits') },
            placement: { kind: 'process', maxProcesses: 1, retries: 0 },
          },
          { id: 'routed', kind: 'processor', from: 'exits', routes: { large: 'text::int32 > 10' } },
          { id: 'large', from: 'routed.large', target: { path: 'large.csv' } },
          { id: 'rest', from: 'routed', target: { path: 'rest.csv' } },
        ],
      })
      .run()
    expect(await query(`select stage, step, code, row::int as row from '${deadLetters[0].path}' order by all`)).toEqual(
      [
        { stage: 'exits', step: 'function', code: 'VOLLEY_WORKER_DIED', row: 5 },
        { stage: 'routed', step: 'routes', code: 'VOLLEY_CAST', row: 6 },
      ],
    )
    expect(await read('large.csv', 'count(*)::int as n')).toEqual([{ n: 5 }])
    expect(await read('rest.csv', 'count(*)::int as n')).toEqual([{ n: 9 }])
  })
})

describe('dead letters', () => {
  it('of plans cannot come again, as their records are not those of the stage', async () => {
    const made = chain('sorted', { transform: [{ convert: { text: 'int32' } }, { sort: 'id' }] })
    const { deadLetters } = await scene.engine.pipeline(made).run()
    expect(deadLetters).toMatchObject([{ records: 10 }])
    await expect(scene.engine.pipeline(made).run({ reprocess: deadLetters[0].path })).rejects.toMatchObject({
      code: 'VOLLEY_UNSUPPORTED',
    })
    expect(existsSync(deadLetters[0].path)).toBe(true)
  })

  it('are of one pipeline, and stay when the run that processes them fails', async () => {
    const { deadLetters } = await scene.engine.pipeline(chain('mine', {})).run()
    const [{ path }] = deadLetters
    await expect(scene.engine.pipeline(chain('other', {})).run({ reprocess: path })).rejects.toMatchObject({
      code: 'VOLLEY_INVALID_ARGUMENT',
    })
    const strict = chain('mine', { errors: {} })
    await expect(scene.engine.pipeline(strict).run({ reprocess: path })).rejects.toMatchObject({ code: 'VOLLEY_CAST' })
    expect(existsSync(path)).toBe(true)
    await expect(scene.engine.pipeline(chain('mine', {})).run({ reprocess: scene.path('none') })).rejects.toMatchObject(
      { code: 'VOLLEY_FILE_NOT_FOUND' },
    )
  })

  it('join tables again, and leave other branches alone', async () => {
    const stages = (convert: object) => ({
      name: 'graph',
      directory: scene.directory,
      errors: { deadLetters: 'graph-letters.parquet' },
      stages: [
        { id: 'texts', source: 'texts.parquet' },
        { id: 'days', kind: 'processor' as const, from: 'texts', transform: { select: ['id', 'day'] } },
        { id: 'numbers', kind: 'processor' as const, from: 'texts', transform: convert },
        {
          id: 'joined',
          kind: 'processor' as const,
          from: 'numbers',
          tables: { days: 'days' },
          transform: { sql: 'select i.id, i.text, d.day as known from input i join days d on i.id = d.id' },
        },
        { id: 'out', from: 'joined', target: { path: 'graph.parquet', mode: 'replace' as const } },
        { id: 'others', from: 'texts', target: { path: 'others.parquet', mode: 'replace' as const } },
      ],
    })
    const run = (convert: object, more: object) =>
      scene.engine.pipeline(stages(convert)).run({ mode: 'streaming', ...more })
    await run({ convert: { text: 'int32' } }, {})
    const again = await run({ convert: { text: 'varchar' } }, { reprocess: scene.path('graph-letters.parquet') })
    expect(again.deadLetters).toEqual([])
    expect(again.outputs).toHaveLength(1)
    expect(await query(`select count(known)::int as n from '${again.outputs[0]}'`)).toEqual([{ n: 10 }])
    expect(existsSync(scene.path('graph-letters.parquet.done'))).toBe(true)
  })
})
