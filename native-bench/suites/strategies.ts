/** The same plans under every strategy of volley, from Parquet to batches that are dropped. */

import { SIZES, type SizeName } from '../races/race.js'
import { type CaseResults, type Figure, median, type Outcome, type SuiteResults } from '../results.js'
import type { Setting, Suite } from '../suite.js'
import { REFERENCE } from '../trials/contenders.js'
import type { Outcome as TrialOutcome } from '../trials/outcome.js'
import { raceStrategies } from '../trials/strategies.js'
import type { Work } from '../trials/work.js'
import { STRATEGY_WORKS } from '../trials/works/strategies.js'

const NAME = 'strategies'
const TITLE = 'The same plans under every strategy'
/** Under which bulk has to switch. */
const SWITCH_LIMIT_BYTES = 384e6
const QUICK_CASES = ['filter']

export const strategies: Suite = {
  name: NAME,
  title: TITLE,
  cases: STRATEGY_WORKS.map(({ name }) => name),
  measure: async (setting): Promise<SuiteResults> => {
    const cases: CaseResults[] = []
    for (const work of STRATEGY_WORKS) {
      if (!setting.wantsCase(work.name) || (setting.quick && !QUICK_CASES.includes(work.name))) continue
      for (const size of setting.sizes) {
        cases.push(await setting.measured(NAME, work.name, size, () => measureCase(work, size, setting)))
      }
    }
    return {
      name: NAME,
      title: TITLE,
      conditions: [
        'From Parquet to batches that are dropped, each engine in a process of its own; of several runs the first is not counted.',
        'One run to a file was compared with that of duckdb before.',
        'Growth is that of resident memory from when the engine is open, over all runs.',
      ],
      cases,
    }
  },
}

async function measureCase(work: Work, size: SizeName, setting: Setting): Promise<CaseResults> {
  const { dataDirectory, progress, runs, tables, threads, wantsEngine } = setting
  const rows = SIZES[size]
  const files = await tables(rows).tpch()
  const plan = { files, rows, threads, runs: runs + 1, switchLimit: SWITCH_LIMIT_BYTES, wantsEngine }
  const result = await raceStrategies(plan, work, { directory: dataDirectory, progress })
  const { outcomes } = result
  return {
    name: work.name,
    title: work.title,
    size,
    rows,
    axis: null,
    reference: REFERENCE.label,
    outcomes: outcomes.map(({ label, outcome }) => outcomeOf(label, outcome, rows)),
    remarks: outcomes.flatMap(({ label, strategies: ran }) =>
      (ran ?? []).slice(1).map(({ reason }) => `${label}: ${reason}`),
    ),
  }
}

function outcomeOf(engine: string, outcome: TrialOutcome, rows: number): Outcome {
  if (outcome.kind !== 'done') return { engine, status: outcome.kind, reason: outcome.reason }
  const { peakBytes, report } = outcome
  const settled = report.runs.slice(1)
  const milliseconds = settled.map((run) => run.milliseconds)
  const first = settled.flatMap((run) => run.firstMilliseconds ?? [])
  const figures: Figure[] = [
    { name: 'rows a second', value: (rows / median(milliseconds)) * 1000, unit: 'rows/s' },
    { name: 'growth', value: Math.max(0, report.peakBytes - report.startBytes), unit: 'bytes' },
  ]
  if (first.length > 0) figures.push({ name: 'first batch', value: median(first), unit: 'ms' })
  return { engine, status: 'done', milliseconds, peakBytes, cpuMilliseconds: null, figures, memory: null }
}
