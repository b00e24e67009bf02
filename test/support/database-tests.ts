/** What must hold of loading into and extracting from every database. */

import { VolleyError } from '../../index.js'
import type { DatabaseKind, LoadMode, SourceDefinition, TargetDefinition } from '../../planner/pipeline/definition.js'
import { field, schemaOf } from '../../planner/types.js'
import { everyType } from './every-type.js'
import { beforeAll, describe, expect, it } from './jest.js'
import { byDuckDb, columns, type Row, type StageScene } from './stages.js'

export interface DatabaseUnderTest {
  readonly database: DatabaseKind
  /** Known once the tests run. */
  readonly connection: () => string
  /** Runs statements outside of the engine. */
  readonly execute: (sql: string) => Promise<void>
  readonly hasNaN: boolean
  /** The fault of a row whose key is there already, or comes twice. */
  readonly duplicate: RegExp
}

const ITEMS = columns({ id: 'bigint', name: 'varchar', price: 'decimal(10,2)' })

function items(from: number, to: number, name = 'item'): Row[] {
  return Array.from({ length: to - from }, (_, index) => ({
    id: BigInt(from + index),
    name: `${name} ${from + index}`,
    price: index % 4 === 3 ? null : `${from + index}.50`,
  }))
}

export function databaseTests(scene: StageScene, under: DatabaseUnderTest): void {
  let tables = 0
  const fresh = () => `t${++tables}`
  const from = (table: string | null, given: object = {}): SourceDefinition => ({
    kind: 'database',
    database: under.database,
    connection: under.connection(),
    table,
    query: null,
    cursor: null,
    schema: null,
    ...given,
  })
  const into = (table: string, mode: LoadMode, given: object = {}): TargetDefinition => ({
    kind: 'database',
    database: under.database,
    connection: under.connection(),
    table,
    mode,
    key: [],
    create: true,
    ...given,
  })
  const rowsOf = async (table: string) => (await scene.read(from(table, { cursor: 'id', schema: ITEMS }))).rows

  describe('values', () => {
    let source: SourceDefinition
    beforeAll(async () => {
      const numbers = under.hasNaN ? '*' : "* replace (nullif(f32, 'nan') as f32, nullif(f64, 'nan') as f64)"
      const path = scene.path('every.parquet')
      await byDuckDb(':memory:', `copy (select ${numbers} from (${everyType(400)})) to '${path}' (format parquet)`)
      source = { kind: 'file', paths: [path], format: 'parquet', options: {} }
    })

    it('of every type come back as they were', async () => {
      const given = await scene.read(source, { exact: true })
      const table = fresh()
      expect(await scene.transfer(source, into(table, 'append'))).toBe(400)
      const exact = { exact: true, batchRows: 130 }
      const whole = await scene.read(from(table, { cursor: 'id', schema: given.schema }), exact)
      expect(whole.rows.map(plain)).toEqual(given.rows.map(plain))
      const own = await scene.read(from(table, { cursor: 'id' }), exact)
      for (const name of ['flag', 'i64', 'f64', 'd38', 'text', 'bytes', 'day', 'moment', 'clock', 'zoned', 'price']) {
        expect(own.rows.map((row) => plain(row)[name])).toEqual(given.rows.map((row) => plain(row)[name]))
      }
    })

    it('in lists and structs too, where they are read by a schema', async () => {
      const schema = schemaOf([
        field('id', ITEMS.fields[0].type),
        field('tags', { kind: 'list', element: field('item', ITEMS.fields[1].type) }),
        field('part', {
          kind: 'struct',
          fields: [field('a', ITEMS.fields[0].type), field('b c', ITEMS.fields[1].type)],
        }),
      ])
      const rows = [
        { id: 1n, tags: ['a', null, 'b "c", {d}\\', ''], part: { a: 9223372036854775807n, 'b c': 'ü' } },
        { id: 2n, tags: [], part: null },
        { id: 3n, tags: null, part: { a: null, 'b c': null } },
      ]
      const table = fresh()
      await scene.load(into(table, 'append'), schema, rows)
      expect((await scene.read(from(table, { cursor: 'id', schema }))).rows).toEqual(rows)
    })
  })

  describe('extraction', () => {
    it('goes on behind each batch, by a column that may have equal values', async () => {
      const table = fresh()
      const rows = items(0, 300).map((row) => ({ ...row, id: (row.id as bigint) / 3n }))
      await scene.load(into(table, 'append'), ITEMS, rows)
      const query = `select id, count(*) as n, max(name) as name from ${table} group by id`
      await scene.expectResumable(from(null, { query, cursor: 'id' }), 70)
      const positions = (await scene.read(from(table, { cursor: 'id' }), { batchRows: 100 })).positions
      expect(positions[0].position).toEqual({ value: '33', seen: 1 })
      const rest = await scene.read(from(table, { cursor: 'id' }), { position: positions[0].position })
      expect(rest.rows.length).toBe(200)
    })

    it('leaves nothing behind when its consumer stops', async () => {
      const table = fresh()
      await scene.load(into(table, 'append'), ITEMS, items(0, 2000))
      expect((await scene.read(from(table), { batchRows: 100, most: 2 })).rows.length).toBe(200)
    })

    it('names what is missing', async () => {
      await expect(scene.read(from('nowhere'))).rejects.toThrow(/nowhere/)
      const table = fresh()
      await scene.load(into(table, 'append'), ITEMS, items(0, 2))
      await expect(scene.read(from(table, { cursor: 'idd' }))).rejects.toThrow(/no column idd .* did you mean id\?/)
    })
  })

  describe('loads', () => {
    it('append, replace, and are refused where a table is to be new', async () => {
      const table = fresh()
      await scene.load(into(table, 'append'), ITEMS, items(0, 5), items(5, 10))
      await scene.load(into(table, 'append'), ITEMS, items(10, 12))
      expect(await rowsOf(table)).toEqual([...items(0, 5), ...items(5, 10), ...items(10, 12)])
      await scene.load(into(table, 'replace'), ITEMS, items(3, 6, 'new'))
      expect(await rowsOf(table)).toEqual(items(3, 6, 'new'))
      await expect(scene.load(into(table, 'fail'), ITEMS, items(0, 1))).rejects.toThrow(/exists already/)
      await scene.load(into(fresh(), 'fail', { create: false }), ITEMS, items(0, 1))
    })

    it.each([true, false])('upsert by a key, with a unique index: %s', async (isUnique) => {
      const table = fresh()
      const upsert = into(table, 'upsert', { key: ['id'] })
      await scene.load(isUnique ? upsert : into(table, 'append'), ITEMS, items(0, 6))
      const twice = [...items(4, 8, 'old'), ...items(4, 8, 'new')]
      await scene.load(upsert, ITEMS, twice.slice(0, 3), twice.slice(3))
      expect(await rowsOf(table)).toEqual([...items(0, 4), ...items(4, 8, 'new')])
    })

    it('keep a table with a key whole when it is replaced', async () => {
      const table = fresh()
      await under.execute(
        `create table ${table} (id bigint primary key, name varchar(40) not null, price decimal(10,2))`,
      )
      await scene.load(into(table, 'append'), ITEMS, items(0, 4))
      await scene.load(into(table, 'replace'), ITEMS, items(2, 5, 'new'))
      expect(await rowsOf(table)).toEqual(items(2, 5, 'new'))
      await scene.load(into(table, 'upsert', { key: ['id'] }), ITEMS, items(4, 6, 'newer'))
      expect((await rowsOf(table)).map(({ name }) => name)).toEqual(['new 2', 'new 3', 'newer 4', 'newer 5'])
    })

    it('name table, column and row of what a table does not take, and change nothing', async () => {
      const table = fresh()
      await under.execute(
        `create table ${table} (id bigint primary key, name varchar(40) not null, price decimal(10,2))`,
      )
      await scene.load(into(table, 'append'), ITEMS, items(0, 3))
      const nulls = [...items(3, 7), { id: 7n, name: null, price: null }]
      const missing = scene.load(into(table, 'append'), ITEMS, nulls.slice(0, 2), nulls.slice(2))
      await expect(missing).rejects.toMatchObject({
        code: 'VOLLEY_CONSTRAINT',
        details: { table, column: 'name', row: 4 },
      })
      const double = scene.load(into(table, 'append'), ITEMS, items(8, 9), items(2, 3))
      await expect(double).rejects.toMatchObject({
        code: 'VOLLEY_CONSTRAINT',
        details: { table, column: 'id', row: 1 },
      })
      await expect(double).rejects.toThrow(under.duplicate)
      expect(await rowsOf(table)).toEqual(items(0, 3))
    })

    it('say what does not fit the table', async () => {
      const table = fresh()
      await expect(scene.load(into(table, 'append', { create: false }), ITEMS, items(0, 1))).rejects.toThrow(
        /create: true/,
      )
      await scene.load(into(table, 'append'), columns({ id: 'bigint', nam: 'varchar' }), [{ id: 1n, nam: 'x' }])
      const other = scene.load(into(table, 'append'), ITEMS, items(0, 1))
      await expect(other).rejects.toThrow(/has no column name; did you mean nam\?/)
      const keyless = scene.load(into(fresh(), 'upsert', { key: ['id'] }), ITEMS, [
        { id: null, name: 'x', price: null },
      ])
      await expect(keyless).rejects.toThrow(/key column id is null in row 0/)
      await expect(keyless).rejects.toBeInstanceOf(VolleyError)
    })

    it('make an empty table where there are no rows', async () => {
      const table = fresh()
      const consumer = await scene.consumer(into(table, 'append'), { schema: ITEMS })
      await consumer.open(null)
      expect(await consumer.finish()).toEqual({ rows: 0, bytesWritten: 0, outputs: [table] })
      expect(await rowsOf(table)).toEqual([])
    })
  })

  describe('epochs', () => {
    it.each(['append', 'upsert', 'replace'] as const)(
      'are loaded once, and %s is seen at the right time',
      async (mode) => {
        const table = fresh()
        const checkpoint = `job-${table}`
        const target = into(table, mode, { key: mode === 'upsert' ? ['id'] : [] })
        await scene.load(into(table, 'append'), ITEMS, items(100, 101))
        const old = mode === 'replace' ? items(100, 101) : []
        const kept = mode === 'replace' ? [] : items(100, 101)

        const first = await scene.consumer(target, { checkpoint })
        expect(first.isResumable).toBe(true)
        await first.open(null)
        await scene.write(first, ITEMS, items(0, 3))
        const state = await first.prepare(1)
        // After the barrier: of the next epoch.
        await scene.write(first, ITEMS, items(3, 5))
        expect(await first.committedEpoch()).toBe(0)
        await first.commit(1)
        await first.commit(1)
        expect(await first.committedEpoch()).toBe(1)
        expect(await rowsOf(table)).toEqual(mode === 'replace' ? old : [...items(0, 3), ...kept])
        // The job is killed, and what it had not committed comes again.
        await first.abort(true)

        const second = await scene.consumer(target, { checkpoint })
        await second.open(JSON.parse(JSON.stringify(state)))
        expect(await second.committedEpoch()).toBe(1)
        await scene.write(second, ITEMS, items(3, 5))
        await second.prepare(2)
        await second.commit(2)
        expect((await second.finish()).rows).toBe(5)
        expect(await rowsOf(table)).toEqual([...items(0, 3), ...items(3, 5), ...kept])

        // It was killed before it could say that it had finished.
        const third = await scene.consumer(target, { checkpoint })
        await third.open(JSON.parse(JSON.stringify({ rows: 5, bytes: 0 })))
        expect((await third.finish()).rows).toBe(5)
        expect(await rowsOf(table)).toEqual([...items(0, 3), ...items(3, 5), ...kept])
      },
    )

    it.each(['append', 'upsert', 'replace'] as const)(
      'of which the last was committed: %s ends without rows',
      async (mode) => {
        const table = fresh()
        const checkpoint = `job-${table}`
        const target = into(table, mode, { key: mode === 'upsert' ? ['id'] : [] })
        const first = await scene.consumer(target, { checkpoint })
        await first.open(null)
        await scene.write(first, ITEMS, items(0, 3))
        const state = await first.prepare(1)
        await first.commit(1)
        await first.abort(true)
        const second = await scene.consumer(target, { checkpoint })
        await second.open(JSON.parse(JSON.stringify(state)))
        expect((await second.finish()).rows).toBe(3)
        expect(await rowsOf(table)).toEqual(items(0, 3))
      },
    )
  })
}

/** Not every database keeps the sign of a zero. */
function plain(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === 0 ? 0 : value]))
}
