/** All cases at a glance: a row for each suite, a dot for each case at volley's ratio to the reference. */

import { type Markup, markup } from './markup.js'
import { ratioText } from './number-text.js'
import { logScale } from './scale.js'
import { type Drawing, drawing, fitting, round, textWidth, WIDTH } from './svg.js'

export interface OverviewRow {
  readonly suite: string
  readonly cases: readonly { readonly ratio: number; readonly tooltip: string }[]
  readonly mean: number
}

const ROW = 30
const AXIS = 22
const MOST_LABEL = 110

export function overviewPanel(about: Omit<Drawing, 'height'>, rows: readonly OverviewRow[]): Markup {
  const ratios = rows.flatMap(({ cases }) => cases.map(({ ratio }) => ratio))
  const left = Math.min(MOST_LABEL, Math.max(...rows.map(({ suite }) => textWidth(suite)))) + 14
  const right = WIDTH - Math.max(...rows.map(({ mean }) => textWidth(`${ratioText(mean)}×`))) - 14
  const domain = { from: Math.min(0.5, ...ratios), to: Math.max(2, ...ratios) }
  const scale = logScale(domain, { from: left, to: right }, 34)
  const floor = rows.length * ROW
  const ticks = scale.ticks.map((tick) => {
    const place = round(scale.at(tick))
    return markup`<line class="${tick === 1 ? 'origin' : 'grid'}" x1="${place}" x2="${place}" y1="0" y2="${floor}"/>
<text class="tick" x="${place}" y="${floor + 14}" text-anchor="middle">${Number(tick.toPrecision(1))}×</text>`
  })
  return drawing({ ...about, height: floor + AXIS }, [
    ...ticks,
    ...rows.map(({ suite, cases, mean }, i) => {
      const middle = i * ROW + ROW / 2
      const place = round(scale.at(mean))
      return markup`<g><text class="label" x="${round(left - 14)}" y="${middle + 4}" text-anchor="end">${fitting(suite, left - 14)}</text>
${cases.map(({ ratio, tooltip }) => markup`<circle class="dot" cx="${round(scale.at(ratio))}" cy="${middle}" r="3.5"><title>${tooltip}</title></circle>`)}
<line class="mean" x1="${place}" x2="${place}" y1="${middle - 10}" y2="${middle + 10}"/>
<text class="note own" x="${WIDTH}" y="${middle + 4}" text-anchor="end">${ratioText(mean)}×</text></g>`
    }),
  ])
}
