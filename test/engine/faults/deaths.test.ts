import { readdirSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { Component, type Engine, open } from '../../../index.js'
import { beforeAll, describe, expect, it } from '../../support/jest.js'
import { duckdbRun } from '../../support/parquet-files.js'
import { eventually, expectWorks, failure, modulePath, Scene } from '../../support/scene.js'
import { endings, inputSql, SCHEMA, shapeNames, shapes } from './modes.js'

const scene = Scene.forFile()
const input = scene.path('input.parquet')
const table = () => scene.engine.scanParquet(input)

beforeAll(() => duckdbRun(inputSql(input)))

describe('a worker that dies while rows are staged', () => {
  /** Its thread ends at a row far behind the switch. */
  const dying = (id: bigint) => {
    const exitsAtRow = { module: modulePath('faulty.mjs'), function: 'exitsAtRow', kwargs: { id } }
    return table().mapRows(exitsAtRow, { schema: SCHEMA })
  }

  /** Where the run switches, and where the thread ends: at once, in the middle, at the end. */
  const places = [
    [0, 0n],
    [0, 30_000n],
    [2, 61_000n],
  ] as const

  it.each(shapeNames.map((shape, index) => [shape, ...places[index % places.length]] as const))(
    'fails the run: %s, switched at morsel %d, at row %d',
    async (shape, switchAtMorsel, id) => {
      const run = () => endings.csv(shapes[shape](dying(id)), scene.directory, { strategy: 'bulk', switchAtMorsel })
      expect((await scene.fails('VOLLEY_WORKER_DIED', run)).message).toContain('worker exited with code: 3')
    },
  )

  it('fails one that began as bigdata', async () => {
    const bigdata = () => endings.parquet(shapes.sort(dying(40_000n)), scene.directory, { strategy: 'bigdata' })
    await scene.fails('VOLLEY_WORKER_DIED', bigdata)
  })
})

/** Threads that `work` starts. */
async function startedBy(work: () => Promise<unknown>): Promise<Worker[]> {
  const started: Worker[] = []
  const listen = (worker: Worker) => started.push(worker)
  process.on('worker', listen)
  try {
    await work()
  } finally {
    process.off('worker', listen)
  }
  return started
}

/** Its input becomes a table first. */
class Collected extends Component {
  readonly name = 'collected'
  readonly schema = { i: 'int32', text: 'utf8' }

  override processBigData({ sql }: { readonly sql: string }): string {
    return `SELECT * FROM ${sql} ORDER BY text`
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Longer than it takes DuckDB's host to come to rest: ended in the middle of a statement, it would end the process. */
const REST_MS = 500

describe('the thread of DuckDB that dies', () => {
  const pushed = (engine: Engine) => shapes.sort(engine.scanParquet(input)).collect({ strategy: 'bigdata' })

  async function withHost(test: (engine: Engine, host: Worker) => Promise<void>): Promise<void> {
    const engine = await open({ threads: 1, tempDirectory: scene.spillDirectory })
    const before = readdirSync(scene.spillDirectory)
    try {
      await expectWorks(engine)
      const [host] = await startedBy(() => pushed(engine))
      expect(readdirSync(scene.spillDirectory)).toHaveLength(before.length + 1)
      await pause(REST_MS)
      await test(engine, host)
    } finally {
      await engine.close()
    }
    expect(readdirSync(scene.spillDirectory)).toEqual(before)
  }

  it('between runs is started again', () =>
    withHost(async (engine, host) => {
      await host.terminate()
      expect((await pushed(engine)).numRows).toBe(61_440)
    }))

  it('while rows are staged fails the run, and the next one gets another', () =>
    withHost(async (engine, host) => {
      const { usedBytes } = engine.memoryUsage()
      async function* records() {
        for (let i = 0; i < 300_000; i++) {
          yield { i, text: `${i}` }
          if (i !== 200_000) continue
          // What came before is in DuckDB.
          await eventually(() => engine.memoryUsage().usedBytes < usedBytes + (1 << 20))
          await pause(REST_MS)
          await host.terminate()
        }
      }
      const staged = engine.fromRecords(records(), { i: 'int32', text: 'utf8' }).apply(new Collected())
      const run = () => staged.sinkCsv(scene.path('staged.csv'))
      const error = await failure(run)
      expect([error.code, error.message]).toEqual(['VOLLEY_WORKER_DIED', 'the thread that hosts DuckDB ended'])
      expect(scene.files()).toEqual(['input.parquet'])
      expect(engine.memoryUsage().usedBytes).toBeLessThan(usedBytes + (3 << 20))
      expect((await pushed(engine)).numRows).toBe(61_440)
      await expectWorks(engine)
    }))

  it('before the engine is closed leaves no directory', () =>
    withHost(async (_, host) => {
      await host.terminate()
    }))
})
