/** What an engine tells those who listen: how its memory stands, which strategy took over from which, how far pipelines are. */

import type { RunReport, StrategyName } from '../planner/run-options.js'
import type { PhaseProgress, StageProgress } from './pipeline/progress/events.js'

/** How near the process is to its limit: `soft` asks runs to give state up, `hard` to do with less of everything. */
export type MemoryPressure = 'none' | 'soft' | 'hard'

/** The memory of the process at one moment, in bytes. */
export interface MemorySample {
  /** Since the engine was opened. */
  readonly atMs: number
  /** Resident in all. */
  readonly rssBytes: number
  /** In use of the shared memory, and the most that ever was. */
  readonly sharedBytes: number
  readonly sharedPeakBytes: number
  /** Of the Parquet codecs of all threads. */
  readonly codecBytes: number
  /** As DuckDB accounts for it; 0 where DuckDB does not run. */
  readonly duckdbBytes: number
  /** The JavaScript heap of the coordinating thread. */
  readonly heapBytes: number
  readonly limitBytes: number
}

export interface MemoryEvent extends MemorySample {
  readonly pressure: MemoryPressure
  /** Who holds the shared memory, largest first. */
  readonly operators: readonly { readonly label: string; readonly bytes: number }[]
}

export interface StrategyEvent {
  readonly from: RunReport['strategies'][number]['name']
  readonly to: Exclude<StrategyName, 'auto'>
  readonly reason: string
  /** Read before it took over. */
  readonly rows: number
}

export interface EngineEvents {
  /** At each change of the pressure, and several times a second while something runs. */
  readonly memory: MemoryEvent
  /** A run has changed from one strategy to another. */
  readonly strategy: StrategyEvent
  /** How far a stage of a running pipeline is: when it changes, at most ten times a second, and when it has ended. */
  readonly stage: StageProgress
  /** The same of all stages that extract, transform or load. */
  readonly phase: PhaseProgress
}

export type EngineListener<K extends keyof EngineEvents> = (event: EngineEvents[K]) => unknown

/** Listeners by event. One that fails breaks nothing: the process is warned. */
export class EngineListeners {
  private readonly listeners: { readonly [K in keyof EngineEvents]: Set<EngineListener<K>> } = {
    memory: new Set(),
    strategy: new Set(),
    stage: new Set(),
    phase: new Set(),
  }

  /** Whether this is the name of an event. */
  knows(name: string): name is keyof EngineEvents {
    return Object.hasOwn(this.listeners, name)
  }

  get names(): readonly string[] {
    return Object.keys(this.listeners)
  }

  add<K extends keyof EngineEvents>(name: K, listener: EngineListener<K>): void {
    this.listeners[name].add(listener)
  }

  remove<K extends keyof EngineEvents>(name: K, listener: EngineListener<K>): void {
    this.listeners[name].delete(listener)
  }

  has(name: keyof EngineEvents): boolean {
    return this.listeners[name].size > 0
  }

  emit<K extends keyof EngineEvents>(name: K, event: EngineEvents[K]): void {
    for (const listener of [...this.listeners[name]]) void notify(name, listener, event)
  }
}

async function notify<K extends keyof EngineEvents>(
  name: K,
  listener: EngineListener<K>,
  event: EngineEvents[K],
): Promise<void> {
  try {
    await listener(event)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    process.emitWarning(`a listener of '${name}' failed: ${message}`, 'VolleyWarning')
  }
}
