/** The printed and the JSON forms of trials' results. */

import { formatBytes } from '../../planner/quantities.js'
import { median } from '../report-table.js'
import { textTable } from '../text-table.js'
import type { OutOfCoreResult } from './out-of-core.js'
import { type Outcome, strategiesText } from './outcome.js'
import type { StrategiesResult } from './strategies.js'

/** What the peak of a process may be, as a multiple of its limit. */
export const ALLOWED_PER_LIMIT = 1.15

export function outOfCoreTable(results: readonly OutOfCoreResult[]): string {
  const titles = ['case', 'limit', 'data', 'engine', 'seconds', '/duckdb', 'peak', '/limit', 'spilled', 'strategies']
  const rows = results.flatMap(({ work, limitBytes, dataBytes, outcomes }) => {
    const base = timeOf(outcomes[0].outcome)
    return outcomes.map(({ contender, outcome }, i) => [
      ...(i === 0 ? [work.name, formatBytes(limitBytes), formatBytes(dataBytes)] : ['', '', '']),
      contender.label,
      ...timeCells(outcome, base, 1000, 1),
      ...watchedCells(outcome, limitBytes),
      outcome.kind === 'done' ? strategiesText(outcome.report) : '',
    ])
  })
  const remarks = results.flatMap(({ work, limitBytes, outcomes }) => [
    ...outcomes.flatMap(({ contender, outcome }) =>
      remarksOn(outcome, limitBytes).map(
        (text) => `${work.name}, ${formatBytes(limitBytes)}, ${contender.label}: ${text}`,
      ),
    ),
    ...switchRemark(work.name, limitBytes, outcomes),
  ])
  return section(
    'Out of core: Parquet to Parquet, each in a process of its own. Peaks are of the whole process.',
    textTable(titles, rows, [0, 3, 9]),
    remarks,
  )
}

export function strategiesTable(results: readonly StrategiesResult[]): string {
  const titles = ['case', 'engine', 'ms', '/duckdb', 'first ms', 'M rows/s', 'growth', 'strategies']
  const rows = results.flatMap(({ work, rows: input, outcomes }) => {
    const base = timeOf(outcomes[0].outcome)
    return outcomes.map((one, i) => [
      i === 0 ? work.name : '',
      one.label,
      ...timeCells(one.outcome, base, 1, 0),
      ...streamCells(one.outcome, input),
      one.strategies?.map(({ name }) => name).join(' > ') ?? '',
    ])
  })
  const remarks = results.flatMap(({ work, outcomes }) =>
    outcomes.flatMap(({ label, outcome }) => remarksOn(outcome, null).map((text) => `${work.name}, ${label}: ${text}`)),
  )
  return section(
    'Strategies: from Parquet to batches that are dropped. Medians of all runs but the first; growth of resident memory over all.',
    textTable(titles, rows, [0, 1, 7]),
    remarks,
  )
}

export function outOfCoreJson(results: readonly OutOfCoreResult[]): object[] {
  return results.map(({ work, limitBytes, dataBytes, rows, outcomes }) => ({
    case: work.name,
    title: work.title,
    limitBytes,
    dataBytes,
    rows,
    engines: outcomes.map(({ contender, outcome }) => ({ name: contender.label, ...outcome })),
  }))
}

export function strategiesJson(results: readonly StrategiesResult[]): object[] {
  return results.map(({ work, rows, outcomes }) => ({
    case: work.name,
    title: work.title,
    rows,
    engines: outcomes.map(({ label, outcome, strategies }) => ({ name: label, ...outcome, strategies })),
  }))
}

/** Milliseconds: the median of all runs but the first, which compiles, unless there is but one. */
export function timeOf(outcome: Outcome): number | null {
  if (outcome.kind !== 'done') return null
  return median(settledRuns(outcome).map((run) => run.milliseconds))
}

function settledRuns(outcome: Extract<Outcome, { kind: 'done' }>) {
  const { runs } = outcome.report
  return runs.length > 1 ? runs.slice(1) : runs
}

function timeCells(outcome: Outcome, base: number | null, unit: number, digits: number): [string, string] {
  const time = timeOf(outcome)
  if (time === null) return [outcome.kind === 'absent' ? '—' : 'failed', '']
  return [(time / unit).toFixed(digits), base === null ? '' : (time / base).toFixed(2)]
}

function watchedCells(outcome: Outcome, limitBytes: number): [string, string, string] {
  if (outcome.kind === 'absent') return ['', '', '']
  const { peakBytes, spilledBytes } = outcome
  return [formatBytes(peakBytes), (peakBytes / limitBytes).toFixed(2), formatBytes(spilledBytes)]
}

function streamCells(outcome: Outcome, rows: number): [string, string, string] {
  if (outcome.kind !== 'done') return ['', '', '']
  const first = settledRuns(outcome).flatMap((run) => run.firstMilliseconds ?? [])
  const { peakBytes, startBytes } = outcome.report
  return [
    first.length === 0 ? '' : median(first).toFixed(0),
    (rows / timeOf(outcome)! / 1000).toFixed(1),
    formatBytes(Math.max(0, peakBytes - startBytes)),
  ]
}

function remarksOn(outcome: Outcome, limitBytes: number | null): string[] {
  if (outcome.kind === 'absent') return [`takes no part: ${outcome.reason}`]
  if (outcome.kind === 'failed') return [outcome.reason]
  const over = limitBytes !== null && outcome.peakBytes > limitBytes * ALLOWED_PER_LIMIT
  const changes = outcome.report.strategies?.slice(1).map(({ reason }) => reason) ?? []
  return [...changes, ...(over ? [`its peak is more than ${ALLOWED_PER_LIMIT} times the limit`] : [])]
}

/** What starting in memory cost a run that could not stay there. */
function switchRemark(name: string, limitBytes: number, outcomes: OutOfCoreResult['outcomes']): string[] {
  const find = (label: string) => outcomes.find(({ contender }) => contender.label === label)?.outcome
  const [bulk, bigdata] = [find('volley bulk'), find('volley bigdata')]
  if (bulk?.kind !== 'done' || bigdata?.kind !== 'done' || (bulk.report.strategies?.length ?? 1) < 2) return []
  const ratio = timeOf(bulk)! / timeOf(bigdata)!
  return [`${name}, ${formatBytes(limitBytes)}: switching from bulk took ${ratio.toFixed(2)} times as long as bigdata`]
}

function section(title: string, table: string, remarks: readonly string[]): string {
  return [title, '', table, ...(remarks.length === 0 ? [] : ['', ...remarks]), ''].join('\n')
}
