/** Lines of what grows with something: a point for each case of one work. */

import { type Markup, markup } from './markup.js'
import { linearScale, logScale, type Scale, type Span } from './scale.js'
import { type Drawing, drawing, engineClass, round, spreadOut, textWidth, WIDTH } from './svg.js'

export interface Point {
  readonly x: number
  readonly y: number
  readonly low: number
  readonly high: number
  readonly tooltip: string
}

export interface Line {
  readonly engine: string
  /** By x. */
  readonly points: readonly Point[]
}

export interface LineAxes {
  /** `steps`: at the values that occur, evenly on a logarithmic scale. */
  readonly x: { readonly kind: 'log' | 'steps'; readonly title: string; readonly text: (value: number) => string }
  /** `zero`: linear from zero. */
  readonly y: { readonly kind: 'log' | 'zero'; readonly text: (value: number) => string }
}

const TOP = 10
const HEIGHT = 214
const BOTTOM = 36
const LINE = 14

export function linePanel(about: Omit<Drawing, 'height'>, lines: readonly Line[], axes: LineAxes): Markup {
  const points = lines.flatMap((line) => line.points)
  const right = WIDTH - Math.max(...lines.map(({ engine }) => textWidth(engine))) - 10
  const floor = HEIGHT - BOTTOM
  const y = verticalScale(axes, points, { from: floor, to: TOP })
  const left = Math.max(...y.ticks.map((tick) => textWidth(axes.y.text(tick)))) + 8
  const x = horizontalScale(axes, points, { from: left + 6, to: right })
  const across = y.ticks.map((tick) => {
    const place = round(y.at(tick))
    return markup`<line class="grid" x1="${round(left)}" x2="${round(right)}" y1="${place}" y2="${place}"/>
<text class="tick" x="${round(left - 6)}" y="${round(place + 4)}" text-anchor="end">${axes.y.text(tick)}</text>`
  })
  const below = x.ticks.map((tick) => {
    const place = round(x.at(tick))
    return markup`<line class="origin" x1="${place}" x2="${place}" y1="${floor}" y2="${floor + 4}"/>
<text class="tick" x="${place}" y="${floor + 16}" text-anchor="middle">${axes.x.text(tick)}</text>`
  })
  const ends = lines.map((line) => y.at(line.points[line.points.length - 1].y))
  const labels = spreadOut(ends, LINE, TOP, floor - 2)
  return drawing({ ...about, height: HEIGHT }, [
    ...across,
    markup`<line class="origin" x1="${round(left)}" x2="${round(right)}" y1="${floor}" y2="${floor}"/>`,
    ...below,
    markup`<text class="tick" x="${round((left + right) / 2)}" y="${floor + 31}" text-anchor="middle">${axes.x.title}</text>`,
    ...lines.map((line, i) => lineOf(line, x, y, { x: right + 8, y: labels[i] + 4 })),
  ])
}

function verticalScale(axes: LineAxes, points: readonly Point[], range: Span): Scale {
  const [low, high] = [Math.min(...points.map((point) => point.low)), Math.max(...points.map((point) => point.high))]
  return axes.y.kind === 'log'
    ? logScale(wholeSteps(low, high), range, 22)
    : linearScale({ from: 0, to: high }, range, 26)
}

function horizontalScale(axes: LineAxes, points: readonly Point[], range: Span): Scale {
  const values = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b)
  const scale = logScale({ from: values[0], to: values[values.length - 1] }, range, 34)
  return axes.x.kind === 'log' ? scale : { at: scale.at, ticks: values }
}

/** Widened to steps of 1, 2 and 5, so that a line has ticks on both of its sides. */
function wholeSteps(low: number, high: number): Span {
  const steps = [1, 2, 5, 10]
  const [below, above] = [10 ** Math.floor(Math.log10(low)), 10 ** Math.floor(Math.log10(high))]
  return {
    from: below * (steps.findLast((step) => step * below <= low * (1 + 1e-9)) ?? 1),
    to: above * (steps.find((step) => step * above >= high * (1 - 1e-9)) ?? 10),
  }
}

function lineOf({ engine, points }: Line, x: Scale, y: Scale, label: { x: number; y: number }): Markup {
  const path = points
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${round(x.at(point.x))} ${round(y.at(point.y))}`)
    .join('')
  const marks = points.map((point) => {
    const place = round(x.at(point.x))
    return markup`<g><title>${point.tooltip}</title><line class="whisker" x1="${place}" x2="${place}" y1="${round(y.at(point.low))}" y2="${round(y.at(point.high))}"/><circle cx="${place}" cy="${round(y.at(point.y))}" r="3"/></g>`
  })
  return markup`<g class="line ${engineClass(engine)}"><path d="${path}"/>${marks}<text x="${round(label.x)}" y="${round(label.y)}">${engine}</text></g>`
}
