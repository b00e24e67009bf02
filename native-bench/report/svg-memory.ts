/** Resident memory over time, a strip for each engine under the other, on the same axes. */

import { formatBytes } from '../../planner/quantities.js'
import type { MemoryCourse } from '../results.js'
import { type Markup, markup } from './markup.js'
import { durationText, tickDuration } from './number-text.js'
import { linearScale, type Scale } from './scale.js'
import { type Drawing, drawing, engineClass, fitting, round, textWidth, WIDTH } from './svg.js'

export interface MemoryStrip {
  readonly engine: string
  readonly course: MemoryCourse
  /** Not below any sample: between samples there may have been more. */
  readonly peakBytes: number
}

const HEADING = 20
const STRIP = 54
const GAP = 8
const AXIS = 22
/** Of the words beside the line of the limit. */
const RIGHT = WIDTH - 34

export function memoryPanel(about: Omit<Drawing, 'height'>, strips: readonly MemoryStrip[]): Markup {
  const samples = strips.flatMap(({ course }) => course.samples)
  const longest = Math.max(...samples.map(({ milliseconds }) => milliseconds))
  const most = Math.max(
    ...strips.map(({ peakBytes }) => peakBytes),
    ...strips.map(({ course }) => course.limitBytes ?? 0),
  )
  const x = linearScale({ from: 0, to: longest }, { from: 1, to: RIGHT }, 60)
  const floor = strips.length * (HEADING + STRIP + GAP) - GAP
  const ticks = x.ticks.map((tick) => {
    const anchor = tick === 0 ? 'start' : 'middle'
    return markup`<text class="tick" x="${round(x.at(tick))}" y="${floor + 16}" text-anchor="${anchor}">${tickDuration(tick, longest)}</text>`
  })
  const drawn = strips.map((strip, i) => stripOf(strip, i * (HEADING + STRIP + GAP) + HEADING, x, most))
  return drawing({ ...about, height: floor + AXIS }, [...ticks, ...drawn])
}

/** `top` is that of the area, below the heading. */
function stripOf({ engine, course, peakBytes }: MemoryStrip, top: number, x: Scale, most: number): Markup {
  const y = linearScale({ from: 0, to: most }, { from: top + STRIP, to: top + 2 }, STRIP)
  const { samples, limitBytes, switches } = course
  const outline = samples.map(
    ({ milliseconds, residentBytes }) => `${round(x.at(milliseconds))} ${round(y.at(residentBytes))}`,
  )
  const [first, last] = [samples[0], samples[samples.length - 1]]
  const area = `M${round(x.at(first.milliseconds))} ${top + STRIP}L${outline.join('L')}L${round(x.at(last.milliseconds))} ${top + STRIP}Z`
  const said = `peak ${formatBytes(peakBytes)}, ${durationText(last.milliseconds)}`
  const bottom = top + STRIP
  const grid = x.ticks.map((tick) => {
    const place = round(x.at(tick))
    return markup`<line class="grid" x1="${place}" x2="${place}" y1="${top}" y2="${bottom}"/>`
  })
  return markup`<g class="memory ${engineClass(engine)}"><title>${engine}: ${said}</title>
<text class="heading" x="0" y="${top - 6}">${fitting(engine, WIDTH - textWidth(said) - 8)}</text><text class="note" x="${WIDTH}" y="${top - 6}" text-anchor="end">${said}</text>
${grid}<path class="area" d="${area}"/><path class="outline" d="M${outline.join('L')}"/>
<line class="origin" x1="0" x2="${RIGHT}" y1="${bottom}" y2="${bottom}"/>${limitBytes === null ? null : limitLine(y.at(limitBytes), top)}${switches.map(
    (change, i) => {
      const place = round(x.at(change.milliseconds))
      const words = `→ ${change.strategy}`
      const fits = place + textWidth(words) + 5 < RIGHT
      return markup`<g><title>${change.reason}</title><line class="switch" x1="${place}" x2="${place}" y1="${top}" y2="${bottom}"/><text class="switch" x="${fits ? place + 5 : place - 5}" y="${bottom - 6 - 13 * i}" text-anchor="${fits ? 'start' : 'end'}">${words}</text></g>`
    },
  )}</g>`
}

/** Its word stays clear of the heading above `top`. */
function limitLine(place: number, top: number): Markup {
  const y = round(place)
  return markup`<line class="limit" x1="0" x2="${RIGHT}" y1="${y}" y2="${y}"/><text class="limit" x="${RIGHT + 4}" y="${Math.max(y + 4, top + 10)}">limit</text>`
}
