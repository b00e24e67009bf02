/** The frame of a window as users give it: bounds, or SQL's words for them. */

import { invalid } from './arguments.js'
import type { WindowFrame } from './expression.js'

/** Rows around the current one, negative before it, null without end. `unit` is `rows` unless given. */
export interface FrameBounds {
  readonly unit?: 'rows' | 'range'
  readonly start: number | null
  readonly end: number | null
}

/** `{ start: -1, end: 0 }`, or SQL text: `rows between 1 preceding and current row`. */
export type FrameLike = FrameBounds | string

const BOUND = 'unbounded\\s+preceding|unbounded\\s+following|current\\s+row|\\d+\\s+preceding|\\d+\\s+following'
const FRAME = new RegExp(`^\\s*(rows|range)\\s+(?:between\\s+(${BOUND})\\s+and\\s+(${BOUND})|(${BOUND}))\\s*$`, 'i')

/** @throws VolleyError VOLLEY_INVALID_ARGUMENT for a frame that ends before it starts, or is none. */
export function windowFrame(given: FrameLike): WindowFrame {
  const frame = typeof given === 'string' ? parseFrame(given) : given
  const { unit = 'rows', start, end } = frame ?? { start: Number.NaN, end: Number.NaN }
  const valid = [start, end].every((bound) => bound === null || Number.isInteger(bound))
  if (!valid || (unit !== 'rows' && unit !== 'range') || (start !== null && end !== null && start > end)) {
    throw invalid(
      `a window frame is { unit: 'rows' or 'range', start, end }, whole numbers or null, or text such as 'rows between 1 preceding and current row', not ${JSON.stringify(given)}`,
    )
  }
  return Object.freeze({ unit, start, end })
}

/** Null for other text. */
function parseFrame(text: string): FrameBounds | null {
  const match = FRAME.exec(text)
  if (match === null) return null
  const unit = match[1].toLowerCase() === 'rows' ? 'rows' : 'range'
  const [from, to] = [match[2] ?? match[4], match[3] ?? 'current row'].map((bound) => bound.toLowerCase())
  if (/^unbounded\s+following$/.test(from) || /^unbounded\s+preceding$/.test(to)) return null
  return { unit, start: boundOf(from), end: boundOf(to) }
}

function boundOf(bound: string): number | null {
  if (bound.startsWith('unbounded')) return null
  if (bound.startsWith('current')) return 0
  const offset = Number.parseInt(bound, 10)
  return bound.endsWith('preceding') ? 0 - offset : offset
}
