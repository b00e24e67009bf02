/** Resolved plans as SQL over tables of DuckDB's, so that it can say what they compute. */

import { sqlOfPlan } from '../../planner/duckdb-sql/plan.js'
import { quoteName } from '../../planner/duckdb-sql/quoting.js'
import { typedSelect } from '../../planner/duckdb-sql/select.js'
import type { ResolvedPlan, TableSource } from '../../planner/logical-plan.js'

/** A SELECT whose columns have the names and types of the plan. */
export function sqlOf(plan: ResolvedPlan, tableOf: (source: TableSource) => string): string {
  const select = sqlOfPlan(plan, ({ schema, source }, position) => {
    const columns = schema.fields.map(({ name }, index) => `${quoteName(name)} AS c${index}`)
    if (position) columns.push('rowid AS p0')
    return `(SELECT ${columns.length === 0 ? '1 AS nothing' : columns.join(', ')} FROM ${tableOf(source)})`
  })
  return typedSelect(select, plan.schema)
}
