/** DuckDB for all runs of an engine: started when one first needs it, and again when it could not start or its thread died. */

import type { MemoryMonitor } from '../memory/monitor.js'
import type { SharedMemory } from '../memory/shared-memory.js'
import { duckDbMissing } from '../recovery/degradation.js'
import type { DuckDb } from '../strategies/bigdata/duckdb.js'
import { DuckDbHost } from './host.js'

export class HostOnDemand {
  private host: Promise<DuckDbHost> | null = null
  /** Settles when what hosts that died had spilled is removed. */
  private deadHosts: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly memory: SharedMemory,
    /** Gives DuckDB its share of the memory, and takes it back when it has ended. */
    private readonly monitor: MemoryMonitor,
    private readonly tempDirectory: string,
  ) {}

  /** Throws what tells a run that it has to do without DuckDB (`duckDbMissing`). */
  start(): Promise<DuckDb> {
    if (this.host === null) {
      const opening = this.open()
      this.host = opening
      const forget = () => {
        this.host = null
        this.monitor.endDuckDb()
      }
      void opening.then(async (host) => {
        await host.ended
        forget()
        this.deadHosts = Promise.all([this.deadHosts, host.close()])
      }, forget)
    }
    return this.host
  }

  async close(): Promise<void> {
    const host = await this.host?.catch(() => null)
    await Promise.all([host?.close(), this.deadHosts])
  }

  private async open(): Promise<DuckDbHost> {
    let host: DuckDbHost | null = null
    const share = this.monitor.startDuckDb(() => host?.statistics().memoryBytes ?? 0)
    try {
      host = await DuckDbHost.open(this.memory, { ...share, tempDirectory: this.tempDirectory })
      return host
    } catch (error) {
      throw duckDbMissing(error)
    }
  }
}
