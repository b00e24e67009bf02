import { MemoryBudget } from '../../../engine/memory/budget.js'
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
    expect(budgetOf(1000, { sharedBytes: 20 * MB }).sharedSoftBytes).toBe(15 * MB)
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
    expect(budget.duckdb(420 * MB)).toEqual({ memoryLimitBytes: 400 * MB, threads: 3 })
    expect(budget.duckdb(670 * MB)).toEqual({ memoryLimitBytes: 200 * MB, threads: 1 })
    expect(budgetOf(8000, { threads: 4 }).duckdb(500 * MB).threads).toBe(4)
  })

  it('gets 64 MB and one thread however little is left', () => {
    expect(budgetOf(384).duckdb(500 * MB)).toEqual({ memoryLimitBytes: 64 * MB, threads: 1 })
  })

  it('has room for one thread beside a shared memory within its budget', () => {
    for (const limit of [768, 1000, 2000, 8000]) {
      const budget = budgetOf(limit)
      const share = budget.duckdb(budget.baseBytes + budget.sharedSoftBytes)
      expect(share.memoryLimitBytes).toBeGreaterThanOrEqual(128 * MB - 1)
    }
  })
})

it('tells the limit under which the shared memory would have so much', () => {
  const budget = budgetOf(1000)
  expect(budget.limitFor(500 * MB)).toBe(budget.baseBytes + 500 * MB)
  expect(budget.limitFor(5e9)).toBeNull()
})
