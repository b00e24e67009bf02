/** What an engine is made of: its memory, its threads, and what it reads; without knowing what runs on them. */

import type { RecordBatch } from 'apache-arrow'
import type { Batch } from '../io/batch.js'
import { SqlParser } from '../io/duckdb/parser.js'
import { BreakerRoom } from './breaker-room.js'
import { HostOnDemand } from './duckdb/host-on-demand.js'
import { EngineListeners } from './events.js'
import { compileKernels, instantiateKernels } from './kernels/context.js'
import type { KernelExports } from './kernels/kernel.js'
import { kernelCallsOf, readKernelCalls } from './kernels/kernel-calls.js'
import { MemoryBudget } from './memory/budget.js'
import { Leases } from './memory/lease.js'
import type { MemoryUsage } from './memory/memory-usage.js'
import { MemoryMonitor } from './memory/monitor.js'
import { OperatorSlots } from './memory/operator-slots.js'
import { SharedMemory } from './memory/shared-memory.js'
import type { CheckedOptions } from './options.js'
import type { QueryEnvironment } from './query.js'
import { leaseBatch } from './results.js'
import { Scans } from './scans.js'
import { SourceRegistry } from './sources.js'
import { StrategyRegistry } from './strategies/registry.js'
import { WorkerPool } from './workers/pool.js'

/** Garbage is collected once results have taken so small a part of the memory: of one that is large, they may take more. */
const PARTS = 8
/** Where it is short. */
const CROWDED_PARTS = 16

export interface EngineWork {
  /** Blocks of the shared memory that there ever were, and their bytes. */
  readonly allocations: number
  readonly allocatedBytes: number
  /** The most that was in use at once. */
  readonly peakBytes: number
  /** Row groups of Parquet files that workers were given to read. */
  readonly rowGroups: number
  /** Of workers, by their kind. */
  readonly tasks: Readonly<Record<string, number>>
  /** Calls by name of the kernel; empty unless the engine was opened to count them. */
  readonly kernels: Readonly<Record<string, number>>
}

export class EngineParts {
  readonly listeners = new EngineListeners()
  readonly strategies = new StrategyRegistry()
  readonly sources = new SourceRegistry()
  readonly parser = new SqlParser()
  readonly memory: SharedMemory
  readonly kernels: KernelExports
  readonly operators: OperatorSlots
  readonly monitor: MemoryMonitor
  readonly pool: WorkerPool
  readonly duckdb: HostOnDemand
  readonly room: BreakerRoom
  readonly scans: Scans
  /** What plans are resolved in. */
  readonly environment: QueryEnvironment
  readonly leases: Leases
  private readonly kernelCalls: () => Readonly<Record<string, number>>

  constructor(readonly options: CheckedOptions) {
    if (options.ownStrategy !== null) this.strategies.register(options.ownStrategy)
    const budget = new MemoryBudget({
      limitBytes: options.memoryLimit,
      rssBytes: process.memoryUsage.rss(),
      threads: options.threads,
      sharedBytes: options.sharedMemoryBytes,
    })
    this.memory = SharedMemory.create(budget.sharedBytes)
    const module = compileKernels()
    const calls = options.countsKernelCalls ? kernelCallsOf(module) : null
    this.kernels = instantiateKernels(this.memory, module, calls)
    this.kernelCalls = () => (calls === null ? {} : readKernelCalls(module, calls))
    this.pool = new WorkerPool(this.memory, module, options.threads, budget.worker, calls)
    this.operators = new OperatorSlots(this.memory)
    const { listeners, memory, operators } = this
    this.monitor = new MemoryMonitor({ memory, operators, budget, listeners })
    this.duckdb = new HostOnDemand(memory, this.monitor, options.tempDirectory)
    this.room = new BreakerRoom(memory, this.monitor, options)
    this.leases = new Leases(memory.release, budget.sharedBytes / 4)
    this.scans = new Scans(this.sources, memory)
    this.environment = {
      sources: this.sources,
      parser: this.parser,
      scanOf: (reference) => this.scans.referenced(reference),
      oneRow: this.scans.oneRow(),
    }
  }

  memoryUsage(): MemoryUsage {
    const { bytes, peakBytes, allocatedBytes } = this.memory.statistics()
    return { usedBytes: bytes, peakBytes, leasedBytes: this.leases.bytes, allocatedBytes }
  }

  /** What the engine has done so far, in counts that do not depend on how long anything took. */
  work(): EngineWork {
    const { allocatedBytes, allocations, peakBytes } = this.memory.statistics()
    const { counts } = this.pool
    const { rowGroups } = counts
    return { allocatedBytes, allocations, peakBytes, rowGroups, tasks: counts.byKind(), kernels: this.kernelCalls() }
  }

  /** Takes over the batch's blocks; they live until the last view of the result is gone. */
  lease(batch: Batch): RecordBatch {
    return leaseBatch(batch, this.memory, this.leases)
  }

  /** Lets go of what the user has dropped, if `most` bytes may be that, or less where memory is scarce or short. */
  relieve(most = Number.POSITIVE_INFINITY): Promise<void> {
    const { isCrowded, limit } = this.memory
    return this.leases.relieve(Math.min(most, limit / (isCrowded ? CROWDED_PARTS : PARTS)))
  }

  /** For when nothing runs any more. Results in the user's hands stay valid. */
  async close(): Promise<void> {
    await this.duckdb.close()
    await this.sources.close()
    await this.parser.close()
  }
}
