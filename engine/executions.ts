/** The runs of an engine: begins them, ends them however their consumers leave them, and cancels them when it closes. */

import type { Batch } from '../io/batch.js'
import { VolleyError } from '../planner/errors.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import type { RunOptions, RunReport } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { settledWithin, unlessCancelled } from './cancellation.js'
import type { EngineParts } from './engine-parts.js'
import { explainLimit } from './memory/limit-error.js'
import { NO_METRICS, type RunMetrics } from './metrics/recorder.js'
import { batchesOf, type PlannedRun, planRun, pushedRelation } from './planned-run.js'
import { optimizeQuery, resolveQuery } from './query.js'
import { recoveryOf, wantsRejects } from './recovery/recovery.js'
import { RunMeter } from './report.js'
import { Run, type RunResources } from './run.js'
import { rowsToRead } from './scan-estimates.js'
import type { Choice } from './strategies/choose.js'
import { checkComponents } from './strategies/component/plan.js'
import { driverOf } from './strategies/registry.js'
import { type StrategyChange, Switching } from './strategies/switching.js'

/** How long closing waits for runs to notice that they were cancelled. */
const GRACE_MS = 1000

/** A run that has begun: its plan is optimized and its batches are made as they are asked for. */
export interface Execution {
  readonly run: Run
  readonly meter: RunMeter
  readonly planned: PlannedRun
  readonly schema: Schema
  readonly batches: AsyncGenerator<Batch>
}

export class Executions {
  private readonly resources: RunResources
  /** What runs, with the plans: the sources that they read stay open as long as a plan refers to them. Pipelines have none. */
  private readonly runs = new Map<Run, LogicalPlan | null>()
  /** Runs whose batches the user takes one by one; nobody knows whether more will be asked for. */
  private readonly streams = new Set<Execution>()
  /** What ends by itself, soon once its run is cancelled. */
  private readonly pending = new Set<Promise<unknown>>()
  private isClosed = false

  constructor(private readonly parts: EngineParts) {
    const { memory, pool, kernels, operators, monitor, options } = parts
    this.resources = {
      memory,
      pool,
      kernels,
      operators,
      monitor,
      duckdb: () => {
        this.expectOpen()
        return parts.duckdb.start()
      },
      releaseWorkers: () => this.releaseWorkers(),
      tempDirectory: options.tempDirectory,
    }
  }

  /** Throws VOLLEY_CLOSED. */
  expectOpen(): void {
    if (this.isClosed) throw new VolleyError('VOLLEY_CLOSED', 'the engine is closed')
  }

  /** Cancels what runs, and ends the threads of what does not end by itself. */
  async close(): Promise<void> {
    this.isClosed = true
    for (const run of this.runs.keys()) run.cancel(new VolleyError('VOLLEY_CLOSED', 'the engine was closed'))
    const left = [...this.streams].map(({ batches }) => batches.return(undefined))
    const ended = Promise.allSettled([...this.pending, ...left])
    // A user's function that never returns keeps its task from ending; the end of its thread does not.
    await settledWithin(GRACE_MS, ended)
    await this.parts.pool.close()
    await settledWithin(GRACE_MS, ended)
  }

  /** A run of no plan of its own, for a pipeline, which ends it. */
  openRun(signal: AbortSignal | undefined): Run {
    this.expectOpen()
    const run = new Run(this.resources, signal)
    this.runs.set(run, null)
    return run
  }

  async endRun(run: Run): Promise<void> {
    await run.finish()
    this.runs.delete(run)
  }

  /** Does what closing waits for. */
  async tracked<T>(work: () => Promise<T>): Promise<T> {
    this.expectOpen()
    const result = work()
    this.pending.add(result)
    try {
      return await result
    } finally {
      this.pending.delete(result)
    }
  }

  /** Runs a plan; `consume` takes its batches to the end. */
  execute<T>(
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

  /** The batches of a run that its consumer may leave at any time. The consumer owns them. */
  async *batches(
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

  private async start(plan: LogicalPlan, options: RunOptions, metrics = NO_METRICS): Promise<Execution> {
    const { environment, leases, monitor, pool, sources, strategies } = this.parts
    const asked = strategies.asked(options.strategy ?? this.parts.options.strategy)
    await leases.relieve()
    // A run that closing does not know of yet would lose its threads while it works.
    this.expectOpen()
    // Threads load while the plan is made; where memory is short, only those that the plan needs.
    if (monitor.budget.isAmple && asked.operators !== 'row') pool.start()
    const meter = new RunMeter(options.onProgress, monitor)
    const run = new Run(this.resources, options.signal, meter.tick, metrics, recoveryOf(options))
    this.runs.set(run, plan)
    try {
      // Opening a source may take as long as its producer likes.
      run.throwIfCancelled()
      const resolved = await unlessCancelled(resolveQuery(plan, environment), () => run.throwIfCancelled())
      run.throwIfCancelled()
      const optimized = optimizeQuery(resolved, sources)
      const rejects = wantsRejects(options)
      const planned = planRun(optimized, asked.operators, sources, this.parts.room.setting(rejects))
      meter.start(planned.choice)
      const driver = driverOf(asked, planned.choice.name)
      checkComponents(optimized, driver, options.ports)
      run.components = {
        strategy: driver,
        ports: options.ports ?? {},
        lease: (batch) => this.parts.lease(batch),
        relationOf: (input) => (rejects ? null : pushedRelation(input, run, sources)),
        metrics: [],
      }
      meter.begin('process')
      meter.watch(run, rowsToRead(optimized, sources).rows)
      const batches = batchesOf(planned, run, this.switching(planned.choice, meter, options), sources)
      return { run, meter, planned, schema: resolved.schema, batches }
    } catch (error) {
      const explained = this.explained(error, meter)
      meter.abandon()
      await this.endRun(run)
      throw explained
    }
  }

  private switching(choice: Choice, meter: RunMeter, options: RunOptions): Switching {
    const { listeners, room } = this.parts
    const tell = (change: StrategyChange) => listeners.emit('strategy', meter.change(change))
    const started = choice.name === 'bigdata' ? 'bigdata' : 'bulk'
    return new Switching(started, room.pressure(), tell, options.switchAtMorsel ?? null)
  }

  private async end({ batches, meter, run }: Execution): Promise<void> {
    meter.abandon()
    // Ends the generators of a run that its consumer left early, so that they release what they hold.
    await batches.return(undefined)
    await this.endRun(run)
  }

  /** An error for want of memory says who holds it. */
  private explained(error: unknown, meter: RunMeter): unknown {
    const { monitor, operators } = this.parts
    const { budget, duckdb } = monitor
    return explainLimit(error, { operators, budget, duckdb, shareRead: meter.shareRead })
  }

  /** Ends what would start again when needed; where memory is ample, that would cost more than it takes. */
  private async releaseWorkers(): Promise<void> {
    const { monitor, parser, pool } = this.parts
    if (this.runs.size > 1 || monitor.budget.isAmple) return
    await Promise.all([pool.close(), parser.close()])
  }
}
