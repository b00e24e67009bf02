/**
 * Medians and quantiles: all values are kept, with their groups, and selected from when the groups are known.
 *
 *   auxiliary header, u32 each:  0 count  4 capacity  8 groups: u32[]  12 words: i64[]  16 set of values or 0
 *
 * Values that are no words (strings, wide decimals, nested values) are kept once each in a set; the word is then the
 * number in the set, for which its rank among the sorted values stands in at the end.
 */

import { bitmapBytes, type Vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue, TypedAggregate } from '../../../planner/expression.js'
import { exactFraction, isInterpolated } from '../../../planner/functions/quantiles.js'
import { type DataType, isNested, isVariableLength } from '../../../planner/types.js'
import { isWide, orderedWords, vectorOfWords } from '../../kernels/vectors/words.js'
import { plain, take } from '../../kernels/vectors.js'
import { type KeyLayout, keyLayout } from '../keys/layout.js'
import type { OperatorContext } from '../operator-context.js'
import { sortIndices } from '../sort.js'
import type { Accumulator, Finish, FurtherRows, Target } from './accumulator.js'
import { grownBlock, releaseBlocks } from './blocks.js'
import { Grouping } from './grouping.js'
import { valuesOf } from './input.js'
import { interpolate } from './interpolation.js'

/** Places in the auxiliary header, in u32 words. */
const COUNT = 0
const CAPACITY = 1
const GROUPS = 2
const WORDS = 3
const SET = 4
const HEADER_BYTES = 64

const FIRST_CAPACITY = 1024

/** Values read at a time. */
const CHUNK = 65_536

export function quantileAccumulator(type: DataType): Accumulator {
  const ranked = isVariableLength(type) || isNested(type) || isWide(type)
  const layout = ranked ? keyLayout([type]) : null
  const logOf = (context: OperatorContext, address: number) => new ValueLog(context, address, layout)
  return {
    key: 'values',
    bytes: 0,
    auxiliary: {
      create: (context) => ValueLog.create(context, layout).address,
      bytes: (context, address) => logOf(context, address).bytes,
      release: (context, address) => logOf(context, address).release(),
    },
    update({ context, auxiliary }, rows, { argument, valid }) {
      const source = { ...argument!, validity: 0 }
      if (valid === 0) return logOf(context, auxiliary).append(rows.groups, source, rows.length)
      const indices = context.scratch((rows.length + 64) * 4)
      const count = context.wasm.selection_rows(valid, 0, rows.length, indices)
      const groups = context.scratch(count * 4)
      context.wasm.take_32(rows.groups, indices, count, groups)
      logOf(context, auxiliary).append(groups, take(context, source, indices, count), count)
    },
    merge({ context, auxiliary }, source, merge) {
      logOf(context, auxiliary).absorb(logOf(context, source.auxiliary), merge.mapping())
    },
    addPartials(target, rows, [value]) {
      this.update(target, rows, valuesOf(value))
    },
    finish(target, aggregate) {
      return finishQuantiles(target, aggregate, logOf(target.context, target.auxiliary), type)
    },
    partials: ({ context, auxiliary }) => ({
      ofGroups: null,
      further: () => logOf(context, auxiliary).rows(type),
    }),
  }
}

class ValueLog {
  private readonly set: Grouping | null

  constructor(
    private readonly context: OperatorContext,
    readonly address: number,
    layout: KeyLayout | null,
  ) {
    this.set = layout === null ? null : Grouping.attach(context, layout, this.read(SET))
  }

  static create(context: OperatorContext, layout: KeyLayout | null): ValueLog {
    const address = context.allocate(HEADER_BYTES)
    context.memory.u32.fill(0, address / 4, address / 4 + HEADER_BYTES / 4)
    if (layout !== null) context.memory.u32[address / 4 + SET] = Grouping.create(context, layout, 0).address
    return new ValueLog(context, address, layout)
  }

  get count(): number {
    return this.read(COUNT)
  }

  get groups(): number {
    return this.read(GROUPS)
  }

  get words(): number {
    return this.read(WORDS)
  }

  get bytes(): number {
    return HEADER_BYTES + this.read(CAPACITY) * 12 + (this.set?.bytes ?? 0)
  }

  /** Adds values without nulls. */
  append(groups: number, values: Vector, count: number): void {
    const { context, set } = this
    const start = this.reserve(count)
    context.memory.u8.copyWithin(this.groups + start * 4, groups, groups + count * 4)
    const words = set === null ? orderedWords(context, plain(context, values)) : this.numbers(set, values, count)
    context.memory.u8.copyWithin(this.words + start * 8, words, words + count * 8)
    this.write(COUNT, start + count)
  }

  private numbers(set: Grouping, values: Vector, count: number): number {
    const words = this.context.scratch(count * 8)
    this.context.wasm.words_from_u32(set.find([values], count), count, words)
    return words
  }

  /** Adds the values of another log whose groups `mapping` has here. */
  absorb(other: ValueLog, mapping: number): void {
    const { context, set } = this
    const { wasm, scratch } = context
    const groups = scratch(other.count * 4)
    wasm.take_32(mapping, other.groups, other.count, groups)
    const kept = scratch(other.count * 4 + 4)
    const count = wasm.group_select_mapped(groups, other.count, kept)
    const start = this.reserve(count)
    wasm.take_32(groups, kept, count, this.groups + start * 4)
    if (set === null || other.set === null) wasm.take_64(other.words, kept, count, this.words + start * 8)
    else {
      // Every value gets its number here, then each word is looked up among them.
      const total = other.set.table.count
      const entries = scratch(total * 4)
      wasm.take_sequence(0, total, entries)
      const numbers = this.numbers(set, other.set.key(0, entries, total), total)
      const words = scratch(count * 8)
      wasm.take_64(other.words, kept, count, words)
      const indices = scratch(count * 4)
      wasm.words_to_32(words, count, indices)
      wasm.take_64(numbers, indices, count, this.words + start * 8)
    }
    this.write(COUNT, start + count)
  }

  /** Each value, of `type`, with its group. */
  *rows(type: DataType): Generator<FurtherRows> {
    const { context, set } = this
    for (let start = 0; start < this.count; start += CHUNK) {
      const mark = context.markScratch()
      const count = Math.min(CHUNK, this.count - start)
      const words = this.words + start * 8
      let values: Vector
      if (set === null) values = vectorOfWords(context, type, words, 0, count)
      else {
        const entries = context.scratch(count * 4)
        context.wasm.words_to_32(words, count, entries)
        values = set.key(0, entries, count)
      }
      yield { groups: this.groups + start * 4, count, columns: [values] }
      context.rewindScratch(mark)
    }
  }

  /** The different values in ascending order, and the words replaced by places among them, in scratch. */
  rank(): { ranking: Vector; words: number } {
    const { context } = this
    const { wasm, scratch } = context
    const set = this.set!
    const total = set.table.count
    const entries = scratch(total * 4)
    wasm.take_sequence(0, total, entries)
    const values = set.key(0, entries, total)
    const order = sortIndices(context, [{ vector: values, descending: false, nullsFirst: false }], total)
    const ranks = scratch(total * 4)
    wasm.group_map_entries(order, entries, total, ranks)
    const numbers = scratch(this.count * 4)
    wasm.words_to_32(this.words, this.count, numbers)
    const ranked = scratch(this.count * 4)
    wasm.take_32(ranks, numbers, this.count, ranked)
    const words = scratch(this.count * 8)
    wasm.words_from_u32(ranked, this.count, words)
    return { ranking: take(context, values, order, total), words }
  }

  release(): void {
    this.set?.release()
    releaseBlocks(this.context, this.address, [GROUPS, WORDS])
  }

  /** Makes room for more values; returns where they begin. */
  private reserve(more: number): number {
    const { count } = this
    if (count + more > this.read(CAPACITY)) {
      const capacity = Math.max(FIRST_CAPACITY, this.read(CAPACITY) * 2, count + more)
      this.write(GROUPS, grownBlock(this.context, this.groups, count * 4, capacity * 4))
      this.write(WORDS, grownBlock(this.context, this.words, count * 8, capacity * 8))
      this.write(CAPACITY, capacity)
    }
    return count
  }

  private read(place: number): number {
    return this.context.memory.u32[this.address / 4 + place]
  }

  private write(place: number, value: number): void {
    this.context.memory.u32[this.address / 4 + place] = value
  }
}

function finishQuantiles(target: Target, aggregate: TypedAggregate, log: ValueLog, type: DataType): Finish {
  const { context, groupCount } = target
  const { wasm, scratch, memory } = context
  const ranked = isVariableLength(type) || isNested(type) || isWide(type) ? log.rank() : null
  const ends = scratch((groupCount + 1) * 4)
  memory.u32.fill(0, ends / 4, ends / 4 + groupCount + 1)
  wasm.aggregate_group_ends(log.groups, log.count, groupCount, ends)
  const next = scratch(groupCount * 4)
  memory.u8.copyWithin(next, ends, ends + groupCount * 4)
  const words = scratch(log.count * 8)
  wasm.aggregate_group_values(log.groups, ranked?.words ?? log.words, log.count, next, words)
  const interpolated = isInterpolated(aggregate.function, type)
  const fraction = aggregate.function === 'median' ? 0.5 : aggregate.parameter!
  const [share, shares] = exactFraction(fraction) ?? [0, 0]
  return (entries, count) => {
    const [lower, upper, parts] = [scratch(count * 8), scratch(count * 8), scratch(count * 8)]
    wasm.aggregate_quantiles(
      ...([words, ends, entries, count, fraction, interpolated ? 0 : 1, share, shares, lower, upper, parts] as const),
    )
    const validity = scratch(bitmapBytes(count))
    wasm.aggregate_read_filled(ends, entries, count, validity)
    const at = (address: number): Vector => valuesAt(context, type, ranked?.ranking ?? null, address, validity, count)
    if (!interpolated) return { ...at(lower), type: aggregate.type }
    const [low, high] = [at(lower), at(upper)]
    const values: ScalarValue[] = []
    for (let row = 0; row < count; row++) {
      const [a, b] = [readValue(memory, low, row), readValue(memory, high, row)]
      const part = memory.f64[parts / 8 + row]
      values.push(a === null || b === null ? null : interpolate(type, aggregate.type, a, b, part))
    }
    return { ...vectorFromValues(aggregate.type, values, memory, scratch), blocks: [] }
  }
}

/** The values whose words, or places among ranked values, these are. */
function valuesAt(
  context: OperatorContext,
  type: DataType,
  ranking: Vector | null,
  words: number,
  validity: number,
  count: number,
): Vector {
  if (ranking === null) return vectorOfWords(context, type, words, validity, count)
  const { wasm, scratch } = context
  const places = scratch(count * 4)
  wasm.words_to_32(words, count, places)
  const indices = scratch(count * 4)
  wasm.take_mask_codes(places, validity, 0, count, indices)
  return take(context, ranking, indices, count, { nullable: true })
}
