/** The engine: what `open` returns. Holds the shared memory, the threads and the sources until it is closed. */

import type * as arrow from 'apache-arrow'
import { fromArrowSchema, toArrowSchema } from '../io/arrow/schema.js'
import type { Batch } from '../io/batch.js'
import { SqlParser } from '../io/duckdb/parser.js'
import { toRow } from '../io/records/row.js'
import { VolleyError } from '../planner/errors.js'
import { Frame, type FrameRuntime } from '../planner/frame.js'
import type { LogicalPlan, ResolvedPlan } from '../planner/logical-plan.js'
import type { ExplainOptions, RunOptions, RunReport, SinkTarget } from '../planner/run-options.js'
import type { Schema } from '../planner/types.js'
import { explainQuery } from './explain.js'
import { compileKernels } from './kernels/context.js'
import { releaseBatch } from './kernels/vectors.js'
import { lower } from './lower.js'
import { Leases } from './memory/lease.js'
import { SharedMemory } from './memory/shared-memory.js'
import { type CheckedOptions, checkOptions, type EngineOptions } from './options.js'
import { optimizeQuery, type QueryEnvironment, resolveQuery } from './query.js'
import { RunMeter } from './report.js'
import { leaseBatch, tableOf } from './results.js'
import { Run } from './run.js'
import { type ArrowInput, type FileOptions, type RecordsInput, Scans } from './scans.js'
import { drain, openSink } from './sinks.js'
import { SourceRegistry } from './sources.js'
import { BulkStrategy } from './strategies/bulk.js'
import { type Choice, chooseStrategy } from './strategies/choose.js'
import { WorkerPool } from './workers/pool.js'

/** Opens an engine. Threads start with the first run. */
export async function open(options: EngineOptions = {}): Promise<Engine> {
  return new Engine(checkOptions(options))
}

/** A prepared run: its plan is optimized and its batches are about to be made. */
interface Execution {
  readonly run: Run
  readonly meter: RunMeter
  readonly choice: Choice
  readonly schema: Schema
  readonly batches: AsyncGenerator<Batch>
}

export class Engine implements AsyncDisposable {
  private readonly memory: SharedMemory
  private readonly kernels = compileKernels()
  private readonly pool: WorkerPool
  private readonly leases: Leases
  private readonly sources = new SourceRegistry()
  private readonly parser = new SqlParser()
  private readonly scans: Scans
  private readonly environment: QueryEnvironment
  private readonly runs = new Set<Run>()
  private readonly runtime: FrameRuntime
  private closures = 0
  private closed = false

  /** Use `open`. */
  constructor(private readonly options: CheckedOptions) {
    this.memory = SharedMemory.create(options.memoryLimit)
    this.pool = new WorkerPool(this.memory, this.kernels, options.threads)
    this.leases = new Leases(this.memory.release)
    this.scans = new Scans(this.sources, this.memory)
    this.environment = {
      sources: this.sources,
      parser: this.parser,
      scanOf: (reference) => this.scans.referenced(reference),
      oneRow: this.scans.oneRow(),
    }
    this.runtime = {
      schema: (plan) => this.schema(plan),
      explain: (plan, explain) => this.explain(plan, explain),
      collect: (plan, run) => this.collect(plan, run),
      stream: (plan, run) => this.stream(plan, run),
      rows: (plan, run) => this.rows(plan, run),
      count: (plan, run) => this.count(plan, run),
      sink: (plan, target, run) => this.sink(plan, target, run),
      registerClosure: () => ++this.closures,
      toSchema: fromArrowSchema,
    }
  }

  /** Threads that work on a run. */
  get threads(): number {
    return this.options.threads
  }

  /** Bytes of the shared memory in use, and of those the part that results in the user's hands hold. */
  memoryUsage(): { usedBytes: number; peakBytes: number; leasedBytes: number } {
    const { bytes, peakBytes } = this.memory.statistics()
    return { usedBytes: bytes, peakBytes, leasedBytes: this.leases.bytes }
  }

  /** Parquet: a file, several, a glob or a directory (with `key=value` folders as columns). */
  scanParquet(paths: string | readonly string[], options: FileOptions['parquet'] = {}): Frame {
    return this.frame(this.scans.parquet(paths, options))
  }

  /** Arrow IPC, files or streams. */
  scanArrow(paths: string | readonly string[]): Frame {
    return this.frame(this.scans.arrow(paths))
  }

  scanCsv(paths: string | readonly string[], options: FileOptions['csv'] = {}): Frame {
    return this.frame(this.scans.csv(paths, options))
  }

  scanNdjson(paths: string | readonly string[], options: FileOptions['ndjson'] = {}): Frame {
    return this.frame(this.scans.ndjson(paths, options))
  }

  /** An apache-arrow Table, a RecordBatch, or several. Copied into the shared memory once, at the first run. */
  fromArrow(input: ArrowInput): Frame {
    return this.frame(this.scans.tables(input))
  }

  /** Objects. Without a schema, the first 1,000 tell the columns and their types. */
  fromRecords(records: RecordsInput, schema?: arrow.Schema | Schema | Readonly<Record<string, string>>): Frame {
    return this.frame(this.scans.records(records, schema))
  }

  /** A SELECT over frames, or over files by name. */
  sql(text: string, tables: Readonly<Record<string, Frame | string>> = {}): Frame {
    if (typeof text !== 'string') throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'sql takes the text of a query')
    const plans = Object.entries(tables).map(([name, table]) => [name, this.planOf(name, table)] as const)
    return this.frame(Object.freeze({ kind: 'sql', text, tables: Object.freeze(Object.fromEntries(plans)) }))
  }

  /** Cancels what still runs, ends the threads and frees the memory. Results already handed out stay valid. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    for (const run of this.runs) run.cancel(new VolleyError('VOLLEY_CLOSED', 'the engine was closed'))
    await Promise.all([...this.runs].map((run) => run.finish()))
    await this.pool.close()
    await this.sources.close()
    await this.parser.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private frame(plan: LogicalPlan): Frame {
    return new Frame(plan, this.runtime)
  }

  private planOf(name: string, table: Frame | string): LogicalPlan {
    if (table instanceof Frame) {
      if (table.runtime !== this.runtime) {
        throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `table '${name}' is a frame of another engine`)
      }
      return table.plan
    }
    const plan = this.scans.file(table)
    if (plan !== null) return plan
    throw new VolleyError(
      'VOLLEY_INVALID_ARGUMENT',
      `table '${name}' is neither a frame nor a file of a known format: ${String(table)}`,
    )
  }

  private async schema(plan: LogicalPlan): Promise<arrow.Schema> {
    this.expectOpen()
    return toArrowSchema((await resolveQuery(plan, this.environment)).schema)
  }

  private async explain(plan: LogicalPlan, options: ExplainOptions): Promise<string> {
    this.expectOpen()
    const optimized = optimizeQuery(await resolveQuery(plan, this.environment), this.sources)
    const choice = chooseStrategy(this.options.strategy)
    return explainQuery(optimized, this.sources, choice, this.options.threads, options)
  }

  private async collect(plan: LogicalPlan, options: RunOptions): Promise<arrow.Table> {
    const batches: arrow.RecordBatch[] = []
    const schema = await this.execute(plan, options, async (execution) => {
      for await (const batch of execution.batches) batches.push(leaseBatch(batch, this.memory, this.leases))
      return execution.schema
    })
    return tableOf(schema, batches)
  }

  private async *stream(plan: LogicalPlan, options: RunOptions): AsyncGenerator<arrow.RecordBatch> {
    const execution = await this.start(plan, options)
    try {
      for await (const batch of execution.batches) {
        await this.leases.relieve()
        yield leaseBatch(batch, this.memory, this.leases)
      }
      execution.meter.finish({ rowsOut: 0, bytesWritten: 0 }, execution.choice)
    } finally {
      await this.end(execution)
    }
  }

  private async *rows(plan: LogicalPlan, options: RunOptions): AsyncGenerator<Record<string, unknown>> {
    const execution = await this.start(plan, options)
    try {
      for await (const batch of execution.batches) {
        try {
          for (let row = 0; row < batch.length; row++) yield toRow(this.memory.views, batch, row)
        } finally {
          releaseBatch(this.memory, batch)
        }
      }
      execution.meter.finish({ rowsOut: 0, bytesWritten: 0 }, execution.choice)
    } finally {
      await this.end(execution)
    }
  }

  private async count(plan: LogicalPlan, options: RunOptions): Promise<number> {
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

  private async sink(plan: LogicalPlan, target: SinkTarget, options: RunOptions): Promise<RunReport> {
    return this.execute(plan, options, async ({ batches, choice, meter, run, schema }) => {
      const sink = await openSink(target, schema, run)
      const { rows, bytesWritten } = await drain(batches, sink)
      return meter.finish({ rowsOut: rows, bytesWritten }, choice)
    })
  }

  /** Runs a plan; `consume` takes its batches to the end. */
  private async execute<T>(
    plan: LogicalPlan,
    options: RunOptions,
    consume: (execution: Execution) => Promise<T>,
  ): Promise<T> {
    const execution = await this.start(plan, options)
    try {
      return await consume(execution)
    } finally {
      await this.end(execution)
    }
  }

  private async start(plan: LogicalPlan, options: RunOptions): Promise<Execution> {
    this.expectOpen()
    const choice = chooseStrategy(options.strategy ?? this.options.strategy)
    this.pool.start()
    const meter = new RunMeter(options.onProgress)
    const run = new Run(this.memory, this.pool, this.kernels, options.signal, meter.tick)
    this.runs.add(run)
    try {
      const resolved = await resolveQuery(plan, this.environment)
      run.throwIfCancelled()
      const optimized = optimizeQuery(resolved, this.sources)
      const pipeline = lower(optimized, (source) => this.sources.sourceOf(source))
      meter.begin('process')
      meter.watch(run.counts, this.rowsToRead(optimized))
      const batches = new BulkStrategy(run).batches(pipeline)
      return { run, meter, choice, schema: resolved.schema, batches }
    } catch (error) {
      meter.abandon()
      await run.finish()
      this.runs.delete(run)
      throw error
    }
  }

  private async end({ batches, meter, run }: Execution): Promise<void> {
    meter.abandon()
    // Ends the generators of a run that its consumer left early, so that they release what they hold.
    await batches.return(undefined)
    await run.finish()
    this.runs.delete(run)
  }

  private rowsToRead(plan: ResolvedPlan): number | null {
    switch (plan.kind) {
      case 'scan': {
        const columns = plan.schema.fields.map((field) => field.name)
        return this.sources.sourceOf(plan.source).estimate({ columns, predicate: plan.predicate }).rows
      }
      case 'join':
        return addKnown([this.rowsToRead(plan.left), this.rowsToRead(plan.right)])
      case 'union':
        return addKnown(plan.inputs.map((input) => this.rowsToRead(input)))
      default:
        return this.rowsToRead(plan.input)
    }
  }

  private expectOpen(): void {
    if (this.closed) throw new VolleyError('VOLLEY_CLOSED', 'the engine is closed')
  }
}

function addKnown(counts: readonly (number | null)[]): number | null {
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0)
}
