/** An engine and a directory on which things go wrong; what must hold after every failure is checked here, once. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Engine, type EngineOptions, open, VolleyError } from '../../index.js'
import { afterAll, beforeAll, expect } from './jest.js'

/** A failure that takes longer than this is not at once, even on a slow machine. */
const AT_ONCE_MS = 10_000

const modules = new URL('../../../test/support/modules/', import.meta.url)

/** The path of a module for `mapBatches` or `mapRows`: tests run compiled, modules as they are. */
export function modulePath(name: string): string {
  return fileURLToPath(new URL(name, modules))
}

export class Scene {
  readonly directory = mkdtempSync(join(tmpdir(), 'volley-faults-'))
  private opened: Engine | null = null

  /** For the tests of one file. */
  static forFile(options: EngineOptions = { threads: 2 }): Scene {
    const scene = new Scene()
    beforeAll(async () => {
      scene.opened = await open(options)
    })
    afterAll(async () => {
      await scene.engine.close()
      rmSync(scene.directory, { recursive: true, force: true })
    })
    return scene
  }

  get engine(): Engine {
    if (this.opened === null) throw new Error('the engine was not opened')
    return this.opened
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** All files below the directory. */
  files(): string[] {
    return (readdirSync(this.directory, { recursive: true }) as string[]).sort()
  }

  /** Expects one clear error, at once, and nothing left behind: no file, and an engine that still works. */
  async fails(code: string, work: () => Promise<unknown>): Promise<VolleyError> {
    const files = this.files()
    const began = performance.now()
    const error = await failure(work)
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(/\S.{10,}/s)])
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS)
    expect(this.files()).toEqual(files)
    await expectWorks(this.engine)
    return error
  }
}

export async function failure(work: () => Promise<unknown>): Promise<VolleyError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof VolleyError) return error
    throw error
  }
  throw new Error('nothing failed')
}

const ROWS = Array.from({ length: 100 }, (_, i) => ({ key: i % 3, value: i }))

/** Runs a query with a filter, an aggregation and a sort, and checks its result. */
export async function expectWorks(engine: Engine): Promise<void> {
  const query = engine
    .fromRecords(ROWS, { key: 'int32', value: 'int64' })
    .filter('value >= 10')
    .groupBy('key')
    .agg({ total: 'sum(value)::bigint' })
    .sort('key')
  const rows: unknown[] = []
  for await (const row of query.rows()) rows.push(row)
  expect(rows).toEqual([0, 1, 2].map((key) => ({ key, total: totalOf(key) })))
}

function totalOf(key: number): bigint {
  return ROWS.filter((row) => row.key === key && row.value >= 10).reduce((sum, { value }) => sum + BigInt(value), 0n)
}

let collector: (() => void) | null = null

/** Collects garbage and lets finalizers run. */
export async function collectGarbage(): Promise<void> {
  if (collector === null) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
  }
  for (let i = 0; i < 2; i++) {
    collector()
    await new Promise(setImmediate)
  }
}

const MOST_REPETITIONS = 8

/**
 * Repeats `work` until the shared memory in use stops growing, and fails if it does not: what grows at every repetition
 * leaks. Threads' scratch grows too, but only a few times.
 */
export async function expectNoLeak(engine: Engine, work: () => Promise<unknown>): Promise<void> {
  const used: number[] = []
  for (let i = 0; i < MOST_REPETITIONS; i++) {
    await forgetting(work)
    await collectGarbage()
    if (engine.memoryUsage().leasedBytes > 0) await collectGarbage()
    expect(engine.memoryUsage().leasedBytes).toBe(0)
    used.unshift(engine.memoryUsage().usedBytes)
    if (i > 0 && used[0] <= used[1]) return
  }
  throw new Error(`the memory in use grew each time: ${used.reverse().join(', ')} bytes`)
}

/** Does not keep the result, not even in a register of its frame. */
async function forgetting(work: () => Promise<unknown>): Promise<void> {
  await work()
}
