/** What a run would refuse is found before, with its place in the file. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { failure, Scene } from '../../support/scene.js'

const scene = Scene.forFile({ threads: 1 })

beforeAll(() => {
  mkdirSync(scene.path('folder'))
  writeFileSync(scene.path('a.csv'), 'id,name,amount\n1,x,2\n2,y,3\n')
  writeFileSync(scene.path('b.csv'), 'name,id,amount\nx,1,2\n')
  writeFileSync(scene.path('c.csv'), 'id,other\n1,2\n')
  writeFileSync(scene.path('m.mjs'), 'export const one = (record) => record\n')
})

type Stages = readonly Readonly<Record<string, unknown>>[]

const input = { id: 'in', source: 'a.csv' }
const step = (transform: unknown, more: object = {}) => ({ id: 'p', kind: 'processor', from: 'in', transform, ...more })
const into = (target: unknown, from = 'in') => ({ id: 'out', from, target })
const output = into({ path: 'out.csv', mode: 'replace' }, 'p')
const gathered = { id: 'gathered', kind: 'accumulator', from: 'in', rows: 10 }
const table = { id: 't', source: 'c.csv' }
const sql = (query: string, more: object = {}) => step({ sql: query }, more)

/** Whether a run in that mode, and so a validation, refuses it; null: neither does. */
type Cases = Readonly<Record<string, readonly [Stages, RegExp | null]>>

const needsAll = /takes all of its input.*run the pipeline in mode 'full', or put an accumulator/

const STREAMS: Cases = {
  'a sort': [[input, step({ sort: 'id' }), output], needsAll],
  'a deduplication': [[input, step({ deduplicate: ['id'] }), output], needsAll],
  'a grouping': [[input, sql('select name, sum(id) as s from input group by name'), output], needsAll],
  'the first rows': [[input, sql('select * from input limit 1'), output], needsAll],
  'a window': [[input, sql('select *, row_number() over (order by id) as r from input'), output], needsAll],
  'an outer join': [
    [input, table, sql('select i.id from input i full join t on i.id = t.id', { tables: { t: 't' } }), output],
    needsAll,
  ],
  'a sort in a table': [
    [
      input,
      { ...step({ sort: 'id' }), id: 't' },
      sql('select i.* from input i join t on i.id = t.id', { tables: { t: 't' } }),
      output,
    ],
    needsAll,
  ],
  'a sort with dead letters': [[input, step({ sort: 'id' }, { errors: { deadLetters: 'letters' } }), output], needsAll],
  'a sort behind an accumulator': [[input, gathered, step({ sort: 'id' }, { from: 'gathered' }), output], null],
  'a join': [
    [input, table, sql('select i.* from input i join t on i.id = t.id', { tables: { t: 't' } }), output],
    null,
  ],
  'inputs of other orders': [
    [input, { id: 'b', source: 'b.csv' }, step({ filter: 'id > 0' }, { from: ['in', 'b'] }), output],
    /columns \((name VARCHAR, id|id BIGINT, name)|different columns/,
  ],
  'outputs of other orders': [
    [input, { id: 'b', source: 'b.csv' }, { ...output, from: ['in', 'b'] }],
    /a batch has columns|different columns/,
  ],
  'a key of an accumulator': [[input, { ...gathered, key: 'zz' }, { ...output, from: 'gathered' }], /key column zz/],
}

const parquet = (options: object) => into({ path: 'parts.parquet', mode: 'replace', options })
const called = (name: string) => ({ type: 'function', module: name, function: 'none' })

const BOTH: Cases = {
  'a key of an upsert': [[input, into({ path: 'up.csv', mode: 'upsert', key: ['zz'] })], /no key column zz/],
  'a key of a table': [
    [input, into({ type: 'duckdb', connection: 'o.duckdb', table: 't', mode: 'upsert', key: ['zz'], create: true })],
    /no key column zz/,
  ],
  'a column of partitions': [[input, parquet({ partitionBy: ['zz'] })], /cannot partition by zz/],
  'partitions by all': [[input, parquet({ partitionBy: ['id', 'name', 'amount'] })], /leaves none to write/],
  'an option': [[input, parquet({ compresssion: 'zstd' })], /no option 'compresssion'; did you mean 'compression'/],
  'a choice': [[input, parquet({ compression: 'brotlix' })], /not 'brotlix'/],
  'a module': [[input, into(called('./none.mjs'))], /no module .*none\.mjs/],
  'a function': [[input, into(called('./m.mjs'))], /exports no function 'none'/],
  'a file to append to': [[input, into({ path: 'a.csv', mode: 'append' })], /is a file: rows are appended/],
  'a directory': [[input, into({ path: 'folder', format: 'parquet', mode: 'replace' })], /it is a directory/],
  'an upsert into a directory': [
    [input, into({ path: 'folder', format: 'parquet', mode: 'upsert', key: ['id'] })],
    /replaced in a single file/,
  ],
  'a key of actors': [
    [
      input,
      step(
        { function: { module: './m.mjs', function: 'one' } },
        { placement: { kind: 'actor', actors: 2, key: ['zz'] } },
      ),
      output,
    ],
    /routes by column 'zz'/,
  ],
  'an SQLite file': [
    [{ id: 'in', source: { type: 'sqlite', connection: 'zz.sqlite', table: 't' } }, into('o.csv')],
    /zz\.sqlite: no such file/,
  ],
  'a DuckDB file': [
    [{ id: 'in', source: { type: 'duckdb', connection: 'zz.duckdb', table: 't' } }, into('o.csv')],
    /zz\.duckdb: no such file/,
  ],
  'an address': [[{ id: 'in', source: { url: 'htp://x', schema: { id: 'bigint' } } }, into('o.csv')], /a URL of http/],
}

const all = [
  ...Object.entries(STREAMS).map(([name, [stages, message]]) => ({ name, mode: 'streaming', stages, message })),
  ...['full', 'streaming'].flatMap((mode) =>
    Object.entries(BOTH).map(([name, [stages, message]]) => ({ name, mode, stages, message })),
  ),
]

describe('validation refuses what a run does', () => {
  it.each(all)('$name in mode $mode', async ({ mode, stages, message }) => {
    const handle = scene.engine.pipeline({ name: 'checked', directory: scene.directory, mode, stages } as never)
    const { isValid, problems } = await handle.validate()
    if (message === null) {
      expect([isValid, problems]).toEqual([true, []])
      expect((await handle.run()).status).toBe('done')
      return
    }
    expect(problems.map((problem) => problem.message).join('; ')).toMatch(message)
    const error = await failure(() => handle.run())
    expect(error.message).toMatch(message)
    expect(problems.map(({ code }) => code)).toContain(error.code)
  })

  it('its shape, in a file', async () => {
    const text = ['extract: a.csv', 'transform: { sort: id, filtre: id > 0 }', 'load: { path: b3.csv, zip: 1 }', '']
    writeFileSync(scene.path('shaped.yaml'), text.join('\n'))
    const { isValid, problems } = await scene.engine.pipeline(scene.path('shaped.yaml')).validate()
    expect(isValid).toBe(false)
    expect(problems).toMatchObject([
      { code: 'VOLLEY_INVALID_PIPELINE', line: 2, column: 24, message: expect.stringContaining("mean 'filter'?") },
      {
        file: expect.stringContaining('shaped.yaml'),
        line: 3,
        column: 23,
        message: "a file target has no 'zip', only path, format, mode, key, options, type",
        expected: 'one of path, format, mode, key, options, type',
      },
    ])
  })

  it('its shape, in code', async () => {
    const extract = { url: 'http://localhost/', pagination: 'page' }
    const { isValid, problems } = await scene.engine.pipeline({ extract, load: 'b.csv' } as never).validate()
    expect(isValid).toBe(false)
    expect(problems).toMatchObject([{ stage: null, file: null, line: null }])
    expect(problems[0].message).toMatch(
      /^extract\.pagination: expected 'none' or 'link', or a pagination with type: .*page \|/,
    )
  })

  it('no way to go through pages that is written as a type', async () => {
    for (const type of ['none', 'link'] as const) {
      const extract = { url: 'http://localhost/', pagination: { type }, schema: { id: 'bigint' } }
      const { stages } = await scene.engine.pipeline({ extract, load: 'b.csv' }).definition()
      expect(stages[0]).toMatchObject({ source: { pagination: { kind: type } } })
    }
  })

  it('a connection that is none', async () => {
    const extract = { type: 'postgresql' as const, connection: 'localhost', table: 't' }
    const error = await failure(() => scene.engine.pipeline({ extract, load: 'b.csv' }).run())
    expect(error.message).toContain('a connection to PostgreSQL is a text such as postgresql://user@host/database')
  })

  it('limits of failures without a place for these', async () => {
    const given = { extract: 'a.csv', load: 'b.csv', errors: { maxCount: 3 } }
    const { problems } = await scene.engine.pipeline(given).validate()
    expect(problems.map(({ message }) => message)).toEqual([
      'errors: maxCount needs a place for the records that are left out: deadLetters',
    ])
  })

  it('its graph, with the place, as planning it does', async () => {
    const stages = ['stages:', '  - { id: in, source: a.csv }', '  - { id: b, from: c, transform: { filter: id > 0 } }']
    const others = ['  - { id: c, from: b, transform: { filter: id > 0 } }', '  - { id: out, from: in, target: c.csv }']
    writeFileSync(scene.path('cycle.yaml'), [...stages, ...others, ''].join('\n'))
    const handle = scene.engine.pipeline(scene.path('cycle.yaml'))
    expect((await handle.validate()).problems).toMatchObject([
      { code: 'VOLLEY_INVALID_GRAPH', message: 'a cycle: b -> c -> b', line: 3, column: 5 },
    ])
    for (const refused of [() => handle.plan(), () => handle.run()]) {
      expect((await failure(refused)).details.place).toMatchObject({ line: 3, column: 5 })
    }
  })

  it('where it stands in its file', async () => {
    writeFileSync(
      scene.path('sorted.yaml'),
      [
        'mode: streaming',
        'extract: a.csv',
        'transform:',
        '  - filter: id > 0',
        '  - sort: id',
        'load: b2.csv',
        '',
      ].join('\n'),
    )
    const { problems } = await scene.engine.pipeline(scene.path('sorted.yaml')).validate()
    expect(problems).toEqual([
      {
        stage: 'transform',
        code: 'VOLLEY_UNSUPPORTED',
        message: expect.stringMatching(needsAll),
        expected: null,
        file: expect.stringContaining('sorted.yaml'),
        line: 5,
        column: 11,
      },
    ])
  })
})
