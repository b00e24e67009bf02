/**
 * Runs a chain of operators over one morsel, slice by slice.
 *
 * A slice is small enough for its vectors to stay in the second-level cache. Each operator hands its result to the next
 * at once; what it computes lies in scratch and is taken back when the slice is done.
 */

import type { Batch } from '../../io/batch.js'
import { sliceBatch } from '../../io/batch.js'
import { unreachable } from '../../planner/errors.js'
import type { TypedExpression } from '../../planner/expression.js'
import { describeRowError, evaluateAll, failingExpression } from '../kernels/evaluate.js'
import { RowError } from '../kernels/kernel.js'
import { persist, releaseBatch, unpackBatch } from '../kernels/vectors.js'
import type { ChainMeter } from '../metrics/chain-meter.js'
import type { ChainEnd, ChainStep, HeldState } from '../workers/messages.js'
import type { TaskContext } from '../workers/task-context.js'
import { acquireState, type TaskState } from './aggregate-slot.js'
import { filter } from './filter.js'
import { firstRows } from './first-rows.js'
import { PartitionedRows, positionColumn } from './partition.js'
import { probe } from './probe.js'
import { project } from './project.js'
import { top } from './top.js'

type MapStep = Extract<ChainStep, { kind: 'map' }>

/** Loaded by threads that call functions, and with it what shows batches to them: others start without. */
let mapInWorker: typeof import('./map.js').mapInWorker | null = null

type PartitionEnd = Extract<ChainEnd, { kind: 'partition' }>

/** Where the rows of a batch come from: named when one of them cannot be computed. */
export interface Origin {
  readonly path?: string
  readonly rowGroup?: number
  readonly firstRow: number
}

export interface ChainResult {
  readonly batches: Batch[]
  rowsOut: number
  /** Of the groups, if they are in a state of the chain's own. */
  state: HeldState | null
  /** What was written for partitions, as `PartitionedRows` lists it; null of other chains. */
  pieces: Float64Array | null
}

export class Chain {
  private readonly result: ChainResult = { batches: [], rowsOut: 0, state: null, pieces: null }
  private readonly slot: TaskState | null
  private readonly partitioned: PartitionedRows | null
  private origin: Origin = { firstRow: 0 }
  /** Addresses of the row indexes by which filters have thinned the current slice; null after other operators. */
  private selections: number[] | null = []
  constructor(
    private readonly context: TaskContext,
    private readonly steps: readonly ChainStep[],
    private readonly end: ChainEnd,
    /** Orders the chain's rows before those of a chain with a greater position. */
    private readonly position: number,
    /** Null if nobody measures the run. */
    private readonly meter: ChainMeter | null = null,
  ) {
    this.slot = end.kind === 'aggregate' ? acquireState(context, end) : null
    this.partitioned = end.kind === 'partition' ? new PartitionedRows(context, end.target) : null
  }

  /** Runs a batch through the chain. */
  async run(batch: Batch, sliceRows: number, origin: Origin): Promise<void> {
    for (let start = 0; start < batch.length; start += sliceRows) {
      this.context.checkCancelled()
      this.origin = { ...origin, firstRow: origin.firstRow + start }
      this.selections = []
      const slice = sliceBatch(batch, start, Math.min(sliceRows, batch.length - start))
      const pending = this.apply(0, this.steps[0]?.kind === 'filter' ? slice : unpackBatch(this.context, slice))
      if (pending !== undefined) await pending
      this.context.resetScratch()
    }
  }

  /** Ends the chain and returns what it put out; its blocks are the caller's. */
  finish(): ChainResult {
    this.result.state = this.slot?.release() ?? null
    this.result.pieces = this.partitioned?.finish() ?? null
    return this.result
  }

  /** Ends a chain that failed. */
  abandon(): void {
    this.slot?.abandon()
    this.partitioned?.abandon()
    for (const batch of this.result.batches) releaseBatch(this.context, batch)
  }

  private apply(index: number, batch: Batch): void | Promise<void> {
    if (batch.length === 0) return
    this.meter?.passed(index, batch)
    if (index === this.steps.length) return this.finishSlice(batch)
    const step = this.steps[index]
    switch (step.kind) {
      case 'filter': {
        const filtered = this.computed(index, [step.predicate], batch, () =>
          filter(this.context, step.predicate, batch),
        )
        if (filtered.indices !== null) this.selections?.push(filtered.indices)
        return this.apply(index + 1, filtered.batch)
      }
      case 'project': {
        const expressions = step.expressions.map((named) => named.expression)
        const projected = this.computed(index, expressions, batch, () =>
          project(this.context, step.expressions, step.schema, batch),
        )
        return this.apply(index + 1, projected)
      }
      case 'top': {
        const keys = step.keys.map((key) => key.expression)
        const kept = this.computed(index, keys, batch, () => top(this.context, step.keys, step.limit, batch))
        this.selections = null
        return this.apply(index + 1, kept)
      }
      case 'firstRows': {
        const keys = step.key === null ? step.partitionBy : [...step.partitionBy, step.key.expression]
        const kept = this.computed(index, keys, batch, () => firstRows(this.context, step, batch, this.position))
        this.selections = null
        return this.apply(index + 1, kept)
      }
      case 'check': {
        this.computed(index, step.expressions, batch, () => evaluateAll(this.context, step.expressions, batch))
        return this.apply(index + 1, batch)
      }
      case 'probe': {
        const joined = this.computed(index, step.keys, batch, () => probe(this.context, step, batch))
        this.selections = null
        return this.applyEach(index, joined)
      }
      case 'map': {
        const isWhole = this.selections?.length === 0
        this.selections = null
        return this.applyMapped(index, step, batch, isWhole ? this.origin.firstRow : null)
      }
      default:
        return unreachable(step)
    }
  }

  /** Sends each of several batches of a step on, taking back their scratch before the next one is made. */
  private applyEach(index: number, batches: Generator<Batch>): void | Promise<void> {
    for (;;) {
      const mark = this.context.markScratch()
      const began = this.clock()
      const next = batches.next()
      this.meter?.worked(index + 1, began)
      if (next.done === true) return
      const pending = this.apply(index + 1, next.value)
      if (pending !== undefined) return pending.then(() => this.applyEach(index, batches))
      this.context.rewindScratch(mark)
      this.context.checkCancelled()
    }
  }

  private async applyMapped(index: number, step: MapStep, batch: Batch, firstRow: number | null): Promise<void> {
    mapInWorker ??= (await import('./map.js')).mapInWorker
    const began = this.clock()
    const mapped = await mapInWorker(this.context, step, batch, firstRow)
    this.meter?.worked(index + 1, began)
    try {
      await this.apply(index + 1, mapped)
    } finally {
      releaseBatch(this.context, mapped)
    }
  }

  private finishSlice(batch: Batch): void {
    const began = this.clock()
    this.endSlice(batch)
    this.meter?.worked(this.steps.length + 1, began)
  }

  private endSlice(batch: Batch): void {
    const { end } = this
    const position = this.position + this.result.rowsOut
    this.result.rowsOut += batch.length
    if (end.kind === 'output') {
      const columns = batch.columns.map((column) => persist(this.context, this.context.allocate, column))
      this.result.batches.push({ ...batch, columns })
      return
    }
    if (end.kind === 'partition') {
      this.partition(end, batch, position)
      return
    }
    const inputs = [...end.keys, ...end.arguments, ...end.filters]
    const expressions = inputs.filter((input) => input !== null)
    const vectors = this.located(expressions, batch, () => evaluateAll(this.context, expressions, batch))
    let next = 0
    const computed = (input: TypedExpression | null) => (input === null ? null : vectors[next++])
    const keys = end.keys.map(() => vectors[next++])
    this.slot?.state.update(keys, end.arguments.map(computed), end.filters.map(computed), batch.length, position)
  }

  private partition({ keys, positions }: PartitionEnd, batch: Batch, position: number): void {
    const { context } = this
    const vectors = this.located(keys, batch, () => evaluateAll(context, keys, batch))
    const columns = positions ? [...batch.columns, positionColumn(context, position, batch.length)] : batch.columns
    this.partitioned?.add(vectors, { ...batch, columns })
  }

  /** What a step makes of a batch; its work counts as that step's. */
  private computed<T>(index: number, expressions: readonly TypedExpression[], batch: Batch, compute: () => T): T {
    const began = this.clock()
    const result = this.located(expressions, batch, compute)
    this.meter?.worked(index + 1, began)
    return result
  }

  /** Now, in runs that are measured. */
  private clock(): number {
    return this.meter === null ? 0 : performance.now()
  }

  /** Runs `compute`, and tells the expression, file and row of a value that it cannot take. */
  private located<T>(expressions: readonly TypedExpression[], batch: Batch, compute: () => T): T {
    try {
      return compute()
    } catch (error) {
      if (!(error instanceof RowError)) throw error
      const guilty = failingExpression(this.context, expressions, batch)
      const row = this.rowOf(error.row)
      throw describeRowError(new RowError(error.code, error.message, row), guilty, this.origin)
    }
  }

  /** The row of the slice that a row of the current batch was before filters; -1 if it cannot be told. */
  private rowOf(row: number): number {
    if (this.selections === null || row < 0) return -1
    return this.selections.reduceRight((current, indices) => this.context.memory.u32[indices / 4 + current], row)
  }
}
