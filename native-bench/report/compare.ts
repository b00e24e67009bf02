/** Two results of the benchmark beside each other. */

import { type CaseResults, median, type Outcome, type Results } from '../results.js'
import { textTable } from '../text-table.js'
import { caseText } from './about.js'
import { differ, NOISE_RULE } from './noise.js'
import { ratioText, threeDigits } from './number-text.js'
import { geometricMean, isOwn } from './standing.js'

const VERDICTS = ['slower', 'faster', 'gone', 'new', 'unchanged'] as const
/**
 * `slower`, `faster`, `unchanged`: by `NOISE_RULE`. `gone`: measured before, and now failed, absent or no longer listed;
 * `new`: the other way round.
 */
export type Verdict = (typeof VERDICTS)[number]

/** Of an engine in a case. Engines that were measured neither before nor after have none. */
export interface Change {
  readonly suite: string
  readonly name: string
  readonly size: string
  readonly engine: string
  readonly verdict: Verdict
  /** Medians; null where there is none. */
  readonly beforeMilliseconds: number | null
  readonly afterMilliseconds: number | null
  /** After by before; null unless both were measured, and are above 0. */
  readonly ratio: number | null
  /** Why one of them is missing, where that is known. */
  readonly reason: string | null
}

export interface Comparison {
  readonly before: Results
  readonly after: Results
  /** What else differs, so that changes may have other causes than the code: sentences. */
  readonly cautions: readonly string[]
  /** In the order of `after`, then what is only in `before`. */
  readonly changes: readonly Change[]
}

interface Entry {
  readonly suite: string
  readonly one: CaseResults
  readonly outcome: Outcome
}

/** Of the suites that both have: the others are named among the cautions. */
export function compareResults(before: Results, after: Results): Comparison {
  const [old, fresh] = [entriesOf(before), entriesOf(after)]
  const keys = [...new Set([...fresh.keys(), ...old.keys()])]
  const names = [before, after].map(({ suites }) => suites.map(({ name }) => name))
  const both = names[0].filter((name) => names[1].includes(name))
  return {
    before,
    after,
    cautions: cautionsOf(before, after),
    changes: keys
      .flatMap((key) => changeOf(old.get(key), fresh.get(key)) ?? [])
      .filter(({ suite }) => both.includes(suite)),
  }
}

function entriesOf({ suites }: Results): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const suite of suites) {
    for (const one of suite.cases) {
      for (const outcome of one.outcomes) {
        entries.set(JSON.stringify([suite.name, one.name, one.size, outcome.engine]), {
          suite: suite.name,
          one,
          outcome,
        })
      }
    }
  }
  return entries
}

function changeOf(old: Entry | undefined, fresh: Entry | undefined): Change | null {
  const [was, is] = [timesOf(old), timesOf(fresh)]
  const { suite, one, outcome } = (fresh ?? old)!
  if (was === null && is === null) return null
  const [beforeMilliseconds, afterMilliseconds] = [was, is].map((times) => (times === null ? null : median(times)))
  return {
    suite,
    name: one.name,
    size: one.size,
    engine: outcome.engine,
    verdict: verdictOf(was, is),
    beforeMilliseconds,
    afterMilliseconds,
    // Null and 0 alike.
    ratio: beforeMilliseconds && afterMilliseconds ? afterMilliseconds / beforeMilliseconds : null,
    reason: reasonOf(is === null ? fresh : was === null ? old : undefined),
  }
}

function timesOf(entry: Entry | undefined): readonly number[] | null {
  return entry?.outcome.status === 'done' ? entry.outcome.milliseconds : null
}

function reasonOf(entry: Entry | undefined): string | null {
  return entry === undefined || entry.outcome.status === 'done' ? null : entry.outcome.reason
}

function verdictOf(was: readonly number[] | null, is: readonly number[] | null): Verdict {
  if (was === null) return 'new'
  if (is === null) return 'gone'
  if (!differ(was, is)) return 'unchanged'
  return median(is) < median(was) ? 'faster' : 'slower'
}

function cautionsOf(before: Results, after: Results): string[] {
  const pairs: [string, string | number | boolean, string | number | boolean][] = [
    ['processor', before.machine.processor, after.machine.processor],
    ['number of cores', before.machine.cores, after.machine.cores],
    ['memory of the machine, in bytes,', before.machine.memoryBytes, after.machine.memoryBytes],
    ['platform', before.machine.platform, after.machine.platform],
    ['number of threads', before.settings.threads, after.settings.threads],
    ['number of runs', before.settings.runs, after.settings.runs],
    ['memory limit, in bytes,', before.settings.memoryLimitBytes, after.settings.memoryLimitBytes],
    ['setting `quick`', before.settings.quick, after.settings.quick],
    // That volley has changed is what a comparison is about.
    ...Object.keys(after.versions)
      .filter((name) => name !== 'volley' && name in before.versions)
      .map((name): [string, string, string] => [`version of ${name}`, before.versions[name], after.versions[name]]),
  ]
  return [
    ...pairs.filter(([, was, is]) => was !== is).map(([name, was, is]) => `The ${name} was ${was} and is ${is}.`),
    ...onlyIn('before', before, after),
    ...onlyIn('after', after, before),
  ]
}

function onlyIn(when: string, one: Results, other: Results): string[] {
  const names = one.suites.map(({ name }) => name).filter((name) => !other.suites.some((suite) => suite.name === name))
  return names.length === 0 ? [] : [`Only ${when}, and not compared: ${names.join(', ')}.`]
}

/** `6e62664, 2026-11-22 16:39 UTC` */
export function resultsName({ commit, startedAt }: Results): string {
  return `${commit === null ? 'unknown commit' : commit.slice(0, 12)}, ${startedAt.slice(0, 16).replace('T', ' ')} UTC`
}

/** After by before, of volley in all cases measured both times; null if there are none. */
export function ownChange({ changes }: Comparison): number | null {
  const ratios = changes.flatMap(({ engine, ratio }) => (ratio !== null && isOwn(engine) ? [ratio] : []))
  return ratios.length === 0 ? null : geometricMean(ratios)
}

/** The changes that are more than noise, largest first, by verdict in the order of `VERDICTS`. */
export function notableChanges({ changes }: Comparison): Change[] {
  return changes
    .filter(({ verdict }) => verdict !== 'unchanged')
    .sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) || factor(b) - factor(a))
}

function factor({ ratio }: Change): number {
  return ratio === null ? 1 : Math.max(ratio, 1 / ratio)
}

/** `3 slower, 12 faster, 1 gone, 2 new, 140 unchanged`; what is none is left out. */
export function tally(changes: readonly Change[]): string {
  const parts = VERDICTS.map((verdict) => ({ verdict, count: changes.filter((one) => one.verdict === verdict).length }))
  return (
    parts
      .filter(({ count }) => count > 0)
      .map(({ verdict, count }) => `${count} ${verdict}`)
      .join(', ') || 'nothing to compare'
  )
}

export function comparisonText(comparison: Comparison): string {
  const { before, after, cautions, changes } = comparison
  const own = ownChange(comparison)
  const rows = notableChanges(comparison).map((change) => [
    change.verdict,
    change.suite,
    caseText(change),
    change.engine,
    ...[change.beforeMilliseconds, change.afterMilliseconds].map((time) => (time === null ? '—' : threeDigits(time))),
    change.ratio === null ? '' : ratioText(change.ratio),
    change.reason ?? '',
  ])
  const titles = ['', 'suite', 'case', 'engine', 'before ms', 'after ms', 'after/before', 'reason']
  return [
    `Before: ${resultsName(before)}`,
    `After:  ${resultsName(after)}`,
    NOISE_RULE,
    ...cautions.map((caution) => `Caution: ${caution}`),
    '',
    ...(rows.length === 0 ? [] : [textTable(titles, rows, [0, 1, 2, 3, 7]), '']),
    tally(changes),
    ...(own === null ? [] : [`volley: ${ratioText(own)} times its time before (geometric mean of all cases)`]),
    '',
  ].join('\n')
}
