/** Bars with their spread: ratios to a reference on a logarithmic axis, or times from zero. */

import { type Markup, markup } from './markup.js'
import { ratioText, tickDuration } from './number-text.js'
import { linearScale, logScale, type Scale, type Span } from './scale.js'
import { type Drawing, drawing, fitting, round, textWidth, WIDTH } from './svg.js'

export interface Bar {
  readonly label: string
  /** Null: it has no bar, and `note` says why. */
  readonly value: number | null
  readonly low: number
  readonly high: number
  /** Beside the bar, at the right. */
  readonly note: string
  readonly kind: 'own' | 'other' | 'slower' | 'reference'
  /** All of it in words, shown where the pointer rests. */
  readonly tooltip: string
}

export interface BarGroup {
  /** Empty if there is but one. */
  readonly heading: string
  readonly bars: readonly Bar[]
}

export type BarAxis =
  | { readonly kind: 'ratio'; readonly domain: Span }
  | { readonly kind: 'time'; readonly domain: Span }

const ROW = 18
const HEADING = 22
const AXIS = 22
const BAR = 10
const MOST_LABEL = 128
/** Between a bar's end and its number. */
const GAP = 4

export function barPanel(about: Omit<Drawing, 'height'>, groups: readonly BarGroup[], axis: BarAxis): Markup {
  const bars = groups.flatMap((group) => group.bars)
  const left = Math.min(MOST_LABEL, Math.max(...bars.map(({ label }) => textWidth(label)))) + 8
  const right = Math.max(...bars.map(({ note, value }) => (value === null ? 0 : textWidth(note)))) + 8
  const scale = scaleOf(axis, bars, { from: left, to: WIDTH - right })
  const rows: Markup[] = []
  let top = 0
  for (const { heading, bars: members } of groups) {
    if (heading !== '') {
      rows.push(markup`<text class="heading" x="0" y="${top + 15}">${fitting(heading, WIDTH)}</text>`)
      top += HEADING
    }
    for (const bar of members) {
      rows.push(rowOf(bar, axis, scale, { top, left }))
      top += ROW
    }
    top += 6
  }
  const lines = scale.ticks.map((tick) => {
    const place = round(scale.at(tick))
    const label = axis.kind === 'ratio' ? `${tickText(tick)}×` : tickDuration(tick, axis.domain.to)
    return markup`<line class="${tick === originOf(axis) ? 'origin' : 'grid'}" x1="${place}" x2="${place}" y1="0" y2="${top}"/>
<text class="tick" x="${place}" y="${top + 14}" text-anchor="middle">${label}</text>`
  })
  return drawing({ ...about, height: top + AXIS }, [...lines, ...rows])
}

function originOf({ kind }: BarAxis): number {
  return kind === 'ratio' ? 1 : 0
}

/** Leaves room for numbers at both ends. */
function scaleOf(axis: BarAxis, bars: readonly Bar[], { from, to }: Span): Scale {
  const { kind, domain } = axis
  const room = Math.max(...bars.map(({ value }) => (value === null ? 0 : textWidth(valueText(axis, value))))) + GAP
  if (kind === 'time') return linearScale(domain, { from, to: to - room }, 56)
  const range = { from: from + (domain.from < 1 ? room + 2 : 4), to: to - (domain.to > 1 ? room + 2 : 4) }
  return logScale(domain, range, 34)
}

function rowOf(bar: Bar, axis: BarAxis, scale: Scale, { top, left }: { top: number; left: number }): Markup {
  const { label, value, low, high, note, kind, tooltip } = bar
  const [baseline, middle] = [top + 13, top + ROW / 2]
  const name = markup`<text class="label ${kind}" x="${round(left - 8)}" y="${baseline}" text-anchor="end">${fitting(label, left - 8)}</text>`
  if (value === null) {
    const words = fitting(note, WIDTH - left)
    return markup`<g><title>${tooltip}</title>${name}<text class="missed" x="${round(left)}" y="${baseline}">${words}</text></g>`
  }
  const [origin, end] = [scale.at(originOf(axis)), scale.at(value)]
  const toLeft = end < origin
  const [from, to] = [scale.at(low), scale.at(high)].map(round)
  const number =
    kind === 'reference'
      ? null
      : markup`<text class="number" x="${toLeft ? round(from - GAP) : round(to + GAP)}" y="${baseline}" text-anchor="${toLeft ? 'end' : 'start'}">${valueText(axis, value)}</text>`
  const mark =
    kind === 'reference'
      ? markup`<line class="mark" x1="${round(end)}" x2="${round(end)}" y1="${middle - 6}" y2="${middle + 6}"/>`
      : markup`<rect class="bar ${kind}" x="${round(Math.min(origin, end))}" y="${middle - BAR / 2}" width="${round(Math.abs(end - origin))}" height="${BAR}"/>`
  return markup`<g><title>${tooltip}</title>${name}${mark}<line class="whisker" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>${number}<text class="note" x="${WIDTH}" y="${baseline}" text-anchor="end">${note}</text></g>`
}

function valueText({ kind }: BarAxis, value: number): string {
  return kind === 'ratio' ? `${ratioText(value)}×` : ''
}

function tickText(tick: number): string {
  return tick >= 1 ? tick.toLocaleString('en-US') : String(Number(tick.toPrecision(1)))
}
