/**
 * Filters and projections, compiled into one program that every record passes on its own.
 *
 * A record runs through the actions of the steps in order until a filter refuses it. Columns that steps only pass on are
 * not touched record by record: they are gathered when the slice is done.
 */

import type { Batch, Vector } from '../../../io/batch.js'
import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { formatExpression } from '../../../planner/format-expression.js'
import type { Schema } from '../../../planner/types.js'
import { RowError } from '../../kernels/kernel.js'
import { take, unpack } from '../../kernels/vectors.js'
import { recordText } from '../../recovery/rejected-record.js'
import type { ChainStep } from '../../workers/messages.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { PipelineStep } from '../pipeline.js'
import { type BoundColumn, boundColumn } from './columns.js'
import { compile, testOf } from './compile.js'
import { type RecordNode, stored, TRUE } from './nodes.js'
import { describeFailure, type OnReject, originOfRows, rowOf, type Slice } from './slices.js'
import { type ColumnWriter, columnWriter } from './writers.js'

export type RecordStep = Extract<PipelineStep, { kind: 'filter' | 'project' | 'check' }>

export function isRecordStep(step: PipelineStep | ChainStep): step is RecordStep {
  return step.kind === 'filter' || step.kind === 'project' || step.kind === 'check'
}

/** One thing to do with a record. */
interface Action {
  readonly step: string
  readonly expression: TypedExpression
  /** False if the record goes no further. */
  readonly run: (row: number) => boolean
}

/** A column of the output: one of the input's, or one that is written. */
type Output = { readonly input: number } | { readonly writer: ColumnWriter }

interface ScopeColumn {
  readonly node: () => RecordNode
  /** The column of the input that it is; -1 if it is computed. */
  readonly input: number
}

/** Lets every record pass for which `compute` does not fail. */
function passing(compute: (row: number) => void): Action['run'] {
  return (row) => {
    compute(row)
    return true
  }
}

export class RecordProgram {
  private readonly schema: Schema
  private readonly actions: readonly Action[]
  private readonly outputs: readonly Output[]
  private readonly writers: readonly ColumnWriter[]
  private readonly bound = new Map<number, BoundColumn>()
  /** The record under way. */
  private row = 0

  constructor(
    private readonly context: TaskContext,
    input: Schema,
    steps: readonly RecordStep[],
    private readonly onReject: OnReject | undefined,
  ) {
    let columns = input.fields.map(({ type }, index): ScopeColumn => {
      return { input: index, node: () => this.inputColumn(index, type) }
    })
    let schema = input
    const actions: Action[] = []
    for (const step of steps) {
      const scope = { memory: context.memory, column: (index: number) => columns[index].node() }
      if (step.kind === 'filter') {
        const test = testOf(compile(scope, step.predicate))
        actions.push({ step: 'filter', expression: step.predicate, run: (row) => test(row) === TRUE })
        continue
      }
      if (step.kind === 'check') {
        for (const expression of step.expressions) {
          const { store } = stored(compile(scope, expression))
          actions.push({ step: step.label, expression, run: passing(store) })
        }
        continue
      }
      const computed = step.expressions.map(({ expression }): ScopeColumn => {
        if (expression.kind === 'column') return columns[expression.index]
        const { store, node } = stored(compile(scope, expression))
        actions.push({ step: 'project', expression, run: passing(store) })
        return { input: -1, node: () => node }
      })
      columns = computed
      schema = step.schema
    }
    this.actions = actions
    this.schema = schema
    this.outputs = columns.map((column) =>
      column.input >= 0 ? { input: column.input } : { writer: columnWriter(context, column.node()) },
    )
    this.writers = this.outputs.flatMap((output) => ('writer' in output ? [output.writer] : []))
  }

  /** What comes of a slice, in scratch or in the slice's blocks; null if no record is left. */
  run(slice: Slice): Slice | null {
    const { batch } = slice
    const { context } = this
    const { length } = batch
    const columns = batch.columns.map((column) => unpack(context, column))
    for (const [index, column] of this.bound) column.bind(columns[index])
    for (const writer of this.writers) writer.begin(length)
    const selection = context.scratch(length * 4)
    const count = this.actions.length === 0 ? length : this.select(slice, selection)
    if (count === 0) return null
    const out = this.outputs.map((output): Vector => {
      if ('writer' in output) return output.writer.finish(count)
      const column = columns[output.input]
      return count === length ? column : take(context, column, selection, count)
    })
    const result: Batch = { schema: this.schema, length: count, columns: out }
    if (count === length) return { batch: result, origin: slice.origin }
    const rows = new Uint32Array(count)
    rows.set(context.memory.u32.subarray(selection / 4, selection / 4 + count))
    return { batch: result, origin: originOfRows(slice.origin, rows) }
  }

  /** Runs all records; returns how many are left, whose rows are listed at `selection`. */
  private select(slice: Slice, selection: number): number {
    const { length } = slice.batch
    let count = 0
    this.row = 0
    for (;;) {
      try {
        count = this.runFrom(length, selection / 4, count)
        return count
      } catch (error) {
        count = this.kept
        this.fail(slice, error)
        this.row++
      }
    }
  }

  /** Records kept so far, also when one fails. */
  private kept = 0

  private runFrom(length: number, selection: number, count: number): number {
    const runs = this.actions.map((action) => action.run)
    const { writers } = this
    const { u32 } = this.context.memory
    let kept = count
    records: for (let row = this.row; row < length; row++) {
      this.row = row
      this.kept = kept
      for (let i = 0; i < runs.length; i++) if (!runs[i](row)) continue records
      for (let i = 0; i < writers.length; i++) writers[i].write(row, kept)
      u32[selection + kept] = row
      kept++
    }
    return kept
  }

  /** Hands the failed record to the reject hook, or throws. */
  private fail(slice: Slice, error: unknown): void {
    const { row } = this
    const action = this.failingAction(row)
    const described = describeFailure(error, action.step, action.expression, slice.origin, row)
    if (this.onReject === undefined || !(error instanceof RowError)) throw described
    if (!(described instanceof VolleyError)) throw new InternalError('a row error was not described')
    const { path, rowGroup } = slice.origin
    this.onReject({
      record: () => recordText(this.context.memory, slice.batch, row),
      ...(path !== undefined && { path }),
      ...(rowGroup !== undefined && { rowGroup }),
      row: rowOf(slice.origin, row),
      step: action.step,
      subject: formatExpression(action.expression),
      error: described,
    })
  }

  /** Runs the actions of a record again, as nothing was noted while it failed. */
  private failingAction(row: number): Action {
    for (const action of this.actions) {
      try {
        if (!action.run(row)) break
      } catch {
        return action
      }
    }
    return this.actions[0]
  }

  private inputColumn(index: number, type: Schema['fields'][number]['type']): RecordNode {
    const known = this.bound.get(index)
    if (known !== undefined) return known.node
    const column = boundColumn(this.context, type)
    this.bound.set(index, column)
    return column.node
  }
}
