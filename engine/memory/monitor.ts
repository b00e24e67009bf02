/**
 * Watches the memory of the whole process while something runs.
 *
 * Pressure is judged by what is resident without the pages of the shared memory that are free again: they do not go back
 * to the system, but the next block takes them. It is `soft` from 75 % of the limit, or when the shared memory holds more
 * than its budget, and `hard` from 90 %; each ends 10 % below where it began, so that it does not flicker. DuckDB gets what
 * is left of the limit, by design: once it runs, only what exceeds the limit itself is pressure.
 */

import { getHeapStatistics } from 'node:v8'
import type { VolleyError } from '../../planner/errors.js'
import type { EngineListeners, MemoryPressure, MemorySample } from '../events.js'
import type { DuckDbShare, MemoryBudget } from './budget.js'
import { type DuckDbUse, describeHolders, type LabelledBytes, limitReached } from './limit-error.js'
import type { OperatorSlots } from './operator-slots.js'
import type { SharedMemory } from './shared-memory.js'

/** Time between samples: near the limit, and far from it. */
const NEAR_MS = 10
const FAR_MS = 25
const NEAR_SHARE = 0.5
/** Reading what is resident takes microseconds; more often than this tells nothing new. */
const LEAST_CHECK_MS = 1
const EVENT_INTERVAL_MS = 250

interface Thresholds {
  readonly soft: number
  readonly softEnd: number
  readonly hard: number
  readonly hardEnd: number
}

/** Shares of the limit. */
const ALONE: Thresholds = { soft: 0.75, softEnd: 0.65, hard: 0.9, hardEnd: 0.8 }
const BESIDE_DUCKDB: Thresholds = { soft: 0.97, softEnd: 0.92, hard: 1.05, hardEnd: 1 }
/** Of the shared memory's budget. */
const SHARED_END = 0.85

export type SampleListener = (sample: MemorySample) => void

export interface MonitoredParts {
  readonly memory: SharedMemory
  readonly operators: OperatorSlots
  readonly budget: MemoryBudget
  readonly listeners: EngineListeners
  /** Bytes resident in the process. */
  readonly residentBytes?: () => number
  /** Milliseconds, as of `performance.now()`. */
  readonly now?: () => number
}

export class MemoryMonitor {
  readonly budget: MemoryBudget
  private readonly now: () => number
  private readonly opened: number
  private readonly watchers = new Set<SampleListener>()
  private readonly residentBytes: () => number
  private timer: NodeJS.Timeout | null = null
  private duckdbBytes: (() => number) | null = null
  private share: DuckDbShare | null = null
  private level: MemoryPressure = 'none'
  private lastEvent = Number.NEGATIVE_INFINITY
  private latest: MemorySample

  constructor(private readonly parts: MonitoredParts) {
    this.budget = parts.budget
    this.now = parts.now ?? (() => performance.now())
    this.opened = this.now()
    this.residentBytes = parts.residentBytes ?? (() => process.memoryUsage.rss())
    this.latest = this.measure()
  }

  /** As of the last sample. */
  get pressure(): MemoryPressure {
    return this.level
  }

  get sample(): MemorySample {
    return this.latest
  }

  /** Takes a sample, unless there was one within the last millisecond, and tells the pressure. For morsel boundaries. */
  check(): MemoryPressure {
    if (this.now() - this.opened - this.latest.atMs >= LEAST_CHECK_MS) this.take()
    return this.level
  }

  /** Samples from now on until the function that it returns is called; the listener gets every sample. */
  watch(listener: SampleListener): () => void {
    this.watchers.add(listener)
    this.take()
    if (this.timer === null) this.schedule()
    return () => {
      this.watchers.delete(listener)
      if (this.watchers.size > 0 || this.timer === null) return
      clearTimeout(this.timer)
      this.timer = null
    }
  }

  /**
   * Says that DuckDB starts, and what it may take; `bytes` tells from then on how much it has. The share is given once:
   * it follows from what is resident at this moment.
   */
  startDuckDb(bytes: () => number): DuckDbShare {
    const share = this.budget.duckdb(this.residentBytes())
    this.duckdbBytes = bytes
    this.share = share
    return share
  }

  endDuckDb(): void {
    this.duckdbBytes = null
    this.share = null
  }

  /** What DuckDB may hold, and held at the last sample; null if it does not run. */
  get duckdb(): DuckDbUse | null {
    return this.share === null ? null : { limitBytes: this.share.memoryLimitBytes, bytes: this.latest.duckdbBytes }
  }

  /** `rss 498 of 512 MB, aggregate 210 MB`, with the largest holder unless others, or none, are given. */
  describe(holders: readonly LabelledBytes[] = this.parts.operators.breakdown().slice(0, 1)): string {
    const { rssBytes, limitBytes } = this.latest
    const resident = `rss ${Math.round(rssBytes / 1e6)} of ${Math.round(limitBytes / 1e6)} MB`
    const held = describeHolders(holders)
    return held === '' ? resident : `${resident}, ${held}`
  }

  /** The error of a run that cannot go on for want of memory and has nothing to give up. */
  limitReached(): VolleyError {
    const { rssBytes, limitBytes } = this.measure()
    return limitReached(rssBytes, limitBytes, this.parts.operators.breakdown())
  }

  private schedule(): void {
    const isNear = this.latest.rssBytes > this.budget.limitBytes * NEAR_SHARE
    this.timer = setTimeout(
      () => {
        this.take()
        if (this.timer !== null) this.schedule()
      },
      isNear ? NEAR_MS : FAR_MS,
    )
    this.timer.unref()
  }

  private take(): void {
    this.latest = this.measure()
    const before = this.level
    this.level = this.judge(this.latest)
    for (const watcher of this.watchers) watcher(this.latest)
    this.tell(this.level !== before)
  }

  private measure(): MemorySample {
    const { bytes, peakBytes } = this.parts.memory.statistics()
    return {
      atMs: this.now() - this.opened,
      rssBytes: this.residentBytes(),
      sharedBytes: bytes,
      sharedPeakBytes: peakBytes,
      codecBytes: this.parts.memory.codecBytes(),
      duckdbBytes: this.duckdbBytes?.() ?? 0,
      heapBytes: getHeapStatistics().total_heap_size,
      limitBytes: this.budget.limitBytes,
    }
  }

  private judge({ rssBytes, sharedBytes, limitBytes }: MemorySample): MemoryPressure {
    const thresholds = this.duckdbBytes === null ? ALONE : BESIDE_DUCKDB
    const free = this.parts.memory.statistics().touchedBytes - sharedBytes
    const share = (rssBytes - free) / limitBytes
    const { level } = this
    const isOver = rssBytes > limitBytes * Math.max(1, thresholds.hard)
    if (isOver || share >= (level === 'hard' ? thresholds.hardEnd : thresholds.hard)) return 'hard'
    const sharedLimit = this.budget.sharedSoftBytes * (level === 'none' ? 1 : SHARED_END)
    return share >= (level === 'none' ? thresholds.soft : thresholds.softEnd) || sharedBytes > sharedLimit
      ? 'soft'
      : 'none'
  }

  private tell(changed: boolean): void {
    const { listeners, operators } = this.parts
    const { atMs } = this.latest
    if (!listeners.has('memory') || (!changed && atMs - this.lastEvent < EVENT_INTERVAL_MS)) return
    this.lastEvent = atMs
    listeners.emit('memory', { ...this.latest, pressure: this.level, operators: operators.breakdown() })
  }
}
