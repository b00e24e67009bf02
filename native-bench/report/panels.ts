/** Which drawings show a suite. */

import { formatBytes } from '../../planner/quantities.js'
import { type CaseResults, type Done, median, type Outcome, ratioToReference, type SuiteResults } from '../results.js'
import { caseText } from './about.js'
import { grouped } from './grouping.js'
import { type Markup, markup } from './markup.js'
import { durationText, ratioText, tickDuration } from './number-text.js'
import { isOwn } from './standing.js'
import { type Bar, type BarAxis, type BarGroup, barPanel } from './svg-bars.js'
import { type Line, type LineAxes, linePanel } from './svg-lines.js'
import { memoryPanel } from './svg-memory.js'
import { rowsText } from './tables.js'

/** Figures with their captions; `id` begins the identifiers in them. */
export interface Panels {
  /** Whether bars are ratios. */
  readonly ratios: readonly Markup[]
  readonly times: readonly Markup[]
  /** For each measure of those that grow, its name and a figure for each work. */
  readonly lines: readonly (readonly [string, readonly Markup[]])[]
  readonly memory: readonly Markup[]
}

export function panelsOf(suite: SuiteResults, id: string): Panels {
  const named = [
    ...grouped(
      suite.cases.filter(({ axis }) => axis === null),
      ({ name }) => name,
    ).values(),
  ]
  const compared = named.filter((cases) => cases.some(({ outcomes }) => outcomes.filter(isDone).length > 1))
  const withRatios = compared.filter((cases) => cases.every(hasReference))
  const withTimes = compared.filter((cases) => !cases.every(hasReference))
  const domain = ratioDomain(withRatios.flat())
  const courses = suite.cases.filter(({ outcomes }) =>
    outcomes.some((outcome) => isDone(outcome) && hasCourse(outcome)),
  )
  const growing = [
    ...grouped(
      suite.cases.filter(({ axis }) => axis !== null),
      ({ name }) => name,
    ).values(),
  ]
  return {
    ratios: withRatios.map((cases, i) => bars(cases, `${id}-ratio-${i}`, { kind: 'ratio', domain })),
    times: withTimes.map((cases, i) => bars(cases, `${id}-time-${i}`, { kind: 'time', domain: timeDomain(cases) })),
    lines: [
      ...grouped(
        growing.flatMap((cases, i) => growth(cases, `${id}-line-${i}`)),
        ({ measure }) => measure,
      ),
    ].map(([measure, drawn]) => [measure, drawn.map((one) => one.figure)] as const),
    memory: courses.map((one, i) => memory(one, `${id}-memory-${i}`)),
  }
}

function isDone(outcome: Outcome): outcome is Done {
  return outcome.status === 'done'
}

/** Of one sample nothing can be drawn. */
function hasCourse({ memory: course }: Done): boolean {
  return course !== null && course.samples.length > 1
}

function hasReference({ outcomes, reference }: CaseResults): boolean {
  return outcomes.some((outcome) => outcome.engine === reference && isDone(outcome))
}

/** From the lowest whisker to the highest, with 1 in between. */
function ratioDomain(cases: readonly CaseResults[]): { from: number; to: number } {
  const ends = cases.flatMap((one) => one.outcomes.filter(isDone).flatMap((done) => extremes(one, done)))
  return { from: Math.min(1, ...ends), to: Math.max(1, ...ends) }
}

function timeDomain(cases: readonly CaseResults[]): { from: number; to: number } {
  return {
    from: 0,
    to: Math.max(...cases.flatMap(({ outcomes }) => outcomes.filter(isDone).flatMap((done) => done.milliseconds))),
  }
}

/** Of the runs, by the reference's median. */
function extremes(one: CaseResults, done: Done): [number, number] {
  const unit = median(done.milliseconds) / ratioToReference(one, done)!
  return [Math.min(...done.milliseconds) / unit, Math.max(...done.milliseconds) / unit]
}

function bars(cases: readonly CaseResults[], id: string, axis: BarAxis): Markup {
  const groups = cases.map(
    (one): BarGroup => ({
      heading: [one.size, rowsText(one)]
        .filter((words, i, all) => words !== '' && all.indexOf(words) === i)
        .join(' · '),
      bars: one.outcomes.map((outcome) => barOf(one, outcome, axis)),
    }),
  )
  const [{ name, title, reference }] = cases
  const about = {
    id,
    title: axis.kind === 'ratio' ? `${name}: time as a multiple of ${reference}'s` : `${name}: time`,
    description: groups.flatMap((group) => group.bars.map(({ tooltip }) => tooltip)).join('; '),
  }
  return figure(name, title, barPanel(about, groups, axis))
}

function barOf(one: CaseResults, outcome: Outcome, axis: BarAxis): Bar {
  const { engine } = outcome
  const kind = engine === one.reference ? 'reference' : isOwn(engine) ? 'own' : 'other'
  if (outcome.status !== 'done') {
    const tooltip = `${engine} ${outcome.status}: ${outcome.reason}`
    return { label: engine, value: null, low: 0, high: 0, note: outcome.status, kind, tooltip }
  }
  const times = outcome.milliseconds
  const note = durationText(median(times))
  const range = `${durationText(Math.min(...times))} to ${durationText(Math.max(...times))}`
  const tooltip = `${caseText(one)}, ${engine}: median ${note}, ${range}`
  if (axis.kind === 'time') {
    return {
      label: engine,
      value: median(times),
      low: Math.min(...times),
      high: Math.max(...times),
      note,
      kind: kind === 'own' ? 'own' : 'other',
      tooltip,
    }
  }
  const ratio = ratioToReference(one, outcome)!
  const [low, high] = extremes(one, outcome)
  return {
    label: engine,
    value: ratio,
    low,
    high,
    note,
    kind,
    tooltip: `${tooltip}, ${ratioText(ratio)} times ${one.reference}`,
  }
}

interface Measure {
  readonly caption: string
  readonly axes: LineAxes
  /** Of a time at a place on the axis; `first` is the median at the lowest. */
  readonly value: (milliseconds: number, at: number, first: number) => number
  readonly text: (value: number) => string
}

const BY_ROWS = { kind: 'log', title: 'rows', text: shortCount } as const
const BY_THREADS = { kind: 'steps', title: 'threads', text: String } as const

const MEASURES: Readonly<Record<'rows' | 'threads', readonly Measure[]>> = {
  rows: [
    {
      caption: 'Median time',
      axes: { x: BY_ROWS, y: { kind: 'log', text: tickDuration } },
      value: (time) => time,
      text: durationText,
    },
    {
      caption: 'Median time per row',
      axes: { x: BY_ROWS, y: { kind: 'log', text: tickDuration } },
      value: (time, rows) => time / rows,
      text: durationText,
    },
  ],
  threads: [
    {
      caption: 'Median time',
      axes: { x: BY_THREADS, y: { kind: 'zero', text: tickDuration } },
      value: (time) => time,
      text: durationText,
    },
    {
      caption: 'Speed as a multiple of that with the fewest threads,',
      axes: { x: BY_THREADS, y: { kind: 'zero', text: (value) => (value === 0 ? '0' : `${value}×`) } },
      value: (time, _, first) => first / time,
      text: (value) => `${ratioText(value)} times as fast`,
    },
  ],
}

/** Nothing of works that were measured at one place only. */
function growth(cases: readonly CaseResults[], id: string): { measure: string; figure: Markup }[] {
  const sorted = cases.toSorted((a, b) => a.axis!.value - b.axis!.value)
  const engines = [...new Set(sorted.flatMap(({ outcomes }) => outcomes.filter(isDone).map(({ engine }) => engine)))]
  if (engines.length === 0 || new Set(sorted.map(({ axis }) => axis!.value)).size < 2) return []
  const [{ name, title, axis }] = sorted
  return MEASURES[axis!.name].map((measure, i) => {
    const lines = engines.map((engine): Line => ({ engine, points: pointsOf(sorted, engine, measure) }))
    const about = {
      id: `${id}-${i}`,
      title: `${name}: ${measure.caption} by ${axis!.name}`,
      description: lines.flatMap(({ points }) => points.map(({ tooltip }) => tooltip)).join('; '),
    }
    const panel = linePanel(about, lines, measure.axes)
    return { measure: `${measure.caption} by ${axis!.name}`, figure: figure(name, title, panel) }
  })
}

function pointsOf(cases: readonly CaseResults[], engine: string, { value, text }: Measure): Line['points'] {
  const known = cases.flatMap((one) => {
    const done = one.outcomes.find((outcome) => outcome.engine === engine)
    return done?.status === 'done' ? [{ one, times: done.milliseconds, at: one.axis!.value }] : []
  })
  const first = median(known[0].times)
  return known.map(({ one, times, at }) => {
    const [y, ...ends] = [median(times), Math.min(...times), Math.max(...times)].map((time) => value(time, at, first))
    return {
      x: at,
      y,
      low: Math.min(...ends),
      high: Math.max(...ends),
      tooltip: `${caseText(one)}, ${engine}: ${text(y)}`,
    }
  })
}

function memory(one: CaseResults, id: string): Markup {
  const strips = one.outcomes.flatMap((outcome) =>
    isDone(outcome) && hasCourse(outcome) ? [{ engine: outcome.engine, course: outcome.memory! }] : [],
  )
  const limit = strips.find(({ course }) => course.limitBytes !== null)?.course.limitBytes ?? null
  const about = {
    id,
    title: `${caseText(one)}: resident memory over time`,
    description: strips
      .map(
        ({ engine, course }) =>
          `${engine}: at most ${formatBytes(Math.max(...course.samples.map((sample) => sample.residentBytes)))}`,
      )
      .join('; '),
  }
  const caption = `${one.title}: resident memory${limit === null ? '' : `, limit ${formatBytes(limit)}`}`
  return figure(caseText(one), caption, memoryPanel(about, strips))
}

function figure(name: string, title: string, content: Markup): Markup {
  return markup`<figure><figcaption><b>${name}</b> ${title === name ? '' : title}</figcaption>${content}</figure>\n`
}

/** `10k`, `6M`. */
function shortCount(value: number): string {
  if (value >= 1e9) return `${value / 1e9}G`
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e3 ? `${value / 1e3}k` : String(value)
}
