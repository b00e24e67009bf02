import type { DuckDbHost } from '../../../engine/duckdb/host.js'
import type { Batch } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { INT64 } from '../../../planner/types.js'
import { ENDLESS, HostScene, NUMBERS, OWNER } from '../../support/duckdb-host.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'
import { eventually } from '../../support/scene.js'

const scene = new HostScene()
afterAll(() => scene.remove())

const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 10))

function numbers(first: number, count: number): Batch {
  const values = Array.from({ length: count }, (_, i) => BigInt(first + i))
  const column = vectorFromValues(INT64, values, scene.memory.views, scene.memory.allocateFor(OWNER))
  return { schema: NUMBERS, length: count, columns: [column] }
}

async function single(host: DuckDbHost, sql: string): Promise<unknown> {
  const stream = host.query(`select (${sql})::bigint as i`, NUMBERS, { owner: OWNER })
  const { value } = await stream.next()
  await stream.return(undefined)
  return readValue(scene.memory.views, (value as Batch).columns[0], 0)
}

describe('a host', () => {
  it('does things in the order in which they were asked for', async () => {
    await scene.with({}, async (host) => {
      void host.createTable('t', NUMBERS)
      void host.append('t', numbers(0, 3000))
      const before = single(host, 'select count(*) from t')
      void host.append('t', numbers(3000, 100_000))
      void host.execute('delete from t where i % 2 = 0')
      const after = single(host, 'select count(*) from t')
      void host.append('t', numbers(0, 1))
      void host.dropTable('t')
      void host.createTable('t', NUMBERS)
      expect(await before).toBe(3000n)
      expect(await after).toBe(51_500n)
      expect(await single(host, 'select count(*) from t')).toBe(0n)
      scene.memory.releaseOwner(OWNER)
    })
  })

  it('keeps the order of rows', async () => {
    await scene.with({ threads: 2 }, async (host) => {
      await host.createTable('t', NUMBERS)
      for (let first = 0; first < 400_000; first += 40_000) await host.append('t', numbers(first, 40_000))
      let expected = 0n
      for await (const { columns, length } of host.query('from t', NUMBERS, { owner: OWNER })) {
        const values = scene.memory.views.i64.subarray(columns[0].values / 8, columns[0].values / 8 + length)
        for (const value of values) if (value !== expected++) throw new Error(`${value} instead of ${expected - 1n}`)
      }
      expect(expected).toBe(400_000n)
      scene.memory.releaseOwner(OWNER)
    })
  })

  it('does other things while a result is read, which does not see them', async () => {
    await scene.with({}, async (host) => {
      await host.createTable('t', NUMBERS)
      await host.append('t', numbers(0, 200_000))
      const stream = host.query('from t', NUMBERS, { owner: OWNER, batchRows: 1000 })
      let rows = ((await stream.next()).value as Batch).length
      await host.append('t', numbers(0, 5000))
      expect(await single(host, 'select count(*) from t')).toBe(205_000n)
      await host.dropTable('t')
      for await (const batch of stream) rows += batch.length
      expect(rows).toBe(200_000)
      scene.memory.releaseOwner(OWNER)
    })
  })

  it('makes no more batches than are taken', async () => {
    await scene.with({}, async (host) => {
      const stream = host.query(ENDLESS, NUMBERS, { owner: OWNER })
      await stream.next()
      const blocks = () => scene.memory.statistics().blocks
      // What was taken, and two that were made ahead.
      await eventually(() => blocks() === 3, soon)
      // Time enough for more.
      for (let i = 0; i < 5; i++) await host.execute('select count(*) from range(200000)')
      expect(blocks()).toBe(3)
      await stream.return(undefined)
      scene.memory.releaseOwner(OWNER)
    })
  })

  it('says what it holds and has spilled, while it is busy', async () => {
    await scene.with({ memoryLimitBytes: 60e6, maxTempBytes: 1e9 }, async (host) => {
      const making = host.execute('create table t as select hash(i)::varchar as s from range(3000000) t(i)')
      await eventually(() => host.statistics().memoryBytes > 5e6, soon)
      await making
      await eventually(() => host.statistics().spilledBytes > 5e6, soon)
      const seen = host.statistics()
      expect(seen.memoryBytes).toBeGreaterThan(30e6)
      expect(seen.memoryBytes).toBeLessThan(70e6)
      await host.execute('drop table t')
      await eventually(() => host.statistics().spilledBytes === 0, soon)
      expect(host.statistics().totalSpilledBytes).toBeGreaterThanOrEqual(seen.spilledBytes)
    })
  })

  it('takes other limits and threads, also while it works', async () => {
    await scene.with({ memoryLimitBytes: 80e6 }, async (host) => {
      const work = scene.drain(host, 'select i from range(2000000) t(i) order by hash(i)')
      await host.setMemoryLimit(60e6 + 0.5)
      await host.setThreads(2)
      expect(await work).toBe(2_000_000)
      expect(await single(host, "select current_setting('threads')")).toBe(2n)
      scene.memory.releaseOwner(OWNER)
    })
  })
})
