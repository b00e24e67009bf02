/** Measures a run: its phases, its rows, the memory of the process; and tells of its progress. */

import { VolleyError } from '../planner/errors.js'
import type { ProgressEvent, RunReport } from '../planner/frame.js'
import type { MemorySample, StrategyEvent } from './events.js'
import type { MemoryMonitor } from './memory/monitor.js'
import type { OperatorUse } from './memory/operator-slots.js'
import { MemoryTimeline } from './memory/timeline.js'
import type { Recovery } from './recovery/recovery.js'

const PROGRESS_INTERVAL_MS = 100

type RanStrategy = RunReport['strategies'][number]

/** A strategy that takes over, and why. */
export type StrategyChange = Pick<RanStrategy, 'name' | 'reason'>

/** What a run tells of itself. */
interface MeteredRun {
  readonly counts: { readonly rowsIn: number; readonly bytesRead: number }
  readonly recovery: Recovery
  operatorUse(): readonly OperatorUse[]
}

export class RunMeter {
  private readonly started = performance.now()
  private readonly phases: { name: string; durationMs: number; rows: number; rowsPerSecond: number }[] = []
  private readonly strategies: RanStrategy[] = []
  private readonly timeline = new MemoryTimeline()
  private readonly unwatch: () => void
  private readonly peakBefore = peakOfProcess()
  private phase = 'plan'
  private phaseStarted = this.started
  private peakRssBytes = 0
  private lastProgress = 0
  private run: MeteredRun | null = null
  private totalRows: number | null = null

  constructor(
    private readonly onProgress: ((event: ProgressEvent) => void) | undefined,
    private readonly monitor: MemoryMonitor,
  ) {
    this.unwatch = monitor.watch((sample) => this.observe(sample))
  }

  /** Ends the current phase, which processed `rows`, and begins another. */
  begin(phase: string, rows = 0): void {
    this.endPhase(rows)
    this.phase = phase
    this.phaseStarted = performance.now()
  }

  /** Watches a run that will read `totalRows`, where that is known. */
  watch(run: MeteredRun, totalRows: number | null): void {
    this.run = run
    this.totalRows = totalRows
  }

  /** Notes the strategy with which the run begins. */
  start({ name, reason }: StrategyChange): void {
    this.strategies.push({ name, from: 0, reason })
  }

  /** Notes that another strategy goes on with the run; what it says is for those who listen to the engine. */
  change({ name, reason }: StrategyChange): StrategyEvent {
    const from = this.strategy
    const rows = this.counts.rowsIn
    this.strategies.push({ name, from: rows, reason })
    return { from, to: name, reason, rows }
  }

  /** The part of the input that was read, null where that is not known. */
  get shareRead(): number | null {
    return this.totalRows === null || this.totalRows === 0 ? null : Math.min(1, this.counts.rowsIn / this.totalRows)
  }

  /** Tells of progress, unless it was told just now. */
  readonly tick = (): void => {
    const now = performance.now()
    if (this.onProgress === undefined || now - this.lastProgress < PROGRESS_INTERVAL_MS) return
    this.lastProgress = now
    this.tell(now)
  }

  /** Ends the measurement. Tells of progress a last time. */
  finish(result: { rowsOut: number; bytesWritten: number }): RunReport {
    this.monitor.check()
    this.unwatch()
    const peakRssBytes = this.peak()
    this.endPhase(this.counts.rowsIn)
    const now = performance.now()
    this.tell(now)
    return {
      rowsIn: this.counts.rowsIn,
      rowsOut: result.rowsOut,
      bytesRead: this.counts.bytesRead,
      bytesWritten: result.bytesWritten,
      durationMs: now - this.started,
      peakRssBytes,
      rejected: this.run?.recovery.rejects?.count ?? 0,
      retries: this.run?.recovery.retries.count ?? 0,
      strategies: this.strategies,
      phases: this.phases,
      memory: {
        limitBytes: this.monitor.budget.limitBytes,
        peakRssBytes,
        timeline: this.timeline.points,
        operators: (this.run?.operatorUse() ?? [])
          .filter(({ peakBytes }) => peakBytes > 0)
          .map(({ bytes: _, ...operator }) => operator),
      },
    }
  }

  /** Ends the measurement of a run that failed. */
  abandon(): void {
    this.unwatch()
  }

  private tell(now: number): void {
    try {
      this.onProgress?.(this.event(now))
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new VolleyError('VOLLEY_USER_FUNCTION', `onProgress failed: ${message}`, {}, cause)
    }
  }

  private event(now: number): ProgressEvent {
    const elapsedMs = now - this.started
    const { rowsIn, bytesRead } = this.counts
    const rowsPerSecond = elapsedMs > 0 ? (rowsIn / elapsedMs) * 1000 : 0
    const left = this.totalRows === null ? null : Math.max(0, this.totalRows - rowsIn)
    return {
      phase: this.phase,
      rows: rowsIn,
      totalRows: this.totalRows,
      bytes: bytesRead,
      elapsedMs,
      rowsPerSecond,
      remainingMs: left === null || rowsPerSecond === 0 ? null : (left / rowsPerSecond) * 1000,
      strategy: this.strategies.at(-1)?.name ?? null,
    }
  }

  private endPhase(rows: number): void {
    const durationMs = performance.now() - this.phaseStarted
    this.phases.push({
      name: this.phase,
      durationMs,
      rows,
      rowsPerSecond: durationMs > 0 ? (rows / durationMs) * 1000 : 0,
    })
  }

  private get counts(): MeteredRun['counts'] {
    return this.run?.counts ?? { rowsIn: 0, bytesRead: 0 }
  }

  private get strategy(): RanStrategy['name'] {
    return this.strategies.at(-1)?.name ?? 'bulk'
  }

  private observe({ rssBytes, sharedBytes, duckdbBytes }: MemorySample): void {
    this.peakRssBytes = Math.max(this.peakRssBytes, rssBytes)
    const atMs = performance.now() - this.started
    this.timeline.add({ atMs, rssBytes, sharedBytes, duckdbBytes, strategy: this.strategy })
  }

  /** Exact if the process never had more before the run; otherwise the highest sample. */
  private peak(): number {
    const peakOfAll = peakOfProcess()
    return peakOfAll > this.peakBefore ? peakOfAll : this.peakRssBytes
  }
}

/** The most bytes that were resident since the process began. */
function peakOfProcess(): number {
  return process.resourceUsage().maxRSS * 1024
}
