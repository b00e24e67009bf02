/** Chooses the strategy a plan is run with, from footers alone. */

import { VolleyError } from '../../planner/errors.js'
import type { ResolvedPlan } from '../../planner/logical-plan.js'
import { inputsOf } from '../../planner/plan-tree.js'
import type { SourceLookup } from '../lower.js'
import { builtInStrategies } from './component/built-in.js'
import { supportsComponents } from './component/plan.js'
import { type Need, needOf } from './estimate.js'
import type { Unsupported } from './strategy.js'

export interface Choice {
  readonly name: 'row' | 'bulk' | 'bigdata'
  readonly reason: string
  readonly need: Need
  /** Bytes that breakers may hold in memory under bulk. */
  readonly roomBytes: number
}

/** What the choice depends on beside the plan. */
export interface Circumstances {
  readonly sourceOf: SourceLookup
  readonly roomBytes: number
  /** Whether the row strategy can run the plan. */
  readonly rowSupport: () => true | Unsupported
}

/** `asked` is what the run or else the engine was given. Throws VOLLEY_UNSUPPORTED for one that cannot run the plan. */
export function chooseStrategy(
  asked: 'auto' | Choice['name'],
  plan: ResolvedPlan,
  { sourceOf, roomBytes, rowSupport }: Circumstances,
): Choice {
  const need = needOf(plan, sourceOf)
  const chosen = (name: Choice['name'], reason: string): Choice => ({ name, reason, need, roomBytes })
  if (asked === 'row') {
    const support = rowSupport()
    if (support === true) return chosen('row', 'asked for')
    throw new VolleyError('VOLLEY_UNSUPPORTED', `strategy 'row' cannot run this plan: ${support.reason}`)
  }
  if (asked !== 'auto') return chosen(asked, 'asked for')
  const bulkSupport = supportsComponents(plan, builtInStrategies.bulk)
  if (bulkSupport !== true) return chosen('bigdata', bulkSupport.reason)
  if (!isBounded(plan, sourceOf)) {
    const support = rowSupport()
    return support === true
      ? chosen('row', 'the input is unbounded')
      : chosen('bulk', `the input is unbounded, but ${support.reason}`)
  }
  const { breakerBytes, largest } = need
  if (largest === null) return chosen('bulk', 'the plan streams: nothing has to be held in memory')
  const room = `${megabytes(roomBytes)} of room`
  if (breakerBytes === null) return chosen('bulk', `nobody knows what ${largest} will hold; ${room}`)
  const needed = `${largest} and others hold up to ${megabytes(breakerBytes)} by estimate`
  return breakerBytes > roomBytes
    ? chosen('bigdata', `${needed}, more than the ${room}`)
    : chosen('bulk', `${needed}; ${room}`)
}

function isBounded(plan: ResolvedPlan, sourceOf: SourceLookup): boolean {
  if (plan.kind === 'scan') return sourceOf(plan.source).bounded
  return inputsOf(plan).every((input) => isBounded(input, sourceOf))
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? '1 MB' : `${Math.round(bytes / 1e6)} MB`
}
