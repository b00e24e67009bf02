/** Data of many times the memory limit, from Parquet to Parquet, each engine in a process of its own. */

import { formatBytes } from '../../planner/quantities.js'
import type { CaseResults, Figure, Outcome } from '../results.js'
import type { Setting, Suite } from '../suite.js'
import { AUTO, BIGDATA, BULK, POLARS, REFERENCE } from '../trials/contenders.js'
import { type OutOfCoreResult, raceOutOfCore } from '../trials/out-of-core.js'
import type { Outcome as TrialOutcome } from '../trials/outcome.js'
import type { Contender } from '../trials/trial.js'
import { LARGE_WORKS, type LargeWork } from '../trials/works/out-of-core.js'

/** What the peak of a process may be, as a multiple of its limit. */
const ALLOWED_PER_LIMIT = 1.15

const CONTENDERS = [AUTO, BIGDATA, BULK, POLARS]
const QUICK_CONTENDERS = [BIGDATA]

export const outOfCore: Suite = {
  name: 'out-of-core',
  title: 'Data of ten times the memory limit, from Parquet to Parquet',
  cases: LARGE_WORKS.map(({ name }) => name),
  measure: async (setting) => {
    const cases: CaseResults[] = []
    for (const limitBytes of setting.limits) {
      for (const work of LARGE_WORKS.filter(({ name }) => setting.wantsCase(name))) {
        const measure = () => measureCase(work, limitBytes, setting)
        cases.push(await setting.measured('out-of-core', work.name, formatBytes(limitBytes), measure))
      }
    }
    return {
      name: 'out-of-core',
      title: `Data of ${10 * setting.scale} times the memory limit, from Parquet to Parquet`,
      conditions: [
        'Each engine runs once, in a process of its own, with the same limit; peaks are of the whole process, from outside.',
        'All input was read once before, as far as the cache of the system holds it.',
        'Results are compared with those of duckdb, where it finishes, by row count and checksum, and their order is checked.',
      ],
      cases,
    }
  },
}

async function measureCase(work: LargeWork, limitBytes: number, setting: Setting): Promise<CaseResults> {
  const { dataDirectory, patienceMilliseconds, progress, quick, records, scale, threads, wantsEngine } = setting
  const wanted = (quick ? QUICK_CONTENDERS : CONTENDERS).filter(({ label }) => wantsEngine(label))
  const contenders: readonly Contender[] = [REFERENCE, ...wanted]
  const plan = { cases: [work], limits: [limitBytes], scale, threads, contenders, patienceMilliseconds }
  const [result] = await raceOutOfCore(plan, { directory: dataDirectory, progress }, records)
  return {
    name: work.name,
    title: work.title,
    size: formatBytes(limitBytes),
    rows: result.rows,
    axis: null,
    reference: REFERENCE.label,
    outcomes: result.outcomes.map(({ contender, outcome }) => outcomeOf(contender, outcome, limitBytes)),
    remarks: outOfCoreRemarks(result),
  }
}

function outcomeOf({ label }: Contender, outcome: TrialOutcome, limitBytes: number): Outcome {
  if (outcome.kind !== 'done') return { engine: label, status: outcome.kind, reason: outcome.reason }
  const { peakBytes, report, samples, spilledBytes } = outcome
  const figures: Figure[] = [
    { name: 'peak by limit', value: peakBytes / limitBytes, unit: 'ratio' },
    { name: 'spilled', value: spilledBytes, unit: 'bytes' },
  ]
  return {
    engine: label,
    status: 'done',
    milliseconds: report.runs.map(({ milliseconds }) => milliseconds),
    peakBytes,
    cpuMilliseconds: null,
    figures,
    memory: { limitBytes, samples, switches: report.switches },
  }
}

export function outOfCoreRemarks({ outcomes, limitBytes }: OutOfCoreResult): string[] {
  const done = outcomes.flatMap(({ contender, outcome }) => (outcome.kind === 'done' ? [{ contender, outcome }] : []))
  const over = done
    .filter(({ outcome }) => outcome.peakBytes > limitBytes * ALLOWED_PER_LIMIT)
    .map(({ contender }) => `${contender.label}: its peak is more than ${ALLOWED_PER_LIMIT} times the limit.`)
  const changes = done.flatMap(({ contender, outcome }) =>
    outcome.report.switches.map(({ reason }) => `${contender.label}: ${reason}`),
  )
  const timeOf = (label: string) => done.find(({ contender }) => contender.label === label)?.outcome.report
  const [bulk, bigdata] = [timeOf(BULK.label), timeOf(BIGDATA.label)]
  if (bulk === undefined || bigdata === undefined || bulk.switches.length === 0) return [...changes, ...over]
  const ratio = bulk.runs[0].milliseconds / bigdata.runs[0].milliseconds
  return [...changes, ...over, `Switching from bulk took ${ratio.toFixed(2)} times as long as bigdata from the start.`]
}
