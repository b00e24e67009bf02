/** Tells from time to time how far the stages of a running pipeline are. */

import type { StageKind } from '../../../planner/pipeline/definition.js'
import type { StreamRun } from './stream-run.js'

export interface StageProgress {
  readonly stage: string
  readonly kind: StageKind
  /** With what came before the job was resumed. */
  readonly rowsIn: number
  readonly rowsOut: number
  /** Rows that left by each port. */
  readonly ports: Readonly<Record<string, number>>
  readonly batches: number
  readonly bytes: number
  /** Of all input, where known; of producers. */
  readonly totalRows: number | null
  /** Of this run, as is the rate. */
  readonly elapsedMs: number
  readonly rowsPerSecond: number
  readonly remainingMs: number | null
  /** Batches that wait before the stage. */
  readonly queued: number
  /** Resident memory of the process. */
  readonly rssBytes: number
  /** Bytes of the batches that wait before all stages. */
  readonly queuedBytes: number
  /** True of the last event of the stage. */
  readonly isDone: boolean
}

const INTERVAL_MS = 200

export class ProgressTeller {
  private readonly began = performance.now()
  private timer: NodeJS.Timeout | null = null
  private run: StreamRun | null = null

  constructor(private readonly tell: ((event: StageProgress) => void) | undefined) {}

  /** Tells of `run` from now on, and of none before. */
  watch(run: StreamRun | null): void {
    this.run = run
    if (this.tell === undefined) return
    this.timer ??= setInterval(() => this.tellAll(false), INTERVAL_MS)
    this.timer.unref()
  }

  /** Tells the last time. */
  finish(isDone: boolean): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    if (isDone) this.tellAll(true)
  }

  private tellAll(isDone: boolean): void {
    const { run, tell } = this
    if (run === null || tell === undefined) return
    const elapsedMs = performance.now() - this.began
    const rssBytes = process.memoryUsage.rss()
    for (const { id, kind, counts, rowsOfRun, queued, rows } of run.view()) {
      const rowsPerSecond = elapsedMs === 0 ? 0 : (rowsOfRun / elapsedMs) * 1000
      const left = rows === null ? null : Math.max(0, rows - counts.rowsIn)
      tell({
        stage: id,
        kind,
        ...counts,
        totalRows: rows,
        elapsedMs,
        rowsPerSecond,
        remainingMs: isDone ? 0 : left === null || rowsPerSecond === 0 ? null : (left / rowsPerSecond) * 1000,
        queued,
        rssBytes,
        queuedBytes: run.queuedBytes,
        isDone,
      })
    }
  }
}
