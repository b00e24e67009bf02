/** Counts, and sums and means of integers, decimals and floats. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { readInt128 } from '../../../io/values.js'
import { partialSumType } from '../../../planner/duckdb-sql/partial-form.js'
import { InternalError, VolleyError } from '../../../planner/errors.js'
import type { TypedAggregate } from '../../../planner/expression.js'
import { isDividedInDoubles } from '../../../planner/functions/means.js'
import { type DataType, FLOAT64, INT64, typeName, valueWidth } from '../../../planner/types.js'
import { integers64, isUnsigned64, isWide, wordBits } from '../../kernels/vectors/words.js'
import { plain } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import { instantQuotient, numberQuotient, unitOf } from '../quotient.js'
import type { Accumulator, Finish, Input, Merge, Target } from './accumulator.js'
import { excessSums, withoutExcess } from './excess-sums.js'
import type { SliceRows } from './slice-rows.js'

export const countAccumulator: Accumulator = {
  key: 'count',
  bytes: 8,
  auxiliary: null,
  update({ context: { wasm }, base, stride, groupCount }, rows, { valid }) {
    if (rows.single) wasm.aggregate_add(base, rows.countValid(valid))
    else if (rows.dense) wasm.aggregate_fold_count(rows.tally(valid), groupCount, base, stride)
    else wasm.aggregate_count(valid, rows.groups, rows.length, base, stride)
  },
  merge({ context, base, stride }, source, { groups, entries, count }) {
    context.wasm.aggregate_merge_count(base, stride, groups, source.base, source.stride, entries, count)
  },
  addPartials: (target, rows, [counts]) => addCounts(target, 0, rows, counts),
  finish({ context, base, stride }, { type }) {
    return (entries, count) => {
      const values = context.scratch(count * 8)
      context.wasm.group_copy_words(base, stride, 8, entries, count, values)
      return vector(type, count, { values })
    }
  },
  partials: (target) => ({
    ofGroups: (entries, count) => [readCounts(target, 0, entries, count)],
    further: null,
  }),
}

/** Accumulator of 24 bytes: 16-byte sum, count. */
const INTEGER_COUNT = 16

export const integerSum: Accumulator = {
  key: 'integer sum',
  bytes: 24,
  auxiliary: null,
  update: updateIntegers,
  merge({ context, base, stride }, source, { groups, entries, count }) {
    const { wasm } = context
    const overflow = wasm.aggregate_merge_i128(base, stride, groups, source.base, source.stride, entries, count)
    if (overflow !== 0) throw sumOverflow()
  },
  addPartials(target, rows, [sums, counts]) {
    const { context, base, stride } = target
    const { values, width, validity } = plain(context, sums)
    const overflow = context.wasm.aggregate_add_sums(values, width, validity, rows.groups, rows.length, base, stride)
    if (overflow !== 0) throw sumOverflow()
    addSumCounts(target, INTEGER_COUNT, rows, sums, counts)
  },
  finish(target, aggregate) {
    if (aggregate.function === 'mean') {
      return aggregate.type.kind === 'float'
        ? meanOfIntegers(target, aggregate)
        : meanOfInstants(target, aggregate.type)
    }
    return (entries, count) => readIntegerSums(target, aggregate.type, entries, count)
  },
  partials(target, { argument }) {
    const type = partialSumType(argument!.type)
    const read: Finish = (entries, count) => readIntegerSums(target, type, entries, count)
    return {
      ofGroups: (entries, count) => [
        withoutExcess(target.context, read(entries, count)),
        readCounts(target, INTEGER_COUNT, entries, count),
      ],
      further: isWide(argument!.type) ? () => excessSums(target, read) : null,
    }
  },
}

function updateIntegers(target: Target, rows: SliceRows, { argument, valid }: Input): void {
  const { context, base, stride, groupCount } = target
  const { wasm } = context
  const { length } = rows
  const source = plain(context, argument!)
  if (source.width === 16) {
    const overflow = wasm.aggregate_sum_i128(source.values, valid, rows.groups, length, base, stride)
    if (overflow !== 0) throw sumOverflow()
    return
  }
  if (isUnsigned64(source.type)) {
    wasm.aggregate_sum_u64(source.values, valid, rows.groups, length, base, stride)
    return
  }
  const values = source.width === 8 ? source.values : integers64(context, source)
  if (rows.single) {
    wasm.aggregate_all_i64(values, valid, length, base)
    wasm.aggregate_add(base + INTEGER_COUNT, rows.countValid(valid))
  } else if (rows.dense && sumsFit(context, source.type, values, length)) {
    const table = rows.denseTable()
    wasm.aggregate_dense_i64(values, valid, rows.groups, length, table)
    wasm.aggregate_fold_i64(table, rows.tally(valid), groupCount, base, stride)
  } else wasm.aggregate_sum_i64(values, valid, rows.groups, length, base, stride)
}

/** True if sums of up to `length` of the values surely fit 64 bits. */
function sumsFit(context: OperatorContext, type: DataType, values: number, length: number): boolean {
  const spare = 63 - Math.ceil(Math.log2(length + 1))
  if (type.kind === 'decimal' && Math.ceil(type.precision * Math.log2(10)) <= spare) return true
  if (type.kind !== 'decimal' && wordBits(type) <= spare) return true
  return context.wasm.aggregate_bits(values, length) <= spare
}

function readIntegerSums(target: Target, type: DataType, entries: number, count: number): Vector {
  const { context, base, stride } = target
  const { wasm } = context
  const validity = readCounted(target, INTEGER_COUNT, entries, count)
  const wide = context.scratch(count * 16)
  wasm.group_copy_words(base, stride, 16, entries, count, wide)
  const values = context.scratch(count * 8)
  if (wasm.copy_128_to_64(wide, 0, count, values) !== 0) return vector(type, count, { validity, values, width: 8 })
  if (type.kind !== 'decimal') throw sumOverflow(type)
  return vector(type, count, { validity, values: wide, width: 16 })
}

/** The exact sum divided once: by the kernel but for the rare quotients that doubles may round otherwise. */
function meanOfIntegers(target: Target, { argument, type }: TypedAggregate): Finish {
  const { context, base, stride } = target
  const from = argument!.type
  const unit = unitOf(from)
  const extended = isDividedInDoubles(from) ? 0 : 1
  return (entries, count) => {
    const values = context.scratch(count * 8)
    const rest = context.scratch(count * 4 + 4)
    const { wasm, memory } = context
    const hard = wasm.aggregate_mean_i128(base, stride, entries, count, Number(unit), extended, values, rest)
    for (let i = 0; i < hard; i++) {
      const row = memory.u32[rest / 4 + i]
      const address = base + memory.u32[entries / 4 + row] * stride
      const divisor = memory.i64[(address + INTEGER_COUNT) / 8] * unit
      if (divisor !== 0n) memory.f64[values / 8 + row] = numberQuotient(from, readInt128(memory, address), divisor)
    }
    return vector(type, count, { validity: readCounted(target, INTEGER_COUNT, entries, count), values })
  }
}

/** The mean of moments in time or of durations, which is one too. */
function meanOfInstants(target: Target, type: DataType): Finish {
  const { context, base, stride } = target
  const { memory } = context
  return (entries, count) => {
    const wide = valueWidth(type) === 8
    const values = context.scratch(count * 8)
    for (let row = 0; row < count; row++) {
      const address = base + memory.u32[entries / 4 + row] * stride
      const divisor = memory.i64[(address + INTEGER_COUNT) / 8]
      const mean = divisor === 0n ? 0n : instantQuotient(readInt128(memory, address), divisor)
      if (wide) memory.i64[values / 8 + row] = mean
      else memory.i32[values / 4 + row] = Number(mean)
    }
    return vector(type, count, { validity: readCounted(target, INTEGER_COUNT, entries, count), values })
  }
}

/** Accumulator of 16 bytes: sum, count. */
const FLOAT_COUNT = 8

export const floatSum: Accumulator = {
  key: 'float sum',
  bytes: 16,
  auxiliary: null,
  update({ context, base, stride, groupCount }, rows, { argument, valid }) {
    const { wasm } = context
    const values = doublesOf(context, argument!)
    const { length } = rows
    if (rows.single) {
      wasm.aggregate_all_f64(values, valid, length, base)
      wasm.aggregate_add(base + FLOAT_COUNT, rows.countValid(valid))
    } else if (rows.dense) {
      const table = rows.denseTable()
      wasm.aggregate_dense_f64(values, valid, rows.groups, length, table)
      wasm.aggregate_fold_f64(table, rows.tally(valid), groupCount, base, stride)
    } else wasm.aggregate_sum_f64(values, valid, rows.groups, length, base, stride)
  },
  merge({ context, base, stride }, source, { groups, entries, count }: Merge) {
    context.wasm.aggregate_merge_f64(base, stride, groups, source.base, source.stride, entries, count)
  },
  addPartials(target, rows, [sums, counts]) {
    const { context, base, stride } = target
    const { values, validity } = plain(context, sums)
    context.wasm.aggregate_add_f64(values, validity, rows.groups, rows.length, base, stride)
    addSumCounts(target, FLOAT_COUNT, rows, sums, counts)
  },
  finish(target, aggregate) {
    const { context, base, stride } = target
    return (entries, count) => {
      const values = context.scratch(count * 8)
      if (aggregate.function === 'mean') context.wasm.aggregate_mean_f64(base, stride, entries, count, values)
      else context.wasm.group_copy_words(base, stride, 8, entries, count, values)
      return vector(aggregate.type, count, { validity: readCounted(target, FLOAT_COUNT, entries, count), values })
    }
  },
  partials(target, aggregate) {
    const sums = this.finish(target, { ...aggregate, function: 'sum', type: FLOAT64 })
    return {
      ofGroups: (entries, count) => [sums(entries, count), readCounts(target, FLOAT_COUNT, entries, count)],
      further: null,
    }
  },
}

/** Numbers of any type as doubles, at an address. */
export function doublesOf(context: OperatorContext, argument: Vector): number {
  const source = plain(context, argument)
  const { type, length, values } = source
  if (type.kind === 'float' && type.bits === 64) return values
  const { wasm } = context
  const doubles = context.scratch(length * 8)
  const scale = type.kind === 'decimal' ? 10 ** type.scale : 1
  if (type.kind === 'float') wasm.words_f32_to_f64(values, length, doubles)
  else if (source.width === 16) wasm.words_wide_to_double(values, length, scale, doubles)
  else if (isUnsigned64(type)) wasm.words_unsigned_to_double(values, length, doubles)
  else if (source.width === 8) wasm.words_to_double(values, length, scale, doubles)
  else if (type.kind === 'int' || type.kind === 'bool') {
    wasm.words_to_double(integers64(context, source), length, scale, doubles)
  } else throw new InternalError(`no numbers of ${typeName(type)}`)
  return doubles
}

/** The validity of groups by whether their count, `offset` bytes into the accumulator, is not zero. */
export function readCounted({ context, base, stride }: Target, offset: number, entries: number, count: number): number {
  const validity = context.scratch(bitmapBytes(count))
  context.wasm.aggregate_read_nonzero(base + offset, stride, entries, count, validity)
  return validity
}

/** Adds counts to those `offset` bytes into the accumulators. */
function addCounts({ context, base, stride }: Target, offset: number, rows: SliceRows, counts: Vector): void {
  const { values, validity } = plain(context, counts)
  context.wasm.aggregate_add_counts(values, validity, rows.groups, rows.length, base + offset, stride)
}

/** Sums that nobody divides come without counts: what counts then is that there is one. */
function addSumCounts(target: Target, offset: number, rows: SliceRows, sums: Vector, counts: Vector | undefined): void {
  const { context, base, stride } = target
  if (counts !== undefined) addCounts(target, offset, rows, counts)
  else context.wasm.aggregate_count(sums.validity, rows.groups, rows.length, base + offset, stride)
}

function readCounts({ context, base, stride }: Target, offset: number, entries: number, count: number): Vector {
  const values = context.scratch(count * 8)
  context.wasm.group_copy_words(base + offset, stride, 8, entries, count, values)
  return vector(INT64, count, { values })
}

function sumOverflow(type?: DataType): VolleyError {
  const expected = type === undefined ? '128-bit integer' : typeName(type)
  return new VolleyError('VOLLEY_OVERFLOW', `a sum does not fit a ${expected}`, { expected })
}
