/** Gathers what the pieces of a run measure, by node of the plan and strategy. */

import type { MemoryViews } from '../../io/batch.js'
import type { NodeMeasurement } from '../../planner/profile.js'
import { type PieceMetrics, readChainMetrics } from './chain-meter.js'
import { NodeCounters } from './node-counters.js'
import type { PlanPart } from './plan-part.js'
import { MeasuredSpan, NO_SPAN, type NodeSpan } from './span.js'

export interface RunMetrics {
  /** True if the run is measured. */
  readonly isOn: boolean
  /**
   * Measures a piece under a strategy, or under the one that is under way each time. Spans of the same node and strategy
   * add up.
   */
  span(part: PlanPart | undefined, strategy: string | (() => string)): NodeSpan
  /** Adds what a `chain` task measured. `parts` are those of `chainParts`. */
  recordChain(parts: readonly (PlanPart | null)[], strategy: string, metrics: Float64Array | null): void
}

/** Of runs that nobody measures. */
export const NO_METRICS: RunMetrics = Object.freeze({ isOn: false, span: () => NO_SPAN, recordChain: () => {} })

const NOTHING: PieceMetrics = Object.freeze({ rows: 0, bytes: 0, batches: 0, largestBytes: 0, busyMs: 0 })

export class MetricsRecorder implements RunMetrics {
  readonly isOn = true
  private readonly counters = new Map<string, NodeCounters>()

  constructor(private readonly views: MemoryViews) {}

  span(part: PlanPart | undefined, strategy: string | (() => string)): NodeSpan {
    if (part === undefined) return NO_SPAN
    const name = typeof strategy === 'string' ? () => strategy : strategy
    return new MeasuredSpan(() => this.countersOf(part, name()), part, this.views)
  }

  recordChain(parts: readonly (PlanPart | null)[], strategy: string, metrics: Float64Array | null): void {
    if (metrics === null) return
    const { pieces, bytesRead, cpuMs, waitMs } = readChainMetrics(metrics)
    const busyMs = pieces.reduce((sum, piece) => sum + piece.busyMs, 0)
    const waiting = parts.find((part) => part !== null) ?? null
    if (waiting !== null) this.countersOf(waiting, strategy).waitMs += waitMs
    let before: PieceMetrics = { ...NOTHING, rows: pieces[0].rows, bytes: bytesRead }
    pieces.forEach((piece, place) => {
      const part = parts[place]
      // Copying the output into blocks is work of the piece that made it.
      const worker = part ?? parts.slice(0, place).findLast((earlier) => earlier !== null) ?? null
      if (worker !== null) {
        const counters = this.countersOf(worker, strategy)
        counters.timeMs += piece.busyMs
        counters.cpuMs += busyMs === 0 ? 0 : (piece.busyMs / busyMs) * cpuMs
      }
      if (part !== null) {
        const counters = this.countersOf(part, strategy)
        const isEnd = place === pieces.length - 1
        if (part.place !== 'last') counters.addInput(before.rows, before.bytes)
        if (part.place !== 'first' && !isEnd) counters.addOutput(piece.rows, piece.bytes, piece.batches)
        counters.hold(piece.largestBytes)
      }
      before = piece
    })
  }

  /** In the order of the plan's nodes; strategies in the order in which they began to work on the node. */
  measurements(): NodeMeasurement[] {
    return [...this.counters.values()].map((counters) => counters.read()).sort((a, b) => a.node - b.node)
  }

  private countersOf({ index }: PlanPart, strategy: string): NodeCounters {
    const key = `${index} ${strategy}`
    let counters = this.counters.get(key)
    if (counters === undefined) {
      counters = new NodeCounters(index, strategy)
      this.counters.set(key, counters)
    }
    return counters
  }
}
