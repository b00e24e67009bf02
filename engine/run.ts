/** One run of a plan: what it may allocate, how it is cancelled, and what it has counted so far. */

import { SpillDirectory } from '../io/spill/spill-directory.js'
import { VolleyError } from '../planner/errors.js'
import type { Schema } from '../planner/types.js'
import { createKernelContext, type ThreadKernels } from './kernels/context.js'
import type { KernelExports } from './kernels/kernel.js'
import type { MemoryMonitor } from './memory/monitor.js'
import { type OperatorDetail, type OperatorSlots, type OperatorUse, OTHER } from './memory/operator-slots.js'
import type { SharedMemory } from './memory/shared-memory.js'
import { NO_METRICS, type RunMetrics } from './metrics/recorder.js'
import { NO_SPAN, type NodeSpan } from './metrics/span.js'
import { clockMs } from './metrics/task-usage.js'
import { type Recovery, recoveryOf } from './recovery/recovery.js'
import type { DuckDb } from './strategies/bigdata/duckdb.js'
import type { ComponentServices } from './strategies/component.js'
import type { ReplyOf, RunHandle, TaskKind, TaskKinds, TaskOf } from './workers/messages.js'
import type { WorkerPool } from './workers/pool.js'
import type { TaskContext } from './workers/task-context.js'

/** How long a cancelled run keeps the process alive that waits for its end. */
const KEEP_ALIVE_MS = 1000

let runs = 0

export interface RunCounts {
  rowsIn: number
  bytesRead: number
}

/** What runs use of their engine. */
export interface RunResources {
  readonly memory: SharedMemory
  readonly pool: WorkerPool
  readonly kernels: KernelExports
  readonly operators: OperatorSlots
  readonly monitor: MemoryMonitor
  readonly duckdb: () => Promise<DuckDb>
  /** Ends the worker threads, for their memory, if nothing else needs them; they start again with the next task. */
  readonly releaseWorkers: () => Promise<void>
  /** Below it lie directories for what is spilled. */
  readonly tempDirectory: string
}

/** An operator of a run: what is allocated through it, here or by its tasks, is counted under its label. */
export interface OperatorHandle {
  readonly id: number
  readonly label: string
  readonly context: TaskContext
  /** Of the node that it works for. */
  readonly span: NodeSpan
  task<K extends TaskKind>(kind: K, task: TaskKinds[K]['task']): Promise<ReplyOf<K>>
  /** Bytes of shared memory that it holds. */
  bytes(): number
  peakBytes(): number
}

export class Run {
  /** For what the coordinating thread computes itself: closures, sources that decode here, limits. */
  readonly context: TaskContext
  readonly counts: RunCounts = { rowsIn: 0, bytesRead: 0 }
  /** What drives the components of the plan, once that is decided. */
  components: ComponentServices | null = null
  /** Writes the rows of a query to the output without volley, if it can; null where there is no such output. */
  queryTaker: ((select: string, schema: Schema) => Promise<boolean>) | null = null
  /** What DuckDB failed with when it ran the whole plan, for want of memory: it is not to be asked again. */
  pushFailure: VolleyError | null = null
  readonly memory: SharedMemory
  readonly pool: WorkerPool
  /** Of the process: to be asked at morsel boundaries. */
  readonly monitor: MemoryMonitor
  /** The engine's DuckDB, started when first asked for. */
  readonly duckdb: () => Promise<DuckDb>
  /** For what does not fit the memory. */
  readonly spill: SpillDirectory
  private readonly release: RunResources['releaseWorkers']
  private readonly kernels: ThreadKernels
  private readonly operators: OperatorSlots
  private readonly slots: number[] = []
  private readonly measured: OperatorHandle[] = []
  private readonly inFlight = new Set<Promise<unknown>>()
  private readonly controller = new AbortController()
  private readonly cleanups = new Set<() => Promise<void>>()
  private readonly stopListening: () => void
  private own: RunHandle
  private reason: unknown = null
  private finishing: Promise<void> | null = null
  private keepAlive: NodeJS.Timeout | null = null

  constructor(
    { memory, pool, kernels: wasm, operators, monitor, duckdb, releaseWorkers, tempDirectory }: RunResources,
    signal: AbortSignal | undefined,
    /** Called when the count of rows read has grown. */
    readonly onCount: () => void = () => {},
    /** What its pieces measure; nothing unless somebody asks for it. */
    readonly metrics: RunMetrics = NO_METRICS,
    /** What it does about failures; by default, it fails. */
    readonly recovery: Recovery = recoveryOf({}),
  ) {
    this.memory = memory
    this.pool = pool
    this.operators = operators
    this.monitor = monitor
    this.duckdb = duckdb
    this.release = releaseWorkers
    this.spill = new SpillDirectory(tempDirectory)
    const owner = ++runs
    const allocate = memory.allocateFor(owner)
    this.own = handleOf(memory, owner)
    this.kernels = createKernelContext(memory, wasm, owner)
    this.context = {
      ...this.kernels,
      allocate,
      retain: memory.retain,
      release: memory.release,
      checkCancelled: () => this.throwIfCancelled(),
    }
    const abort = () => this.cancel(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    this.stopListening = () => signal?.removeEventListener('abort', abort)
    if (signal?.aborted) abort()
  }

  get handle(): RunHandle {
    return this.own
  }

  /** Aborted when the run is cancelled: for what waits outside of tasks. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Has something cleaned up when the run finishes, unless the function that it returns is called before. */
  cleanUp(cleanup: () => Promise<void>): () => void {
    this.cleanups.add(cleanup)
    return () => this.cleanups.delete(cleanup)
  }

  /** Makes everything the run still does fail soon, with `reason` as the cause. */
  cancel(reason: unknown): void {
    this.reason ??= reason ?? new Error('cancelled')
    this.stop()
    this.controller.abort(this.reason)
    // Waiting for a producer keeps no process alive; the end of that wait should still be seen.
    if (this.finishing === null) this.keepAlive ??= setTimeout(() => {}, KEEP_ALIVE_MS)
  }

  /** Makes the tasks of a run that has failed already fail at their next slice. */
  stop(): void {
    // The word is not the run's any more once it has finished.
    if (this.finishing === null) this.raise()
  }

  /** Throws VOLLEY_ABORTED, or VOLLEY_CLOSED if the engine was closed. */
  throwIfCancelled(): void {
    const { reason } = this
    if (reason === null) return
    if (reason instanceof VolleyError && reason.code === 'VOLLEY_CLOSED') throw reason
    throw new VolleyError('VOLLEY_ABORTED', 'the run was aborted', {}, reason)
  }

  /** The same, also if it has failed and its tasks were made to end. */
  private throwIfStopped(): void {
    this.throwIfCancelled()
    if (Atomics.load(this.memory.views.i32, this.handle.cancel / 4) === 0) return
    throw new VolleyError('VOLLEY_ABORTED', 'the run has failed')
  }

  /** Ends the worker threads, for their memory, if nothing else needs them; they start again with the next task. */
  async releaseWorkers(): Promise<void> {
    if (this.inFlight.size === 0) await this.release()
  }

  /** Runs a task in a worker; `span` learns what it took. */
  task<K extends TaskKind>(kind: K, task: TaskKinds[K]['task'], span: NodeSpan = NO_SPAN): Promise<ReplyOf<K>> {
    return this.taskFor(this.handle, kind, task, span)
  }

  /**
   * An operator to account for: `aggregate`, `join build`, `sort`, `window`, `scan`, `sink`. `span` learns what its
   * tasks took.
   */
  operator(label: string, detail?: OperatorDetail, span: NodeSpan = NO_SPAN): OperatorHandle {
    const id = this.operators.claim(label, detail)
    if (id !== OTHER) this.slots.push(id)
    const handle: RunHandle = { ...this.handle, operator: id }
    const operator: OperatorHandle = {
      id,
      label,
      context: { ...this.context, allocate: this.memory.allocateFor(handle.owner, id) },
      span,
      task: (kind, task) => this.taskFor(handle, kind, task, span),
      bytes: () => this.memory.operatorBytes(id),
      peakBytes: () => this.memory.operatorPeakBytes(id),
    }
    if (id !== OTHER && span !== NO_SPAN) this.measured.push(operator)
    return operator
  }

  /** Tells the spans of all operators so far the most that these held. */
  recordPeaks(): void {
    for (const { span, peakBytes } of this.measured) span.held(peakBytes())
  }

  /** What the run's operators hold and held, in the order in which they came up. */
  operatorUse(): OperatorUse[] {
    return this.slots.map((slot) => this.operators.use(slot))
  }

  /** Who holds the shared memory, largest first: operators of this run, and what belongs to no run. */
  breakdown(): readonly { readonly label: string; readonly bytes: number }[] {
    return this.operators.breakdown(this.slots)
  }

  private taskFor<K extends TaskKind>(
    handle: RunHandle,
    kind: K,
    task: TaskKinds[K]['task'],
    span: NodeSpan,
  ): Promise<ReplyOf<K>> {
    const { retries } = this.recovery
    // Of a share of a join table that was entered in part, the rest cannot be entered.
    if (!retries.areOn || kind === 'linkJoin') return this.attempt(handle, kind, task, span)
    const asking = { checkCancelled: () => this.throwIfStopped(), onRetry: () => span.retried() }
    return retries.run((retriesLeft) => this.attempt({ ...handle, retriesLeft }, kind, task, span), asking)
  }

  private async attempt<K extends TaskKind>(
    handle: RunHandle,
    kind: K,
    task: TaskKinds[K]['task'],
    span: NodeSpan,
  ): Promise<ReplyOf<K>> {
    this.throwIfCancelled()
    const run = this.metrics.isOn ? { ...handle, sentAt: clockMs() } : handle
    const reply = this.pool.run({ kind, run, ...task } as TaskOf<K>, span.used)
    this.inFlight.add(reply)
    try {
      return await reply
    } catch (error) {
      // A task that notices the cancellation, or whose thread ends with the engine, does not know the reason.
      this.throwIfCancelled()
      throw error
    } finally {
      this.inFlight.delete(reply)
    }
  }

  /** Frees all that the run holds and lets it begin anew. Nothing of it may be in use but by tasks that are to end. */
  async beginAnew(): Promise<void> {
    this.raise()
    await Promise.allSettled(this.inFlight)
    for (const cleanup of this.cleanups) await cleanup()
    await this.spill.remove()
    this.cleanups.clear()
    this.kernels.freeScratch()
    const { owner } = this.handle
    this.memory.releaseOwner(owner)
    this.own = handleOf(this.memory, owner)
    this.counts.rowsIn = 0
    this.counts.bytesRead = 0
  }

  /** Waits for the tasks still running and frees whatever the run has left in the shared memory. */
  finish(): Promise<void> {
    this.finishing ??= this.end()
    return this.finishing
  }

  private async end(): Promise<void> {
    this.stopListening()
    if (this.keepAlive !== null) clearTimeout(this.keepAlive)
    if (this.inFlight.size > 0) {
      this.raise()
      await Promise.allSettled(this.inFlight)
    }
    for (const cleanup of this.cleanups) await cleanup()
    await this.spill.remove()
    this.kernels.freeScratch()
    this.memory.release(this.handle.cancel)
    this.memory.releaseOwner(this.handle.owner)
    for (const slot of this.slots) this.operators.release(slot)
  }

  private raise(): void {
    Atomics.store(this.memory.views.i32, this.handle.cancel / 4, 1)
  }
}

function handleOf(memory: SharedMemory, owner: number): RunHandle {
  const cancel = memory.allocateFor(owner)(64)
  memory.views.i32[cancel / 4] = 0
  return { owner, cancel, operator: OTHER }
}
