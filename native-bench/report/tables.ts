/** Results as rows and columns of text, for the terminal and for Markdown. */

import { formatBytes, formatCount } from '../../planner/quantities.js'
import { ENGINE_NAMES } from '../races/race.js'
import { type CaseResults, type Done, median, type Outcome, ratioToReference, type SuiteResults } from '../results.js'
import { figureText, ratioText, threeDigits } from './number-text.js'
import { fastestOther, ownOutcome } from './standing.js'

export interface ReportTable {
  /** What the cells are; empty if the titles say it. */
  readonly caption: string
  readonly titles: readonly string[]
  /** As long as `titles`, each. */
  readonly rows: readonly (readonly string[])[]
  /** Columns of words; the others hold numbers. */
  readonly leftAligned: readonly number[]
}

const ABSENT = '—'

/**
 * Of a race, which compares engines as such: a table of times with a row per case and a column per engine, then the same
 * of peaks and processor times if they were measured. Of another suite: one table with a row per engine.
 */
export function suiteTables(suite: SuiteResults): ReportTable[] {
  return isRace(suite) ? raceTables(suite.cases) : [longTable(suite.cases)]
}

/** Whether all engines are such as race, and were measured for time and memory alone; rows by time are nothing else. */
export function isRace({ cases }: SuiteResults): boolean {
  const names: readonly string[] = ENGINE_NAMES
  return (
    cases.some(({ outcomes }) => outcomes.length > 1) &&
    cases.every(({ outcomes }) =>
      outcomes.every(
        (outcome) =>
          names.includes(outcome.engine) &&
          (outcome.status !== 'done' ||
            (outcome.memory === null && outcome.figures.every(({ unit }) => unit === 'rows/s'))),
      ),
    )
  )
}

function raceTables(cases: readonly CaseResults[]): ReportTable[] {
  const engines = ENGINE_NAMES.filter((name) => cases.some(({ outcomes }) => outcomes.some(isOf(name))))
  const references = [...new Set(cases.flatMap(({ reference }) => reference ?? []))]
  const cell = (one: CaseResults, name: string, value: (done: Done) => string): string => {
    const outcome = one.outcomes.find(isOf(name))
    if (outcome === undefined) return ''
    return outcome.status === 'done' ? value(outcome) : outcome.status === 'absent' ? ABSENT : 'failed'
  }
  const table = (caption: string, value: (done: Done) => string, more: (one: CaseResults) => string[]) =>
    worded(
      caption,
      ['case', 'size', ...engines],
      cases.map((one) => [one.name, one.size, ...engines.map((name) => cell(one, name, value)), ...more(one)]),
    )
  const times = table(
    'Median milliseconds',
    ({ milliseconds }) => threeDigits(median(milliseconds)),
    (one) => [...references.map((reference) => (one.reference === reference ? ownRatio(one) : '')), ownByFastest(one)],
  )
  const titles = [...times.titles, ...references.map((reference) => `volley/${reference}`), 'volley/best other']
  const peaks = table('Peak of resident memory', bytesOfPeak, () => [])
  const processor = table('Processor time of a run, milliseconds', processorTime, () => [])
  const measured = (value: (done: Done) => string): boolean =>
    cases.some(({ outcomes }) => outcomes.some((outcome) => outcome.status === 'done' && value(outcome) !== ''))
  return [
    { ...times, titles },
    ...(measured(bytesOfPeak) ? [peaks] : []),
    ...(measured(processorTime) ? [processor] : []),
  ].map(withoutEmptyColumns)
}

function longTable(cases: readonly CaseResults[]): ReportTable {
  const figures = [
    ...new Set(
      cases.flatMap(({ outcomes }) =>
        outcomes.flatMap((outcome) => (outcome.status === 'done' ? outcome.figures.map(({ name }) => name) : [])),
      ),
    ),
  ]
  const titles = ['case', 'size', 'engine', 'median ms', 'range', 'to reference', 'peak', 'CPU ms', ...figures]
  const rows = cases.flatMap((one) =>
    one.outcomes.map((outcome, i) => [
      ...(i === 0 ? [one.name, one.size] : ['', '']),
      outcome.engine,
      ...(outcome.status === 'done'
        ? [
            threeDigits(median(outcome.milliseconds)),
            rangeText(outcome.milliseconds),
            ratioCell(one, outcome),
            bytesOfPeak(outcome),
            processorTime(outcome),
            ...figures.map((name) =>
              outcome.figures
                .filter((figure) => figure.name === name)
                .map(figureText)
                .join(', '),
            ),
          ]
        : [outcome.status === 'absent' ? ABSENT : 'failed', ...Array<string>(4 + figures.length).fill('')]),
    ]),
  )
  return withoutEmptyColumns(worded('', titles, rows, 3))
}

function isOf(name: string): (outcome: Outcome) => boolean {
  return ({ engine }) => engine === name
}

/** The first columns are words. */
function worded(
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  words = 2,
): ReportTable {
  return { caption, titles, rows, leftAligned: Array.from({ length: words }, (_, i) => i) }
}

function withoutEmptyColumns({ caption, titles, rows, leftAligned }: ReportTable): ReportTable {
  const kept = titles.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== ''))
  return {
    caption,
    titles: kept.map((i) => titles[i]),
    rows: rows.map((row) => kept.map((i) => row[i])),
    leftAligned: kept.flatMap((old, i) => (leftAligned.includes(old) ? [i] : [])),
  }
}

function rangeText(times: readonly number[]): string {
  return times.length === 1 ? '' : `${threeDigits(Math.min(...times))}–${threeDigits(Math.max(...times))}`
}

function ratioCell(one: CaseResults, outcome: Outcome): string {
  const ratio = outcome.engine === one.reference ? null : ratioToReference(one, outcome)
  return ratio === null ? '' : ratioText(ratio)
}

function ownRatio(one: CaseResults): string {
  const own = ownOutcome(one)
  return own === null ? '' : ratioCell(one, own)
}

function ownByFastest(one: CaseResults): string {
  const [own, other] = [ownOutcome(one), fastestOther(one)]
  if (own?.status !== 'done' || other === null) return ''
  return ratioText(median(own.milliseconds) / median(other.milliseconds))
}

function bytesOfPeak({ peakBytes }: Done): string {
  return peakBytes === null ? '' : formatBytes(peakBytes)
}

function processorTime({ cpuMilliseconds }: Done): string {
  return cpuMilliseconds === null ? '' : threeDigits(cpuMilliseconds)
}

/** `6,000,000 rows`; empty where there is no input. */
export function rowsText({ rows }: CaseResults): string {
  return rows === null ? '' : `${formatCount(rows)} rows`
}
