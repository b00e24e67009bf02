/** Adds to a plan's description what only the engine knows: row groups, estimates, where functions run, the strategy. */

import { type ExplainedNode, explainJson, explainText } from '../planner/explain.js'
import type { ResolvedPlan } from '../planner/logical-plan.js'
import type { ExplainOptions } from '../planner/run-options.js'
import { isPushdown, type PlannedRun } from './planned-run.js'
import { estimateOf, type Scan } from './scan-estimates.js'
import type { SourceRegistry } from './sources.js'
import { pushdown } from './strategies/bigdata/pushdown.js'
import type { Choice } from './strategies/choose.js'
import { componentAnnotations } from './strategies/component/plan.js'
import type { ExecutionStrategy } from './strategies/strategy.js'

export interface ExplainedPlan {
  readonly strategy: string
  readonly reason: string
  readonly threads: number
  /** Upper bounds from footers, null where they do not tell; and what breakers may hold in memory. */
  readonly estimates: {
    readonly rows: number | null
    readonly breakerBytes: number | null
    readonly roomBytes: number
  }
  /** Under bigdata, what DuckDB runs. */
  readonly duckdb?: string
  readonly plan: ExplainedNode
}

/** What nodes are described with. */
export interface Annotations {
  readonly sources: SourceRegistry
  /** Of the components. */
  readonly driver: ExecutionStrategy
}

/** Text ends with a line break; JSON is an `ExplainedPlan`. */
export function explainQuery(
  { plan, choice, pushed }: PlannedRun,
  annotations: Annotations,
  threads: number,
  options: ExplainOptions,
): string {
  const annotate = (node: ResolvedPlan) => annotationsOf(node, annotations)
  const { name, reason, need, roomBytes } = choice
  const runs = whoRuns(choice, pushed)
  if (options.format === 'json') {
    const explained: ExplainedPlan = {
      strategy: name,
      reason,
      threads,
      estimates: { rows: need.rows, breakerBytes: need.breakerBytes, roomBytes },
      ...(runs === null ? {} : { duckdb: runs }),
      plan: explainJson(plan, annotate),
    }
    return JSON.stringify(explained, null, 2)
  }
  const lines = [`strategy ${name}: ${reason}; threads ${threads}`, ...(runs === null ? [] : [`DuckDB runs ${runs}`])]
  return `${lines.join('\n')}\n${explainText(plan, annotate)}`
}

/** What DuckDB runs under bigdata. */
function whoRuns({ name }: Choice, pushed: PlannedRun['pushed']): string | null {
  if (name !== 'bigdata') return null
  return isPushdown(pushed) ? 'the whole plan' : `what breakers cannot hold: ${pushed.reason}`
}

function annotationsOf(node: ResolvedPlan, { sources, driver }: Annotations): readonly string[] {
  if (node.kind === 'scan') return scanAnnotations(node, sources)
  if (node.kind === 'component') {
    const pushed = pushdown(node.input, (table) => sources.sourceOf(table))
    return componentAnnotations(node, driver, 'select' in pushed)
  }
  if (node.kind !== 'map') return []
  return [node.function.kind === 'closure' ? 'runs in the main thread' : 'runs in the workers']
}

function scanAnnotations(scan: Scan, sources: SourceRegistry): readonly string[] {
  const { rows, bytes, rowGroups } = estimateOf(scan, sources)
  const total = sources.sourceOf(scan.source).schema.fields.length
  return [
    `columns ${scan.schema.fields.length} of ${total}`,
    ...(rowGroups === null ? [] : [`row groups ${rowGroups.read} of ${rowGroups.total}`]),
    ...(rows === null ? [] : [`rows ~${rows}`]),
    ...(bytes === null ? [] : [`bytes ~${bytes}`]),
  ]
}
