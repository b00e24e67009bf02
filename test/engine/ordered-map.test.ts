import fc from 'fast-check'
import { orderedMap } from '../../engine/strategies/ordered-map.js'
import { describe, expect, it } from '../support/jest.js'

async function* items(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('orderedMap', () => {
  it('keeps the order whatever the order of completion, and no more in flight than the window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (delays, window) => {
          let running = 0
          let most = 0
          const results: number[] = []
          const mapped = orderedMap(
            items(delays.length),
            () => window,
            async (item) => {
              most = Math.max(most, ++running)
              await wait(delays[item])
              running--
              return item
            },
            () => {},
          )
          for await (const result of mapped) results.push(result)
          expect(results).toEqual(delays.map((_, index) => index))
          expect(most).toBeLessThanOrEqual(window)
        },
      ),
      { numRuns: 20, seed: 3 },
    )
  })

  it('discards what is in flight when the consumer stops, and ends the source', async () => {
    const discarded: number[] = []
    let ended = false
    async function* source(): AsyncGenerator<number> {
      try {
        yield* items(100)
      } finally {
        ended = true
      }
    }
    const start = async (item: number) => {
      await wait(1)
      return item
    }
    for await (const result of orderedMap(
      source(),
      () => 4,
      start,
      (item) => discarded.push(item),
    ))
      if (result === 2) break
    expect(discarded).toEqual([3, 4, 5])
    expect(ended).toBe(true)
  })

  it('throws the first error in order, after everything in flight has settled', async () => {
    let settled = 0
    const start = async (item: number) => {
      await wait(item === 1 ? 1 : 5)
      settled++
      if (item === 1) throw new Error('second')
      return item
    }
    const results: number[] = []
    const consume = async () => {
      for await (const result of orderedMap(
        items(10),
        () => 3,
        start,
        () => {},
      ))
        results.push(result)
    }
    await expect(consume()).rejects.toThrow('second')
    expect(results).toEqual([0])
    expect(settled).toBe(4)
  })
})
