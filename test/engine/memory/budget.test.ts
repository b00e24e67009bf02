import { MemoryBudget, threadsWithin } from '../../../engine/memory/budget.js'
import { describe, expect, it } from '../../support/jest.js'
import { failure } from '../../support/scene.js'

const MB = 1e6
const budgetOf = (limit: number, { rss = 80, threads = 2, sharedBytes = null as number | null } = {}) =>
  new MemoryBudget({ limitBytes: limit * MB, rssBytes: rss * MB, threads, sharedBytes })

describe('the shared memory', () => {
  it('has what the limit leaves beside the process and its threads, at most 4 GiB', () => {
    const budget = budgetOf(1000)
    expect(budget.baseBytes).toBeGreaterThan(80 * MB)
    expect(budget.sharedBytes).toBe(1000 * MB - budget.baseBytes)
    expect(budgetOf(20_000).sharedBytes).toBe(2 ** 32)
    expect(budgetOf(1000, { sharedBytes: 20 * MB }).sharedBytes).toBe(20 * MB)
  })

  it('should give up state early enough for DuckDB to find room, whatever the limit', () => {
    for (const limit of [384, 512, 1000, 2000, 8000]) {
      const { baseBytes, sharedSoftBytes, limitBytes } = budgetOf(limit)
      expect(sharedSoftBytes).toBeGreaterThanOrEqual(32 * MB)
      expect(sharedSoftBytes).toBeLessThanOrEqual(Math.max(32 * MB, 0.45 * (limitBytes - baseBytes)))
    }
    expect(budgetOf(20_000).sharedSoftBytes).toBe(0.75 * 2 ** 32)
    expect(budgetOf(1000, { sharedBytes: 20 * MB }).sharedSoftBytes).toBe(budgetOf(1000).sharedSoftBytes)
  })

  it('is refused where the process leaves nothing of the limit, with the limit that would do', async () => {
    const error = await failure(async () => budgetOf(200, { rss: 190 }))
    expect(error.code).toBe('VOLLEY_MEMORY_LIMIT')
    expect(error.message).toContain('the memory limit of 200 MB is that of the whole process, which uses 190 MB')
    const smallest = error.details.smallestLimitBytes as number
    expect(error.message).toContain(`at least ${Math.ceil(smallest / MB)} MB`)
    expect(budgetOf(smallest / MB, { rss: 190 }).sharedBytes).toBe(2 ** 24)
  })
})

describe('DuckDB', () => {
  it('gets what is left of the limit, without what it takes beyond its own', () => {
    const budget = budgetOf(1000, { threads: 4 })
    for (const rss of [300, 420, 670]) {
      const { memoryLimitBytes, threads } = budget.duckdb(rss * MB)
      expect(memoryLimitBytes).toBeLessThan((1000 - rss) * MB)
      expect(memoryLimitBytes).toBeGreaterThan(0.6 * (1000 - rss) * MB)
      expect(threads).toBe(Math.min(4, Math.floor(memoryLimitBytes / (128 * MB))))
    }
    expect(budgetOf(8000, { threads: 4 }).duckdb(500 * MB).threads).toBe(4)
  })

  it('gets 128 MB and one thread however little is left', () => {
    expect(budgetOf(384).duckdb(500 * MB)).toEqual({ memoryLimitBytes: 128 * MB, threads: 1 })
  })

  it('has room for one thread beside a shared memory within its budget', () => {
    for (const limit of [768, 1000, 2000, 8000]) {
      const budget = budgetOf(limit)
      const share = budget.duckdb(budget.baseBytes + budget.sharedSoftBytes)
      expect(share.memoryLimitBytes).toBeGreaterThanOrEqual(128 * MB - 1)
    }
  })
})

describe('threads', () => {
  it('are as many as there are processors, as far as the limit allows, and one at least', () => {
    expect(threadsWithin(16_000 * MB, 100 * MB, 8)).toBe(8)
    expect(threadsWithin(1000 * MB, 100 * MB, 8)).toBe(4)
    expect(threadsWithin(384 * MB, 100 * MB, 8)).toBe(1)
    expect(threadsWithin(50 * MB, 100 * MB, 8)).toBe(1)
  })

  it('get a smaller codec and nursery under a small limit', () => {
    expect(budgetOf(16_000).worker).toEqual({
      codec: { decodeBytes: 192 * 2 ** 20, idleBytes: 512 * 2 ** 20 },
      youngGenerationMegabytes: null,
      garbageBytes: null,
    })
    const { codec, youngGenerationMegabytes, garbageBytes } = budgetOf(384).worker
    expect([codec.decodeBytes, codec.idleBytes, youngGenerationMegabytes, garbageBytes]).toEqual([
      2 ** 24,
      2 ** 26,
      8,
      8e6,
    ])
  })
})

it('tells the limit under which the shared memory would have so much', () => {
  const budget = budgetOf(1000)
  expect(budget.limitFor(500 * MB)).toBe(budget.baseBytes + 500 * MB)
  expect(budget.limitFor(5e9)).toBeNull()
})
