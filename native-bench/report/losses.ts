/** The cases in which volley is not the fastest. */

import { median, type Results } from '../results.js'
import { caseText } from './about.js'
import { differ } from './noise.js'
import { durationText, ratioText } from './number-text.js'
import { fastestOther, ownOutcome } from './standing.js'

export interface Loss {
  readonly suite: string
  readonly name: string
  readonly size: string
  readonly fastest: string
  readonly fastestMilliseconds: number
  /** What volley did, or why it has no time. */
  readonly own:
    | {
        readonly engine: string
        readonly milliseconds: number
        /** Of volley's median to the fastest one. */
        readonly ratio: number
        readonly lostMilliseconds: number
        readonly beyondNoise: boolean
      }
    | { readonly engine: string; readonly reason: string }
}

/**
 * Every case in which another engine is faster than volley (left to itself where it was, else in its fastest way), or
 * in which volley alone has no time. Those without a time come first, then by time lost.
 */
export function rankedLosses({ suites }: Results): Loss[] {
  const losses: Loss[] = []
  for (const suite of suites) {
    for (const one of suite.cases) {
      const [own, other] = [ownOutcome(one), fastestOther(one)]
      if (own === null || other === null) continue
      const [fastest, fastestMilliseconds] = [other.engine, median(other.milliseconds)]
      const place = { suite: suite.name, name: one.name, size: one.size, fastest, fastestMilliseconds }
      if (own.status !== 'done') {
        losses.push({ ...place, own: { engine: own.engine, reason: own.reason } })
        continue
      }
      const milliseconds = median(own.milliseconds)
      const lostMilliseconds = milliseconds - fastestMilliseconds
      if (lostMilliseconds <= 0) continue
      losses.push({
        ...place,
        own: {
          engine: own.engine,
          milliseconds,
          ratio: milliseconds / fastestMilliseconds,
          lostMilliseconds,
          beyondNoise: differ(own.milliseconds, other.milliseconds),
        },
      })
    }
  }
  return losses.sort((a, b) => compareNumbers(lost(b), lost(a)))
}

/** What is said where nothing is lost: that it is the fastest everywhere only if somebody else was there. */
export function noLossesText({ suites }: Results): string {
  const isCompared = suites.some(({ cases }) =>
    cases.some((one) => ownOutcome(one) !== null && fastestOther(one) !== null),
  )
  return isCompared ? 'Nowhere.' : 'No case has a time of another engine.'
}

/** Of infinities too, whose difference is no number. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function lost({ own }: Loss): number {
  return 'reason' in own ? Number.POSITIVE_INFINITY : own.lostMilliseconds
}

/** `tpch q9, large: duckdb is 1.42 times as fast: 812 ms, volley 1.15 s, 341 ms lost` */
export function lossText({ suite, name, size, fastest, fastestMilliseconds, own }: Loss): string {
  const place = `${suite} ${caseText({ name, size })}`
  const time = durationText(fastestMilliseconds)
  if ('reason' in own) return `${place}: ${fastest} takes ${time}, ${own.engine} has no time: ${own.reason}`
  const noise = own.beyondNoise ? '' : ' (within the noise)'
  return (
    `${place}: ${fastest} is ${ratioText(own.ratio)} times as fast${noise}: ${time}, ` +
    `${own.engine} ${durationText(own.milliseconds)}, ${durationText(own.lostMilliseconds)} lost`
  )
}
