import {
  type Change,
  compareResults,
  comparisonText,
  notableChanges,
  ownChange,
} from '../../../native-bench/report/compare.js'
import { differ, spread } from '../../../native-bench/report/noise.js'
import type { Outcome, Results } from '../../../native-bench/results.js'
import { benchResults } from '../../support/bench-results.js'
import { describe, expect, it } from '../../support/jest.js'

const RESULTS = benchResults()

function withOutcomes(outcomes: readonly Outcome[]): Results {
  const one = { ...RESULTS.suites[0].cases[0], name: 'case', size: '', outcomes }
  return { ...RESULTS, suites: [{ ...RESULTS.suites[0], name: 'suite', cases: [one] }] }
}

function done(engine: string, ...milliseconds: number[]): Outcome {
  return { engine, status: 'done', milliseconds, peakBytes: null, cpuMilliseconds: null, figures: [], memory: null }
}

function failed(engine: string): Outcome {
  return { engine, status: 'failed', reason: 'broke' }
}

function verdicts(changes: readonly Change[]): Record<string, string> {
  return Object.fromEntries(changes.map(({ engine, verdict }) => [engine, verdict]))
}

describe('noise', () => {
  it('is not widened by one run that was disturbed', () => {
    expect(spread([10, 11, 10, 90, 9])).toBeCloseTo(1.4826, 10)
  })

  it('hides differences of 5 % and less, and those within both spreads', () => {
    expect(differ([100, 100, 100], [105, 105, 105])).toBe(false)
    expect(differ([100, 100, 100], [106, 106, 106])).toBe(true)
    expect(differ([106, 106, 106], [100, 100, 100])).toBe(true)
    expect(differ([90, 100, 110], [100, 120, 140])).toBe(false)
    expect(differ([99, 100, 101], [119, 120, 121])).toBe(true)
  })

  it('hides more where there are few runs', () => {
    expect(differ([100], [114])).toBe(false)
    expect(differ([100], [116])).toBe(true)
  })
})

describe('a comparison', () => {
  const before = withOutcomes([
    done('same', 10, 10, 10),
    done('faster', 10, 10, 10),
    done('slower', 10, 10, 10),
    done('volley', 8, 8, 8),
    failed('repaired'),
    failed('broken'),
    done('dropped', 1),
  ])
  const after = withOutcomes([
    done('same', 10.2, 10.2, 10.2),
    done('faster', 5, 5, 5),
    done('slower', 30, 30, 30),
    failed('volley'),
    done('repaired', 7, 7, 7),
    failed('broken'),
    done('added', 2),
  ])
  const comparison = compareResults(before, after)

  it('judges every engine that was measured once at least', () => {
    expect(verdicts(comparison.changes)).toEqual({
      same: 'unchanged',
      faster: 'faster',
      slower: 'slower',
      volley: 'gone',
      repaired: 'new',
      added: 'new',
      dropped: 'gone',
    })
  })

  it('is printed with what is worst first', () => {
    expect(notableChanges(comparison).map(({ engine }) => engine)).toEqual([
      'slower',
      'faster',
      'volley',
      'dropped',
      'repaired',
      'added',
    ])
    const text = comparisonText(comparison)
    expect(text).toMatch(/^slower +suite +case +slower +10\.0 +30\.0 +3\.00$/m)
    expect(text).toMatch(/^gone +suite +case +volley +8\.00 +— +broke$/m)
    expect(text).toMatch(/^1 slower, 1 faster, 2 gone, 2 new, 1 unchanged$/m)
  })

  it('finds nothing where nothing changed', () => {
    const same = compareResults(RESULTS, benchResults())
    expect(notableChanges(same)).toEqual([])
    expect(same.cautions).toEqual([])
    expect(ownChange(same)).toBe(1)
    expect(comparisonText(same)).toMatch(/^[0-9]+ unchanged$/m)
  })

  it('finds that volley alone is faster', () => {
    const changes = notableChanges(compareResults(RESULTS, benchResults({ ownPace: 0.7 })))
    expect(changes.length).toBeGreaterThan(50)
    expect(new Set(changes.map(({ engine, verdict }) => `${engine} ${verdict}`))).toEqual(
      new Set(['volley faster', 'volley auto faster', 'volley bigdata faster']),
    )
  })

  it('leaves out suites that only one of them has, and says so', () => {
    const [first, ...others] = RESULTS.suites
    const less = compareResults(RESULTS, { ...RESULTS, suites: others })
    expect(less.cautions).toEqual([`Only before, and not compared: ${first.name}.`])
    expect(notableChanges(less)).toEqual([])
    expect(compareResults({ ...RESULTS, suites: others }, RESULTS).cautions).toEqual([
      `Only after, and not compared: ${first.name}.`,
    ])
  })

  it('has no ratio where a time was 0', () => {
    const { changes } = compareResults(withOutcomes([done('volley', 0, 0, 0)]), withOutcomes([done('volley', 2, 2, 2)]))
    expect(changes).toMatchObject([{ verdict: 'slower', ratio: null }])
  })

  it('cautions where more than the code differs', () => {
    const { cautions } = compareResults(RESULTS, {
      ...RESULTS,
      machine: { ...RESULTS.machine, cores: 64 },
      versions: { ...RESULTS.versions, volley: '0.2.0', duckdb: '1.6.0' },
    })
    expect(cautions).toEqual(['The number of cores was 2 and is 64.', 'The version of duckdb was 1.5.6 and is 1.6.0.'])
  })
})
