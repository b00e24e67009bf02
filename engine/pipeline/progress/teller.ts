/** Tells from time to time how far a running pipeline is, and notes the most memory that it took. */

import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import type { SharedMemory } from '../../memory/shared-memory.js'
import type { PhaseProgress, ProgressListener, StageProgress } from './events.js'
import type { MemoryPeaks } from './peaks.js'
import { PHASES, type PhaseClocks, phaseOf } from './phases.js'
import { RecentRate } from './recent-rate.js'
import { isEnded, type ProgressSource, phaseReports, placementOf, type StageView, waitingView } from './view.js'

/** Between events of a stage. */
const INTERVAL_MS = 100

export class ProgressTeller {
  private readonly began = performance.now()
  private readonly rates = new Map<string, RecentRate>()
  private readonly told = new Map<string, string>()
  private readonly views: Map<string, StageView>
  private readonly peakBefore = peakOfProcess()
  private timer: NodeJS.Timeout | null
  private source: ProgressSource | null = null
  private peak: MemoryPeaks = { rssBytes: 0, sharedBytes: 0, queuedBytes: 0 }

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly memory: SharedMemory,
    private readonly clocks: () => PhaseClocks,
    private readonly listener: ProgressListener | null,
  ) {
    this.views = new Map(pipeline.stages.map((stage) => [stage.id, waitingView(stage)]))
    this.timer = setInterval(() => this.tell(), INTERVAL_MS)
    this.timer.unref()
    this.sample()
  }

  /** Tells of `source` from now on, and of what came before as it stood. */
  watch(source: ProgressSource | null): void {
    this.take()
    this.source = source
    this.tell()
  }

  /** Tells the last time. Stages that have not ended are what `left` says. */
  finish(left: 'done' | 'aborted'): void {
    if (this.timer === null) return
    clearInterval(this.timer)
    this.timer = null
    this.take()
    for (const [id, view] of this.views) if (!isEnded(view.status)) this.views.set(id, { ...view, status: left })
    this.tell()
  }

  /** Takes over what is known in the end. */
  settle(views: readonly StageView[]): void {
    this.source = { view: () => views, queuedBytes: 0, queuedPeakBytes: this.peak.queuedBytes }
  }

  get peaks(): MemoryPeaks {
    this.sample()
    return this.peak
  }

  private take(): void {
    for (const view of this.source?.view() ?? []) if (this.views.has(view.id)) this.views.set(view.id, view)
  }

  private sample(): number {
    const rssBytes = process.memoryUsage.rss()
    const { peak } = this
    const peakOfAll = peakOfProcess()
    this.peak = {
      rssBytes: peakOfAll > this.peakBefore ? peakOfAll : Math.max(peak.rssBytes, rssBytes),
      sharedBytes: Math.max(peak.sharedBytes, this.memory.statistics().bytes),
      queuedBytes: Math.max(peak.queuedBytes, this.source?.queuedPeakBytes ?? 0),
    }
    return rssBytes
  }

  private tell(): void {
    const rssBytes = this.sample()
    if (this.listener === null) return
    this.take()
    for (const stage of this.pipeline.stages) {
      const view = this.views.get(stage.id)!
      const rate = this.rates.get(stage.id) ?? new RecentRate()
      this.rates.set(stage.id, rate)
      rate.add(performance.now(), view.rowsOfRun)
      if (this.isNews(stage.id, view)) this.listener.stage(this.eventOf(stage, view, rate, rssBytes))
    }
    for (const event of this.phases(rssBytes)) {
      if (this.isNews(`phase ${event.phase}`, { ...event, durationMs: 0, rowsPerSecond: 0, rssBytes: 0 })) {
        this.listener.phase(event)
      }
    }
  }

  private isNews(key: string, what: object): boolean {
    const text = JSON.stringify(what)
    if (this.told.get(key) === text) return false
    this.told.set(key, text)
    return true
  }

  private eventOf(stage: FlatStage, view: StageView, recent: RecentRate, rssBytes: number): StageProgress {
    const { id, rowsOfRun, rowsDone, ...counts } = view
    const elapsedMs = performance.now() - this.began
    const isDone = isEnded(view.status)
    const rowsPerSecond = elapsedMs === 0 ? 0 : (rowsOfRun / elapsedMs) * 1000
    const recentRowsPerSecond = recent.rowsPerSecond
    const { totalRows } = view
    const left = totalRows === null ? null : Math.max(0, totalRows - rowsDone)
    const pace = recentRowsPerSecond > 0 ? recentRowsPerSecond : rowsPerSecond
    return {
      pipeline: this.pipeline.name,
      stage: id,
      phase: phaseOf(stage.kind),
      ...counts,
      share: totalRows === null || totalRows === 0 ? null : Math.min(1, rowsDone / totalRows),
      elapsedMs,
      rowsPerSecond,
      recentRowsPerSecond,
      remainingMs: isDone ? 0 : left === null || pace === 0 ? null : (left / pace) * 1000,
      placement: placementOf(stage),
      rssBytes,
      queuedBytes: this.source?.queuedBytes ?? 0,
      isDone,
    }
  }

  private phases(rssBytes: number): PhaseProgress[] {
    const views = [...this.views.values()]
    const reports = phaseReports(this.pipeline, views, this.clocks().times())
    return PHASES.flatMap((phase) => {
      const report = reports.find(({ name }) => name === phase)
      if (report === undefined) return []
      const own = views.filter(({ kind }) => phaseOf(kind) === phase)
      const ended = own.filter(({ status }) => isEnded(status)).length
      const { durationMs, rows, rowsPerSecond, bytes } = report
      return [
        {
          pipeline: this.pipeline.name,
          phase,
          rows: rows ?? 0,
          bytes: bytes ?? 0,
          stages: own.length,
          ended,
          durationMs,
          rowsPerSecond: rowsPerSecond ?? 0,
          rssBytes,
          isDone: ended === own.length,
        },
      ]
    })
  }
}

/** The most bytes that were resident since the process began. */
function peakOfProcess(): number {
  return process.resourceUsage().maxRSS * 1024
}
