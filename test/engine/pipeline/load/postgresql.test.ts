import { PostgresqlConnection, shownConnection } from '../../../../io/database/postgresql/connection.js'
import type { SourceDefinition } from '../../../../planner/pipeline/definition.js'
import { type DatabaseUnderTest, databaseTests } from '../../../support/database-tests.js'
import { afterAll, beforeAll, describe, expect, it } from '../../../support/jest.js'
import { POSTGRESQL, type PostgreSql, startPostgreSql } from '../../../support/postgresql.js'
import { refusedRowTests } from '../../../support/refused-rows.js'
import { columns, StageScene } from '../../../support/stages.js'

const scene = StageScene.forFile()
let server: PostgreSql | null = null

beforeAll(async () => {
  if (POSTGRESQL !== null) server = await startPostgreSql()
})

afterAll(async () => {
  await server?.stop()
})

function started(): PostgreSql {
  if (server === null) throw new Error('PostgreSQL was not started')
  return server
}

const source = (given: object): SourceDefinition => ({
  kind: 'database',
  database: 'postgresql',
  connection: started().connection,
  table: null,
  query: null,
  cursor: null,
  schema: null,
  ...given,
})

const whereInstalled = POSTGRESQL === null ? describe.skip : describe

whereInstalled('PostgreSQL, as installed', () => {
  const under: DatabaseUnderTest = {
    database: 'postgresql',
    connection: () => started().connection,
    execute: async (sql) => {
      await started().query(sql)
    },
    hasNaN: true,
    duplicate: /duplicate key value violates unique constraint/,
  }
  databaseTests(scene, under)
  refusedRowTests(scene, under)

  it('gives types without an equivalent as text, and numbers without precision exactly', async () => {
    const query = `select 1::bigint as id, 12345678901234567890.000000000000000001 as n, avg(x) as mean, '{"a":1}'::jsonb as j,
      interval '3 days' as i, date '0044-03-15 BC' as ides, array[1.50, null]::numeric(5,2)[] as list, '10:00'::time as t,
      'infinity'::float8 as inf from (values (1), (2), (2)) as v (x)`
    const { rows } = await scene.read(source({ query }), { exact: true })
    expect(rows).toEqual([
      {
        id: 1n,
        n: 12345678901234567890000000000000000001n,
        mean: 1666666666666666700n,
        j: '{"a": 1}',
        i: '3 days',
        ides: -735160,
        list: [150n, null],
        t: 36_000_000_000n,
        inf: Number.POSITIVE_INFINITY,
      },
    ])
    await expect(scene.read(source({ query: `select 'infinity'::date as d` }))).rejects.toThrow(
      /column d, row 0: expected DATE, got "infinity"/,
    )
  })

  it('names the row and the column of a value that a column does not take', async () => {
    await started().query('create table narrow (id smallint, word varchar(3))')
    const target = {
      kind: 'database' as const,
      database: 'postgresql' as const,
      connection: started().connection,
      table: 'narrow',
      mode: 'append' as const,
      key: [],
      create: false,
    }
    const schema = columns({ id: 'bigint', word: 'varchar' })
    const rows = [
      { id: 1n, word: 'a' },
      { id: 70_000n, word: 'b' },
    ]
    const failing = scene.load(target, schema, rows.slice(0, 1), rows)
    await expect(failing).rejects.toMatchObject({ details: { table: 'narrow', column: 'id', row: 2 } })
    expect(await started().query('select count(*)::integer as n from narrow')).toEqual([{ n: 0 }])
  })

  it('does not show passwords', async () => {
    const { connection } = started()
    expect(shownConnection(connection)).not.toContain('not-shown')
    const wrong = connection.replace('/postgres?', '/nothing?')
    const failing = PostgresqlConnection.open(wrong, new AbortController().signal)
    await expect(failing).rejects.toThrow(/database "nothing" does not exist/)
    const error: unknown = await failing.catch((thrown: unknown) => thrown)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('not-shown')
  })
})
