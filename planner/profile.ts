/** A plan annotated with what a run measured of it: as a tree of text, one node a line, and as plain data. */

import { type Annotate, type ExplainedNode, explainJson, labelOf, treeLines } from './explain.js'
import type { ResolvedPlan } from './logical-plan.js'
import { formatBytes, formatCount, formatDuration } from './quantities.js'
import type { RunReport } from './run-options.js'

/** What one strategy did for one node of a plan. All strategies fill the same fields; what does not occur is 0. */
export interface NodeMetrics {
  /** Place in a preorder walk of the plan: the root is 0. */
  readonly node: number
  /** What `explain` says of the node. */
  readonly label: string
  readonly strategy: string
  /** Rows of all inputs; for a scan, rows read. */
  readonly rowsIn: number
  readonly rowsOut: number
  /** Bytes of the columns that came in; for a scan, bytes of files. Codes stand for dictionary-encoded columns. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Batches put out. */
  readonly batches: number
  /** Time in which threads worked for the node, all threads added up. */
  readonly timeMs: number
  /** Time in which its work waited for a thread or for its input, added up likewise. */
  readonly waitMs: number
  /**
   * The part of `timeMs` spent on a processor. Busy time stands for it where neither Node (from 23.9 on) nor the system
   * (Linux) tells the CPU time of a thread. Steps that a thread runs in turn share its CPU time by their busy time.
   */
  readonly cpuMs: number
  /** The most that it held at once: the state of a breaker; for other nodes their largest batch. */
  readonly peakBytes: number
  readonly retries: number
  readonly spilledBytes: number
}

export type NodeMeasurement = Omit<NodeMetrics, 'label'>

export interface ProfiledNode extends Omit<ExplainedNode, 'inputs'> {
  readonly node: number
  /** One for each strategy that worked on the node; none if it was not measured apart from a node above. */
  readonly metrics: readonly NodeMetrics[]
  readonly inputs: readonly ProfiledNode[]
}

/** What `frame.profile()` returns. `JSON.stringify` gives the report and the plan, `String` a text of both. */
export class Profile {
  constructor(
    readonly report: RunReport,
    /** The optimized plan, with the metrics of each node. */
    readonly plan: ProfiledNode,
  ) {
    Object.freeze(this)
  }

  /** Ends with a line break. */
  toString(): string {
    const { durationMs, peakRssBytes, rowsOut, strategies } = this.report
    const names = strategies.map(({ name, reason }) => `${name}: ${reason}`).join('; then ')
    const totals = `${formatDuration(durationMs)}; ${formatCount(rowsOut)} rows; peak memory ${formatBytes(peakRssBytes)}`
    return `strategy ${names}\n${totals}\n${profileText(this.plan)}`
  }
}

/** The metrics go to the nodes of the plan by their place in it. */
export function profilePlan(
  plan: ResolvedPlan,
  measurements: readonly NodeMeasurement[],
  annotate?: Annotate,
): ProfiledNode {
  let nodes = 0
  const profiled = ({ inputs, ...explained }: ExplainedNode): ProfiledNode => {
    const node = nodes++
    const label = labelOf(explained)
    const metrics = measurements.filter((one) => one.node === node).map((one) => ({ ...one, label }))
    return { node, ...explained, metrics, inputs: inputs.map(profiled) }
  }
  return profiled(explainJson(plan, annotate))
}

/** Labels longer than this are cut. */
const LABEL_WIDTH = 72

/** Ends with a line break. */
export function profileText(plan: ProfiledNode): string {
  const labels = treeLines(plan, labelOf).map((line) =>
    line.length > LABEL_WIDTH ? `${line.slice(0, LABEL_WIDTH - 1)}…` : line,
  )
  const width = Math.max(...labels.map((line) => line.length))
  const metrics = preorder(plan).map((node) => node.metrics)
  return labels.map((label, node) => `${`${label.padEnd(width)}  ${figures(metrics[node])}`.trimEnd()}\n`).join('')
}

function preorder(node: ProfiledNode): readonly ProfiledNode[] {
  return [node, ...node.inputs.flatMap(preorder)]
}

function figures(metrics: readonly NodeMetrics[]): string {
  if (metrics.length === 0) return ''
  const total = (field: 'rowsIn' | 'rowsOut' | 'timeMs' | 'waitMs' | 'cpuMs' | 'retries' | 'spilledBytes') =>
    metrics.reduce((sum, one) => sum + one[field], 0)
  const peakBytes = Math.max(...metrics.map((one) => one.peakBytes))
  return [
    `${formatCount(total('rowsIn'))} -> ${formatCount(total('rowsOut'))} rows`,
    `${formatDuration(total('timeMs'))} busy`,
    `${formatDuration(total('cpuMs'))} cpu`,
    `${formatDuration(total('waitMs'))} wait`,
    ...(peakBytes > 0 ? [`${formatBytes(peakBytes)} peak`] : []),
    ...(total('spilledBytes') > 0 ? [`${formatBytes(total('spilledBytes'))} spilled`] : []),
    ...(total('retries') > 0 ? [`retries ${formatCount(total('retries'))}`] : []),
    ...(metrics.length > 1 ? [metrics.map((one) => `${one.strategy} ${formatDuration(one.timeMs)}`).join(' + ')] : []),
  ].join('  ')
}
