/** The engine: what `open` returns. Holds the shared memory, the threads and the sources until it is closed. */

import type { Schema as ArrowSchema } from 'apache-arrow'
import type { Records } from '../io/records/records-source.js'
import { VolleyError } from '../planner/errors.js'
import { Frame, type SchemaLike } from '../planner/frame.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import type { AnyStrategyName } from '../planner/run-options.js'
import type { EngineEvents, EngineListener } from './events.js'
import type { Executor } from './executor.js'
import type { MemoryUsage } from './memory/memory-usage.js'
import { checkEngineOptions, type EngineOptions } from './options.js'
import type { PipelineHandle } from './pipeline/pipeline-handle.js'
import type { PipelineInput } from './pipeline/pipeline-input.js'
import type { ArrowInput, CsvScanOptions, NdjsonScanOptions, ParquetScanOptions, Paths } from './scan-options.js'
import type { ExecutionStrategy } from './strategies/strategy.js'

/** Opens an engine. Threads start with the first run. Throws VOLLEY_INVALID_ARGUMENT for options that make no sense. */
export async function open(options: EngineOptions = {}): Promise<Engine> {
  const checked = checkEngineOptions(options)
  // Loaded here, so that importing the package costs no more than its own few modules.
  const { Executor } = await import('./executor.js')
  return new Engine(new Executor(checked))
}

export class Engine implements AsyncDisposable {
  /** Private to the runtime too, so that printing an engine does not print all that it holds. */
  readonly #executor: Executor

  /** @internal Use `open`. */
  constructor(executor: Executor) {
    this.#executor = executor
  }

  /** Threads that work on a run. */
  get threads(): number {
    return this.#executor.threads
  }

  /** Calls `listener` at each event. What it throws breaks no run. */
  on<K extends keyof EngineEvents>(event: K, listener: EngineListener<K>): this {
    this.checkListener(event, listener)
    this.#executor.listeners.add(event, listener)
    return this
  }

  off<K extends keyof EngineEvents>(event: K, listener: EngineListener<K>): this {
    this.checkListener(event, listener)
    this.#executor.listeners.remove(event, listener)
    return this
  }

  /** Lets runs ask for a strategy of the user's own by its name: `run.strategy`. It drives the components of plans. */
  registerStrategy(strategy: ExecutionStrategy): void {
    this.#executor.strategies.register(strategy)
  }

  /** A strategy by its name, for one that passes on to it: what drives components under row, bulk or bigdata, say. */
  strategy(name: Exclude<AnyStrategyName, 'auto'>): ExecutionStrategy {
    return this.#executor.strategies.named(name)
  }

  memoryUsage(): MemoryUsage {
    return this.#executor.memoryUsage()
  }

  /** Parquet: a file, several, a glob or a directory (with `key=value` folders as columns). */
  scanParquet(paths: Paths, options: ParquetScanOptions = {}): Frame {
    return this.frame(this.#executor.scans.parquet(paths, options))
  }

  /** Arrow IPC, files or streams. */
  scanArrow(paths: Paths): Frame {
    return this.frame(this.#executor.scans.arrow(paths))
  }

  scanCsv(paths: Paths, options: CsvScanOptions = {}): Frame {
    return this.frame(this.#executor.scans.csv(paths, options))
  }

  scanNdjson(paths: Paths, options: NdjsonScanOptions = {}): Frame {
    return this.frame(this.#executor.scans.ndjson(paths, options))
  }

  /**
   * An apache-arrow Table, a RecordBatch, or several, also from an async iterable such as `stream()`. Copied into the
   * shared memory once, at the first run, and freed when no frame refers to it any more.
   */
  fromArrow(input: ArrowInput): Frame {
    return this.frame(this.#executor.scans.tables(input))
  }

  /** Objects. Without a schema, the first 1,000 tell the columns and their types. */
  fromRecords(records: Records, schema?: SchemaLike | ArrowSchema): Frame {
    return this.frame(this.#executor.scans.records(records, schema))
  }

  /** A SELECT over the given frames and files, or over files that it names: `from 'orders.parquet'`. */
  sql(text: string, tables: Readonly<Record<string, Frame | string>> = {}): Frame {
    if (typeof text !== 'string') throw new VolleyError('VOLLEY_INVALID_ARGUMENT', 'sql takes the text of a query')
    if (typeof tables !== 'object' || tables === null) {
      throw new VolleyError(
        'VOLLEY_INVALID_ARGUMENT',
        'the tables of a query are an object of frames and paths by name',
      )
    }
    const plans = Object.entries(tables).map(([name, table]) => [name, this.planOf(name, table)] as const)
    return this.frame(Object.freeze({ kind: 'sql', text, tables: Object.freeze(Object.fromEntries(plans)) }))
  }

  /**
   * A pipeline: the path of its YAML or of a directory with `extract.yaml` and its like, a builder (`pipeline`), or what
   * makes one for parameters. Nothing is read before it is planned, checked or run.
   */
  pipeline(input: PipelineInput): PipelineHandle {
    return this.#executor.pipeline(input)
  }

  /** Cancels what still runs, ends the threads and frees the memory. Results already handed out stay valid. */
  async close(): Promise<void> {
    await this.#executor.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private checkListener(event: string, listener: unknown): void {
    const { listeners } = this.#executor
    if (!listeners.knows(event)) {
      throw new VolleyError(
        'VOLLEY_INVALID_ARGUMENT',
        `an engine has no event ${JSON.stringify(event)}, only ${listeners.names.map((name) => `'${name}'`).join(', ')}`,
      )
    }
    if (typeof listener !== 'function') {
      throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `a listener of '${event}' must be a function`)
    }
  }

  private frame(plan: LogicalPlan): Frame {
    return new Frame(plan, this.#executor)
  }

  private planOf(name: string, table: Frame | string): LogicalPlan {
    if (table instanceof Frame) {
      if (table.runtime === this.#executor) return table.plan
      throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `table '${name}' is a frame of another engine`)
    }
    const plan = typeof table === 'string' ? this.#executor.scans.file(table) : null
    if (plan !== null) return plan
    throw new VolleyError(
      'VOLLEY_INVALID_ARGUMENT',
      `table '${name}' is neither a frame nor a file of a known format: ${String(table)}`,
    )
  }
}
