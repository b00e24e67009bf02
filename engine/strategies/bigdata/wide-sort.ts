/** Sorts that DuckDB does not finish within its memory: of wide rows, it needs more of them at once than of narrow ones. */

import type { ResolvedPlan } from '../../../planner/logical-plan.js'
import { inputsOf } from '../../../planner/plan-tree.js'
import type { SourceLookup } from '../../lower.js'
import { needOf } from '../estimate.js'
import { rowBytes } from '../in-flight.js'

/** Rows up to this width are sorted well whatever their number. */
const NARROW_BYTES = 48
/** Of DuckDB's memory: so much of wide rows it sorts without trouble. */
const COMFORTABLE_SHARE = 0.5

/** Why a plan with such a sort should not be left to DuckDB, as a clause; null if it has none. */
export function wideSortRefusal(plan: ResolvedPlan, sourceOf: SourceLookup, duckDbBytes: number): string | null {
  if (plan.kind === 'sort' && plan.limit === null) {
    const width = rowBytes(plan.schema)
    const rows = width > NARROW_BYTES ? needOf(plan.input, sourceOf).rows : 0
    if (rows !== null && rows * width > duckDbBytes * COMFORTABLE_SHARE) {
      return `DuckDB's sort of so wide rows does not stay within ${Math.round(duckDbBytes / 1e6)} MB`
    }
  }
  for (const input of inputsOf(plan)) {
    const reason = wideSortRefusal(input, sourceOf, duckDbBytes)
    if (reason !== null) return reason
  }
  return null
}
