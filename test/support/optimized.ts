/** What an engine makes of the plan of a frame. */

import { optimizeQuery, type QueryEnvironment, resolveQuery } from '../../engine/query.js'
import type { RunResources } from '../../engine/run.js'
import { rowsToRead } from '../../engine/scan-estimates.js'
import type { Frame } from '../../index.js'
import type { ResolvedPlan } from '../../planner/logical-plan.js'
import { inputsOf } from '../../planner/plan-tree.js'

/** What an executor has to run plans with. */
interface Internals {
  readonly resources: RunResources
  readonly environment: QueryEnvironment
}

export function internalsOf(frame: Frame): Internals {
  const { parts, executions } = frame.runtime as unknown as {
    readonly parts: Pick<Internals, 'environment'>
    readonly executions: Pick<Internals, 'resources'>
  }
  return { environment: parts.environment, resources: executions.resources }
}

export async function optimizedPlan(frame: Frame): Promise<ResolvedPlan> {
  const { environment } = internalsOf(frame)
  return optimizeQuery(await resolveQuery(frame.plan, environment), environment.sources)
}

/** Rows that a run of an optimized plan reads; null where that depends on when it has enough, or cannot be known. */
export function rowsRead(frame: Frame, plan: ResolvedPlan): number | null {
  return mayStopEarly(plan) ? null : rowsToRead(plan, internalsOf(frame).environment.sources).rows
}

const BREAKERS: ReadonlySet<ResolvedPlan['kind']> = new Set(['aggregate', 'join', 'sort', 'distinct', 'window'])

/** Whether something has to be held before the plan puts out rows. */
export function hasBreakers(plan: ResolvedPlan): boolean {
  return BREAKERS.has(plan.kind) || inputsOf(plan).some(hasBreakers)
}

function mayStopEarly(plan: ResolvedPlan): boolean {
  if (plan.kind === 'limit' || (plan.kind === 'scan' && plan.limit !== null)) return true
  return inputsOf(plan).some(mayStopEarly)
}
