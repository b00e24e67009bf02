/** Pipelines whose databases refuse some rows. */

import sqlite from 'node-sqlite3-wasm'
import type { PipelineSpecification } from '../../../../index.js'
import { anotherCut, committedCut } from '../../../support/checkpoints.js'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'
import { query } from '../../../support/streaming.js'

const scene = Scene.forFile({ threads: 2 })
const MODES = ['full', 'streaming'] as const
const REFUSED = [7, 107, 207, 307, 407]

beforeAll(async () => {
  await query(
    `copy (select i as id, case when i % 100 = 7 then null else 'item ' || i end as name from range(500) t(i))
     to '${scene.path('items.parquet')}' (format parquet)`,
  )
})

function sql(file: string, text: string): Record<string, unknown>[] {
  const database = new sqlite.Database(scene.path(file))
  try {
    return database.all(text) as Record<string, unknown>[]
  } finally {
    database.close()
  }
}

function loading(name: string, files: readonly string[], more: Partial<PipelineSpecification> = {}) {
  return {
    name,
    directory: scene.directory,
    batchSize: 64,
    errors: { deadLetters: `${name}-letters` },
    stages: [
      { id: 'items', source: 'items.parquet' },
      ...files.map((connection, index) => ({
        id: `load${index}`,
        from: 'items',
        target: { type: 'sqlite' as const, connection, table: 't', mode: 'append' as const },
      })),
    ],
    ...more,
  } as PipelineSpecification
}

const lettersOf = (path: string) =>
  query(`select stage, step, row::int as row, record, code, source from '${path}' order by stage, row`)

describe.each(MODES)('in mode %s', (mode) => {
  it('rows that a database refuses become dead letters, and the others are loaded', async () => {
    const name = `refused-${mode}`
    sql(`${name}.db`, 'create table t (id integer primary key, name text not null)')
    const { status, deadLetters, stages } = await scene.engine.pipeline(loading(name, [`${name}.db`])).run({ mode })
    expect(status).toBe('done')
    expect(deadLetters).toEqual([{ path: expect.stringContaining(`${name}-letters`), records: 5 }])
    expect(stages.find(({ id }) => id === 'load0')).toMatchObject({ rowsIn: 500, rejected: 5 })
    expect(await lettersOf(deadLetters[0].path)).toEqual(
      REFUSED.map((row) => ({
        stage: 'load0',
        step: 'load',
        row,
        record: `{"id":${row},"name":null}`,
        code: 'VOLLEY_CONSTRAINT',
        source: mode === 'streaming' ? scene.path('items.parquet') : null,
      })),
    )
    expect(sql(`${name}.db`, 'select count(*) as n, count(name) as named from t')).toEqual([{ n: 495, named: 495 }])
  })

  it('they enter the table once it takes them', async () => {
    const name = `again-${mode}`
    sql(`${name}.db`, 'create table t (id integer primary key, name text not null)')
    const made = loading(name, [`${name}.db`])
    const { deadLetters } = await scene.engine.pipeline(made).run({ mode })
    const file = `${name}.db`
    sql(file, 'create table u (id integer primary key, name text)')
    sql(file, 'insert into u select * from t')
    sql(file, 'drop table t')
    sql(file, 'alter table u rename to t')
    const again = await scene.engine.pipeline(made).run({ mode, reprocess: deadLetters[0].path })
    expect(again.deadLetters).toEqual([])
    expect(sql(file, 'select count(*) as n from t')).toEqual([{ n: 500 }])
  })

  it('too many of them end the run, and nothing is loaded', async () => {
    const name = `many-${mode}`
    sql(`${name}.db`, 'create table t (id integer primary key, name text not null)')
    const errors = { deadLetters: `${name}.parquet`, maxCount: 3 }
    const running = scene.engine.pipeline(loading(name, [`${name}.db`], { errors })).run({ mode })
    await expect(running).rejects.toMatchObject({
      code: 'VOLLEY_TOO_MANY_REJECTS',
      details: { stage: 'load0', failed: 4 },
    })
    expect(sql(`${name}.db`, 'select count(*) as n from t')).toEqual([{ n: 0 }])
    expect((await lettersOf(scene.path(`${name}.parquet`))).length).toBe(4)
  })
})

describe('with a checkpoint', () => {
  it.each([1, 2])('%i databases leave out what they refuse, epoch by epoch', async (count) => {
    const name = `epochs-${count}`
    const files = Array.from({ length: count }, (_, index) => `${name}-${index}.db`)
    for (const file of files) sql(file, 'create table t (id integer primary key, name text not null)')
    const made = loading(name, files, { mode: 'streaming' })
    const given = { checkpoint: name, checkpointEvery: { batches: 2 } }
    const { deadLetters, checkpoint: kept } = await scene.engine.pipeline(made).run(given)
    expect(kept?.epoch).toBeGreaterThan(1)
    const letters = await lettersOf(deadLetters[0].path)
    expect(letters.map(({ stage, row }) => [stage, row])).toEqual(
      files.flatMap((_, index) => REFUSED.map((row) => [`load${index}`, row])),
    )
    for (const file of files) expect(sql(file, 'select count(*) as n from t')).toEqual([{ n: 495 }])
  })

  it.each([1, 2])('of a job that fails and goes on, %i databases have each refused row once', async (count) => {
    const name = `resumed-${count}`
    const files = Array.from({ length: count }, (_, index) => `${name}-${index}.db`)
    for (const file of files) sql(file, 'create table t (id integer primary key, name text not null)')
    let failsAt = 200n
    let before: string | null = null
    const call = async (row: { id: bigint }) => {
      if (row.id !== failsAt) return row
      await anotherCut(scene.directory, name, before)
      throw Object.assign(new Error('stop'), { code: 'stop' })
    }
    const made = loading(name, files, { mode: 'streaming' }) as unknown as { stages: { id: string }[] }
    const [items, ...loads] = made.stages
    const transform = { function: { call, schema: { id: 'int64', name: 'utf8' } } }
    const slow = { id: 'slow', kind: 'processor', from: 'items', placement: 'inline', transform, errors: {} }
    const stages = [items, slow, ...loads.map((load) => ({ ...load, from: 'slow' }))]
    const job = scene.engine.pipeline({ ...made, stages } as unknown as PipelineSpecification)
    const given = { checkpoint: name, checkpointEvery: { batches: 1 } }
    await expect(job.run(given)).rejects.toThrow(/stop/)
    failsAt = 400n
    before = committedCut(scene.directory, name)
    await expect(job.run({ ...given, resume: true })).rejects.toThrow(/stop/)
    failsAt = -1n
    const { deadLetters, checkpoint, stages: reports } = await job.run({ ...given, resume: true })
    expect(checkpoint?.resumedFrom).not.toBeNull()
    const letters = await lettersOf(deadLetters[0].path)
    expect(letters.map(({ stage, record }) => [stage, JSON.parse(String(record)).id])).toEqual(
      files.flatMap((_, index) => REFUSED.map((id) => [`load${index}`, id])),
    )
    for (const file of files) expect(sql(file, 'select count(*) as n from t')).toEqual([{ n: 495 }])
    for (const load of loads)
      expect(reports.find(({ id }) => id === load.id)).toMatchObject({ rowsIn: 500, rejected: 5 })
  })
})
