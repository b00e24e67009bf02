/** How much breakers may hold: for plans that are made, and for runs that ask at every morsel boundary. */

import type { MemoryMonitor } from './memory/monitor.js'
import type { SharedMemory } from './memory/shared-memory.js'
import type { CheckedOptions } from './options.js'
import type { RunSetting } from './planned-run.js'
import type { Pressure } from './strategies/switching.js'

/** Breakers that are taken to hold something at the same time. */
const BREAKERS = 2
/** Of the shared memory. The rest is for morsels under way, and for what comes after the sort. */
const SORT_SHARE = 0.4

export class BreakerRoom {
  constructor(
    private readonly memory: SharedMemory,
    private readonly monitor: MemoryMonitor,
    private readonly options: CheckedOptions,
  ) {}

  /** What a plan depends on; `rejects` tells whether its run collects the records that it cannot process. */
  setting(rejects: boolean): RunSetting {
    const { budget, duckdb } = this.monitor
    const duckDbBytes = duckdb?.limitBytes ?? budget.duckdb(process.memoryUsage.rss()).memoryLimitBytes
    return { roomBytes: this.roomBytes, duckDbBytes, pushesDown: this.options.pushesDown, rejects }
  }

  /** What switching needs to know of the process. */
  pressure(): Pressure {
    return {
      isHigh: () => this.monitor.check() !== 'none',
      isExtreme: () => this.monitor.check() === 'hard',
      describe: () => this.monitor.describe([]),
      shareBytes: this.options.breakerBytes ?? this.roomBytes / BREAKERS,
      sortBytes: () => this.options.breakerBytes ?? this.sortBytes,
      roomBytes: () => this.memory.limit - this.memory.statistics().bytes,
    }
  }

  /** Bytes that breakers may hold in memory under bulk. */
  private get roomBytes(): number {
    return this.monitor.budget.sharedSoftBytes
  }

  /** Bytes that a sort under bigdata may hold: beside DuckDB no more than others. */
  private get sortBytes(): number {
    return this.monitor.duckdb === null ? this.memory.limit * SORT_SHARE : this.roomBytes
  }
}
