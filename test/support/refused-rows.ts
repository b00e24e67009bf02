/** What must hold of rows that a database refuses, where they are left out. */

import type { FailedRecord } from '../../engine/pipeline/errors/dead-letter.js'
import { StageErrors } from '../../engine/pipeline/errors/stage-errors.js'
import type { LoadMode, TargetDefinition } from '../../planner/pipeline/definition.js'
import type { DatabaseUnderTest } from './database-tests.js'
import { describe, expect, it } from './jest.js'
import { columns, type Row, type StageScene } from './stages.js'

const ITEMS = columns({ id: 'bigint', name: 'varchar', size: 'bigint' })

interface Limits {
  readonly maxCount?: number
  readonly maxRate?: number
  readonly maxConsecutive?: number
}

class Letters {
  readonly records: FailedRecord[] = []
  readonly errors: StageErrors

  constructor(limits: Limits = {}) {
    this.errors = new StageErrors({
      stage: 'out',
      policy: {
        deadLetters: 'letters',
        isSilent: false,
        maxCount: null,
        maxRate: null,
        maxConsecutive: null,
        ...limits,
      },
      file: 'letters.parquet',
      append: async (number, record) => {
        expect(number).toBe(this.records.length)
        this.records.push(record)
      },
      sync: async () => undefined,
    })
  }

  /** By row: those that others stand in the way of may be found after the others. */
  get rows(): readonly (readonly [number, string])[] {
    return this.records.map(({ row, code }) => [row ?? -1, code] as const).toSorted(([a], [b]) => a - b)
  }
}

const item = (id: number, given: Row = {}): Row => ({ id: BigInt(id), name: `item ${id}`, size: BigInt(id), ...given })
const items = (from: number, to: number): Row[] => Array.from({ length: to - from }, (_, index) => item(from + index))

export function refusedRowTests(scene: StageScene, under: DatabaseUnderTest): void {
  let tables = 0
  const CONSTRAINT = 'VOLLEY_CONSTRAINT'

  async function table(given: string[] = []): Promise<string> {
    const name = `refusing${++tables}`
    const types = ['id integer primary key', 'name varchar(40) not null', 'size integer check (size < 1000)', ...given]
    await under.execute(`create table ${name} (${types.join(', ')})`)
    return name
  }

  const into = (name: string, mode: LoadMode, key: readonly string[] = []): TargetDefinition => ({
    kind: 'database',
    database: under.database,
    connection: under.connection(),
    table: name,
    mode,
    key,
    create: false,
  })

  async function load(target: TargetDefinition, letters: Letters, ...batches: (readonly Row[])[]): Promise<number> {
    const consumer = await scene.consumer(target, { errors: letters.errors })
    try {
      await consumer.open(null)
      for (const rows of batches) await scene.write(consumer, ITEMS, rows)
      return (await consumer.finish()).rows
    } catch (error) {
      await consumer.abort(false)
      throw error
    }
  }

  const rowsOf = async (name: string) => {
    const source = { kind: 'database', database: under.database, connection: under.connection() } as const
    return (await scene.read({ ...source, table: name, query: null, cursor: 'id', schema: ITEMS })).rows
  }

  describe('rows that are refused', () => {
    it.each(['append', 'replace'] as const)('are left out by %s, each with its reason', async (mode) => {
      const name = await table()
      await load(into(name, 'append'), new Letters(), items(500, 502))
      const letters = new Letters()
      const first = items(0, 300)
      first[7] = item(7, { name: null })
      first[100] = item(100, { size: 5000n })
      first[101] = item(3)
      const second = [item(300), item(299), item(301, { size: 1001n }), item(501)]
      const taken = await load(into(name, mode), letters, first, second)
      const isThere = mode === 'append' ? [[303, CONSTRAINT] as const] : []
      expect(letters.rows).toEqual([
        [7, CONSTRAINT],
        [100, CONSTRAINT],
        [101, CONSTRAINT],
        [301, CONSTRAINT],
        [302, CONSTRAINT],
        ...isThere,
      ])
      expect(letters.records[0]).toMatchObject({
        step: 'load',
        record: '{"id":7,"name":null,"size":7}',
        columns: '{"id":"BIGINT","name":"VARCHAR","size":"BIGINT"}',
        message: expect.stringMatching(new RegExp(`^table ${name}, column name: `)),
      })
      const good = [...items(0, 301).filter(({ id }) => ![7n, 100n, 101n].includes(id as bigint))]
      const kept = mode === 'append' ? items(500, 502) : [item(501)]
      expect(await rowsOf(name)).toEqual([...good, ...kept])
      expect(taken).toBe(304 - letters.records.length)
      expect(letters.errors.records).toBe(304)
    })

    it('are left out of an upsert: of those with the same key, the last that fits counts', async () => {
      const name = await table(['unique (name)'])
      await load(into(name, 'upsert', ['id']), new Letters(), items(0, 4))
      const letters = new Letters()
      const rows = [
        item(2, { size: 20n }),
        item(2, { size: 2000n }),
        item(3, { name: 'three' }),
        item(9, { name: 'three' }),
        item(10, { name: 'item 3' }),
        item(11, { name: 'item 0' }),
      ]
      rows.push({ id: null, name: 'no key', size: 1n })
      await load(into(name, 'upsert', ['id']), letters, rows)
      expect(letters.rows).toEqual([
        [1, CONSTRAINT],
        [3, CONSTRAINT],
        ...(under.database === 'duckdb' ? [[4, CONSTRAINT] as const] : []),
        [5, CONSTRAINT],
        [6, 'VOLLEY_BAD_RECORD'],
      ])
      const last = under.database === 'duckdb' ? [] : [item(10, { name: 'item 3' })]
      const found = await rowsOf(name)
      expect(found).toEqual([item(0), item(1), item(2, { size: 20n }), item(3, { name: 'three' }), ...last])
    })

    it.each([
      [{ maxCount: 2 }, /3 of 150 records failed: more than the 2 of maxCount/],
      [{ maxConsecutive: 3 }, /the last 3 in a row/],
      [{ maxRate: 0.02 }, /4 of 150 records, a rate of 0.0267/],
    ])('end the load where they are too many: %j', async (limits, message) => {
      const name = await table()
      const letters = new Letters(limits)
      const rows = items(0, 150)
      for (const row of [20, 60, 61, 62]) rows[row] = item(row, { name: null })
      await expect(load(into(name, 'append'), letters, rows)).rejects.toThrow(message)
      expect(await rowsOf(name)).toEqual([])
    })

    it('belong to the checkpoint that they came before', async () => {
      const name = await table()
      const checkpoint = `refusing-${under.database}`
      const letters = new Letters()
      const first = await scene.consumer(into(name, 'append'), { checkpoint, errors: letters.errors })
      await first.open(null)
      await scene.write(first, ITEMS, [item(1), item(2, { name: null }), item(3)])
      const state = JSON.parse(JSON.stringify(await first.prepare(1)))
      expect(letters.rows).toEqual([[1, CONSTRAINT]])
      expect(state).toMatchObject({ errors: { failed: 1, records: 3 } })
      await first.commit(1)
      expect(await rowsOf(name)).toEqual([item(1), item(3)])
      await scene.write(first, ITEMS, [item(3)])
      await first.prepare(2)
      expect(letters.records.length).toBe(2)
      // Killed before it committed: the second epoch comes again.
      await first.abort(true)

      const again = new Letters()
      again.records.push(letters.records[0])
      const second = await scene.consumer(into(name, 'append'), { checkpoint, errors: again.errors })
      await second.open(state)
      expect(second.rejected).toBe(1)
      await scene.write(second, ITEMS, [item(3), item(4)])
      await second.prepare(2)
      await second.commit(2)
      expect(again.rows).toEqual([
        [1, CONSTRAINT],
        [3, CONSTRAINT],
      ])
      expect((await second.finish()).rows).toBe(3)
      expect(await rowsOf(name)).toEqual([item(1), item(3), item(4)])
    })
  })
}
