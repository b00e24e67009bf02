/**
 * Hash joins. The table of the build side is wholly in shared memory behind one address: any worker can probe it.
 * See `assembly/join-table.ts`. Keys compare as in SQL: null matches nothing, NaN equals NaN, -0 equals 0.
 */

import { bitmapBytes, type Vector } from '../../io/batch.js'
import { isNested, isVariableLength } from '../../planner/types.js'
import { encodeRows } from '../kernels/vectors/row-bytes.js'
import { expand, persist, plain } from '../kernels/vectors.js'
import { JoinProbe, type ProbeKind } from './join/pairs.js'
import { isMostlyUnused, STRING_BYTES, type StringColumn, stringColumn, writeStrings } from './join/strings.js'
import { encodeKeys } from './keys/encode.js'
import { type KeyLayout, keyLayout } from './keys/layout.js'
import type { OperatorContext } from './operator-context.js'

export interface JoinDescriptor {
  /** True if `unmatchedBuild` will be asked for, as full joins do. */
  readonly trackMatches: boolean
}

/** Row numbers as u32 at an address in scratch. */
export interface RowNumbers {
  readonly indices: number
  readonly count: number
}

/** Places in the header, in u32 words. */
const ROWS = 0
const WORDS = 1
const KEY_WORDS = 2
const HEADS = 3
const MASK = 4
const NEXT = 5
const VALIDITY = 6
const MATCHED = 7
const STRING_KEYS = 8
const STRINGS = 9
const DIRECT = 10
/** An i64. */
const BASE = 12
/** Number of blocks held on behalf of the table, and where their addresses are listed. */
const HELD = 14
const HELD_BLOCKS = 15
const WORDS_STRIDE = 16
const NEXT_STRIDE = 17
const HEADER_BYTES = 128

/** A table is direct if its keys' range is at most this many times their number. */
const DIRECT_SPREAD = 4
const MIN_DIRECT = 1024
/** Places of other tables for a row, at least. */
const SPARSENESS = 1.25

export class JoinTable {
  private constructor(
    private readonly context: OperatorContext,
    readonly address: number,
  ) {}

  /**
   * A table of the `rows` rows of contiguous key vectors, which are retained as far as it needs them. Rows are found
   * once `insertRange` has entered them.
   */
  static create(
    context: OperatorContext,
    descriptor: JoinDescriptor,
    keys: readonly Vector[],
    rows: number,
  ): JoinTable {
    const address = context.allocate(HEADER_BYTES)
    context.memory.u32.fill(0, address / 4, address / 4 + HEADER_BYTES / 4)
    const table = new JoinTable(context, address)
    const mark = context.markScratch()
    table.write(ROWS, rows)
    table.encode(keys, rows)
    if (descriptor.trackMatches) table.write(MATCHED, table.clearedBlock(bitmapBytes(rows)))
    context.rewindScratch(mark)
    return table
  }

  static attach(context: OperatorContext, address: number): JoinTable {
    return new JoinTable(context, address)
  }

  /**
   * Enters a share of the rows: those with places in the share [start, start + count) / rows of the table. Several
   * workers may do so at once; together they must cover all rows.
   */
  insertRange(start: number, count: number): void {
    const rows = this.read(ROWS)
    if (count === 0 || rows === 0) return
    const places = this.read(MASK) + 1
    const [from, to] = [start, start + count].map((row) => Math.floor((places * row) / rows))
    const heads = this.read(HEADS)
    this.context.memory.u32.fill(0, heads / 4 + from, heads / 4 + to)
    this.context.wasm.join_link(this.address, from, to)
  }

  /**
   * Prepares to list the matches of `length` rows, whose keys have the types of the build side's. What it puts into
   * scratch, and the keys, must stay until the last part is listed; the parts themselves need not.
   */
  probe(keys: readonly Vector[], length: number, kind: ProbeKind): JoinProbe {
    const { context } = this
    const strings: StringColumn[] = []
    const { words, validity } = this.encodedKeys(keys, length, strings)
    const columns = context.scratch(strings.length * STRING_BYTES + STRING_BYTES)
    writeStrings(context, columns, strings)
    const found = context.scratch(length * 4)
    if (this.read(ROWS) === 0) context.memory.u32.fill(0, found / 4, found / 4 + length)
    else {
      const [rows, candidates] = [context.scratch(length * 4 + 4), context.scratch(length * 4 + 4)]
      context.wasm.join_find(this.address, words, columns, validity, length, found, rows, candidates)
    }
    return new JoinProbe(context, this.address, { words, strings: columns, found, length, kind })
  }

  /** The rows of [start, start + count) that no probe has matched. */
  unmatchedBuild(start: number, count: number): RowNumbers {
    const indices = this.context.scratch((count + 1) * 4)
    return { indices, count: this.context.wasm.join_unmatched(this.read(MATCHED), start, count, indices) }
  }

  /** Bytes of shared memory held, without those of the key vectors. */
  get bytes(): number {
    const rows = this.read(ROWS)
    return HEADER_BYTES + rows * (this.read(KEY_WORDS) * 8 + 8) + (this.read(MASK) + 1) * 4
  }

  release(): void {
    const { context } = this
    const list = this.read(HELD_BLOCKS)
    for (let i = 0; i < this.read(HELD); i++) context.release(context.memory.u32[list / 4 + i])
    for (const place of [HEADS, NEXT, MATCHED, STRINGS, HELD_BLOCKS]) {
      if (this.read(place) !== 0) context.release(this.read(place))
    }
    context.release(this.address)
  }

  private encode(keys: readonly Vector[], rows: number): void {
    const { context } = this
    const held: number[] = []
    // Strings are compared where they are, so they must stay.
    const stable = keys.map((key) => {
      const full = expand(context, isNested(key.type) ? encodeRows(context, key) : key)
      if (!isVariableLength(full.type)) return full
      const kept = persist(context, context.allocate, isMostlyUnused(full) ? plain(context, full) : full)
      held.push(...kept.blocks, ...(kept.dictionary?.blocks ?? []))
      return kept
    })
    const strings: StringColumn[] = []
    const { words, validity } = this.encodedKeys(stable, rows, strings)
    const layout = layoutOf(stable)
    this.write(KEY_WORDS, layout.words)
    this.write(VALIDITY, validity === 0 ? 0 : this.keep(validity, bitmapBytes(rows), held))
    this.write(STRING_KEYS, strings.length)
    this.write(STRINGS, context.allocate(strings.length * STRING_BYTES + STRING_BYTES))
    writeStrings(context, this.read(STRINGS), strings)
    const direct = layout.words === 1 && strings.length === 0 && this.chooseDirect(words, validity, rows)
    if (!direct) this.write(MASK, 2 ** Math.ceil(Math.log2(Math.max(2, rows * SPARSENESS))) - 1)
    this.write(HEADS, context.allocate((this.read(MASK) + 1) * 4))
    this.placeRows(words, layout.words * 8, rows, direct, held)
    const list = context.allocate(Math.max(1, held.length) * 4)
    context.memory.u32.set(held, list / 4)
    this.write(HELD_BLOCKS, list)
    this.write(HELD, held.length)
  }

  /** Copies bytes out of scratch to a block that is released with the table. */
  private keep(from: number, bytes: number, held: number[]): number {
    const block = this.context.allocate(Math.max(1, bytes))
    this.context.memory.u8.copyWithin(block, from, from + bytes)
    held.push(block)
    return block
  }

  /** Makes the table direct if the keys, single words, lie close together. */
  private chooseDirect(words: number, validity: number, rows: number): boolean {
    const { wasm, memory, scratch } = this.context
    const range = scratch(16)
    if (wasm.sort_range(words, validity, 0, rows, range) === rows) return false
    const [least, greatest] = [memory.i64[range / 8], memory.i64[range / 8 + 1]]
    const span = greatest - least
    if (span >= BigInt(Math.max(MIN_DIRECT, rows * DIRECT_SPREAD))) return false
    this.write(DIRECT, 1)
    this.write(MASK, Number(span))
    memory.i64[this.address / 8 + BASE / 2] = least
    return true
  }

  private placeRows(words: number, width: number, rows: number, direct: boolean, held: number[]): void {
    const { context } = this
    const stride = direct ? 4 : width + 8
    const next = context.allocate(Math.max(1, rows) * stride)
    this.write(NEXT, next)
    this.write(NEXT_STRIDE, stride)
    this.write(WORDS_STRIDE, direct ? width : stride)
    this.write(WORDS, direct ? this.keep(words, rows * width, held) : next + 8)
    if (!direct) context.wasm.join_spread_words(words, width, rows, stride, next + 8)
  }

  /** Key words, and the bitmap of the rows none of whose keys is null; notes the strings behind hashes. */
  private encodedKeys(keys: readonly Vector[], length: number, strings: StringColumn[]) {
    const { context } = this
    const full = keys.map((key) => expand(context, isNested(key.type) ? encodeRows(context, key) : key))
    const { words } = encodeKeys(context, layoutOf(full), full, length, (_, key) => {
      const column = stringColumn(context, key)
      strings.push(column)
      return column.hashes
    })
    return { words, validity: validInAll(context, full, length) }
  }

  private clearedBlock(bytes: number): number {
    const block = this.context.allocate(Math.max(8, bytes))
    this.context.memory.u8.fill(0, block, block + bytes)
    return block
  }

  private read(place: number): number {
    return this.context.memory.u32[this.address / 4 + place]
  }

  private write(place: number, value: number): void {
    this.context.memory.u32[this.address / 4 + place] = value
  }
}

/** Frees a table that no worker probes any more. */
export function releaseJoinTable(context: OperatorContext, address: number): void {
  JoinTable.attach(context, address).release()
}

function layoutOf(keys: readonly Vector[]): KeyLayout {
  return keyLayout(keys.map((key) => key.type))
}

/** Bitmap of the rows where all keys are valid; 0 if that is every row. */
function validInAll(context: OperatorContext, keys: readonly Vector[], length: number): number {
  let valid = 0
  for (const key of keys) {
    if (key.type.kind === 'null') {
      const none = context.scratch(bitmapBytes(length))
      context.memory.u8.fill(0, none, none + bitmapBytes(length))
      return none
    }
    if (valid === 0 || key.validity === 0) valid += key.validity
    else {
      const both = context.scratch(bitmapBytes(length))
      context.wasm.bitmap_and(valid, key.validity, both, length)
      valid = both
    }
  }
  return valid
}
