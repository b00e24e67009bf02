import { readPlan, WrongUsage } from '../../native-bench/options.js'
import { SUITES } from '../../native-bench/suites/all.js'
import { describe, expect, it } from '../support/jest.js'

function plan(...words: string[]) {
  const read = readPlan(words, SUITES)
  if (typeof read === 'string') throw new Error(read)
  return { ...read, suites: read.suites.map(({ name }) => name) }
}

describe('the options of the benchmark', () => {
  it('run every suite, and a small form of each with --quick', () => {
    const everything = SUITES.map(({ name }) => name)
    expect([plan().suites, plan('--quick').suites]).toEqual([everything, everything])
    expect(plan().sizes).toEqual(['small', 'medium', 'large'])
    expect([plan('--quick').sizes, plan('--quick').limits]).toEqual([['small'], [384e6]])
  })

  it('choose suites, cases, sizes and engines', () => {
    const chosen = plan(
      'out-of-core',
      '--suite',
      'tpch',
      '--case',
      'sort,q06',
      '--size',
      'large,large',
      '--engine',
      'volley bulk',
    )
    expect(chosen.suites).toEqual(['tpch', 'out-of-core'])
    expect([chosen.cases, chosen.sizes, chosen.engines]).toEqual([['sort', 'q06'], ['large'], ['volley bulk']])
  })

  it('choose how much is measured', () => {
    const chosen = plan(
      '--threads',
      '3',
      '--runs',
      '5',
      '--memory-limit',
      '1.5GB',
      '--limit',
      '64MiB,1GB',
      '--scale',
      '0.5',
    )
    expect([chosen.threads, chosen.runs, chosen.memoryLimitBytes]).toEqual([3, 5, 1.5e9])
    expect([chosen.limits, chosen.scale]).toEqual([[2 ** 26, 1e9], 0.5])
  })

  it('ask for help and for the list of suites', () => {
    expect([readPlan(['-h'], SUITES), readPlan(['--list'], SUITES)]).toEqual(['help', 'list'])
  })

  it.each([
    [['sums'], 'no suite sums: there are '],
    [['out-of-core', '--case', 'sums'], 'no case sums: there are groupby, join, sort, distinct'],
    [['--size', 'huge'], 'no size huge: there are small, medium, large'],
    [['--size', ' ,'], "--size takes a list such as a,b, not ' ,'"],
    [['--case', ''], '--case takes a list'],
    [['--engine', 'volley,arrow'], 'no engine arrow: there are volley, duckdb, polars, '],
    [['--memory-limit', '0'], '--memory-limit takes sizes such as 384MB or 1GB, not 0'],
    [['--limit', 'much'], '--limit takes sizes such as 384MB or 1GB, not much'],
    [['--scale', '-1'], '--scale'],
    [['--runs', '0.5'], '--runs takes a whole number from 1 up, not 0.5'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuse %s', (words, message) => {
    expect(() => readPlan(words, SUITES)).toThrow(WrongUsage)
    expect(() => readPlan(words, SUITES)).toThrow(message)
  })
})
