/** A growing set of keys in shared memory; each has a number and a row. See `assembly/group-table.ts`. */

import type { OperatorContext } from '../operator-context.js'
import { grownBlock, grownSlots, releaseBlocks } from './blocks.js'

/** Places in the header, in u32 words. */
const COUNT = 0
const CAPACITY = 1
const ROWS = 2
const SLOTS = 3
const MASK = 4
const NULL_GROUP = 5
const STRIDE = 6
const KEY_WORDS = 7
const HEADER_BYTES = 64

/** Where a row's key begins: behind its position. */
export const KEY_OFFSET = 8

const FIRST_CAPACITY = 64

/** A position behind all rows of input. */
const NO_POSITION = 2 ** 60

export class GroupTable {
  private constructor(
    private readonly context: OperatorContext,
    readonly address: number,
  ) {}

  /** Rows have a key of `keyWords` words and `accumulatorBytes`, a multiple of 8, that are zero at first. */
  static create(context: OperatorContext, keyWords: number, accumulatorBytes: number): GroupTable {
    const address = context.allocate(HEADER_BYTES)
    context.memory.u32.fill(0, address / 4, address / 4 + HEADER_BYTES / 4)
    const table = new GroupTable(context, address)
    table.write(STRIDE, KEY_OFFSET + keyWords * 8 + accumulatorBytes)
    table.write(KEY_WORDS, keyWords)
    table.grow(FIRST_CAPACITY)
    return table
  }

  static attach(context: OperatorContext, address: number): GroupTable {
    return new GroupTable(context, address)
  }

  get count(): number {
    return this.read(COUNT)
  }

  get rows(): number {
    return this.read(ROWS)
  }

  get stride(): number {
    return this.read(STRIDE)
  }

  /** The group of the null key where nulls are told apart by validity, or -1. */
  get nullGroup(): number {
    return this.read(NULL_GROUP) - 1
  }

  /** Bytes of shared memory held. */
  get bytes(): number {
    return HEADER_BYTES + this.read(CAPACITY) * this.stride + (this.read(MASK) + 1) * 8
  }

  /** Makes room for `count` groups, so that it need not grow for them. */
  reserve(count: number): void {
    let capacity = this.read(CAPACITY)
    while (capacity < count) capacity *= 2
    if (capacity > this.read(CAPACITY)) this.grow(capacity)
  }

  /** Adds the one group of a table without keys. */
  addOnly(): void {
    this.write(COUNT, 1)
    this.context.memory.i64[this.rows / 8] = 0n
  }

  /** Writes to scratch the group, as u32, of each row of key words, whose first row of input is `position`. */
  find(words: number, validity: number, count: number, position = NO_POSITION): number {
    const { wasm } = this.context
    const groups = this.context.scratch(count * 4)
    const find = (row: number) => wasm.group_find(this.address, words, validity, row, count, position, groups)
    for (let row = find(0); row < count; row = find(row)) this.grow(this.read(CAPACITY) * 2)
    return groups
  }

  lowerPositions(groups: number, count: number, position: number): void {
    this.context.wasm.group_lower_positions(this.address, groups, count, position)
  }

  /** The same for groups of the rows that `rows` numbers. */
  lowerPositionsOf(groups: number, rows: number, count: number, position: number): void {
    this.context.wasm.group_lower_positions_of(this.address, groups, rows, count, position)
  }

  /** Lowers the positions of groups to those of `entries` of another table. */
  mergePositions(groups: number, other: GroupTable, entries: number, count: number): void {
    this.context.wasm.group_merge_positions(this.address, groups, other.rows, other.stride, entries, count)
  }

  release(): void {
    releaseBlocks(this.context, this.address, [ROWS, SLOTS])
  }

  private grow(capacity: number): void {
    const { context, stride, count } = this
    const rows = grownBlock(context, this.rows, count * stride, capacity * stride)
    context.memory.u8.fill(0, rows + count * stride, rows + capacity * stride)
    this.write(ROWS, rows)
    this.write(SLOTS, grownSlots(context, this.read(SLOTS), this.read(MASK), capacity * 2))
    this.write(MASK, capacity * 2 - 1)
    this.write(CAPACITY, capacity)
  }

  private read(place: number): number {
    return this.context.memory.u32[this.address / 4 + place]
  }

  private write(place: number, value: number): void {
    this.context.memory.u32[this.address / 4 + place] = value
  }
}
