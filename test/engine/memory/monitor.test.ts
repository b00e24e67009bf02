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

/** A monitor of a process whose resident bytes and time are what the test says. */
class Watched {
  rss = 200 * MB
  private time = 0
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
    now: () => this.time,
  })

  /** The pressure once so much is resident, two milliseconds later. */
  at(megabytes: number): string {
    this.rss = megabytes * MB
    this.pass(2)
    return this.monitor.check()
  }

  pass(milliseconds: number): void {
    this.time += milliseconds
  }
}

describe('pressure', () => {
  it('comes at 75 % and 90 % of the limit, and goes 10 % below', () => {
    const watched = new Watched()
    const levels: string[] = []
    for (const rss of [700, 760, 700, 660, 640, 760, 910, 850, 810, 790, 900, 640, 910, 600]) {
      levels.push(watched.at(rss))
    }
    const expected = 'none soft soft soft none soft hard hard hard soft hard none hard none'
    expect(levels.join(' ')).toBe(expected)
  })

  it('is soft when the shared memory holds more than its budget', () => {
    const watched = new Watched()
    const { sharedSoftBytes } = watched.budget
    const block = watched.memory.allocateFor(RUN)(sharedSoftBytes)
    expect(watched.at(300)).toBe('soft')
    watched.memory.release(block)
    expect(watched.at(300)).toBe('none')
  })

  it('does not count pages of the shared memory that the next block takes again', () => {
    const watched = new Watched()
    const block = watched.memory.allocateFor(RUN)(300 * MB)
    expect(watched.at(800)).toBe('soft')
    watched.memory.release(block)
    expect(watched.at(800)).toBe('none')
    expect(watched.at(1001)).toBe('hard')
  })

  it('leaves the limit to DuckDB once it runs', () => {
    const watched = new Watched()
    watched.rss = 400 * MB
    const share = watched.monitor.startDuckDb(() => 123)
    expect(share).toEqual(watched.budget.duckdb(400 * MB))
    expect([watched.at(940), watched.at(980), watched.at(930), watched.at(900)]).toEqual([
      'none',
      'soft',
      'soft',
      'none',
    ])
    expect([watched.at(1060), watched.at(1010), watched.at(990)]).toEqual(['hard', 'hard', 'soft'])
    expect(watched.monitor.sample.duckdbBytes).toBe(123)
    watched.monitor.endDuckDb()
    expect(watched.at(760)).toBe('soft')
    expect(watched.monitor.sample.duckdbBytes).toBe(0)
  })
})

it('says how it stands in words', () => {
  const watched = new Watched()
  watched.at(498)
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
    const watched = new Watched()
    const { monitor, memory } = watched
    memory.setCodecBytes(1, 65_536)
    const samples: MemorySample[] = []
    const unwatch = monitor.watch((sample) => {
      samples.push(sample)
      watched.pass(25)
    })
    await eventually(() => samples.length >= 4)
    unwatch()
    const { length } = samples
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(samples).toHaveLength(length)
    expect(samples[2]).toEqual({
      atMs: 50,
      rssBytes: 200 * MB,
      sharedBytes: 0,
      sharedPeakBytes: 0,
      codecBytes: 65_536,
      duckdbBytes: 0,
      heapBytes: expect.any(Number),
      limitBytes: LIMIT,
    })
  })

  it('tells listeners of each change of the pressure, and in between some times a second', () => {
    const watched = new Watched()
    const events: MemoryEvent[] = []
    watched.listeners.add('memory', (event) => events.push(event))
    watched.memory.allocateFor(RUN, watched.operators.claim('sort'))(MB)
    for (const rss of [500, 501, 800, 801, 950, 500]) watched.at(rss)
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
    expect(watched.at(800)).toBe('soft')
    expect((await warned).message).toBe("a listener of 'memory' failed: broken")
  })
})
