/** Streams by which no row comes leave the outputs that mode `full` leaves. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import sqlite from 'node-sqlite3-wasm'
import type { PipelineSpecification } from '../../../../index.js'
import { beforeAll, describe, expect, it } from '../../../support/jest.js'
import { Scene } from '../../../support/scene.js'
import { query } from '../../../support/streaming.js'

const scene = Scene.forFile({ threads: 2 })

beforeAll(async () => {
  writeFileSync(scene.path('same.mjs'), 'export const same = (row) => row')
  await query(
    `copy (select i as id, (i / 4)::decimal(10, 2) as amount, 'n' || i as name from range(300) t(i))
     to '${scene.path('items.parquet')}' (format parquet)`,
  )
  await query(`copy (select i as id from range(0) t(i)) to '${scene.path('none.parquet')}' (format parquet)`)
})

const TRANSFORM = [{ filter: 'id < 0' }, { add: { half: 'amount / 2', day: "date '2024-01-01'" } }]

function specification(name: string, target: string, transform: readonly object[] = TRANSFORM) {
  return {
    name,
    directory: scene.directory,
    extract: 'items.parquet',
    transform,
    load: target,
  } as PipelineSpecification
}

const described = (path: string) => query(`select column_name, column_type from (describe from '${path}')`)

describe('a stream without rows', () => {
  it.each(['parquet', 'csv', 'ndjson', 'arrow'])('writes a file of %s as a full run does', async (format) => {
    const full = await scene.engine.pipeline(specification('full', `full.${format}`)).run({ mode: 'full' })
    const streamed = await scene.engine
      .pipeline(specification('streamed', `streamed.${format}`))
      .run({ mode: 'streaming' })
    const kept = await scene.engine
      .pipeline(specification('kept', `kept.${format}`))
      .run({ mode: 'streaming', checkpoint: `kept-${format}` })
    expect([full, streamed, kept].map(({ outputs }) => outputs)).toEqual(
      ['full', 'streamed', 'kept'].map((name) => [scene.path(`${name}.${format}`)]),
    )
    const [first, ...others] = ['full', 'streamed', 'kept'].map((name) => scene.path(`${name}.${format}`))
    for (const other of others) {
      if (format === 'parquet') expect(await described(other)).toEqual(await described(first))
      else if (format === 'arrow') {
        const schema = async (path: string) => String(await scene.engine.scanArrow(path).schema())
        expect(await schema(other)).toBe(await schema(first))
      } else expect(readFileSync(other, 'utf8')).toBe(readFileSync(first, 'utf8'))
    }
    if (format === 'csv') expect(readFileSync(first, 'utf8')).toBe('id,amount,name,half,day\n')
  })

  it('has the columns that a function declares, and none where it declares none', async () => {
    const made = (name: string, schema: object) =>
      specification(name, `${name}.parquet`, [
        { filter: 'id < 0' },
        { function: { module: './same.mjs', function: 'same', ...schema } },
      ])
    await scene.engine.pipeline(made('declared', { schema: { id: 'int32' } })).run({ mode: 'streaming' })
    expect(await described(scene.path('declared.parquet'))).toEqual([{ column_name: 'id', column_type: 'INTEGER' }])
    const { outputs } = await scene.engine.pipeline(made('undeclared', {})).run({ mode: 'streaming' })
    expect(outputs).toEqual([])
    expect(existsSync(scene.path('undeclared.parquet'))).toBe(false)
  })

  it('makes a table, reads one, and fails for what no row could pass', async () => {
    const stages = (transform: object) => ({
      name: 'tables',
      directory: scene.directory,
      mode: 'streaming' as const,
      stages: [
        { id: 'items', source: 'items.parquet' },
        { id: 'none', source: 'none.parquet' },
        { id: 'few', kind: 'processor' as const, from: 'items', transform: { filter: 'id > 1000' } },
        { id: 'joined', kind: 'processor' as const, from: 'none', tables: { few: 'few' }, transform },
        {
          id: 'load',
          from: 'joined',
          target: { type: 'sqlite' as const, connection: 'rowless.db', table: 't', create: true },
        },
      ],
    })
    const sql = 'select i.id, f.name from input i join few f on i.id = f.id'
    await scene.engine.pipeline(stages({ sql })).run()
    const database = new sqlite.Database(scene.path('rowless.db'))
    try {
      expect(database.all(`select name, type from pragma_table_info('t')`)).toEqual([
        { name: 'id', type: 'BIGINT' },
        { name: 'name', type: 'TEXT' },
      ])
    } finally {
      database.close()
    }
    await expect(scene.engine.pipeline(stages({ filter: 'nothing > 1' })).run()).rejects.toMatchObject({
      code: 'VOLLEY_UNKNOWN_COLUMN',
    })
  })
})
