import { EngineListeners, type MemoryEvent, type MemorySample } from '../../../engine/events.js'
import { MemoryBudget } from '../../../engine/memory/budget.js'
import { MemoryMonitor } from '../../../engine/memory/monitor.js'
import { OperatorSlots } from '../../../engine/memory/operator-slots.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { describe, expect, it } from '../../support/jest.js'
import { eventually } from '../../support/scene.js'

const MB = 1e6
const LIMIT = 1000 * MB
const RUN = 7

/** A monitor of a process whose resident bytes the test says. */
class Watched {
  rss = 200 * MB
  readonly budget = new MemoryBudget({ limitBytes: LIMIT, rssBytes: 100 * MB, threads: 2 })
  readonly memory = SharedMemory.create(this.budget.sharedBytes)
  readonly operators = new OperatorSlots(this.memory)
  readonly listeners = new EngineListeners()
  readonly monitor = new MemoryMonitor({
    memory: this.memory,
    operators: this.operators,
    budget: this.budget,
    listeners: this.listeners,
    residentBytes: () => this.rss,
  })

  /** The pressure once so much is resident. */
  async at(megabytes: number): Promise<string> {
    this.rss = megabytes * MB
    await new Promise((resolve) => setTimeout(resolve, 2))
    return this.monitor.check()
  }
}

describe('pressure', () => {
  it('comes at 75 % and 90 % of the limit, and goes 10 % below', async () => {
    const watched = new Watched()
    const levels: string[] = []
    for (const rss of [700, 760, 700, 660, 640, 760, 910, 850, 810, 790, 900, 640, 910, 600]) {
      levels.push(await watched.at(rss))
    }
    const expected = 'none soft soft soft none soft hard hard hard soft hard none hard none'
    expect(levels.join(' ')).toBe(expected)
  })

  it('is soft when the shared memory holds more than its budget', async () => {
    const watched = new Watched()
    const { sharedSoftBytes } = watched.budget
    const block = watched.memory.allocateFor(RUN)(sharedSoftBytes)
    expect(await watched.at(300)).toBe('soft')
    watched.memory.release(block)
    expect(await watched.at(300)).toBe('none')
  })

  it('does not count pages of the shared memory that the next block takes again', async () => {
    const watched = new Watched()
    const block = watched.memory.allocateFor(RUN)(300 * MB)
    expect(await watched.at(800)).toBe('soft')
    watched.memory.release(block)
    expect(await watched.at(800)).toBe('none')
    expect(await watched.at(1001)).toBe('hard')
  })

  it('leaves the limit to DuckDB once it runs', async () => {
    const watched = new Watched()
    watched.rss = 400 * MB
    const share = watched.monitor.startDuckDb(() => 123)
    expect(share).toEqual(watched.budget.duckdb(400 * MB))
    expect([await watched.at(940), await watched.at(980), await watched.at(930), await watched.at(900)]).toEqual([
      'none',
      'soft',
      'soft',
      'none',
    ])
    expect([await watched.at(1060), await watched.at(1010), await watched.at(990)]).toEqual(['hard', 'hard', 'soft'])
    expect(watched.monitor.sample.duckdbBytes).toBe(123)
    watched.monitor.endDuckDb()
    expect(await watched.at(760)).toBe('soft')
    expect(watched.monitor.sample.duckdbBytes).toBe(0)
  })
})

it('says how it stands in words', async () => {
  const watched = new Watched()
  await watched.at(498)
  expect(watched.monitor.describe()).toBe('rss 498 of 1000 MB')
  watched.memory.allocateFor(RUN, watched.operators.claim('aggregate'))(210 * MB)
  watched.memory.allocateFor(RUN, watched.operators.claim('scan'))(10 * MB)
  expect(watched.monitor.describe()).toBe('rss 498 of 1000 MB, aggregate 210 MB')
  expect(watched.monitor.describe([])).toBe('rss 498 of 1000 MB')
  const error = watched.monitor.limitReached()
  expect(error.code).toBe('VOLLEY_MEMORY_LIMIT')
  expect(error.message).toBe(
    'the process takes 498 MB of its memory limit of 1.00 GB, and nothing more can be given up ' +
      '(aggregate 210 MB, scan 10.0 MB); a limit of about 548 MB should be enough',
  )
})

describe('while something runs', () => {
  it('gives samples by itself, and none afterwards', async () => {
    const { monitor, memory } = new Watched()
    memory.setCodecBytes(1, 65_536)
    const samples: MemorySample[] = []
    const unwatch = monitor.watch((sample) => samples.push(sample))
    await eventually(() => samples.length >= 4)
    unwatch()
    const { length } = samples
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(samples).toHaveLength(length)
    expect(samples[2]).toEqual({
      atMs: expect.any(Number),
      rssBytes: 200 * MB,
      sharedBytes: 0,
      sharedPeakBytes: 0,
      codecBytes: 65_536,
      duckdbBytes: 0,
      heapBytes: expect.any(Number),
      limitBytes: LIMIT,
    })
    expect(samples[2].atMs).toBeGreaterThan(samples[1].atMs)
  })

  it('tells listeners of each change of the pressure, and in between some times a second', async () => {
    const watched = new Watched()
    const events: MemoryEvent[] = []
    watched.listeners.add('memory', (event) => events.push(event))
    watched.memory.allocateFor(RUN, watched.operators.claim('sort'))(MB)
    for (const rss of [500, 501, 800, 801, 950, 500]) await watched.at(rss)
    expect(events.map(({ pressure, rssBytes }) => [pressure, rssBytes / MB])).toEqual([
      ['none', 500],
      ['soft', 800],
      ['hard', 950],
      ['none', 500],
    ])
    expect(events[1].operators).toEqual([{ label: 'sort', bytes: expect.any(Number) }])
  })

  it('goes on when a listener fails', async () => {
    const watched = new Watched()
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    watched.listeners.add('memory', () => {
      throw new Error('broken')
    })
    expect(await watched.at(800)).toBe('soft')
    expect((await warned).message).toBe("a listener of 'memory' failed: broken")
  })
})
