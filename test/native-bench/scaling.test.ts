import { openBenchTables } from '../../data-fixtures/bench-tables.js'
import type { CaseResults, Done } from '../../native-bench/results.js'
import { withGrowth } from '../../native-bench/suites/scaling/growth.js'
import { pointsOf } from '../../native-bench/suites/scaling/points.js'
import { scaling } from '../../native-bench/suites/scaling.js'
import { quickSetting } from '../support/bench-setting.js'
import { describe, expect, it } from '../support/jest.js'

const setting = quickSetting((rows) => openBenchTables(setting.dataDirectory, rows))

function done(engine: string, milliseconds: number): Done {
  const nothing = { peakBytes: null, cpuMilliseconds: null, figures: [], memory: null }
  return { engine, status: 'done', milliseconds: [milliseconds], ...nothing }
}

function atRows(value: number, volley: number, duckdb: number): CaseResults {
  return {
    name: 'scan-rows',
    title: 'Scan',
    size: `${value / 1_000} k rows`,
    rows: value,
    axis: { name: 'rows', value },
    reference: 'duckdb',
    outcomes: [done('volley', volley), done('duckdb', duckdb)],
    remarks: ['kept'],
  }
}

describe('the scaling suite', () => {
  it('times both engines, with the same answers, at every size', async () => {
    const { cases } = await scaling.measure(setting)
    expect(new Set(cases.map(({ name }) => name))).toEqual(new Set(scaling.cases))
    for (const { name, size, outcomes } of cases) {
      const results = outcomes.map((one) => (one.status === 'done' ? one.engine : `${one.engine}: ${one.reason}`))
      expect([name, size, results]).toEqual([name, size, ['volley', 'duckdb']])
    }
    const scans = cases.filter(({ name }) => name === 'scan-rows').map(({ axis, rows }) => [axis?.value, rows])
    expect(scans).toEqual([
      [1_000, 1_000],
      [10_000, 10_000],
      [100_000, 100_000],
    ])
  })

  it('goes to 60 M rows only where the largest size is asked for', () => {
    const largest = (sizes: typeof setting.sizes, quick: boolean) =>
      Math.max(...pointsOf({ ...setting, quick, sizes }).map(({ rows }) => rows))
    expect(largest(['small', 'large'], false)).toBe(60_000_000)
    expect(largest(['medium'], false)).toBe(1_000_000)
    expect(largest(['large'], true)).toBe(100_000)
  })
})

describe('growth is remarked', () => {
  it('where a row takes more than 1.3 times as long as at the size before', () => {
    const cases = [atRows(100_000, 10, 20), atRows(1_000_000, 131, 250), atRows(6_000_000, 790, 3_000)]
    expect(withGrowth(cases).map(({ remarks }) => remarks)).toEqual([
      ['kept'],
      ['kept', 'volley takes 1.31 times as long for a row as at 100 k rows.'],
      ['kept', 'duckdb takes 2.00 times as long for a row as at 1000 k rows.'],
    ])
  })

  it('not up to 100 k rows, and not between works', () => {
    const other = { ...atRows(100_000, 1, 1), name: 'join-rows' }
    const cases = [atRows(10_000, 1, 1), atRows(100_000, 90, 90), other, atRows(1_000_000, 900, 900)]
    expect(withGrowth(cases)).toEqual(cases)
  })
})
