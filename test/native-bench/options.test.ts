import { bytesOf, readPlan } from '../../native-bench/options.js'
import { describe, expect, it } from '../support/jest.js'

const labels = (words: readonly string[]) => readPlan(words).outOfCore?.contenders.map(({ label }) => label)

describe('the options of the benchmark', () => {
  it('run what takes minutes only if asked for', () => {
    const plan = readPlan([])
    expect([plan.suites.length > 0, plan.strategies, plan.outOfCore, plan.pipeline]).toEqual([true, null, null, null])
    const quick = readPlan(['--quick'])
    expect([quick.strategies?.rows, quick.outOfCore?.limits]).toEqual([200_000, [384e6]])
    const chosen = readPlan(['--suite', 'strategies,out-of-core', '--threads', '2'])
    expect([chosen.suites, chosen.strategies?.threads, chosen.outOfCore?.limits]).toEqual([[], 2, [384e6, 512e6, 1e9]])
  })

  it('choose how much pipelines have to do', () => {
    const { pipeline, suites } = readPlan(['--suite', 'pipeline', '--rows', '1000', '--scale', '0.5', '--threads', '2'])
    expect([pipeline, suites]).toEqual([{ rows: 1000, runs: 7, threads: 2, scale: 0.5 }, []])
  })

  it('choose cases, limits and engines, DuckDB first', () => {
    const words = ['--suite', 'out-of-core', '--case', 'sort,join', '--limit', '64MiB', '--engine', 'bulk,duckdb,row']
    const plan = readPlan(words)
    expect(plan.outOfCore?.cases.map(({ name }) => name)).toEqual(['sort', 'join'])
    expect(plan.outOfCore?.limits).toEqual([2 ** 26])
    expect(labels(words)).toEqual(['duckdb', 'volley bulk', 'volley row'])
  })

  it('reads sizes', () => {
    expect(['384MB', '1.5GB', '2GiB'].map(bytesOf)).toEqual([384e6, 1.5e9, 2 ** 31])
  })

  it.each([
    [['--suite', 'q7'], 'no suite q7: there are q6, '],
    [['--suite', 'out-of-core', '--case', 'sums'], 'no case sums: there are groupby, join, sort, distinct'],
    [['--suite', 'out-of-core', '--engine', 'sqlite'], 'no engine sqlite: there are duckdb, auto'],
    [['--suite', 'out-of-core', '--limit', 'much'], '--limit takes sizes such as 384MB or 1GB, not much'],
    [['--suite', 'out-of-core', '--scale', '-1'], '--scale'],
    [['--rows', '0.5'], '--rows takes a whole number from 1 up, not 0.5'],
  ])('refuses %s', (words, message) => {
    expect(() => readPlan(words)).toThrow(message)
  })
})
