import { type DatabaseUnderTest, databaseTests } from '../../../support/database-tests.js'
import { describe, expect, it } from '../../../support/jest.js'
import { refusedRowTests } from '../../../support/refused-rows.js'
import { byDuckDb, columns, StageScene } from '../../../support/stages.js'

const scene = StageScene.forFile()
const path = scene.path('tables.duckdb')

const under: DatabaseUnderTest = {
  database: 'duckdb',
  connection: () => path,
  execute: (sql) => byDuckDb(path, sql),
  hasNaN: true,
  duplicate: /Duplicate key|duplicate key/,
}

databaseTests(scene, under)
refusedRowTests(scene, under)

describe('values that a column of DuckDB does not take', () => {
  it('are named by column and row', async () => {
    await byDuckDb(path, 'create table narrow (id tinyint, day date)')
    const target = {
      kind: 'database' as const,
      database: 'duckdb' as const,
      connection: path,
      table: 'narrow',
      mode: 'append' as const,
      key: [],
      create: false,
    }
    const schema = columns({ id: 'bigint', day: 'varchar' })
    const good = [{ id: 1n, day: '2024-01-01' }]
    await expect(scene.load(target, schema, good, [...good, { id: 1000n, day: null }])).rejects.toMatchObject({
      code: 'VOLLEY_BAD_RECORD',
      details: { table: 'narrow', column: 'id', row: 2 },
    })
    await expect(scene.load(target, schema, [...good, { id: 2n, day: 'soon' }])).rejects.toMatchObject({
      details: { table: 'narrow', column: 'day', row: 1 },
    })
  })
})

describe('types of DuckDB', () => {
  it('without an equivalent come as text, nested ones too', async () => {
    await byDuckDb(
      path,
      `create table odd as select 1::bigint as id, interval 3 day as i, uuid '00000000-0000-0000-0000-000000000001' as u,
        'a'::enum('a', 'b') as e, {'x y': 1::integer, l: [date '2024-01-02']} as s, map {'k': 1.5::decimal(5,1)} as m,
        [1, 2, 3]::integer[3] as f, (-170141183460469231731687303715884105728)::hugeint as h`,
    )
    const { rows } = await scene.read({
      kind: 'database',
      database: 'duckdb',
      connection: path,
      table: 'odd',
      query: null,
      cursor: null,
      schema: null,
    })
    expect(rows).toEqual([
      {
        id: 1n,
        i: '3 days',
        u: '00000000-0000-0000-0000-000000000001',
        e: 'a',
        s: { 'x y': 1, l: [new Date('2024-01-02')] },
        m: new Map([['k', '1.5']]),
        f: [1, 2, 3],
        h: -(2n ** 127n),
      },
    ])
  })
})
