/**
 * Numbers the groups of rows by their keys: a group table, and a string table for each key of strings.
 *
 *   header, u32 each:  group table | string table or 0, for each key
 */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { BINARY, type DataType, isNested } from '../../../planner/types.js'
import { decodeRows, encodeRows } from '../../kernels/vectors/row-bytes.js'
import { vectorOfWords } from '../../kernels/vectors/words.js'
import { encodeKeys } from '../keys/encode.js'
import type { KeyField, KeyLayout } from '../keys/layout.js'
import type { OperatorContext } from '../operator-context.js'
import { GroupTable, KEY_OFFSET } from './group-table.js'
import { StringTable } from './string-table.js'

/** Groups that are hashed at a time: their rows stay in the second-level cache from one key to the next. */
const HASHED_GROUPS = 4096

/** Numbers of groups, as u32 at an address. */
export interface GroupList {
  readonly entries: number
  readonly count: number
}

export class Grouping {
  private constructor(
    private readonly context: OperatorContext,
    readonly layout: KeyLayout,
    readonly address: number,
    readonly table: GroupTable,
    private readonly strings: readonly (StringTable | null)[],
  ) {}

  static create(context: OperatorContext, layout: KeyLayout, accumulatorBytes: number): Grouping {
    const table = GroupTable.create(context, layout.words, accumulatorBytes)
    const strings = layout.fields.map((field) => (field.kind === 'string' ? StringTable.create(context) : null))
    const address = context.allocate((1 + strings.length) * 4)
    const { u32 } = context.memory
    u32[address / 4] = table.address
    strings.forEach((one, i) => {
      u32[address / 4 + 1 + i] = one?.address ?? 0
    })
    return new Grouping(context, layout, address, table, strings)
  }

  static attach(context: OperatorContext, layout: KeyLayout, address: number): Grouping {
    const { u32 } = context.memory
    const table = GroupTable.attach(context, u32[address / 4])
    const strings = layout.fields.map((field, i) =>
      field.kind === 'string' ? StringTable.attach(context, u32[address / 4 + 1 + i]) : null,
    )
    return new Grouping(context, layout, address, table, strings)
  }

  get bytes(): number {
    return this.strings.reduce((sum, one) => sum + (one?.bytes ?? 0), this.table.bytes)
  }

  /** The group, as u32 in scratch, of each row; unknown keys become groups. */
  find(keys: readonly Vector[], length: number, position?: number): number {
    const { words, validity } = encodeKeys(this.context, this.layout, keys, length, (index, key) =>
      this.strings[index]!.intern(isNested(key.type) ? encodeRows(this.context, key) : key),
    )
    return this.table.find(words, validity, length, position)
  }

  /** The groups of this table that have the keys of `entries` of another; unknown ones are added. */
  findEntries(other: Grouping, entries: number, count: number, translations: readonly Translation[]): number {
    const { context, layout } = this
    const { wasm } = context
    const stride = layout.words * 8
    const words = context.scratch(count * stride)
    wasm.group_copy_words(other.table.rows + KEY_OFFSET, other.table.stride, stride, entries, count, words)
    for (const { field, index, strings } of translations) {
      const { word, shift } = field.at
      const numbers = context.scratch(count * 4)
      const from = other.table.rows + KEY_OFFSET + word * 8
      wasm.group_unpack_32(from, other.table.stride, shift, entries, count, numbers)
      this.strings[index]!.internCodes(strings, numbers, 0, count, numbers)
      wasm.group_replace_32(numbers, count, words + word * 8, stride, shift)
    }
    let validity = 0
    if (layout.nullApart && other.table.nullGroup >= 0) {
      validity = context.scratch(bitmapBytes(count))
      wasm.group_unequal(entries, other.table.nullGroup, count, validity)
    }
    const groups = this.table.find(words, validity, count)
    this.table.mergePositions(groups, other.table, entries, count)
    return groups
  }

  /** What `findEntries` needs to translate the strings of this grouping; valid while it does not change. */
  translations(): Translation[] {
    return this.layout.fields.flatMap((field, index) =>
      field.kind === 'string' ? [{ field, index, strings: this.strings[index]!.vector(BINARY) }] : [],
    )
  }

  /** Lists all groups in scratch. */
  all(): GroupList {
    const { count } = this.table
    const entries = this.context.scratch(count * 4)
    this.context.wasm.take_sequence(0, count, entries)
    return { entries, count }
  }

  /** Lists in scratch the groups of one of several partitions, the same for equal keys of any state. */
  partition(partition: number, partitions: number): GroupList {
    if (partitions === 1) return this.all()
    const { wasm, scratch } = this.context
    const { count } = this.table
    const entries = scratch(count * 4)
    return { entries, count: wasm.group_select_partition(this.hashes(), count, partition, partitions, entries) }
  }

  /**
   * Lists the groups of all of up to 256 partitions, which are those of `partition`, in a fresh block that is the caller's:
   * where each partition ends, u32[partitions], then the groups, partition by partition. Uses scratch.
   */
  divide(partitions: number): number {
    const { context, table } = this
    const { wasm } = context
    const numbers = context.scratch(table.count)
    wasm.group_number_partitions(this.hashes(), table.count, partitions, numbers)
    const lists = context.allocate((partitions + table.count) * 4)
    wasm.partition_order(numbers, table.count, partitions, lists, lists + partitions * 4)
    return lists
  }

  /** The hashes of all keys, u64 each, in scratch. */
  private hashes(): number {
    const { context, layout } = this
    const { count } = this.table
    const hashes = context.scratch(count * 8)
    context.memory.u8.fill(0, hashes, hashes + count * 8)
    for (let start = 0; start < count; start += HASHED_GROUPS) {
      const length = Math.min(HASHED_GROUPS, count - start)
      layout.fields.forEach((field, i) => {
        this.hashField(field, i, start, length, hashes + start * 8)
      })
    }
    return hashes
  }

  private hashField(field: KeyField, index: number, start: number, count: number, hashes: number): void {
    const { wasm } = this.context
    const { rows, stride } = this.table
    const keys = rows + start * stride + KEY_OFFSET
    const hash = (word: number, shift: number, bits: number) =>
      wasm.group_hash_field(keys + word * 8, stride, shift, bits, count, hashes)
    if (field.kind === 'nothing') return
    if (field.kind === 'string') {
      const { word, shift } = field.at
      const at = keys + word * 8
      wasm.group_hash_strings(at, stride, shift, this.strings[index]!.hashes, count, hashes)
      return
    }
    if (field.kind === 'wide') {
      hash(field.word, 0, 64)
      hash(field.word + 1, 0, 64)
    } else hash(field.at.word, field.at.shift, field.bits)
    if (field.nullFlag !== null) hash(field.nullFlag.word, field.nullFlag.shift, 1)
  }

  /** Key column `index` of the groups `entries`, in scratch. */
  key(index: number, entries: number, count: number): Vector {
    const { context, layout, table } = this
    const { wasm } = context
    const field = layout.fields[index]
    const type: DataType = layout.types[index]
    const keys = table.rows + KEY_OFFSET
    if (field.kind === 'nothing') return vector(type, count)
    if (field.kind === 'string') {
      const numbers = context.scratch(count * 4)
      wasm.group_unpack_32(keys + field.at.word * 8, table.stride, field.at.shift, entries, count, numbers)
      const nested = isNested(type)
      const bytes = this.strings[index]!.strings(nested ? BINARY : type, numbers, count)
      return nested ? decodeRows(context, type, bytes) : bytes
    }
    const words = context.scratch(count * (field.kind === 'wide' ? 16 : 8))
    if (field.kind === 'wide') wasm.group_copy_words(keys + field.word * 8, table.stride, 16, entries, count, words)
    else {
      const { word, shift } = field.at
      wasm.group_unpack(keys + word * 8, table.stride, shift, field.bits, entries, count, words)
    }
    return vectorOfWords(context, type, words, this.keyValidity(field, entries, count), count)
  }

  private keyValidity(field: Extract<KeyField, { kind: 'word' | 'wide' }>, entries: number, count: number): number {
    const { context, table } = this
    const flag = field.nullFlag
    if (flag === null && table.nullGroup < 0) return 0
    const validity = context.scratch(bitmapBytes(count))
    if (flag === null) context.wasm.group_unequal(entries, table.nullGroup, count, validity)
    else {
      const at = table.rows + KEY_OFFSET + flag.word * 8
      context.wasm.group_unpack_validity(at, table.stride, flag.shift, entries, count, validity)
    }
    return validity
  }

  release(): void {
    this.table.release()
    for (const one of this.strings) one?.release()
    this.context.release(this.address)
  }
}

/** A key of strings of another grouping: its strings, by number there. */
export interface Translation {
  readonly field: Extract<KeyField, { kind: 'string' }>
  readonly index: number
  readonly strings: Vector
}
