/** What the scans of a plan will read, as far as their sources can tell beforehand. */

import type { ScanEstimate } from '../io/source.js'
import type { ResolvedPlan } from '../planner/logical-plan.js'
import { inputsOf } from '../planner/plan-tree.js'
import type { SourceRegistry } from './sources.js'

/** Rows and bytes that the scans of a plan will read; null where a source cannot tell. */
export function rowsToRead(
  plan: ResolvedPlan,
  sources: SourceRegistry,
): { readonly rows: number | null; readonly bytes: number | null } {
  if (plan.kind === 'scan') return estimateOf(plan, sources)
  const inputs = inputsOf(plan).map((input) => rowsToRead(input, sources))
  const sum = (counts: readonly (number | null)[]) =>
    counts.reduce((total, count) => (total === null || count === null ? null : total + count), 0)
  return { rows: sum(inputs.map(({ rows }) => rows)), bytes: sum(inputs.map(({ bytes }) => bytes)) }
}

export type Scan = Extract<ResolvedPlan, { kind: 'scan' }>

/** Of what is left of the source after pruning. */
export function estimateOf(scan: Scan, sources: SourceRegistry): ScanEstimate {
  const columns = scan.schema.fields.map((field) => field.name)
  return sources.sourceOf(scan.source).estimate({ columns, predicate: scan.predicate })
}
