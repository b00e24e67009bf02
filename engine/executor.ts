/** Runs plans for the frames of an engine: resolves, optimizes, executes, and hands out the results. */

import type * as arrow from 'apache-arrow'
import { fromArrowSchema, toArrowSchema } from '../io/arrow/schema.js'
import type { Batch } from '../io/batch.js'
import { SqlParser } from '../io/duckdb/parser.js'
import { MemorySource } from '../io/memory-source.js'
import { toRow } from '../io/records/row.js'
import type { SinkResult } from '../io/sink.js'
import type { Source } from '../io/source.js'
import { VolleyError } from '../planner/errors.js'
import { Frame, type FrameRuntime } from '../planner/frame.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import { Profile, profilePlan } from '../planner/profile.js'
import type { ExplainOptions, RunOptions, RunReport, SinkTarget } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { settledWithin, unlessCancelled } from './cancellation.js'
import { DuckDbHost } from './duckdb/host.js'
import { EngineListeners } from './events.js'
import { explainQuery } from './explain.js'
import { compileKernels, instantiateKernels } from './kernels/context.js'
import { kernelCallsOf, readKernelCalls } from './kernels/kernel-calls.js'
import { releaseBatch } from './kernels/vectors.js'
import { lower } from './lower.js'
import { MemoryBudget } from './memory/budget.js'
import { Leases } from './memory/lease.js'
import { explainLimit } from './memory/limit-error.js'
import { MemoryMonitor } from './memory/monitor.js'
import { OperatorSlots } from './memory/operator-slots.js'
import { SharedMemory } from './memory/shared-memory.js'
import { MetricsRecorder, NO_METRICS, type RunMetrics } from './metrics/recorder.js'
import type { CheckedOptions } from './options.js'
import { PipelineHandle } from './pipeline/pipeline-handle.js'
import type { PipelineInput } from './pipeline/pipeline-input.js'
import type { BatchTable, OpenServices } from './pipeline/services.js'
import { StageMessages } from './pipeline/stage-messages.js'
import { batchesOf, countPushed, type PlannedRun, planRun, pushedRelation, type RunSetting } from './planned-run.js'
import { copiedTo, pushedSink } from './pushed-sink.js'
import { optimizeQuery, type QueryEnvironment, resolveQuery } from './query.js'
import { duckDbMissing } from './recovery/degradation.js'
import { recoveryOf, wantsRejects } from './recovery/recovery.js'
import { RunMeter } from './report.js'
import { keepBatch, leaseBatch, tableOf } from './results.js'
import { Run, type RunResources } from './run.js'
import { rowsToRead } from './scan-estimates.js'
import { Scans } from './scans.js'
import { drain, openSink } from './sinks.js'
import { SourceRegistry } from './sources.js'
import type { DuckDb } from './strategies/bigdata/duckdb.js'
import { BulkStrategy } from './strategies/bulk.js'
import type { Choice } from './strategies/choose.js'
import { checkComponents } from './strategies/component/plan.js'
import { driverOf, StrategyRegistry } from './strategies/registry.js'
import { type Pressure, type StrategyChange, Switching } from './strategies/switching.js'
import { WorkerPool } from './workers/pool.js'

/** How long closing waits for runs to notice that they were cancelled. */
const GRACE_MS = 1000
/** Results of the row strategy that may be in the user's hands before garbage is collected: it is to take little memory. */
const ROW_LEASED_BYTES = 8 << 20
/** Where memory is scarce, garbage is collected once results have taken so small a part of it. */
const CROWDED_PARTS = 16
/** Breakers that are taken to hold something at the same time. */
const BREAKERS = 2
/** Of the shared memory. The rest is for morsels under way, and for what comes after the sort. */
const SORT_SHARE = 0.4

/** A run that has begun: its plan is optimized and its batches are made as they are asked for. */
interface Execution {
  readonly run: Run
  readonly meter: RunMeter
  readonly planned: PlannedRun
  readonly schema: Schema
  readonly batches: AsyncGenerator<Batch>
}

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

export class Executor implements FrameRuntime {
  readonly scans: Scans
  readonly threads: number
  readonly strategies = new StrategyRegistry()
  readonly listeners = new EngineListeners()
  private readonly monitor: MemoryMonitor
  private readonly memory: SharedMemory
  private readonly kernelCalls: () => Readonly<Record<string, number>>
  private readonly pool: WorkerPool
  private readonly leases: Leases
  private readonly resources: RunResources
  private readonly sources = new SourceRegistry()
  private readonly parser = new SqlParser()
  private readonly environment: QueryEnvironment
  /** What runs, with the plans: the sources that they read stay open as long as a plan refers to them. Pipelines have none. */
  private readonly runs = new Map<Run, LogicalPlan | null>()
  /** Runs whose batches the user takes one by one; nobody knows whether more will be asked for. */
  private readonly streams = new Set<Execution>()
  /** What ends by itself, soon once its run is cancelled. */
  private readonly pending = new Set<Promise<unknown>>()
  private duckdb: Promise<DuckDbHost> | null = null
  /** Settles when what hosts that died had spilled is removed. */
  private deadHosts: Promise<unknown> = Promise.resolve()
  private closures = 0
  private closing: Promise<void> | null = null

  constructor(private readonly options: CheckedOptions) {
    this.threads = options.threads
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
    const kernels = instantiateKernels(this.memory, module, calls)
    this.kernelCalls = () => (calls === null ? {} : readKernelCalls(module, calls))
    this.pool = new WorkerPool(this.memory, module, options.threads, budget.worker, calls)
    const operators = new OperatorSlots(this.memory)
    this.monitor = new MemoryMonitor({ memory: this.memory, operators, budget, listeners: this.listeners })
    this.resources = {
      memory: this.memory,
      pool: this.pool,
      kernels,
      operators,
      monitor: this.monitor,
      duckdb: () => this.startDuckDb(),
      releaseWorkers: () => this.releaseWorkers(),
      tempDirectory: options.tempDirectory,
    }
    this.leases = new Leases(this.memory.release, budget.sharedBytes / 4)
    this.scans = new Scans(this.sources, this.memory)
    this.environment = {
      sources: this.sources,
      parser: this.parser,
      scanOf: (reference) => this.scans.referenced(reference),
      oneRow: this.scans.oneRow(),
    }
  }

  memoryUsage(): { usedBytes: number; peakBytes: number; leasedBytes: number; allocatedBytes: number } {
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

  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown(): Promise<void> {
    for (const run of this.runs.keys()) run.cancel(new VolleyError('VOLLEY_CLOSED', 'the engine was closed'))
    const left = [...this.streams].map(({ batches }) => batches.return(undefined))
    const ended = Promise.allSettled([...this.pending, ...left])
    // A user's function that never returns keeps its task from ending; the end of its thread does not.
    await settledWithin(GRACE_MS, ended)
    await this.pool.close()
    await settledWithin(GRACE_MS, ended)
    const duckdb = await this.duckdb?.catch(() => null)
    await Promise.all([duckdb?.close(), this.deadHosts])
    await this.sources.close()
    await this.parser.close()
  }

  registerClosure(): number {
    return ++this.closures
  }

  strategyNames(): readonly string[] {
    return this.strategies.names()
  }

  toSchema(schema: arrow.Schema): Schema {
    return fromArrowSchema(schema)
  }

  schema(plan: LogicalPlan): Promise<arrow.Schema> {
    return this.tracked(async () => toArrowSchema((await resolveQuery(plan, this.environment)).schema))
  }

  explain(plan: LogicalPlan, options: ExplainOptions): Promise<string> {
    return this.tracked(async () => {
      const optimized = optimizeQuery(await resolveQuery(plan, this.environment), this.sources)
      const asked = this.strategies.asked(options.strategy ?? this.options.strategy)
      const planned = planRun(optimized, asked.operators, this.sources, this.setting(options.rejects === true))
      const annotations = { sources: this.sources, driver: driverOf(asked, planned.choice.name) }
      return explainQuery(planned, annotations, this.options.threads, options)
    })
  }

  collect(plan: LogicalPlan, options: RunOptions): Promise<arrow.Table> {
    return this.execute(plan, options, async (execution) => {
      const collected: Batch[] = []
      try {
        for await (const batch of execution.batches) collected.push(batch)
        const leased: arrow.RecordBatch[] = []
        for (let batch = collected.shift(); batch !== undefined; batch = collected.shift()) {
          leased.push(leaseBatch(batch, this.memory, this.leases))
        }
        return tableOf(execution.schema, leased)
      } catch (error) {
        for (const batch of collected) releaseBatch(this.memory, batch)
        throw error
      }
    })
  }

  async *stream(plan: LogicalPlan, options: RunOptions): AsyncGenerator<arrow.RecordBatch> {
    let most: number | undefined
    const started = ({ planned }: Execution) => {
      if (planned.choice.name === 'row') most = ROW_LEASED_BYTES
    }
    for await (const batch of this.batches(plan, options, started)) {
      // Dropped results are the first thing to give up.
      await this.relieve(most)
      yield leaseBatch(batch, this.memory, this.leases)
    }
  }

  async *rows(plan: LogicalPlan, options: RunOptions): AsyncGenerator<Record<string, unknown>> {
    for await (const batch of this.batches(plan, options)) {
      try {
        for (let row = 0; row < batch.length; row++) yield toRow(this.memory.views, batch, row)
      } finally {
        releaseBatch(this.memory, batch)
      }
    }
  }

  async count(plan: LogicalPlan, options: RunOptions): Promise<number> {
    const counted: LogicalPlan = {
      kind: 'aggregate',
      input: plan,
      keys: [],
      aggregates: {
        count: {
          kind: 'aggregate',
          function: 'countStar',
          argument: null,
          parameter: null,
          distinct: false,
          filter: null,
        },
      },
    }
    for await (const row of this.rows(counted, options)) return Number(row.count)
    return 0
  }

  async sink(plan: LogicalPlan, target: SinkTarget, options: RunOptions): Promise<RunReport> {
    return this.execute(plan, options, async ({ batches, meter, planned, run, schema }) => {
      const pushed = await pushedSink(planned, target, run)
      if (pushed !== null) {
        countPushed(planned.plan, run, this.sources)
        return meter.finish({ rowsOut: pushed.rows, bytesWritten: pushed.bytesWritten })
      }
      const sink = await openSink(target, schema, run)
      let copied: SinkResult | null = null
      run.queryTaker = async (select, columns) => {
        copied = await copiedTo(target, select, columns, run)
        return copied !== null
      }
      const { rows, bytesWritten } = await drain(batches, sink, () => copied)
      return meter.finish({ rowsOut: rows, bytesWritten })
    })
  }

  profile(plan: LogicalPlan, options: RunOptions): Promise<Profile> {
    const recorder = new MetricsRecorder(this.memory.views)
    const measured = async ({ batches, meter, planned, run }: Execution) => {
      let rowsOut = 0
      for await (const batch of batches) {
        rowsOut += batch.length
        releaseBatch(this.memory, batch)
      }
      const report = meter.finish({ rowsOut, bytesWritten: 0 })
      run.recordPeaks()
      return new Profile(report, profilePlan(planned.plan, recorder.measurements()))
    }
    return this.execute(plan, options, measured, recorder)
  }

  pipeline(input: PipelineInput): PipelineHandle {
    this.expectOpen()
    return new PipelineHandle(input, this)
  }

  /** What a pipeline uses of the engine until it closes it. Aborting `signal`, and closing the engine, cancel its run. */
  openPipeline(signal?: AbortSignal, messages = new StageMessages()): OpenServices {
    this.expectOpen()
    const { memory } = this
    const run = new Run(this.resources, signal)
    this.runs.set(run, null)
    const { allocate, checkCancelled } = run.context
    return {
      run,
      memory,
      allocate,
      target: { memory: memory.views, allocate, checkCancelled },
      signal: run.signal,
      runtime: this,
      scans: this.scans,
      lease: async (batch) => {
        await this.relieve()
        return leaseBatch(batch, memory, this.leases)
      },
      batchesOf: (frame, options = {}, ended) => this.keptBatches(frame, { signal: run.signal, ...options }, ended),
      tableOf: (schema, batches) => this.batchTable(schema, batches),
      frameOf: (source) => this.sourceFrame(source),
      lowered: async ({ plan }) => {
        const resolved = await unlessCancelled(resolveQuery(plan, this.environment), checkCancelled)
        return lower(optimizeQuery(resolved, this.sources), (source) => this.sources.sourceOf(source))
      },
      bulk: () => new BulkStrategy(run, new Switching('bulk', this.pressure(), () => {})),
      messages,
      close: async () => {
        await run.finish()
        this.runs.delete(run)
      },
    }
  }

  /** Lets go of what the user has dropped, if `most` bytes may be that, or less where memory is short. */
  private relieve(most?: number): Promise<void> {
    return this.leases.relieve(this.memory.isCrowded ? this.memory.limit / CROWDED_PARTS : most)
  }

  /** Batches that outlive the run that made them. */
  private async *keptBatches(
    frame: Frame,
    options: RunOptions,
    ended: (report: RunReport) => void = () => {},
  ): AsyncGenerator<Batch> {
    for await (const batch of this.batches(frame.plan, options, () => {}, ended)) yield keepBatch(batch, this.memory)
  }

  private batchTable(schema: Schema, batches: readonly Batch[]): BatchTable {
    for (const batch of batches) keepBatch(batch, this.memory)
    const source = new MemorySource(0, schema, batches, this.memory)
    return { frame: this.sourceFrame(source), close: () => source.close() }
  }

  private sourceFrame(source: Source): Frame {
    const { format, label } = source
    return new Frame(this.sources.scan({ format, label, paths: null, open: async () => source }), this)
  }

  /** The batches of a run that its consumer may leave at any time. The consumer owns them. */
  private async *batches(
    plan: LogicalPlan,
    options: RunOptions,
    started: (execution: Execution) => void = () => {},
    ended: (report: RunReport) => void = () => {},
  ): AsyncGenerator<Batch> {
    const execution = await this.tracked(() => this.start(plan, options))
    started(execution)
    this.streams.add(execution)
    let rowsOut = 0
    try {
      for await (const batch of execution.batches) {
        rowsOut += batch.length
        yield batch
      }
      // Closing the engine ends the batches of a run early.
      execution.run.throwIfCancelled()
      ended(execution.meter.finish({ rowsOut, bytesWritten: 0 }))
    } catch (error) {
      throw this.explained(error, execution.meter)
    } finally {
      this.streams.delete(execution)
      await this.end(execution)
    }
  }

  /** Runs a plan; `consume` takes its batches to the end. */
  private execute<T>(
    plan: LogicalPlan,
    options: RunOptions,
    consume: (execution: Execution) => Promise<T>,
    metrics: RunMetrics = NO_METRICS,
  ): Promise<T> {
    return this.tracked(async () => {
      const execution = await this.start(plan, options, metrics)
      try {
        return await consume(execution)
      } catch (error) {
        throw this.explained(error, execution.meter)
      } finally {
        await this.end(execution)
      }
    })
  }

  /** Does what closing waits for. */
  private async tracked<T>(work: () => Promise<T>): Promise<T> {
    this.expectOpen()
    const result = work()
    this.pending.add(result)
    try {
      return await result
    } finally {
      this.pending.delete(result)
    }
  }

  private async start(plan: LogicalPlan, options: RunOptions, metrics = NO_METRICS): Promise<Execution> {
    const asked = this.strategies.asked(options.strategy ?? this.options.strategy)
    await this.leases.relieve()
    // A run that closing does not know of yet would lose its threads while it works.
    this.expectOpen()
    // Threads load while the plan is made; where memory is short, only those that the plan needs.
    if (this.monitor.budget.isAmple && asked.operators !== 'row') this.pool.start()
    const meter = new RunMeter(options.onProgress, this.monitor)
    const run = new Run(this.resources, options.signal, meter.tick, metrics, recoveryOf(options))
    this.runs.set(run, plan)
    try {
      // Opening a source may take as long as its producer likes.
      run.throwIfCancelled()
      const resolved = await unlessCancelled(resolveQuery(plan, this.environment), () => run.throwIfCancelled())
      run.throwIfCancelled()
      const optimized = optimizeQuery(resolved, this.sources)
      const rejects = wantsRejects(options)
      const planned = planRun(optimized, asked.operators, this.sources, this.setting(rejects))
      meter.start(planned.choice)
      const driver = driverOf(asked, planned.choice.name)
      checkComponents(optimized, driver, options.ports)
      const lease = (batch: Batch) => leaseBatch(batch, this.memory, this.leases)
      run.components = {
        strategy: driver,
        ports: options.ports ?? {},
        lease,
        relationOf: (input) => (rejects ? null : pushedRelation(input, run, this.sources)),
        metrics: [],
      }
      meter.begin('process')
      meter.watch(run, rowsToRead(optimized, this.sources).rows)
      const batches = batchesOf(planned, run, this.switching(planned.choice, meter, options), this.sources)
      return { run, meter, planned, schema: resolved.schema, batches }
    } catch (error) {
      const explained = this.explained(error, meter)
      meter.abandon()
      await run.finish()
      this.runs.delete(run)
      throw explained
    }
  }

  /** An error for want of memory says who holds it. */
  private explained(error: unknown, meter: RunMeter): unknown {
    const { monitor, operators } = this.resources
    const { budget, duckdb } = monitor
    return explainLimit(error, { operators, budget, duckdb, shareRead: meter.shareRead })
  }

  /** Bytes that breakers may hold in memory under bulk. */
  private get roomBytes(): number {
    return this.monitor.budget.sharedSoftBytes
  }

  private setting(rejects: boolean): RunSetting {
    const { budget, duckdb } = this.monitor
    const duckDbBytes = duckdb?.limitBytes ?? budget.duckdb(process.memoryUsage.rss()).memoryLimitBytes
    return { roomBytes: this.roomBytes, duckDbBytes, pushesDown: this.options.pushesDown, rejects }
  }

  /** Bytes that a sort under bigdata may hold: beside DuckDB no more than others. */
  private get sortBytes(): number {
    return this.monitor.duckdb === null ? this.memory.limit * SORT_SHARE : this.roomBytes
  }

  /** What switching needs to know of the process. */
  private pressure(): Pressure {
    return {
      isHigh: () => this.monitor.check() !== 'none',
      isExtreme: () => this.monitor.check() === 'hard',
      describe: () => this.monitor.describe([]),
      shareBytes: this.options.breakerBytes ?? this.roomBytes / BREAKERS,
      sortBytes: () => this.options.breakerBytes ?? this.sortBytes,
      roomBytes: () => this.memory.limit - this.memory.statistics().bytes,
    }
  }

  private switching(choice: Choice, meter: RunMeter, options: RunOptions): Switching {
    const tell = (change: StrategyChange) => this.listeners.emit('strategy', meter.change(change))
    return new Switching(
      choice.name === 'bigdata' ? 'bigdata' : 'bulk',
      this.pressure(),
      tell,
      options.switchAtMorsel ?? null,
    )
  }

  /** Ends what would start again when needed; where memory is ample, that would cost more than it takes. */
  private async releaseWorkers(): Promise<void> {
    if (this.runs.size > 1 || this.monitor.budget.isAmple) return
    await Promise.all([this.pool.close(), this.parser.close()])
  }

  /** Started when first needed, and again when it could not start or its thread died. */
  private startDuckDb(): Promise<DuckDb> {
    this.expectOpen()
    if (this.duckdb === null) {
      const opening = this.openDuckDb()
      this.duckdb = opening
      const forget = () => {
        this.duckdb = null
        this.monitor.endDuckDb()
      }
      void opening.then(async (host) => {
        await host.ended
        forget()
        this.deadHosts = Promise.all([this.deadHosts, host.close()])
      }, forget)
    }
    return this.duckdb
  }

  private async openDuckDb(): Promise<DuckDbHost> {
    let host: DuckDbHost | null = null
    const share = this.monitor.startDuckDb(() => host?.statistics().memoryBytes ?? 0)
    const { tempDirectory } = this.options
    try {
      host = await DuckDbHost.open(this.memory, { ...share, tempDirectory })
      return host
    } catch (error) {
      throw duckDbMissing(error)
    }
  }

  private async end({ batches, meter, run }: Execution): Promise<void> {
    meter.abandon()
    // Ends the generators of a run that its consumer left early, so that they release what they hold.
    await batches.return(undefined)
    await run.finish()
    this.runs.delete(run)
  }

  private expectOpen(): void {
    if (this.closing !== null) throw new VolleyError('VOLLEY_CLOSED', 'the engine is closed')
  }
}
