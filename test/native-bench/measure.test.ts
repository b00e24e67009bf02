import { setTimeout as sleep } from 'node:timers/promises'
import { type Starter, timed } from '../../native-bench/races/measure.js'
import { contestant } from '../../native-bench/races/race.js'
import { describe, expect, it } from '../support/jest.js'

const ANSWER = [['1']]

function sleeper(engine: Starter['engine'], milliseconds: number, answer: string[][] = ANSWER) {
  const calls = { count: 0 }
  const run = async () => {
    calls.count++
    await sleep(milliseconds)
  }
  return { calls, starter: { engine, contestant: contestant(run, async () => answer) } }
}

describe('timing a race', () => {
  it('warms each engine for as long as it needs, and the slow ones no longer for the fast ones', async () => {
    const [fast, slow] = [sleeper('duckdb', 1), sleeper('polars', 40)]
    const results = await timed([fast.starter, slow.starter], { runs: 2, milliseconds: 70 }, 3)
    expect(results.map((one) => 'milliseconds' in one && one.milliseconds.length)).toEqual([3, 3])
    // One run for the answer, two to be warm, or three where timers are early, three that are timed.
    expect(slow.calls.count).toBeGreaterThanOrEqual(6)
    expect(slow.calls.count).toBeLessThanOrEqual(7)
    expect(fast.calls.count).toBeGreaterThanOrEqual(6)
  })

  it('warms nothing if nothing is asked for', async () => {
    const one = sleeper('duckdb', 0)
    await timed([one.starter], { runs: 0, milliseconds: 0 }, 1)
    expect(one.calls.count).toBe(2)
  })

  it('times no engine that gives another answer than DuckDB', async () => {
    const wrong = sleeper('volley', 0, [['2']])
    const [result] = await timed([wrong.starter, sleeper('duckdb', 0).starter], { runs: 1, milliseconds: 0 }, 1)
    expect(result).toMatchObject({ engine: 'volley', failure: expect.stringMatching(/expected 1, got 2/) })
    expect(wrong.calls.count).toBe(1)
  })
})
