import { factsOf, missedLines, remarkLines } from '../../../native-bench/report/about.js'
import {
  durationText,
  exactText,
  figureText,
  ratioText,
  threeDigits,
} from '../../../native-bench/report/number-text.js'
import { isRace, suiteTables } from '../../../native-bench/report/tables.js'
import { textReport } from '../../../native-bench/report/text.js'
import { median, type SuiteResults } from '../../../native-bench/results.js'
import { benchResults } from '../../support/bench-results.js'
import { describe, expect, it } from '../../support/jest.js'

const RESULTS = benchResults()

function suiteOf(name: string): SuiteResults {
  return RESULTS.suites.find((suite) => suite.name === name)!
}

/** A row of the first table of a suite, by title. */
function rowOf(suite: string, name: string, size: string): Record<string, string> {
  const [{ titles, rows }] = suiteTables(suiteOf(suite))
  const found = rows.find((row) => row[0] === name && row[1] === size)!
  return Object.fromEntries(titles.map((title, i) => [title, found[i]]))
}

describe('numbers', () => {
  it('have three digits', () => {
    expect([0, 0.0123, 0.211, 1.9151, 9.996, 36.04, 99.96, 1234.4].map(threeDigits)).toEqual([
      '0',
      '0.012',
      '0.211',
      '1.92',
      '10.0',
      '36.0',
      '100',
      '1,234',
    ])
    expect([0.0123, 0.62, 0.9996, 1, 14.21, 350.4].map(ratioText)).toEqual([
      '0.012',
      '0.62',
      '1.00',
      '1.00',
      '14.2',
      '350',
    ])
  })

  it('have the unit that suits them', () => {
    expect([0.0453, 12.34, 999.6, 65_000, 245_000].map(durationText)).toEqual([
      '45.3 µs',
      '12.3 ms',
      '1.00 s',
      '65.0 s',
      '4.08 min',
    ])
    expect(figureText({ name: '', value: 3_400_000_000, unit: 'bytes' })).toBe('3.40 GB')
    expect(figureText({ name: '', value: 12_345, unit: 'batches' })).toBe('12,345 batches')
    expect(figureText({ name: '', value: 12.5, unit: 'µs' })).toBe('12.5 µs')
  })

  it('are exact where everything is listed', () => {
    expect([16_774_770_688, 12.345678912].map(exactText)).toEqual(['16774770688', '12.34568'])
  })
})

describe('tables', () => {
  it('set engines of a race side by side, with the ratio to the reference and to the fastest other', () => {
    const one = suiteOf('tpch').cases.find(({ name, size }) => name === 'q3' && size === 'large')!
    const times = Object.fromEntries(
      one.outcomes.map((outcome) => [outcome.engine, outcome.status === 'done' ? median(outcome.milliseconds) : 0]),
    )
    expect(rowOf('tpch', 'q3', 'large')).toEqual({
      case: 'q3',
      size: 'large',
      volley: threeDigits(times.volley),
      duckdb: threeDigits(times.duckdb),
      polars: threeDigits(times.polars),
      'volley/duckdb': ratioText(times.volley / times.duckdb),
      'volley/best other': ratioText(times.volley / Math.min(times.duckdb, times.polars)),
    })
  })

  it('say which engines are absent and which failed', () => {
    expect(rowOf('functions', 'filter', 'large').arquero).toBe('—')
    expect(rowOf('functions', 'window', 'small').hyparquet).toBe('failed')
  })

  it('have peaks and processor times of races in tables of their own', () => {
    expect(suiteTables(suiteOf('tpch')).map(({ caption }) => caption)).toEqual([
      'Median milliseconds',
      'Peak of resident memory',
      'Processor time of a run, milliseconds',
    ])
    expect(suiteTables(suiteOf('scaling'))).toHaveLength(1)
  })

  it('have a row for each engine of other suites, with its figures', () => {
    const suite = suiteOf('out-of-core')
    expect(isRace(suite)).toBe(false)
    const [{ titles, rows }] = suiteTables(suite)
    expect(titles).toEqual([
      'case',
      'size',
      'engine',
      'median ms',
      'to reference',
      'peak',
      'CPU ms',
      'peak/limit',
      'spilled',
    ])
    expect(rows).toHaveLength(suite.cases.reduce((sum, { outcomes }) => sum + outcomes.length, 0))
    expect(rows.every((row) => row.length === titles.length)).toBe(true)
  })
})

describe('the text', () => {
  const lines = textReport(RESULTS).split('\n')

  it('begins with the machine, and has every suite with its conditions', () => {
    for (const { name, value } of factsOf(RESULTS)) expect(lines).toContain(`${name.padEnd(8)}  ${value}`)
    for (const suite of RESULTS.suites) {
      expect(lines).toContain(`${suite.name}: ${suite.title}`)
      for (const condition of suite.conditions) expect(lines).toContain(condition)
    }
  })

  it('gives reasons, remarks and switches of strategies', () => {
    const missed = missedLines(suiteOf('out-of-core'))
    expect(missed).toEqual([
      'polars failed in sort, 384 MB; sort, 1.00 GB: held more than 4 times the limit, and was killed',
      'polars takes no part in distinct, 384 MB; distinct, 1.00 GB: has no streaming distinct',
    ])
    const remarks = remarkLines(suiteOf('out-of-core'))
    expect(remarks).toHaveLength(8)
    expect(remarks[0]).toMatch(
      /^groupby, 384 MB: volley bulk went on with bigdata after .* s: the process holds 97 % of/,
    )
    for (const line of [...missed, ...remarks]) expect(lines).toContain(`- ${line}`)
  })

  it('is short where nothing was measured', () => {
    const empty = { ...RESULTS, suites: [{ name: 'none', title: 'Nothing', conditions: [], cases: [] }] }
    expect(textReport(empty)).toMatch(/none: Nothing\n=+\n\nNo case was measured\.\n$/)
  })
})
