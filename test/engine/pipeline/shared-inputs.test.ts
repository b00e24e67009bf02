import { readdirSync } from 'node:fs'
import { EngineListeners } from '../../../engine/events.js'
import { Executor } from '../../../engine/executor.js'
import { MemoryBudget } from '../../../engine/memory/budget.js'
import { MemoryMonitor } from '../../../engine/memory/monitor.js'
import { OperatorSlots } from '../../../engine/memory/operator-slots.js'
import { checkEngineOptions, type EngineOptions } from '../../../engine/options.js'
import { runGenerations } from '../../../engine/pipeline/generations/run-generations.js'
import type { OpenServices } from '../../../engine/pipeline/services.js'
import { SharedInputs, type SharedInputsOptions } from '../../../engine/pipeline/shared-inputs.js'
import { Engine } from '../../../engine/session.js'
import type { Frame } from '../../../planner/frame.js'
import { PipeGraph } from '../../../planner/graph/pipe-graph.js'
import { PlanGenerator } from '../../../planner/graph/plan-generator.js'
import { describe, expect, it } from '../../support/jest.js'
import { collectGarbage, eventually, Scene } from '../../support/scene.js'

const MB = 1e6
const LIMIT = 1000 * MB
/** Pressure, whatever part of it is shared memory that is free again. */
const MORE_THAN_ALL = 1100 * MB

let executor: Executor
const scene = Scene.forFile({ threads: 2 }, (options: EngineOptions) => {
  executor = new Executor(checkEngineOptions(options))
  return new Engine(executor)
})

/** Shared inputs of a process whose resident bytes the test says. */
class Watched {
  rss = 200 * MB
  readonly inputs: SharedInputs
  private readonly services: OpenServices = executor.openPipeline()
  private readonly monitor: MemoryMonitor

  constructor(options: SharedInputsOptions = {}) {
    const { memory, run } = this.services
    this.monitor = new MemoryMonitor({
      memory,
      operators: new OperatorSlots(memory),
      budget: new MemoryBudget({ limitBytes: LIMIT, rssBytes: 100 * MB, threads: 2 }),
      listeners: new EngineListeners(),
      residentBytes: () => this.rss,
    })
    this.inputs = new SharedInputs({ ...this.services, run: { monitor: this.monitor, spill: run.spill } }, options)
  }

  async close(): Promise<void> {
    await this.inputs.close()
    await this.services.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function numbers(count: number, from = 0): Frame {
  return scene.engine.fromRecords(
    Array.from({ length: count }, (_, i) => ({ n: from + i, text: i % 7 === 0 ? null : `text ${i % 100}` })),
    { n: 'int64', text: 'varchar' },
  )
}

async function rowsOf(frame: Frame): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of frame.rows()) rows.push(row)
  return rows
}

async function usedBytes(): Promise<number> {
  await collectGarbage()
  return scene.engine.memoryUsage().usedBytes
}

describe('an input that several read', () => {
  it('is read once, however many ask at once, and is released with its last reader', async () => {
    let reads = 0
    const records = async function* () {
      reads++
      for (let n = 0; n < 1000; n++) yield { n }
    }
    const source = scene.engine.fromRecords(records(), { n: 'int64' })
    await using watched = new Watched({ inputs: [{ dataset: 'orders', readers: ['a', 'b'] }] })
    const { inputs } = watched
    const [one, other] = await Promise.all([inputs.rowsOf('orders', source), inputs.rowsOf('orders', source)])
    expect(await one.count()).toBe(1000)
    expect(await other.filter('n >= 990').count()).toBe(10)
    expect(reads).toBe(1)
    expect(inputs.report()).toMatchObject({ hits: 1, misses: 1, evictions: 0, spilledBytes: 0 })
    await inputs.ended('a')
    expect(await one.count()).toBe(1000)
    expect(inputs.memoryBytes).toBeGreaterThanOrEqual(8000)
    await inputs.ended('a')
    await inputs.ended('b')
    expect(inputs.memoryBytes).toBe(0)
    await expect(one.count()).rejects.toMatchObject({
      code: 'VOLLEY_CLOSED',
      message: "the shared input 'orders' was released",
    })
  })

  it('leaves nothing in memory or on disk', async () => {
    const before = await usedBytes()
    const watched = new Watched({ maxBytes: 100_000 })
    const frame = await watched.inputs.rowsOf('orders', numbers(20_000))
    expect(await frame.count()).toBe(20_000)
    expect(watched.inputs.report().spilledBytes).toBeGreaterThan(0)
    await watched.close()
    await eventually(() => scene.engine.memoryUsage().usedBytes <= before)
    expect(readdirSync(scene.spillDirectory)).toEqual([])
  })

  it('gives the same rows from the file as from memory, one after the other and at once', async () => {
    const source = numbers(100_000).sort('text', 'n')
    const expected = await rowsOf(source.filter('n % 997 = 0'))
    await using watched = new Watched({ maxBytes: 1_000_000 })
    const frame = await watched.inputs.rowsOf('orders', source)
    const { spilledBytes, peakBytes } = watched.inputs.report()
    expect(spilledBytes).toBeGreaterThan(1_000_000)
    expect(peakBytes).toBeLessThan(spilledBytes)
    expect(watched.inputs.memoryBytes).toBeLessThanOrEqual(1_000_000)
    const reading = [1, 2].map(() => rowsOf(frame.filter('n % 997 = 0')))
    for (const rows of await Promise.all(reading)) expect(rows).toEqual(expected)
    for (const strategy of ['row', 'bulk', 'bigdata'] as const) {
      const totals = frame.groupBy().agg({ sum: 'sum(n)::bigint', texts: 'count(distinct text)' })
      const table = await totals.collect({ strategy })
      expect(table.get(0)?.toJSON()).toMatchObject({ sum: 4_999_950_000n, texts: 100n })
    }
  })

  it('is loaded again by the next who asks if it could not be loaded', async () => {
    await using watched = new Watched()
    const broken = scene.engine.fromRecords([{ n: 'x' }], { n: 'varchar' }).select('n::int as n')
    const both = await Promise.allSettled([1, 2].map(() => watched.inputs.rowsOf('orders', broken)))
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const frame = await watched.inputs.rowsOf('orders', numbers(10))
    expect(await frame.count()).toBe(10)
    expect(watched.inputs.report()).toMatchObject({ hits: 1, misses: 2 })
  })

  it('may have no rows and no columns', async () => {
    await using watched = new Watched({ maxBytes: 0 })
    const frame = await watched.inputs.rowsOf('none', numbers(10).filter('n < 0'))
    expect(await rowsOf(frame)).toEqual([])
    const some = await watched.inputs.rowsOf('some', numbers(10))
    expect(await some.count()).toBe(10)
  })

  it('cannot be asked for once all is closed', async () => {
    const watched = new Watched()
    await watched.close()
    await expect(watched.inputs.rowsOf('orders', numbers(1))).rejects.toMatchObject({ code: 'VOLLEY_CLOSED' })
  })
})

describe('under memory pressure', () => {
  it('what was asked for longest ago gives up its memory first, as much as it takes', async () => {
    await using watched = new Watched()
    const { inputs } = watched
    const frames = new Map<string, Frame>()
    for (const [name, count] of [
      ['small', 1000],
      ['middle', 4000],
      ['large', 16_000],
    ] as const) {
      frames.set(name, await inputs.rowsOf(name, numbers(count)))
    }
    await inputs.rowsOf('small', numbers(0))
    const whole = inputs.memoryBytes
    // The pressure goes once the first of them has given up its batches.
    Object.defineProperty(watched, 'rss', { get: () => (inputs.memoryBytes < whole ? 200 * MB : MORE_THAN_ALL) })
    await eventually(() => inputs.memoryBytes < whole)
    await eventually(() => inputs.report().evictions === 1)
    const perRow = whole / 21_000
    expect((whole - inputs.memoryBytes) / perRow / 4000).toBeCloseTo(1, 1)
    for (const [name, frame] of frames) {
      expect(await frame.count()).toBe({ small: 1000, middle: 4000, large: 16_000 }[name])
    }
  })

  it('an input that is being read goes on to give all of its rows', async () => {
    await using watched = new Watched()
    const { inputs } = watched
    const frame = await inputs.rowsOf('orders', numbers(150_000))
    let rows = 0
    let sum = 0n
    for await (const batch of frame.stream()) {
      rows += batch.numRows
      for (const n of batch.getChild('n') ?? []) sum += n
      watched.rss = MORE_THAN_ALL
      await eventually(() => inputs.memoryBytes === 0)
    }
    expect([rows, sum]).toEqual([150_000, 11_249_925_000n])
    await eventually(() => inputs.report().evictions === 1)
  })

  it('an input that is being loaded goes to the file as it comes', async () => {
    await using watched = new Watched()
    watched.rss = MORE_THAN_ALL
    const frame = await watched.inputs.rowsOf('orders', numbers(100_000))
    expect(watched.inputs.memoryBytes).toBe(0)
    expect(await frame.count()).toBe(100_000)
  })
})

it('serves the pipes of a plan that read the same', async () => {
  const graph = PipeGraph.of(
    [
      { id: 'by-text', inputs: ['orders'] },
      { id: 'total', inputs: ['orders'] },
      { id: 'broken', inputs: ['orders', 'countries'] },
      { id: 'report', inputs: ['by-text', 'total'] },
    ],
    { external: 'any' },
  )
  const plan = new PlanGenerator(graph).batchPlan()
  await using watched = new Watched({ inputs: plan.sharedInputs() })
  const { inputs } = watched
  const result = await runGenerations(plan, {
    onFailure: 'continue',
    maxWorkers: 2,
    run: async ({ id }) => {
      if (id === 'report') return inputs.memoryBytes
      const orders = await inputs.rowsOf('orders', numbers(10_000))
      if (id === 'broken') return orders.filter('country = 1').count()
      return id === 'total' ? orders.count() : orders.distinct('text').count()
    },
    onEvent: (event) => {
      if (event.kind === 'ended') void inputs.ended(event.result.id)
    },
  })
  expect(result.pipes.map(({ id, status, value }) => [id, status, value])).toEqual([
    ['by-text', 'done', 101],
    ['total', 'done', 10_000],
    ['broken', 'failed', undefined],
    ['report', 'done', 0],
  ])
  expect(inputs.report()).toMatchObject({ hits: 2, misses: 1 })
})
