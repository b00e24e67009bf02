import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import sqlite from 'node-sqlite3-wasm'
import type { SourceDefinition } from '../../../../planner/pipeline/definition.js'
import { type DatabaseUnderTest, databaseTests } from '../../../support/database-tests.js'
import { describe, expect, it } from '../../../support/jest.js'
import { refusedRowTests } from '../../../support/refused-rows.js'
import { columns, StageScene } from '../../../support/stages.js'

const run = promisify(execFile)
const scene = StageScene.forFile()
const path = scene.path('tables.db')

function execute(sql: string, file = path): void {
  const database = new sqlite.Database(file)
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

const table = (name: string, given: object = {}): SourceDefinition => ({
  kind: 'database',
  database: 'sqlite',
  connection: path,
  table: name,
  query: null,
  cursor: null,
  schema: null,
  ...given,
})

const under: DatabaseUnderTest = {
  database: 'sqlite',
  connection: () => path,
  execute: async (sql) => execute(sql),
  hasNaN: false,
  duplicate: /UNIQUE constraint failed/,
}

databaseTests(scene, under)
refusedRowTests(scene, under)

describe('values of SQLite', () => {
  it('are read by what their column is declared as, or by what they are', async () => {
    execute(`create table mixed (a int, b numeric, c, d boolean, e datetime);
      insert into mixed values (1, 1.5, x'00ff', 1, '1969-07-20 20:17:40'), (null, 2, null, 0, null)`)
    const { rows, schema } = await scene.read(table('mixed'))
    expect(schema).toEqual(columns({ a: 'bigint', b: 'double', c: 'blob', d: 'boolean', e: 'timestamp' }))
    expect(rows).toEqual([
      { a: 1n, b: 1.5, c: Uint8Array.of(0, 255), d: true, e: new Date('1969-07-20T20:17:40Z') },
      { a: null, b: 2, c: null, d: false, e: null },
    ])
  })

  it('of several types need a schema', async () => {
    execute(`create table various (a); insert into various values (1), ('x')`)
    await expect(scene.read(table('various'))).rejects.toThrow(/column a has values of several types/)
    execute(`create table late (a integer); insert into late values (1), ('x')`)
    await expect(scene.read(table('late'))).rejects.toThrow(/table late, column a, row 1: expected BIGINT, got "x"/)
  })

  it('that a strict table does not take are named by column and row', async () => {
    execute('create table strictly (id integer, word text) strict')
    const target = {
      kind: 'database' as const,
      database: 'sqlite' as const,
      connection: path,
      table: 'strictly',
      mode: 'append' as const,
      key: [],
      create: false,
    }
    const rows = [
      { id: '1', word: 'a' },
      { id: 'x', word: 'b' },
    ]
    await expect(scene.load(target, columns({ id: 'varchar', word: 'varchar' }), rows)).rejects.toMatchObject({
      code: 'VOLLEY_BAD_RECORD',
      details: { table: 'strictly', column: 'id', row: 1 },
    })
  })

  it('cannot be NaN', async () => {
    const target = {
      kind: 'database' as const,
      database: 'sqlite' as const,
      connection: path,
      table: 'numbers',
      mode: 'append' as const,
      key: [],
      create: true,
    }
    const loading = scene.load(target, columns({ x: 'double' }), [{ x: 1 }, { x: Number.NaN }])
    await expect(loading).rejects.toThrow(/column x, row 1: SQLite has no NaN/)
  })
})

describe('locks of SQLite', () => {
  it('do not keep stages that use one file from each other', async () => {
    execute('create table numbered (id integer)')
    execute(
      'with recursive n (i) as (select 1 union all select i + 1 from n where i < 500) insert into numbered select i from n',
    )
    const copied = (into: string) =>
      scene.transfer(table('numbered'), {
        kind: 'database',
        database: 'sqlite',
        connection: path,
        table: into,
        mode: 'append',
        key: [],
        create: true,
      })
    expect(await Promise.all([copied('copy_1'), copied('copy_2')])).toEqual([500, 500])
    expect((await scene.read(table('copy_2', { cursor: 'id' }))).rows.length).toBe(500)
  })

  it('of a process that was killed while it wrote do not keep its half from being undone', async () => {
    const file = scene.path('killed.db')
    execute(
      `create table t (id integer primary key, word text);
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
        insert into t select i, 'old' || hex(randomblob(50)) from n`,
      file,
    )
    const connection = new URL('../../../../io/database/sqlite/connection.js', import.meta.url).href
    const code = `const { SqliteConnection } = await import(${JSON.stringify(connection)})
      const connection = SqliteConnection.open(${JSON.stringify(file)}, 'write')
      connection.execute('pragma cache_size = 10; begin immediate')
      connection.execute("update t set word = 'new' || hex(randomblob(80))")
      process.kill(process.pid, 'SIGKILL')`
    await expect(run(process.execPath, ['--input-type=module', '--eval', code])).rejects.toMatchObject({
      signal: 'SIGKILL',
    })
    expect(existsSync(`${file}-journal`) && existsSync(`${file}.lock`)).toBe(true)
    const query = 'select substr(word, 1, 3) as age, count(*) as n from t group by 1'
    const { rows } = await scene.read(table('t', { connection: file, table: null, query }))
    expect(rows).toEqual([{ age: 'old', n: 5000n }])
  })

  it('that a killed process left are removed', async () => {
    execute('create table locked (id integer); insert into locked values (7)')
    mkdirSync(`${path}.lock`)
    // No process has this number.
    writeFileSync(`${path}.4194305-0-1.volley-lock`, '')
    expect((await scene.read(table('locked'))).rows).toEqual([{ id: 7n }])
    expect(existsSync(`${path}.lock`)).toBe(false)
    expect(readdirSync(scene.directory).filter((name) => name.endsWith('-lock'))).toEqual([])
  })
})
