/** Adds to a plan's description what only the engine knows: row groups, estimates, where functions run, the strategy. */

import type { ScanEstimate } from '../io/source.js'
import { type ExplainedNode, explainJson, explainText } from '../planner/explain.js'
import type { ResolvedPlan } from '../planner/logical-plan.js'
import { inputsOf } from '../planner/plan-tree.js'
import type { ExplainOptions } from '../planner/run-options.js'
import type { SourceRegistry } from './sources.js'
import type { Choice } from './strategies/choose.js'
import { componentAnnotations } from './strategies/component/plan.js'
import type { ExecutionStrategy } from './strategies/strategy.js'

export interface ExplainedPlan {
  readonly strategy: string
  readonly reason: string
  readonly threads: number
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
  plan: ResolvedPlan,
  annotations: Annotations,
  choice: Choice,
  threads: number,
  options: ExplainOptions,
): string {
  const annotate = (node: ResolvedPlan) => annotationsOf(node, annotations)
  if (options.format === 'json') {
    const explained: ExplainedPlan = {
      strategy: choice.name,
      reason: choice.reason,
      threads,
      plan: explainJson(plan, annotate),
    }
    return JSON.stringify(explained, null, 2)
  }
  return `strategy ${choice.name}: ${choice.reason}; threads ${threads}\n${explainText(plan, annotate)}`
}

/** Rows that the scans of a plan will read; null if a source cannot tell. */
export function rowsToRead(plan: ResolvedPlan, sources: SourceRegistry): number | null {
  if (plan.kind === 'scan') return estimateOf(plan, sources).rows
  const counts = inputsOf(plan).map((input) => rowsToRead(input, sources))
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0)
}

type Scan = Extract<ResolvedPlan, { kind: 'scan' }>

function estimateOf(scan: Scan, sources: SourceRegistry): ScanEstimate {
  const columns = scan.schema.fields.map((field) => field.name)
  return sources.sourceOf(scan.source).estimate({ columns, predicate: scan.predicate })
}

function annotationsOf(node: ResolvedPlan, { sources, driver }: Annotations): readonly string[] {
  if (node.kind === 'scan') return scanAnnotations(node, sources)
  if (node.kind === 'component') return componentAnnotations(node, driver)
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
