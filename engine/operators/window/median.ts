/** The median over frames that move. */

import { InternalError, unreachable } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'
import type { FrameAggregate } from './frame-aggregate.js'

/**
 * The two middle rows of a frame: the same one if the number of values is odd, null if there are none.
 *
 * Counts the ranks present in a Fenwick tree (Fenwick, 1994), which finds the k-th smallest in logarithmic time.
 */
export class FrameMiddle implements FrameAggregate<readonly [lower: number, upper: number] | null> {
  private readonly tree: Uint32Array
  private readonly highest: number
  private readonly present: number[] = []
  private removed = 0
  private count = 0

  constructor(
    /** The place of each row in the order of values, from 0; all places differ. */
    private readonly rankOf: Uint32Array,
    /** The row of each rank. */
    private readonly rowOf: Uint32Array,
    private readonly isCounted: (row: number) => boolean,
  ) {
    this.tree = new Uint32Array(rankOf.length + 1)
    this.highest = 2 ** Math.floor(Math.log2(Math.max(1, rankOf.length)))
  }

  add(row: number): void {
    this.present.push(row)
    this.change(row, 1)
  }

  remove(row: number): void {
    this.removed++
    this.change(row, -1)
  }

  clear(): void {
    for (const row of this.present.slice(this.removed)) this.change(row, -1)
    this.present.length = 0
    this.removed = 0
  }

  result(): readonly [lower: number, upper: number] | null {
    if (this.count === 0) return null
    return [this.rowAt((this.count - 1) >> 1), this.rowAt(this.count >> 1)]
  }

  private change(row: number, by: 1 | -1): void {
    if (!this.isCounted(row)) return
    this.count += by
    for (let i = this.rankOf[row] + 1; i < this.tree.length; i += i & -i) this.tree[i] += by
  }

  /** The row that `index` values come before. */
  private rowAt(index: number): number {
    let rank = 0
    let before = index
    for (let step = this.highest; step > 0; step >>= 1) {
      if (rank + step < this.tree.length && this.tree[rank + step] <= before) {
        rank += step
        before -= this.tree[rank]
      }
    }
    return this.rowOf[rank]
  }
}

/** Halfway between two values; text and other types without anything between have the lower one. */
export function halfway(lower: ScalarValue, upper: ScalarValue, type: DataType): ScalarValue {
  switch (type.kind) {
    case 'float': {
      if (typeof lower !== 'number' || typeof upper !== 'number') throw new InternalError('expected floats')
      if (lower === upper) return lower
      const middle = lower + (upper - lower) * 0.5
      return type.bits === 32 ? Math.fround(middle) : middle
    }
    case 'decimal':
      return (lower as bigint) + ((upper as bigint) - (lower as bigint)) / 2n
    case 'time':
    case 'timestamp':
    case 'duration':
      return halfAway((lower as bigint) + (upper as bigint))
    case 'int':
    case 'bool':
    case 'date':
    case 'utf8':
    case 'binary':
    case 'null':
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      return lower
    default:
      return unreachable(type)
  }
}

/** Half of an integer, away from zero if between two. */
function halfAway(double: bigint): bigint {
  const half = double / 2n
  if (half * 2n === double) return half
  return double > 0n ? half + 1n : half - 1n
}
