/** The rows of a slice by group, with what several aggregates of the slice share. */

import type { OperatorContext } from '../operator-context.js'

/** Up to this many groups, sums are made in a table that fits the first-level cache. */
const MAX_DENSE_GROUPS = 512

export class SliceRows {
  /** True if groups are few against rows, so that a slice is summed up before it is added to the state. */
  readonly dense: boolean
  private readonly tallies = new Map<number, number>()
  private zeros = 0

  constructor(
    private readonly context: OperatorContext,
    readonly length: number,
    /** Address of the group of each row, as u32; 0 if there is but one group, 0. */
    private readonly groupsAddress: number,
    readonly groupCount: number,
    /** Ordinal of the first row in the whole input, unless `ordinals` are given. */
    readonly position: number,
    /** Where ordinals do not follow each other, the address of i64 that these are when less 1 and plus `position`; else 0. */
    readonly ordinals = 0,
  ) {
    this.dense = groupsAddress !== 0 && groupCount <= MAX_DENSE_GROUPS && groupCount * 8 <= length
  }

  /** True if there are no keys, and so one group. */
  get single(): boolean {
    return this.groupsAddress === 0
  }

  /** Address of the group of each row, as u32. */
  get groups(): number {
    if (this.groupsAddress !== 0) return this.groupsAddress
    if (this.zeros === 0) {
      this.zeros = this.context.scratch(this.length * 4)
      this.context.memory.u32.fill(0, this.zeros / 4, this.zeros / 4 + this.length)
    }
    return this.zeros
  }

  /** Rows of each group that count by a bitmap (0: all), as a dense table. See `assembly/aggregate-sum.ts`. */
  tally(valid: number): number {
    const known = this.tallies.get(valid)
    if (known !== undefined) return known
    const table = this.denseTable()
    this.context.wasm.aggregate_dense_count(valid, this.groups, this.length, table)
    this.tallies.set(valid, table)
    return table
  }

  /** A cleared dense table: four 64-bit sums for each group. */
  denseTable(): number {
    const table = this.context.scratch(this.groupCount * 32)
    this.context.memory.u8.fill(0, table, table + this.groupCount * 32)
    return table
  }

  countValid(valid: number): number {
    return valid === 0 ? this.length : this.context.wasm.bitmap_count(valid, this.length)
  }
}
