/** An engine and a directory on which things go wrong; what must hold after every failure is checked here, once. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Component, type Engine, type EngineOptions, open, VolleyError } from '../../index.js'
import { afterAll, beforeAll, expect } from './jest.js'

/** A failure that takes longer than this is not at once, even on a slow machine. */
const AT_ONCE_MS = 30_000

/** What must not happen, whatever goes wrong. */
const NOISE = ['warning', 'unhandledRejection'] as const

const modules = new URL('../../../test/support/modules/', import.meta.url)

/** The path of a module for `mapBatches` or `mapRows`: tests run compiled, modules as they are. */
export function modulePath(name: string): string {
  return fileURLToPath(new URL(name, modules))
}

export class Scene {
  readonly directory = mkdtempSync(join(tmpdir(), 'volley-faults-'))
  /** Where the engine spills to, unless its options say otherwise. */
  readonly spillDirectory = mkdtempSync(join(tmpdir(), 'volley-spilled-'))
  private opened: Engine | null = null

  /** For the tests of one file. */
  static forFile(
    options: EngineOptions = { threads: 2 },
    openEngine: (options: EngineOptions) => Engine | Promise<Engine> = open,
  ): Scene {
    const scene = new Scene()
    const noise: unknown[] = []
    const hear = (event: unknown) => noise.push(event)
    beforeAll(async () => {
      for (const event of NOISE) process.on(event, hear)
      scene.opened = await openEngine({ tempDirectory: scene.spillDirectory, ...options })
    })
    afterAll(async () => {
      await scene.opened?.close()
      for (const event of NOISE) process.off(event, hear)
      const spilled = readdirSync(scene.spillDirectory)
      for (const directory of [scene.directory, scene.spillDirectory]) {
        rmSync(directory, { recursive: true, force: true })
      }
      expect({ spilled, noise }).toEqual({ spilled: [], noise: [] })
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
    await this.expectNothingStaged()
    return error
  }

  /** No table of a run that has ended is left in DuckDB, if that was ever started, and nothing on its disk. */
  async expectNothingStaged(): Promise<void> {
    if (readdirSync(this.spillDirectory).length > 0) expect(await heldByDuckDb(this.engine)).toEqual(NOTHING_HELD)
  }
}

/** Asks DuckDB what it holds. */
class Held extends Component {
  readonly name = 'held'
  readonly schema = { tables: 'int32', spilled: 'int64' }

  override processBigData(): string {
    return `SELECT (SELECT count(*) FROM duckdb_tables()) AS tables,
      (SELECT sum(temporary_storage_bytes) FROM duckdb_memory()) AS spilled`
  }
}

/** The input of the component that asks is a table, too. */
const NOTHING_HELD = { tables: 1, spilled: 0n }

async function heldByDuckDb(engine: Engine): Promise<Record<string, unknown>> {
  const asked = engine.fromRecords([{ one: 1 }], { one: 'int32' }).apply(new Held())
  for await (const row of asked.rows({ strategy: 'bigdata' })) return row
  throw new Error('DuckDB did not say what it holds')
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

const PATIENCE_MS = 60_000

let collector: (() => void) | null = null

/** Collects garbage and lets finalizers run. */
export async function collectGarbage(): Promise<void> {
  if (collector === null) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
  }
  collector()
  // Finalizers are tasks of their own.
  await new Promise((resolve) => setTimeout(resolve, 1))
  await new Promise(setImmediate)
}

/** Waits for a condition that comes about by itself, or fails after some seconds. */
export async function eventually(
  condition: () => boolean,
  between: () => Promise<void> = collectGarbage,
): Promise<void> {
  const patience = performance.now() + PATIENCE_MS
  while (!condition() && performance.now() < patience) await between()
  expect(condition()).toBe(true)
}

/** Waits until the garbage collector has found all results of an engine that nobody holds. */
export async function resultsDropped(engine: Engine): Promise<void> {
  await eventually(() => engine.memoryUsage().leasedBytes === 0)
}

const MOST_ROUNDS = 8

/**
 * Repeats all `works` until the shared memory in use stops growing, and fails if it does not, with the names of those
 * that leak. Threads' scratch grows too, but only a few times.
 */
export async function expectNoLeak(
  engine: Engine,
  works: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<void> {
  if (!(await growsForEver(engine, Object.values(works)))) return
  const leaking: string[] = []
  for (const [name, work] of Object.entries(works)) if (await growsForEver(engine, [work])) leaking.push(name)
  throw new Error(`the memory in use grows at every repetition of: ${leaking.join(', ')}`)
}

async function growsForEver(engine: Engine, works: readonly (() => Promise<unknown>)[]): Promise<boolean> {
  let before = Number.POSITIVE_INFINITY
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const work of works) await forgetting(work)
    await resultsDropped(engine)
    const { usedBytes } = engine.memoryUsage()
    if (round > 0 && usedBytes <= before) return false
    before = usedBytes
  }
  return true
}

/** Does not keep the result, not even in a register of its frame. */
async function forgetting(work: () => Promise<unknown>): Promise<void> {
  await work()
}
