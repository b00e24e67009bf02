/** Where volley stands in a case. */

import { ENGINE_NAMES } from '../races/race.js'
import { type CaseResults, type Done, median, type Outcome } from '../results.js'

/** The names that volley goes by when it is left to itself come first. */
const OWN_NAMES = ['volley', 'volley auto'] as const

export function isOwn(engine: string): boolean {
  return engine === 'volley' || engine.startsWith('volley ')
}

/** What `volley`, or else `volley auto`, did; else the fastest of the ways that volley was told to take; null without. */
export function ownOutcome({ outcomes }: CaseResults): Outcome | null {
  for (const name of OWN_NAMES) {
    const found = outcomes.find(({ engine }) => engine === name)
    if (found !== undefined) return found
  }
  const own = outcomes.filter(({ engine }) => isOwn(engine))
  return fastest(own) ?? own[0] ?? null
}

/** Of the native engines and libraries that race with volley; null if none has a time. */
export function fastestOther({ outcomes }: CaseResults): Done | null {
  const names: readonly string[] = ENGINE_NAMES
  return fastest(outcomes.filter(({ engine }) => !isOwn(engine) && names.includes(engine)))
}

function fastest(outcomes: readonly Outcome[]): Done | null {
  let best: Done | null = null
  for (const outcome of outcomes) {
    if (outcome.status !== 'done') continue
    if (best === null || median(outcome.milliseconds) < median(best.milliseconds)) best = outcome
  }
  return best
}

/** Of values above 0. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
