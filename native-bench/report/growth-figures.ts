/** What grows with rows or threads: a line for each engine. */

import { type CaseResults, median } from '../results.js'
import { caseText } from './about.js'
import { figure } from './figure.js'
import type { Markup } from './markup.js'
import { durationText, ratioText, tickDuration } from './number-text.js'
import { type Line, type LineAxes, linePanel } from './svg-lines.js'

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

export interface GrowthFigure {
  /** What is drawn: figures of one measure belong together. */
  readonly measure: string
  readonly figure: Markup
}

/** One for each measure, of the cases of one work; none if it was measured at one place only. */
export function growthFigures(cases: readonly CaseResults[], id: string): GrowthFigure[] {
  const sorted = cases.toSorted((a, b) => a.axis!.value - b.axis!.value)
  const engines = [...new Set(sorted.flatMap(({ outcomes }) => outcomes.map(({ engine }) => engine)))]
  const [{ name, title, axis }] = sorted
  return MEASURES[axis!.name].flatMap((measure, i) => {
    const lines = engines
      .map((engine): Line => ({ engine, points: pointsOf(sorted, engine, measure) }))
      .filter(({ points }) => points.length > 0)
    if (new Set(lines.flatMap(({ points }) => points.map(({ x }) => x))).size < 2) return []
    const about = {
      id: `${id}-${i}`,
      title: `${name}: ${measure.caption} by ${axis!.name}`,
      description: lines.flatMap(({ points }) => points.map(({ tooltip }) => tooltip)).join('; '),
    }
    const panel = linePanel(about, lines, measure.axes)
    return [{ measure: `${measure.caption} by ${axis!.name}`, figure: figure(name, title, panel) }]
  })
}

/** Without times of 0, which logarithmic axes have no place for. */
function pointsOf(cases: readonly CaseResults[], engine: string, { value, text }: Measure): Line['points'] {
  const known = cases.flatMap((one) => {
    const times = one.outcomes.flatMap((outcome) =>
      outcome.status === 'done' && outcome.engine === engine ? outcome.milliseconds : [],
    )
    return times.length > 0 && Math.min(...times) > 0 ? [{ one, times, at: one.axis!.value }] : []
  })
  return known.map(({ one, times, at }) => {
    const first = median(known[0].times)
    const [y, ...ends] = [median(times), Math.min(...times), Math.max(...times)].map((time) => value(time, at, first))
    const tooltip = `${caseText(one)}, ${engine}: ${text(y)}`
    return { x: at, y, low: Math.min(...ends), high: Math.max(...ends), tooltip }
  })
}

/** `10k`, `6M`. */
function shortCount(value: number): string {
  if (value >= 1e9) return `${value / 1e9}G`
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e3 ? `${value / 1e3}k` : String(value)
}
