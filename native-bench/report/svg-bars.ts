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

/** What panels share that are to be compared: which values bars stand for, and where they begin and end. */
export interface BarLayout {
  /** `ratio`: logarithmic, from 1; `time`: milliseconds, from 0. */
  readonly kind: 'ratio' | 'time'
  readonly domain: Span
  /** Where labels end and bars may begin. */
  readonly left: number
  readonly right: number
  /** That numbers at the ends of bars take. */
  readonly room: number
}

const ROW = 18
const HEADING = 22
const AXIS = 18
const BAR = 10
const MOST_LABEL = 136
/** Between a bar's end and its number. */
const GAP = 4

/** For all bars of `groups`. */
export function barLayout(kind: BarLayout['kind'], groups: readonly BarGroup[]): BarLayout {
  const bars = groups.flatMap((group) => group.bars)
  const known = bars.flatMap(({ value, low, high, note }) => (value === null ? [] : [{ value, low, high, note }]))
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(textWidth))
  const [lows, highs] = [known.map(({ low }) => low), known.map(({ high }) => high)]
  return {
    kind,
    // Wide enough for a mark on either side of 1.
    domain:
      kind === 'ratio'
        ? { from: Math.min(0.5, ...lows), to: Math.max(2, ...highs) }
        : { from: 0, to: Math.max(...highs) },
    left: Math.min(MOST_LABEL, widest(bars.map(({ label }) => label))) + 8,
    right: WIDTH - widest(known.map(({ note }) => note)) - 8,
    room: kind === 'ratio' ? widest(known.map(({ value }) => valueText(kind, value))) + GAP + 2 : 2,
  }
}

export function barPanel(about: Omit<Drawing, 'height'>, groups: readonly BarGroup[], layout: BarLayout): Markup {
  const { kind, domain, left } = layout
  const scale = scaleOf(layout)
  const drawn: Markup[] = []
  let top = 0
  for (const { heading, bars } of groups) {
    if (heading !== '') {
      drawn.push(markup`<text class="heading" x="0" y="${top + 15}">${fitting(heading, WIDTH)}</text>`)
      top += HEADING
    }
    const bottom = top + bars.length * ROW
    // Between headings only: lines through words make them hard to read.
    for (const tick of scale.ticks) {
      const place = round(scale.at(tick))
      const name = tick === originOf(kind) ? 'origin' : 'grid'
      drawn.push(markup`<line class="${name}" x1="${place}" x2="${place}" y1="${top}" y2="${bottom}"/>`)
    }
    drawn.push(...bars.map((bar, i) => rowOf(bar, kind, scale, { top: top + i * ROW, left })))
    top = bottom + 6
  }
  const ticks = scale.ticks.map((tick) => {
    const label = kind === 'ratio' ? `${tickText(tick)}×` : tickDuration(tick, domain.to)
    return markup`<text class="tick" x="${round(scale.at(tick))}" y="${top + 10}" text-anchor="middle">${label}</text>`
  })
  return drawing({ ...about, height: top + AXIS }, [...drawn, ...ticks])
}

function originOf(kind: BarLayout['kind']): number {
  return kind === 'ratio' ? 1 : 0
}

/** Leaves room for numbers where bars end. */
function scaleOf({ kind, domain, left, right, room }: BarLayout): Scale {
  return kind === 'time'
    ? linearScale(domain, { from: left, to: right - room }, 56)
    : logScale(domain, { from: left + room, to: right - room }, 34)
}

function rowOf(bar: Bar, axis: BarLayout['kind'], scale: Scale, { top, left }: { top: number; left: number }): Markup {
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

function valueText(kind: BarLayout['kind'], value: number): string {
  return kind === 'ratio' ? `${ratioText(value)}×` : ''
}

function tickText(tick: number): string {
  return tick >= 1 ? tick.toLocaleString('en-US') : String(Number(tick.toPrecision(1)))
}
