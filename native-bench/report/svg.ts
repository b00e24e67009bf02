/** What drawings share: their frame, the room that text takes, colours of engines. */

import { ENGINE_NAMES } from '../races/race.js'
import { type Content, type Markup, markup } from './markup.js'

/** Of all drawings, so that text in them has one size wherever they are set. */
export const WIDTH = 360
const TEXT_SIZE = 11

/** Characters that are narrower and wider than others in the fonts that browsers take for `sans-serif`. */
const NARROW = /[ .,:;'|!ijlft()[\]/-]/
const WIDE = /[mwMW%@<>×÷→]/

/** No less than what `text` takes in any usual font, bold too, in pixels. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += NARROW.test(character) ? 0.44 : WIDE.test(character) ? 1.06 : 0.71
  return width * TEXT_SIZE
}

/** Sums of widths that are the same may differ by so much. */
const ROUNDING = 1e-6

/** Cut where it would be wider than `width`. */
export function fitting(text: string, width: number): string {
  if (textWidth(text) <= width + ROUNDING) return text
  let kept = text
  while (kept !== '' && textWidth(`${kept}…`) > width) kept = kept.slice(0, -1)
  return `${kept.trimEnd()}…`
}

export interface Drawing {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  /** For those who cannot see it: what it shows. */
  readonly description: string
  readonly height: number
}

export function drawing({ id, title, description, height }: Drawing, content: Content): Markup {
  return markup`<svg viewBox="0 0 ${WIDTH} ${round(height)}" role="img" aria-labelledby="${id}-title ${id}-description"
><title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>${content}</svg>`
}

/** Two decimals are enough for drawings, and keep pages small. */
export function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** Of an engine, or of one of the ways that it took: `engine-0` to `engine-7`. */
export function engineClass(engine: string): string {
  const [first] = engine.split(' ')
  const index = (ENGINE_NAMES as readonly string[]).indexOf(first)
  return `engine-${index < 0 ? ENGINE_NAMES.length : index}`
}

/** Places of labels, in the order of `wanted`: as near to it as `apart` between them allows, within `from` and `to`. */
export function spreadOut(wanted: readonly number[], apart: number, from: number, to: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b])
  const places = [...wanted]
  let least = from
  for (const i of order) {
    places[i] = Math.max(places[i], least)
    least = places[i] + apart
  }
  let most = to
  for (const i of order.reverse()) {
    places[i] = Math.min(places[i], most)
    most = places[i] - apart
  }
  return places
}
