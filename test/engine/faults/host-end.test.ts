import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { DuckDbHost } from '../../../engine/duckdb/host.js'
import { sweepTempDirectories } from '../../../io/temp-directory.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import { INT64 } from '../../../planner/types.js'
import { ENDLESS, HostScene, NUMBERS, OWNER, SLOW } from '../../support/duckdb-host.js'
import { afterAll, describe, expect, it } from '../../support/jest.js'
import { eventually, failure } from '../../support/scene.js'

const scene = new HostScene()
afterAll(() => scene.remove())

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const soon = () => pause(10)

/** Many times what the host takes to come to rest behind a batch: ended while DuckDB works, it would end the process. */
const REST_MS = 500

describe('what is stopped', () => {
  it.each([0, 1, 5, 20, 60])('ends a query that has not answered yet, after %i ms', async (ms) => {
    await scene.with({}, async (host) => {
      const controller = new AbortController()
      const stream = host.query(SLOW, NUMBERS, { owner: OWNER, signal: controller.signal })
      setTimeout(() => controller.abort('enough'), ms)
      const error = await failure(() => stream.next())
      expect([error.code, error.cause]).toEqual(['VOLLEY_ABORTED', 'enough'])
      expect(await stream.next().catch(({ code }) => code)).toBe('VOLLEY_ABORTED')
    })
  })

  it.each([0, 1, 3, 10])('ends a query that is read, after %i batches', async (batches) => {
    await scene.with({}, async (host) => {
      const stream = host.query(ENDLESS, NUMBERS, { owner: OWNER })
      for (let i = 0; i < batches; i++) await stream.next()
      await stream.return(undefined)
      expect(await stream.next()).toEqual({ done: true, value: undefined })
      scene.memory.releaseOwner(OWNER)
    })
  })

  it('ends a wait for a batch by leaving', async () => {
    await scene.with({}, async (host) => {
      const stream = host.query(SLOW, NUMBERS, { owner: OWNER })
      const next = stream.next()
      await pause(30)
      await stream.return(undefined)
      expect(await next).toEqual({ done: true, value: undefined })
    })
  })

  it('ends a statement, and one that waits for it', async () => {
    await scene.with({}, async (host) => {
      const controller = new AbortController()
      const running = failure(() => host.execute(`create table a as ${SLOW}`, controller.signal))
      const waiting = failure(() => scene.drain(host, ENDLESS))
      await pause(30)
      controller.abort()
      expect((await running).code).toBe('VOLLEY_ABORTED')
      await pause(30)
      host.interrupt()
      expect((await waiting).code).toBe('VOLLEY_ABORTED')
    })
  })

  it('is everything asked before, and nothing asked after, by an interrupt', async () => {
    await scene.with({}, async (host) => {
      const before = [host.execute(`create table a as ${SLOW}`), host.execute('create table b (i bigint)')]
      const settled = Promise.allSettled(before)
      host.interrupt()
      await host.execute('create table c (i bigint)')
      expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect(await scene.drain(host, 'from c')).toBe(0)
    })
  })

  it('frees what the query held', async () => {
    await scene.with({ memoryLimitBytes: 80e6 }, async (host) => {
      const stream = host.query('select i from range(4000000) t(i) order by hash(i)', NUMBERS, { owner: OWNER })
      await stream.next()
      await eventually(() => host.statistics().spilledBytes > 0, soon)
      await stream.return(undefined)
      await eventually(() => host.statistics().spilledBytes === 0 && host.statistics().memoryBytes < 1e6, soon)
      expect(host.statistics().totalSpilledBytes).toBeGreaterThan(0)
      scene.memory.releaseOwner(OWNER)
    })
  })
})

describe('a host that is closed', () => {
  it('while results are read, statements run and batches are appended', async () => {
    const host = await scene.open()
    const column = vectorFromValues(INT64, [1n, 2n], scene.memory.views, scene.memory.allocate)
    await host.createTable('t', NUMBERS)
    const stream = host.query(ENDLESS, NUMBERS, { owner: OWNER })
    await stream.next()
    const slow = host.query(SLOW, NUMBERS, { owner: OWNER }).next()
    const work = [
      slow,
      host.execute(`create table a as ${SLOW}`),
      host.append('t', { schema: NUMBERS, length: 2, columns: [column] }),
    ]
    const settled = Promise.allSettled(work)
    await pause(20)
    await host.close()
    for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'VOLLEY_CLOSED' } })
    expect((await failure(async () => void (await drainAll(stream)))).code).toBe('VOLLEY_CLOSED')
    expect((await failure(() => host.execute('select 1'))).code).toBe('VOLLEY_CLOSED')
    expect((await failure(() => scene.drain(host, ENDLESS))).code).toBe('VOLLEY_CLOSED')
    await host.close()
    scene.memory.releaseOwner(OWNER)
    scene.memory.release(column.blocks[0])
    scene.expectNothingLeft()
  })

  it('does not disturb another one', async () => {
    await scene.with({}, async (one) => {
      const other = await scene.open({ memoryLimitBytes: 40e6 })
      const sort = 'select i from (select i, hash(i)::varchar as s from range(800000) t(i) order by s)'
      const rows = await Promise.all([scene.drain(one, sort), scene.drain(other, sort)])
      expect(rows).toEqual([800_000, 800_000])
      await other.close()
      expect(readdirSync(scene.directory)).toHaveLength(1)
    })
  })

  it('because its thread was ended', async () => {
    const created: Worker[] = []
    const listen = (worker: Worker) => created.push(worker)
    process.on('worker', listen)
    const host = await scene.open()
    process.off('worker', listen)
    const stream = host.query('select i from range(100) t(i)', NUMBERS, { owner: OWNER, batchRows: 10 })
    await stream.next()
    await pause(REST_MS)
    await created[0].terminate()
    expect((await failure(async () => void (await drainAll(stream)))).code).toBe('VOLLEY_WORKER_DIED')
    expect((await failure(() => host.execute('select 1'))).code).toBe('VOLLEY_WORKER_DIED')
    await host.close()
    scene.memory.releaseOwner(OWNER)
    scene.expectNothingLeft()
  })
})

async function drainAll(stream: AsyncGenerator<unknown>): Promise<void> {
  for await (const _ of stream);
}

describe('a process', () => {
  const host = new URL('../../../engine/duckdb/host.js', import.meta.url).href
  const memory = new URL('../../../engine/memory/shared-memory.js', import.meta.url).href
  const prelude = `
    import { DuckDbHost } from '${host}'
    import { SharedMemory } from '${memory}'
    const host = await DuckDbHost.open(SharedMemory.create(64 << 20),
      { memoryLimitBytes: 40e6, threads: 1, tempDirectory: process.argv[1] })
  `
  const sort = "await host.execute('create table a as select hash(i)::varchar as s from range(2000000) t(i)');"

  const run = (script: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', prelude + script, scene.directory], { encoding: 'utf8' })

  it('ends by itself when its hosts are idle', () => {
    expect(run(sort)).toMatchObject({ status: 0, stderr: '' })
    scene.expectNothingLeft()
  })

  it('exits with its code while DuckDB works', () => {
    const script = `${sort} host.execute(\`create table b as ${SLOW}\`); setTimeout(() => process.exit(3), 50)`
    expect(run(script)).toMatchObject({ status: 3, signal: null, stderr: '' })
    scene.expectNothingLeft()
  })

  it('that is killed leaves a directory, which the next one removes', async () => {
    const script = `${prelude}${sort} console.log('ready'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, scene.directory])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await sweepTempDirectories(scene.directory)
    expect(readdirSync(scene.directory)).toHaveLength(1)
    const [stale] = readdirSync(scene.directory)
    expect(readdirSync(join(scene.directory, stale)).length).toBeGreaterThan(0)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    const next: DuckDbHost = await scene.open()
    expect(readdirSync(scene.directory)).not.toContain(stale)
    await next.close()
    scene.expectNothingLeft()
  })

  it('of an older number, of another machine, and other directories', async () => {
    const own = await scene.open()
    const [name] = readdirSync(scene.directory)
    const [, pid, start, machine] = name.split('-')
    const reused = `volley-${pid}-${BigInt(start) + 1n}-${machine}-0123456789ab`
    const kept = [`volley-${pid}-1-00000000-0123456789ab`, 'volley-1-else', 'other'].sort()
    for (const directory of [reused, ...kept]) mkdirSync(join(scene.directory, directory))
    await sweepTempDirectories(scene.directory)
    // Where processes do not say when they started, a number that is in use is not touched.
    const expected = start === '0' ? [name, reused, ...kept] : [name, ...kept]
    expect(readdirSync(scene.directory).sort()).toEqual(expected.sort())
    for (const directory of [reused, ...kept])
      rmSync(join(scene.directory, directory), { recursive: true, force: true })
    await own.close()
    scene.expectNothingLeft()
  })
})
