import { lossText, rankedLosses } from '../../../native-bench/report/losses.js'
import { markdownReport } from '../../../native-bench/report/markdown.js'
import type { CaseResults, Outcome, Results } from '../../../native-bench/results.js'
import { benchResults } from '../../support/bench-results.js'
import { describe, expect, it } from '../../support/jest.js'

const RESULTS = benchResults()

function done(engine: string, ...milliseconds: number[]): Outcome {
  return { engine, status: 'done', milliseconds, peakBytes: null, cpuMilliseconds: null, figures: [], memory: null }
}

function withCases(cases: Readonly<Record<string, readonly Outcome[]>>): Results {
  const made = Object.entries(cases).map(
    ([name, outcomes]): CaseResults => ({
      name,
      title: name,
      size: 'large',
      rows: 1,
      axis: null,
      reference: 'duckdb',
      outcomes,
      remarks: [],
    }),
  )
  return { ...RESULTS, suites: [{ name: 'suite', title: 'A suite', conditions: [], cases: made }] }
}

describe('losses', () => {
  it('are the cases in which another engine is faster, by time lost', () => {
    const losses = rankedLosses(
      withCases({
        won: [done('volley', 1), done('duckdb', 2)],
        small: [done('volley', 3, 3, 3), done('duckdb', 1, 1, 1), done('polars', 2, 2, 2)],
        failed: [{ engine: 'volley', status: 'failed', reason: 'broke' }, done('duckdb', 1)],
        large: [done('volley', 130, 130, 130), done('duckdb', 200), done('polars', 100, 100, 100)],
        noise: [done('volley', 10, 11, 12), done('duckdb', 9.9, 10.9, 11.9)],
        alone: [done('volley', 5)],
        floor: [done('volley', 5), done('node', 1)],
      }),
    )
    expect(losses.map(({ name }) => name)).toEqual(['failed', 'large', 'small', 'noise'])
    expect(losses.map(lossText)).toEqual([
      'suite failed, large: duckdb takes 1.00 ms, volley has no time: broke',
      'suite large, large: polars is 1.30 times as fast: 100 ms, volley 130 ms, 30.0 ms lost',
      'suite small, large: duckdb is 3.00 times as fast: 1.00 ms, volley 3.00 ms, 2.00 ms lost',
      'suite noise, large: duckdb is 1.01 times as fast (within the noise): 10.9 ms, volley 11.0 ms, 100 µs lost',
    ])
  })

  it('count volley as it chooses for itself, else in its fastest way', () => {
    const losses = rankedLosses(
      withCases({
        auto: [done('duckdb', 10), done('volley bulk', 5), done('volley auto', 12)],
        forced: [done('duckdb', 10), done('volley row', 30), done('volley bulk', 5)],
      }),
    )
    expect(losses.map(({ name, own }) => [name, own.engine])).toEqual([['auto', 'volley auto']])
  })
})

describe('Markdown', () => {
  const lines = markdownReport(RESULTS).split('\n')

  it('has a table with as many cells in every row', () => {
    const cells = (line: string): number => line.split(/(?<!\\)\|/).length
    let title: string | null = null
    let tables = 0
    for (const line of lines) {
      if (!line.startsWith('|')) {
        title = null
        continue
      }
      if (title === null) tables++
      title ??= line
      expect(`${cells(line)}: ${line}`).toBe(`${cells(title)}: ${line}`)
    }
    // Two races with three tables each, a race with one, two other suites.
    expect(tables).toBe(9)
  })

  it('aligns numbers to the right', () => {
    expect(lines).toContain('| case | size | volley | duckdb | polars | volley/duckdb | volley/best other |')
    expect(lines).toContain('| --- | --- | ---: | ---: | ---: | ---: | ---: |')
  })

  it('has what Markdown and HTML would take for their own escaped', () => {
    const text = lines.join('\n')
    expect(text).toContain(`a \\<b onclick="x()"\\>\\|cell\\|\\</b\\> & 'more' \\</script\\>`)
    expect(text).not.toMatch(/(?<!\\)</)
  })

  it('ends with the losses', () => {
    const losses = rankedLosses(RESULTS)
    expect(losses.length).toBeGreaterThan(5)
    const numbered = lines.filter((line) => /^[0-9]+\. /.test(line))
    expect(numbered).toHaveLength(losses.length)
    expect(lines.indexOf(numbered[0])).toBeGreaterThan(lines.indexOf('## Where volley is not the fastest'))
  })
})
