/** Whether DuckDB can run a whole plan, and how. */

import type { ResolvedPlan, TableSource } from '../logical-plan.js'
import { inputsOf } from '../plan-tree.js'
import { NoSql } from './no-sql.js'
import { sqlOfPlan, type TableOf } from './plan.js'
import { type ScannedSource, scanRefusal } from './scans.js'
import { typedSelect } from './select.js'

export type Pushdown =
  /** `sql` gives one SELECT whose columns have the names of the plan's schema and the types of `duckDbType`. */
  | { readonly kind: 'sql'; readonly sql: (tableOf: TableOf) => string }
  /** `reason` is a clause: `mapRows needs JavaScript`. */
  | { readonly kind: 'refused'; readonly reason: string }

export function pushdownOf(plan: ResolvedPlan, sourceOf: (source: TableSource) => ScannedSource): Pushdown {
  const sql = (tableOf: TableOf) => typedSelect(sqlOfPlan(plan, tableOf), plan.schema)
  const reason = scansRefusal(plan, sourceOf) ?? refusalOf(() => sql(() => 'scan'))
  return reason === null ? { kind: 'sql', sql } : { kind: 'refused', reason }
}

function scansRefusal(plan: ResolvedPlan, sourceOf: (source: TableSource) => ScannedSource): string | null {
  if (plan.kind === 'scan') return scanRefusal(plan, sourceOf(plan.source))
  for (const input of inputsOf(plan)) {
    const reason = scansRefusal(input, sourceOf)
    if (reason !== null) return reason
  }
  return null
}

/** The reason why there is no SQL, or null if there is. */
function refusalOf(write: () => string): string | null {
  try {
    write()
    return null
  } catch (error) {
    if (error instanceof NoSql) return error.reason
    throw error
  }
}
