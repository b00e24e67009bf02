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

  /** Lists in scratch the groups of one of several partitions, the same for equal keys of any state. */
  partition(partition: number, partitions: number): { entries: number; count: number } {
    const { context, table, layout } = this
    const { wasm } = context
    const entries = context.scratch(table.count * 4)
    if (partitions === 1) {
      wasm.take_sequence(0, table.count, entries)
      return { entries, count: table.count }
    }
    const hashes = context.scratch(table.count * 8)
    context.memory.u8.fill(0, hashes, hashes + table.count * 8)
    layout.fields.forEach((field, i) => {
      this.hashField(field, i, hashes)
    })
    return { entries, count: wasm.group_select_partition(hashes, table.count, partition, partitions, entries) }
  }

  private hashField(field: KeyField, index: number, hashes: number): void {
    const { wasm } = this.context
    const { rows, stride, count } = this.table
    const hash = (word: number, shift: number, bits: number) =>
      wasm.group_hash_field(rows + KEY_OFFSET + word * 8, stride, shift, bits, count, hashes)
    if (field.kind === 'nothing') return
    if (field.kind === 'string') {
      const { word, shift } = field.at
      const at = rows + KEY_OFFSET + word * 8
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
