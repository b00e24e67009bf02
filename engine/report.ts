/** Measures a run: its phases, its rows, the peak of the process's memory; and tells of its progress. */

import { VolleyError } from '../planner/errors.js'
import type { ProgressEvent, RunReport } from '../planner/frame.js'
import type { Choice } from './strategies/choose.js'

const PROGRESS_INTERVAL_MS = 100
const MEMORY_INTERVAL_MS = 20

export class RunMeter {
  private readonly started = performance.now()
  private readonly phases: { name: string; durationMs: number; rows: number; rowsPerSecond: number }[] = []
  private readonly sampler: NodeJS.Timeout
  private phase = 'plan'
  private phaseStarted = this.started
  private peakRssBytes = process.memoryUsage.rss()
  private lastProgress = 0
  private counts: { readonly rowsIn: number; readonly bytesRead: number } = { rowsIn: 0, bytesRead: 0 }
  private totalRows: number | null = null

  constructor(private readonly onProgress: ((event: ProgressEvent) => void) | undefined) {
    this.sampler = setInterval(() => this.sampleMemory(), MEMORY_INTERVAL_MS)
    this.sampler.unref()
  }

  /** Ends the current phase, which processed `rows`, and begins another. */
  begin(phase: string, rows = 0): void {
    this.endPhase(rows)
    this.phase = phase
    this.phaseStarted = performance.now()
  }

  /** Watches the counts of a run that will read `totalRows`, where that is known. */
  watch(counts: { readonly rowsIn: number; readonly bytesRead: number }, totalRows: number | null): void {
    this.counts = counts
    this.totalRows = totalRows
  }

  /** Tells of progress, unless it was told just now. */
  readonly tick = (): void => {
    const now = performance.now()
    if (this.onProgress === undefined || now - this.lastProgress < PROGRESS_INTERVAL_MS) return
    this.lastProgress = now
    this.tell(now)
  }

  /** Ends the measurement. Tells of progress a last time. */
  finish(result: { rowsOut: number; bytesWritten: number }, choice: Choice): RunReport {
    this.sampleMemory()
    clearInterval(this.sampler)
    this.endPhase(this.counts.rowsIn)
    const now = performance.now()
    this.tell(now)
    return {
      rowsIn: this.counts.rowsIn,
      rowsOut: result.rowsOut,
      bytesRead: this.counts.bytesRead,
      bytesWritten: result.bytesWritten,
      durationMs: now - this.started,
      peakRssBytes: this.peakRssBytes,
      strategies: [{ name: choice.name, from: 0, reason: choice.reason }],
      phases: this.phases,
    }
  }

  /** Ends the measurement of a run that failed. */
  abandon(): void {
    clearInterval(this.sampler)
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

  private sampleMemory(): void {
    this.peakRssBytes = Math.max(this.peakRssBytes, process.memoryUsage.rss())
  }
}
