/** Window: functions over the rows around each row, in partitions and in an order of their own. */

import { align64, type Batch, bitmapBytes, type Vector, vector } from '../../io/batch.js'
import { vectorFromValues } from '../../io/vector-from-values.js'
import type { TypedExpression, TypedWindow } from '../../planner/expression.js'
import { expressionKey } from '../../planner/expression-tree.js'
import type { DataType } from '../../planner/types.js'
import { evaluateGathered } from '../kernels/evaluate.js'
import { concat, expand, NO_ROW, persist, plain, releaseVector, take } from '../kernels/vectors.js'
import type { OperatorContext } from './operator-context.js'
import type { SortColumn } from './sort/keys.js'
import { aggregateFrames } from './window/aggregates.js'
import { framesOf } from './window/frames.js'
import { type Layout, layOut } from './window/layout.js'
import { denseRanks, RANKINGS, ranked, tiles } from './window/ranking.js'
import { firstRows, lastRows, nthRows, type RowChoice, shiftedRows } from './window/values.js'

/**
 * Computes each window over all rows of a batch whose columns are contiguous. The results are in the order of the
 * windows, their rows in that of the batch, in fresh blocks. Windows of one partitioning and order are sorted once.
 */
export function computeWindow(context: OperatorContext, windows: readonly TypedWindow[], batch: Batch): Vector[] {
  const sorted = new Map<string, SortedRows>()
  return windows.map((window) => {
    context.checkCancelled()
    const key = orderKey(window)
    const rows = sorted.get(key) ?? SortedRows.of(context, window, batch)
    sorted.set(key, rows)
    return rows.compute(window)
  })
}

function orderKey({ partitionBy, orderBy }: TypedWindow): string {
  const keys = orderBy.map((key) => [expressionKey(key.expression), key.descending, key.nullsFirst])
  return JSON.stringify([partitionBy.map(expressionKey), keys])
}

/** The batch as the windows of one partitioning and order see it. */
class SortedRows {
  private constructor(
    private readonly context: OperatorContext,
    private readonly batch: Batch,
    private readonly layout: Layout,
    private readonly orderBy: readonly SortColumn[],
  ) {}

  static of(context: OperatorContext, { partitionBy, orderBy }: TypedWindow, batch: Batch): SortedRows {
    const expressions: TypedExpression[] = [...partitionBy, ...orderBy.map((key) => key.expression)]
    const keys = evaluateGathered(context, expressions, batch)
    const partitionKeys = keys.slice(0, partitionBy.length)
    const orderKeys = orderBy.map(({ descending, nullsFirst }, i) => ({
      vector: keys[partitionBy.length + i],
      descending,
      nullsFirst,
    }))
    return new SortedRows(context, batch, layOut(context, partitionKeys, orderKeys, batch.length), orderKeys)
  }

  compute(window: TypedWindow): Vector {
    const { context, layout } = this
    const { function: name, type } = window
    const parameters = evaluateGathered(context, window.arguments, this.batch)
    const ranking = RANKINGS[name]
    if (ranking !== undefined) return this.numbers(type, ranked(layout, ranking))
    switch (name) {
      case 'denseRank':
        return this.numbers(type, denseRanks(layout))
      case 'ntile':
        return this.numbers(type, tiles(context, layout, parameters[0]))
      case 'lag':
        return this.shifted(parameters, -1)
      case 'lead':
        return this.shifted(parameters, 1)
    }
    const frames = framesOf(context, layout, window.frame, this.orderBy)
    switch (name) {
      case 'firstValue':
        return this.valuesOf(parameters[0], firstRows(layout, frames))
      case 'lastValue':
        return this.valuesOf(parameters[0], lastRows(layout, frames))
      case 'nthValue':
        return this.valuesOf(parameters[0], nthRows(context, layout, frames, parameters[1]))
    }
    const outcome = aggregateFrames(context, window, parameters[0] ?? null, layout, frames)
    if (outcome.kind === 'rows') return this.valuesOf(parameters[0], outcome.rows)
    return vectorFromValues(type, outcome.values, context.memory, context.allocate)
  }

  private shifted(parameters: readonly Vector[], direction: 1 | -1): Vector {
    const { context, layout } = this
    const { rows } = layout
    const values = parameters[0]
    const offsets = parameters[1] ?? null
    const otherwise = parameters[2] ?? null
    if (otherwise === null) {
      return this.valuesOf(
        values,
        shiftedRows(context, layout, direction, offsets, () => NO_ROW),
      )
    }
    // The defaults follow the values, so that they are rows to choose from too.
    const full = [values, otherwise].map((one) => plain(context, expand(context, one)))
    const both = concat(context, context.allocate, full)
    const result = this.valuesOf(
      both,
      shiftedRows(context, layout, direction, offsets, (row) => rows + row),
    )
    releaseVector(context, both)
    return result
  }

  private valuesOf(source: Vector, chosen: RowChoice): Vector {
    const { context } = this
    const indices = context.scratch(chosen.length * 4)
    context.memory.u32.set(chosen, indices / 4)
    return persist(context, context.allocate, take(context, source, indices, chosen.length, { nullable: true }))
  }

  /** A vector of int64 or float64; NaN is null. */
  private numbers(type: DataType, values: Float64Array): Vector {
    const { i64, f64, u8 } = this.context.memory
    const rows = values.length
    const hasNulls = values.some(Number.isNaN)
    const validityBytes = hasNulls ? align64(bitmapBytes(rows)) : 0
    const block = this.context.allocate(Math.max(64, validityBytes + rows * 8))
    const start = block + validityBytes
    if (type.kind === 'float') f64.set(values, start / 8)
    else for (let row = 0; row < rows; row++) i64[start / 8 + row] = BigInt(values[row] || 0)
    if (hasNulls) {
      u8.fill(0, block, start)
      for (let row = 0; row < rows; row++) if (!Number.isNaN(values[row])) u8[block + (row >> 3)] |= 1 << (row & 7)
    }
    return vector(type, rows, { validity: hasNulls ? block : 0, values: start, blocks: [block] })
  }
}
