/** The lazy table that users hold: a logical plan, and the runtime that can run it. */

import type { Schema as ArrowSchema, RecordBatch, Table } from 'apache-arrow'
import {
  checkChoice,
  checkCount,
  checkEntries,
  checkName,
  checkOptions,
  checkPath,
  checkRun,
  checkSinkOptions,
  invalid,
  show,
} from './arguments.js'
import { type Component, checkComponent, MAIN_PORT } from './component.js'
import { asExpr, type ExpressionLike, operand, type SortBy, sortKey, type Value } from './expr.js'
import type { Expression } from './expression.js'
import { checkJoin, type JoinOptions } from './join-options.js'
import type { LogicalPlan, UserFunction } from './logical-plan.js'
import { type SchemaLike, schemaFrom } from './map-schema.js'
import type { Profile } from './profile.js'
import type {
  ArrowSinkOptions,
  CsvSinkOptions,
  ExplainOptions,
  NdjsonSinkOptions,
  ParquetOutputOptions,
  ParquetSinkOptions,
  RunOptions,
  RunReport,
  SinkTarget,
} from './run-options.js'
import type { Schema } from './types.js'
import type { BatchFunction, ModuleFunction, RowFunction } from './user-functions.js'

export type { ExpressionLike, SortBy, SortTerm, Value } from './expr.js'
export type { JoinOptions } from './join-options.js'
export type { SchemaLike } from './map-schema.js'
export type * from './run-options.js'
export type { BatchFunction, ModuleFunction, RowFunction } from './user-functions.js'

/** What a frame needs of its engine. */
export interface FrameRuntime {
  schema(plan: LogicalPlan): Promise<ArrowSchema>
  explain(plan: LogicalPlan, options: ExplainOptions): Promise<string>
  collect(plan: LogicalPlan, run: RunOptions): Promise<Table>
  stream(plan: LogicalPlan, run: RunOptions): AsyncIterable<RecordBatch>
  rows(plan: LogicalPlan, run: RunOptions): AsyncIterable<Record<string, unknown>>
  count(plan: LogicalPlan, run: RunOptions): Promise<number>
  sink(plan: LogicalPlan, target: SinkTarget, run: RunOptions): Promise<RunReport>
  profile(plan: LogicalPlan, run: RunOptions): Promise<Profile>
  /** Keeps a function of the main thread under a number that plans can carry. */
  registerClosure(call: (input: never) => unknown): number
  /** Names of the strategies that a run may ask for. */
  strategyNames(): readonly string[]
  /** Throws VOLLEY_UNSUPPORTED for a type that has no equivalent here. */
  toSchema(schema: ArrowSchema): Schema
}

export interface MapOptions {
  /** The columns that the function returns. */
  readonly schema: SchemaLike
}

/** A description of a table. Immutable: every method returns another frame, and nothing runs before a result is asked for. */
export class Frame {
  /** Behind a getter, so that printing a frame does not print the engine. */
  readonly #runtime: FrameRuntime

  /** @internal Frames come from an engine. */
  constructor(
    readonly plan: LogicalPlan,
    runtime: FrameRuntime,
  ) {
    this.#runtime = runtime
    Object.freeze(this)
  }

  /** @internal */
  get runtime(): FrameRuntime {
    return this.#runtime
  }

  /** Rows for which the condition is true; not those for which it is null. */
  filter(condition: ExpressionLike): Frame {
    return this.with({ kind: 'filter', input: this.plan, predicate: asExpr(condition).node })
  }

  /** Exactly these columns. */
  select(...expressions: ExpressionLike[]): Frame {
    return this.with({ kind: 'select', input: this.plan, expressions: nodesOf('select', expressions) })
  }

  /** The same columns, with some added or, under the same name, replaced. Strings are SQL text. */
  withColumns(columns: Readonly<Record<string, Value>>): Frame {
    const entries = checkEntries('withColumns', columns).map(([name, value]) => [name, columnNode(value)] as const)
    return this.with({ kind: 'withColumns', input: this.plan, columns: record(entries) })
  }

  /** `{ old: 'new' }` */
  rename(names: Readonly<Record<string, string>>): Frame {
    const entries = checkEntries('rename', names)
    for (const [, name] of entries) checkName('each new name given to rename', name)
    return this.with({ kind: 'rename', input: this.plan, names: record(entries) })
  }

  drop(...names: string[]): Frame {
    if (names.length === 0) throw invalid('drop takes at least one column name')
    return this.with({ kind: 'drop', input: this.plan, names: checkNames('drop', names) })
  }

  /** Without keys, `agg` gives one row for the whole table. */
  groupBy(...keys: ExpressionLike[]): GroupedFrame {
    return new GroupedFrame(
      this,
      keys.map((key) => asExpr(key).node),
    )
  }

  join(other: Frame, options: JoinOptions): Frame {
    return this.with({ kind: 'join', left: this.plan, right: this.planOf('join', other), ...checkJoin(options) })
  }

  /** Stable; nulls come last unless a term says otherwise. */
  sort(...terms: SortBy[]): Frame {
    if (terms.length === 0) throw invalid('sort takes at least one expression')
    return this.with({ kind: 'sort', input: this.plan, keys: Object.freeze(terms.map(sortKey)) })
  }

  /** At most `count` rows, after leaving out `offset`. */
  limit(count: number, offset = 0): Frame {
    checkCount('limit', count, 0)
    checkCount('the offset of limit', offset, 0)
    return this.with({ kind: 'limit', input: this.plan, count, offset })
  }

  /** The first row of each combination of these columns, or of all columns if none is named. */
  distinct(...names: string[]): Frame {
    const on = names.length === 0 ? null : checkNames('distinct', names)
    return this.with({ kind: 'distinct', input: this.plan, names: on })
  }

  /** All rows of all frames, one after the other. Columns are matched by place and named as in this frame. */
  union(...frames: Frame[]): Frame {
    if (frames.length === 0) throw invalid('union takes at least one other frame')
    const inputs = [this.plan, ...frames.map((frame) => this.planOf('union', frame))]
    return this.with({ kind: 'union', inputs: Object.freeze(inputs) })
  }

  /** Passes record batches through a function. */
  mapBatches(transform: BatchFunction | ModuleFunction, options: MapOptions): Frame {
    return this.map('batch', transform, options)
  }

  /** Passes rows, as objects, through a function. */
  mapRows(transform: RowFunction | ModuleFunction, options: MapOptions): Frame {
    return this.map('row', transform, options)
  }

  /** Passes the rows through an operator of the user's own. What leaves by its port `main` is the result. */
  apply(component: Component): Frame {
    const ports = checkComponent(component, (given) => this.runtime.toSchema(given))
    return this.with({ kind: 'component', input: this.plan, component, schema: ports[MAIN_PORT], ports })
  }

  schema(): Promise<ArrowSchema> {
    return this.runtime.schema(this.plan)
  }

  explain(options: ExplainOptions = {}): Promise<string> {
    checkOptions('explain', options, ['format', 'strategy', 'rejects'])
    if (options.strategy !== undefined) checkChoice('strategy', options.strategy, this.runtime.strategyNames())
    if (options.format !== undefined) checkChoice('format', options.format, ['text', 'json'])
    return this.runtime.explain(this.plan, options)
  }

  collect(run: RunOptions = {}): Promise<Table> {
    return this.runtime.collect(this.plan, this.checked(run))
  }

  /** Record batches with backpressure: nothing is read ahead of a consumer that pauses but for a few batches. */
  stream(run: RunOptions = {}): AsyncIterable<RecordBatch> {
    return this.runtime.stream(this.plan, this.checked(run))
  }

  /** Rows as objects, with backpressure. */
  rows(run: RunOptions = {}): AsyncIterable<Record<string, unknown>> {
    return this.runtime.rows(this.plan, this.checked(run))
  }

  count(run: RunOptions = {}): Promise<number> {
    return this.runtime.count(this.plan, this.checked(run))
  }

  /** Runs the plan, drops its rows, and tells what each node of it did. */
  profile(run: RunOptions = {}): Promise<Profile> {
    return this.runtime.profile(this.plan, this.checked(run))
  }

  sinkParquet(path: string, options: ParquetOutputOptions = {}, run: RunOptions = {}): Promise<RunReport> {
    return this.sink({ format: 'parquet', path, options: parquetOptions(options) }, run)
  }

  sinkArrow(path: string, options: ArrowSinkOptions = {}, run: RunOptions = {}): Promise<RunReport> {
    return this.sink({ format: 'arrow', path, options }, run)
  }

  sinkCsv(path: string, options: CsvSinkOptions = {}, run: RunOptions = {}): Promise<RunReport> {
    return this.sink({ format: 'csv', path, options }, run)
  }

  sinkNdjson(path: string, options: NdjsonSinkOptions = {}, run: RunOptions = {}): Promise<RunReport> {
    return this.sink({ format: 'ndjson', path, options }, run)
  }

  private sink(target: SinkTarget, run: RunOptions): Promise<RunReport> {
    checkPath(target.path)
    return this.runtime.sink(this.plan, Object.freeze(checkSinkOptions(target)), this.checked(run))
  }

  private checked(run: RunOptions): RunOptions {
    return checkRun(run, this.runtime.strategyNames())
  }

  private map(mode: 'batch' | 'row', transform: object, options: MapOptions): Frame {
    checkOptions(mode === 'row' ? 'mapRows' : 'mapBatches', options, ['schema'])
    const schema = schemaFrom(options.schema, (given) => this.runtime.toSchema(given))
    return this.with({
      kind: 'map',
      input: this.plan,
      mode,
      function: this.userFunction(transform as ModuleFunction | ((input: never) => unknown)),
      schema,
    })
  }

  private userFunction(transform: ModuleFunction | ((input: never) => unknown)): UserFunction {
    if (typeof transform === 'function') {
      const id = this.runtime.registerClosure(transform)
      return Object.freeze({ kind: 'closure', id, label: transform.name || 'anonymous', call: transform })
    }
    if (typeof transform !== 'object' || transform === null) {
      throw invalid(`a map takes a function or { module, function }, not ${show(transform)}`)
    }
    checkOptions('a function in a module', transform, ['module', 'function', 'kwargs'])
    return Object.freeze({
      kind: 'module',
      module: checkName('module', String(transform.module ?? '')),
      function: checkName('function', transform.function ?? 'default'),
      kwargs: copyKwargs(transform.kwargs ?? {}),
    })
  }

  private planOf(method: string, other: Frame): LogicalPlan {
    if (!(other instanceof Frame)) throw invalid(`${method} takes a frame, not ${show(other)}`)
    if (other.runtime !== this.runtime) throw invalid(`${method} takes a frame of the same engine`)
    return other.plan
  }

  private with(plan: LogicalPlan): Frame {
    return new Frame(Object.freeze(plan), this.runtime)
  }
}

/** What `groupBy` returns; `agg` makes a frame of it again. */
export class GroupedFrame {
  constructor(
    private readonly frame: Frame,
    private readonly keys: readonly Expression[],
  ) {
    Object.freeze(this)
  }

  /** A row for each combination of the keys: the keys, then these aggregates. */
  agg(aggregates: Readonly<Record<string, ExpressionLike>>): Frame {
    const entries = checkEntries('agg', aggregates).map(([name, one]) => [name, asExpr(one).node] as const)
    return new Frame(
      Object.freeze({ kind: 'aggregate', input: this.frame.plan, keys: this.keys, aggregates: record(entries) }),
      this.frame.runtime,
    )
  }
}

/** Later changes to the caller's object do not change the plan. */
function copyKwargs(kwargs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(kwargs)
  } catch (cause) {
    throw invalid(`kwargs cannot be sent to worker threads: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function nodesOf(method: string, expressions: readonly ExpressionLike[]): readonly Expression[] {
  if (expressions.length === 0) throw invalid(`${method} takes at least one expression`)
  return Object.freeze(expressions.map((one) => asExpr(one).node))
}

function columnNode(value: Value): Expression {
  return typeof value === 'string' ? asExpr(value).node : operand(value).node
}

function checkNames(method: string, names: readonly string[]): readonly string[] {
  return Object.freeze(names.map((name) => checkName(`each column given to ${method}`, name)))
}

/** An object without a prototype, so that a column may be called `__proto__`. */
function record<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  const result: Record<string, T> = Object.create(null)
  for (const [name, value] of entries) result[name] = value
  return Object.freeze(result)
}

/** The same options, one column of `partitionBy` as a list. */
function parquetOptions(options: ParquetOutputOptions): ParquetSinkOptions {
  return isListed(options) ? options : { ...options, partitionBy: [options.partitionBy ?? []].flat() }
}

function isListed(options: ParquetOutputOptions): options is ParquetSinkOptions {
  return typeof options?.partitionBy !== 'string'
}
