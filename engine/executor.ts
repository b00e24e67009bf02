/** What the frames of an engine ask for: schemas, explanations, and results in every form. */

import type * as arrow from 'apache-arrow'
import { fromArrowSchema, toArrowSchema } from '../io/arrow/schema.js'
import type { Batch } from '../io/batch.js'
import { toRow } from '../io/records/row.js'
import type { SinkResult } from '../io/sink.js'
import type { FrameRuntime } from '../planner/frame.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import { Profile, profilePlan } from '../planner/profile.js'
import type { ExplainOptions, RunOptions, RunReport, SinkTarget } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { EngineParts, type EngineWork } from './engine-parts.js'
import type { EngineListeners } from './events.js'
import { type Execution, Executions } from './executions.js'
import { explainQuery } from './explain.js'
import { releaseBatch } from './kernels/vectors.js'
import type { MemoryUsage } from './memory/memory-usage.js'
import { MetricsRecorder } from './metrics/recorder.js'
import type { CheckedOptions } from './options.js'
import { PipelineHandle } from './pipeline/pipeline-handle.js'
import type { PipelineInput } from './pipeline/pipeline-input.js'
import type { OpenServices } from './pipeline/services.js'
import { StageMessages } from './pipeline/stage-messages.js'
import { openServices } from './pipeline-services.js'
import { countPushed, planRun } from './planned-run.js'
import { copiedTo, pushedSink } from './pushed-sink.js'
import { optimizeQuery, resolveQuery } from './query.js'
import { tableOf } from './results.js'
import type { Scans } from './scans.js'
import { drain, openSink } from './sinks.js'
import { driverOf, type StrategyRegistry } from './strategies/registry.js'

/** Results of the row strategy that may be in the user's hands before garbage is collected: it is to take little memory. */
const ROW_LEASED_BYTES = 8 << 20

export class Executor implements FrameRuntime {
  readonly threads: number
  readonly scans: Scans
  readonly strategies: StrategyRegistry
  readonly listeners: EngineListeners
  private readonly parts: EngineParts
  private readonly executions: Executions
  private closures = 0
  private closing: Promise<void> | null = null

  constructor(options: CheckedOptions) {
    this.threads = options.threads
    this.parts = new EngineParts(options)
    this.scans = this.parts.scans
    this.strategies = this.parts.strategies
    this.listeners = this.parts.listeners
    this.executions = new Executions(this.parts)
  }

  memoryUsage(): MemoryUsage {
    return this.parts.memoryUsage()
  }

  work(): EngineWork {
    return this.parts.work()
  }

  close(): Promise<void> {
    this.closing ??= this.executions.close().then(() => this.parts.close())
    return this.closing
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
    return this.executions.tracked(async () => toArrowSchema((await resolveQuery(plan, this.parts.environment)).schema))
  }

  explain(plan: LogicalPlan, options: ExplainOptions): Promise<string> {
    const { environment, room, sources, strategies } = this.parts
    return this.executions.tracked(async () => {
      const optimized = optimizeQuery(await resolveQuery(plan, environment), sources)
      const asked = strategies.asked(options.strategy ?? this.parts.options.strategy)
      const planned = planRun(optimized, asked.operators, sources, room.setting(options.rejects === true))
      const annotations = { sources, driver: driverOf(asked, planned.choice.name) }
      return explainQuery(planned, annotations, this.threads, options)
    })
  }

  collect(plan: LogicalPlan, options: RunOptions): Promise<arrow.Table> {
    return this.executions.execute(plan, options, async (execution) => {
      const collected: Batch[] = []
      try {
        for await (const batch of execution.batches) collected.push(batch)
        const leased: arrow.RecordBatch[] = []
        for (let batch = collected.shift(); batch !== undefined; batch = collected.shift()) {
          leased.push(this.parts.lease(batch))
        }
        return tableOf(execution.schema, leased)
      } catch (error) {
        for (const batch of collected) releaseBatch(this.parts.memory, batch)
        throw error
      }
    })
  }

  async *stream(plan: LogicalPlan, options: RunOptions): AsyncGenerator<arrow.RecordBatch> {
    let most: number | undefined
    const started = ({ planned }: Execution) => {
      if (planned.choice.name === 'row') most = ROW_LEASED_BYTES
    }
    for await (const batch of this.executions.batches(plan, options, started)) {
      // Dropped results are the first thing to give up.
      await this.parts.relieve(most)
      yield this.parts.lease(batch)
    }
  }

  async *rows(plan: LogicalPlan, options: RunOptions): AsyncGenerator<Record<string, unknown>> {
    for await (const batch of this.executions.batches(plan, options)) {
      try {
        for (let row = 0; row < batch.length; row++) yield toRow(this.parts.memory.views, batch, row)
      } finally {
        releaseBatch(this.parts.memory, batch)
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
    return this.executions.execute(plan, options, async ({ batches, meter, planned, run, schema }) => {
      const pushed = await pushedSink(planned, target, run)
      if (pushed !== null) {
        countPushed(planned.plan, run, this.parts.sources)
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
    const recorder = new MetricsRecorder(this.parts.memory.views)
    const measured = async ({ batches, meter, planned, run }: Execution) => {
      let rowsOut = 0
      for await (const batch of batches) {
        rowsOut += batch.length
        releaseBatch(this.parts.memory, batch)
      }
      const report = meter.finish({ rowsOut, bytesWritten: 0 })
      run.recordPeaks()
      return new Profile(report, profilePlan(planned.plan, recorder.measurements()))
    }
    return this.executions.execute(plan, options, measured, recorder)
  }

  pipeline(input: PipelineInput): PipelineHandle {
    this.executions.expectOpen()
    return new PipelineHandle(input, this)
  }

  openPipeline(signal?: AbortSignal, messages = new StageMessages()): OpenServices {
    return openServices(this.parts, this.executions, this, signal, messages)
  }
}
