/** Aggregates as window functions: one result a row of the input. */

import type { Vector } from '../../../io/batch.js'
import { isValid, readValue } from '../../../io/values.js'
import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { ScalarValue, TypedWindow } from '../../../planner/expression.js'
import { type DataType, typeName } from '../../../planner/types.js'
import { NO_ROW, plain } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import { instantQuotient, numberQuotient, unitOf } from '../quotient.js'
import { sortIndices } from '../sort.js'
import { type Fold, FoldedFrame, overFrames } from './frame-aggregate.js'
import type { Frames } from './frames.js'
import type { Layout } from './layout.js'
import { FrameMiddle, halfway } from './median.js'
import { type ExactSum, FrameCount, FrameExactSum, foldFloatSum, foldMoments, type Spread, spreadOf } from './sums.js'
import type { RowChoice } from './values.js'

/** What an aggregate makes of the frames: values, or the rows whose value it is. */
export type AggregateOutcome =
  | { readonly kind: 'values'; readonly values: readonly ScalarValue[] }
  | { readonly kind: 'rows'; readonly rows: RowChoice }

/** `argument` is null for `countStar`. */
export function aggregateFrames(
  context: OperatorContext,
  window: TypedWindow,
  argument: Vector | null,
  layout: Layout,
  frames: Frames,
): AggregateOutcome {
  if (argument === null) return values(overFrames(layout, frames, new FrameCount(null)))
  return new WindowAggregate(context, window, plain(context, argument), layout, frames).compute()
}

function values(results: readonly ScalarValue[]): AggregateOutcome {
  return { kind: 'values', values: results }
}

class WindowAggregate {
  private readonly isCounted: (row: number) => boolean

  constructor(
    private readonly context: OperatorContext,
    private readonly window: TypedWindow,
    private readonly argument: Vector,
    private readonly layout: Layout,
    private readonly frames: Frames,
  ) {
    this.isCounted = (row) => isValid(context.memory, argument, row)
  }

  compute(): AggregateOutcome {
    const { layout, frames } = this
    const { function: name, type } = this.window
    switch (name) {
      case 'count':
        return values(overFrames(layout, frames, new FrameCount(this.isCounted)))
      case 'sum':
        return values(type.kind === 'float' ? this.floatSums(({ sum }) => sum) : this.exactSums(checkedSum(type)))
      case 'mean':
        return values(this.means())
      case 'stddev':
      case 'stddevPop':
      case 'variance':
      case 'variancePop':
        return values(this.spreads(name))
      case 'median':
        return values(this.medians())
      case 'min':
      case 'boolAnd':
        return this.rows(this.extreme(true))
      case 'max':
      case 'boolOr':
        return this.rows(this.extreme(false))
      case 'first':
        return this.rows({ empty: NO_ROW, of: (row) => row, join: (a, b) => (a === NO_ROW ? b : a) })
      case 'last':
        return this.rows({ empty: NO_ROW, of: (row) => row, join: (a, b) => (b === NO_ROW ? a : b) })
      case 'anyValue':
        return this.rows({ empty: NO_ROW, of: this.counted, join: (a, b) => (a === NO_ROW ? b : a) })
      default:
        throw new VolleyError('VOLLEY_UNSUPPORTED', `${name} is not available as a window function`)
    }
  }

  private readonly counted = (row: number): number => (this.isCounted(row) ? row : NO_ROW)

  private rows(fold: Fold<number>): AggregateOutcome {
    return { kind: 'rows', rows: Uint32Array.from(overFrames(this.layout, this.frames, new FoldedFrame(fold))) }
  }

  private extreme(smallest: boolean): Fold<number> {
    const { rank } = this.ranks()
    return {
      empty: NO_ROW,
      of: this.counted,
      join: (a, b) => {
        if (a === NO_ROW) return b
        return b === NO_ROW || rank[a] < rank[b] === smallest ? a : b
      },
    }
  }

  /** The place of each row in the order of values, and the row at each place. */
  private ranks(): { rank: Uint32Array; rowOf: Uint32Array } {
    const { rows } = this.layout
    const key = { vector: this.argument, descending: false, nullsFirst: false }
    const constant = this.argument.constant || this.argument.type.kind === 'null'
    const sorted = constant ? 0 : sortIndices(this.context, [key], rows)
    const rowOf = constant
      ? Uint32Array.from({ length: rows }, (_, i) => i)
      : this.context.memory.u32.slice(sorted / 4, sorted / 4 + rows)
    const rank = new Uint32Array(rows)
    for (let i = 0; i < rows; i++) rank[rowOf[i]] = i
    return { rank, rowOf }
  }

  private exactSums<Result>(finish: (state: ExactSum) => Result): Result[] {
    return overFrames(this.layout, this.frames, new FrameExactSum(this.exactReader(), finish))
  }

  private floatSums(finish: (state: { sum: number; count: number }) => number): (number | null)[] {
    const sums = overFrames(this.layout, this.frames, new FoldedFrame(foldFloatSum(this.floatReader())))
    return sums.map((state) => (state.count === 0 ? null : finish(state)))
  }

  private means(): readonly ScalarValue[] {
    const { type } = this.argument
    if (type.kind === 'float') return this.floatSums(({ sum, count }) => sum / count)
    if (type.kind === 'int' || type.kind === 'decimal') {
      const unit = unitOf(type)
      return this.exactSums(({ sum, count }) => (count === 0 ? null : numberQuotient(type, sum, BigInt(count) * unit)))
    }
    return this.exactSums(({ sum, count }) => (count === 0 ? null : instantQuotient(sum, BigInt(count))))
  }

  private spreads(name: Spread): (number | null)[] {
    const moments = overFrames(this.layout, this.frames, new FoldedFrame(foldMoments(this.floatReader())))
    return moments.map((state) => spreadOf(name, state))
  }

  private medians(): ScalarValue[] {
    const { rank, rowOf } = this.ranks()
    const middle = new FrameMiddle(rank, rowOf, this.isCounted)
    const read = (row: number) => readValue(this.context.memory, this.argument, row)
    return overFrames(this.layout, this.frames, middle).map((found) =>
      found === null ? null : halfway(read(found[0]), read(found[1]), this.window.type),
    )
  }

  private exactReader(): (row: number) => bigint | null {
    const { argument, context } = this
    return (row) => {
      const value = readValue(context.memory, argument, row)
      if (value === null || typeof value === 'bigint') return value
      if (typeof value === 'number') return BigInt(value)
      throw new InternalError(`no sum of ${typeName(argument.type)}`)
    }
  }

  private floatReader(): (row: number) => number | null {
    const { argument, context } = this
    return (row) => {
      const value = readValue(context.memory, argument, row)
      if (value === null || typeof value === 'number') return value
      throw new InternalError(`no float in ${typeName(argument.type)}`)
    }
  }
}

const LIMIT = 2n ** 127n

/** Null if there are no values; sums are computed in 128 bits. */
function checkedSum(type: DataType): (state: ExactSum) => bigint | null {
  return ({ sum, count }) => {
    if (count === 0) return null
    if (sum < LIMIT && sum >= -LIMIT) return sum
    throw new VolleyError('VOLLEY_OVERFLOW', `a sum over a window is out of the range of ${typeName(type)}`)
  }
}
