/** Plans that DuckDB does not finish within its memory, or not as fast as volley's own partitions and runs. */

import type { ResolvedPlan } from '../../../planner/logical-plan.js'
import { inputsOf, nodesOf } from '../../../planner/plan-tree.js'
import type { SourceLookup } from '../../lower.js'
import { type Need, needOf } from '../estimate.js'
import { rowBytes } from '../in-flight.js'

/** Rows up to this width are sorted well whatever their number. */
const NARROW_BYTES = 48
/** Of DuckDB's memory: so much of wide rows, by an estimate that texts often exceed twice, it sorts without taking more. */
const COMFORTABLE_SHARE = 0.25
/** Of DuckDB's memory: beyond this, its joins and groups run out of it, though they spill. */
const MOST_SHARE = 4

/** Why a plan should not be left to DuckDB, as a clause; null if it may be. */
export function reachRefusal(
  plan: ResolvedPlan,
  { breakerBytes, largest }: Need,
  sourceOf: SourceLookup,
  duckDbBytes: number,
): string | null {
  const wide = wideSortRefusal(plan, sourceOf, duckDbBytes)
  if (wide !== null) return wide
  if (breakerBytes === null || breakerBytes <= duckDbBytes * MOST_SHARE || needsDuckDb(plan)) return null
  return (
    `DuckDB may not come through: ${largest} and others hold up to ${megabytes(breakerBytes)} by estimate, ` +
    `more than ${MOST_SHARE} times its ${megabytes(duckDbBytes)}`
  )
}

/** Whether there is a breaker whose state goes to DuckDB anyway. */
function needsDuckDb(plan: ResolvedPlan): boolean {
  return nodesOf(plan).some((node) => node.kind === 'window' || (node.kind === 'join' && node.how === 'cross'))
}

function wideSortRefusal(plan: ResolvedPlan, sourceOf: SourceLookup, duckDbBytes: number): string | null {
  if (plan.kind === 'sort' && plan.limit === null) {
    const width = rowBytes(plan.schema)
    const rows = width > NARROW_BYTES ? needOf(plan.input, sourceOf).rows : 0
    if (rows !== null && rows * width > duckDbBytes * COMFORTABLE_SHARE) {
      return `DuckDB's sort of so wide rows does not stay within ${megabytes(duckDbBytes)}`
    }
  }
  for (const input of inputsOf(plan)) {
    const reason = wideSortRefusal(input, sourceOf, duckDbBytes)
    if (reason !== null) return reason
  }
  return null
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
