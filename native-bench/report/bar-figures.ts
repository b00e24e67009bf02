/** Engines beside each other: a figure for each work, with a group of bars for each size. */

import { formatCount } from '../../planner/quantities.js'
import { type CaseResults, median, type Outcome, ratioToReference } from '../results.js'
import { caseText } from './about.js'
import { figure } from './figure.js'
import type { Markup } from './markup.js'
import { durationText, ratioText } from './number-text.js'
import { isOwn } from './standing.js'
import { type Bar, type BarGroup, type BarLayout, barLayout, barPanel } from './svg-bars.js'
import { rowsText } from './tables.js'

type Work = readonly CaseResults[]

/** Whether the reference was measured, and no time is 0, which logarithmic axes have no place for. */
export function hasRatios({ outcomes, reference }: CaseResults): boolean {
  return (
    outcomes.some(({ engine, status }) => engine === reference && status === 'done') &&
    outcomes.every((outcome) => outcome.status !== 'done' || Math.min(...outcome.milliseconds) > 0)
  )
}

/** All on one scale, so that ratios can be compared from one figure to the other. Every case `hasRatios`. */
export function ratioFigures(works: readonly Work[], id: string): Markup[] {
  const drawn = works.map((work) => groupsOf(work, ratioBar))
  if (drawn.length === 0) return []
  const layout = barLayout('ratio', drawn.flat())
  return works.map((work, i) => {
    const [{ name, reference }] = work
    return barFigure(work, drawn[i], layout, `${id}-${i}`, `${name}: time as a multiple of ${reference}'s`)
  })
}

/** Each on a scale of its own: works differ in what they do. */
export function timeFigures(works: readonly Work[], id: string): Markup[] {
  const drawn = works.map((work) => groupsOf(work, timeBar))
  if (drawn.length === 0) return []
  const layout = barLayout('time', drawn.flat())
  return works.map((work, i) => {
    const { domain } = barLayout('time', drawn[i])
    return barFigure(work, drawn[i], { ...layout, domain }, `${id}-${i}`, `${work[0].name}: time`)
  })
}

function barFigure(work: Work, groups: readonly BarGroup[], layout: BarLayout, id: string, title: string): Markup {
  const description = groups.flatMap(({ bars }) => bars.map(({ tooltip }) => tooltip)).join('; ')
  return figure(work[0].name, work[0].title, barPanel({ id, title, description }, groups, layout))
}

function groupsOf(work: Work, toBar: (one: CaseResults, outcome: Outcome) => Bar): BarGroup[] {
  return work.map((one) => ({ heading: headingOf(one), bars: one.outcomes.map((outcome) => toBar(one, outcome)) }))
}

/** The size, and the rows if it does not name them. */
function headingOf(one: CaseResults): string {
  const { rows, size } = one
  const named = rows !== null && size.includes(formatCount(rows))
  return [size, named ? '' : rowsText(one)].filter((words) => words !== '').join(' · ')
}

function ratioBar(one: CaseResults, outcome: Outcome): Bar {
  const bar = timeBar(one, outcome)
  const value = ratioToReference(one, outcome)
  if (value === null || bar.value === null) return bar
  const unit = bar.value / value
  const tooltip = `${bar.tooltip}, ${ratioText(value)} times ${one.reference}`
  const kind = outcome.engine === one.reference ? 'reference' : bar.kind
  return { ...bar, value, low: bar.low / unit, high: bar.high / unit, kind, tooltip }
}

function timeBar(one: CaseResults, outcome: Outcome): Bar {
  const { engine } = outcome
  const [label, kind] = [engine, isOwn(engine) ? 'own' : 'other'] as const
  if (outcome.status !== 'done') {
    const tooltip = `${caseText(one)}, ${engine} ${outcome.status}: ${outcome.reason}`
    return { label, value: null, low: 0, high: 0, note: outcome.status, kind, tooltip }
  }
  const value = median(outcome.milliseconds)
  const [low, high] = [Math.min(...outcome.milliseconds), Math.max(...outcome.milliseconds)]
  const note = durationText(value)
  const tooltip = `${caseText(one)}, ${engine}: median ${note}, ${durationText(low)} to ${durationText(high)}`
  return { label, value, low, high, note, kind, tooltip }
}
