/** How a plan will be run: cut into pipelines, with the strategy chosen; and its batches once it is. */

import type { Batch } from '../io/batch.js'
import type { ResolvedPlan } from '../planner/logical-plan.js'
import type { StrategyName } from '../planner/run-options.js'
import { lower, type SourceLookup } from './lower.js'
import { withChecks } from './recovery/checks.js'
import { type Attempted, fallbackFor } from './recovery/degradation.js'
import type { Run } from './run.js'
import { rowsToRead } from './scan-estimates.js'
import type { SourceRegistry } from './sources.js'
import { type Pushdown, pushdown } from './strategies/bigdata/pushdown.js'
import { reachRefusal } from './strategies/bigdata/reach.js'
import { queried } from './strategies/bigdata/staged-rows.js'
import { BulkStrategy } from './strategies/bulk.js'
import { type Choice, chooseStrategy } from './strategies/choose.js'
import type { PushedRelation } from './strategies/component/query.js'
import type { Pipeline } from './strategies/pipeline.js'
import { RowStrategy } from './strategies/row.js'
import type { Unsupported } from './strategies/strategy.js'
import type { Switching } from './strategies/switching.js'

export interface PlannedRun {
  /** Optimized. */
  readonly plan: ResolvedPlan
  readonly pipeline: Pipeline
  readonly choice: Choice
  /** What DuckDB runs under bigdata: the whole plan, or, for the reason given, only what breakers hold. */
  readonly pushed: Pushdown | Unsupported
}

/** What a plan of a run depends on beside its operators. */
export interface RunSetting {
  /** Bytes that breakers may hold in memory. */
  readonly roomBytes: number
  /** Bytes that DuckDB has, or would get. */
  readonly duckDbBytes: number
  /** Whether DuckDB may run whole plans. */
  readonly pushesDown: boolean
  /** Whether the run collects the records that it cannot process. */
  readonly rejects: boolean
}

/** Throws VOLLEY_UNSUPPORTED if the strategy cannot run the plan. */
export function planRun(
  plan: ResolvedPlan,
  asked: StrategyName,
  sources: SourceRegistry,
  setting: RunSetting,
): PlannedRun {
  const { roomBytes, rejects } = setting
  const sourceOf: SourceRegistry['sourceOf'] = (table) => sources.sourceOf(table)
  const lowered = lower(plan, sourceOf)
  const pipeline = rejects ? withChecks(lowered) : lowered
  const rowSupport = () => RowStrategy.supports(pipeline)
  const choice = chooseStrategy(asked, plan, { sourceOf, roomBytes, rowSupport })
  const refusal = choice.name === 'bigdata' ? ownReason(plan, choice, sourceOf, setting) : 'DuckDB is not needed'
  return { plan, pipeline, choice, pushed: refusal === null ? pushdown(plan, sourceOf) : { reason: refusal } }
}

/** Why volley runs a plan by itself that DuckDB might run; null if it need not. */
function ownReason(plan: ResolvedPlan, { need }: Choice, sourceOf: SourceLookup, setting: RunSetting): string | null {
  const { duckDbBytes, pushesDown, rejects } = setting
  if (!pushesDown) return 'volley is to run it'
  // DuckDB ends a statement with the first record that it cannot process.
  return rejects ? 'records that cannot be processed are collected' : reachRefusal(plan, need, sourceOf, duckDbBytes)
}

export function isPushdown(pushed: PlannedRun['pushed']): pushed is Pushdown {
  return 'select' in pushed
}

/**
 * The consumer owns the batches and may stop early. A run that fails before there is one, and before anything else was seen of
 * it, begins anew with another strategy where that may succeed.
 */
export async function* batchesOf(
  planned: PlannedRun,
  run: Run,
  switching: Switching,
  sources: SourceRegistry,
): AsyncGenerator<Batch> {
  const { plan, choice, pipeline } = planned
  const sourceOf: SourceLookup = (table) => sources.sourceOf(table)
  const prospects = { plan, choice, sourceOf, rowSupport: () => RowStrategy.supports(pipeline) }
  let { name } = choice
  let isPushed = name === 'bigdata' && isPushdown(planned.pushed)
  for (;;) {
    let isSeen = false
    try {
      for await (const batch of attempt(planned, { name, isPushed }, run, switching, sources)) {
        isSeen = true
        yield batch
      }
      return
    } catch (error) {
      if (isSeen || (run.recovery.rejects?.count ?? 0) > 0) throw error
      run.throwIfCancelled()
      const failed = { name: name === 'row' ? name : switching.current, isPushed }
      const fallback = fallbackFor(error, failed, prospects)
      if (fallback === null) throw error
      await run.beginAnew()
      switching.beginAnew(fallback)
      name = fallback.name
      isPushed = false
    }
  }
}

function attempt(
  planned: PlannedRun,
  { name, isPushed }: Attempted,
  run: Run,
  switching: Switching,
  sources: SourceRegistry,
): AsyncGenerator<Batch> {
  const { pipeline, pushed } = planned
  if (name === 'row') return new RowStrategy(run).batches(pipeline)
  if (!isPushed || !isPushdown(pushed)) return new BulkStrategy(run, switching).result(pipeline)
  if (run.pushFailure !== null) throw run.pushFailure
  return pushedBatches(planned, pushed, run, sources)
}

async function* pushedBatches(
  { plan }: PlannedRun,
  { select, schema }: Pushdown,
  run: Run,
  sources: SourceRegistry,
): AsyncGenerator<Batch> {
  const span = run.metrics.span({ index: 0, place: 'whole' }, 'bigdata')
  let waited = performance.now()
  for await (const batch of span.output(queried(run, select, schema, []))) {
    span.busy(performance.now() - waited)
    yield batch
    waited = performance.now()
  }
  span.busy(performance.now() - waited)
  const { rows, bytes } = countPushed(plan, run, sources)
  span.rowsIn(rows, bytes)
}

/** The rows of a plan as DuckDB reads them by itself; null if it cannot. */
export function pushedRelation(plan: ResolvedPlan, run: Run, sources: SourceRegistry): PushedRelation | null {
  const pushed = pushdown(plan, (table) => sources.sourceOf(table))
  if (!isPushdown(pushed)) return null
  return { sql: `(${pushed.select})`, count: () => countPushed(plan, run, sources) }
}

/** DuckDB does not tell what it reads: footers do. */
export function countPushed(
  plan: ResolvedPlan,
  run: Run,
  sources: SourceRegistry,
): { readonly rows: number; readonly bytes: number } {
  const known = rowsToRead(plan, sources)
  const [rows, bytes] = [known.rows ?? 0, known.bytes ?? 0]
  run.counts.rowsIn += rows
  run.counts.bytesRead += bytes
  run.onCount()
  return { rows, bytes }
}
