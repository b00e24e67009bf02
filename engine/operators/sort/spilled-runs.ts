/**
 * Merging of sorted runs that lie in files, part by part.
 *
 * Of all batches of all runs, the first rows are known. In the order of these, every so many of them bound a part: the
 * rows from one such row on up to the next. Rows come by their keys, then by the number of their run, then as they lie in
 * it; so equal rows stay in the order of the input, whose rows the runs take in turn.
 */

import { type Batch, bitmapBytes, sliceVector, type Vector, vector } from '../../../io/batch.js'
import { spilledBatch } from '../../../io/spill/spill-reader.js'
import { isVariableLength, type Schema } from '../../../planner/types.js'
import { assemble, type Segment } from '../../kernels/vectors/assemble.js'
import { expand } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import { sortIndices } from '../sort.js'
import { compareBetween } from './compare.js'
import type { KeyPlace, SortColumn } from './keys.js'
import type { OrderedRows } from './spill.js'

/** The first row of a batch, by its number among all first rows. */
export interface FirstRow {
  readonly row: number
  readonly run: number
}

/** A batch of which some rows belong to a part. */
export interface PartSegment {
  /** Where the batch was read to. */
  readonly block: number
  readonly run: number
  /** Rows of it belong to earlier parts. */
  readonly isBegun: boolean
  /** Rows of it belong to later parts. */
  readonly isContinued: boolean
}

export interface MergePart {
  readonly schema: Schema
  readonly keys: readonly KeyPlace[]
  /** Keys of the first rows of all batches. */
  readonly firsts: readonly SortColumn[]
  /** In the order of runs, those of a run in order. */
  readonly segments: readonly PartSegment[]
  /** Null at the beginning of all rows. */
  readonly from: FirstRow | null
  /** Null at their end. */
  readonly to: FirstRow | null
}

/**
 * The rows of a part. Strings stay where they were read, so that a part takes little scratch however many rows it has.
 * There is at least one.
 */
export function mergePart(context: OperatorContext, part: MergePart): OrderedRows {
  const { keys, schema } = part
  const ranges = part.segments.flatMap((segment) => rangeOf(context, part, segment))
  const count = ranges.reduce((sum, { length }) => sum + length, 0)
  const compact = new Map<number, Vector>()
  const compactColumn = (index: number): Vector => {
    const known = compact.get(index)
    if (known !== undefined) return known
    const gathered = gather(context, ranges, index)
    compact.set(index, gathered)
    return gathered
  }
  const sorted = keys.map(({ column, ...direction }) => ({ ...direction, vector: compactColumn(column) }))
  const order = sortIndices(context, sorted, count)
  if (ranges.length === 1) {
    return { columns: schema.fields.map((_, index) => ({ vector: compactColumn(index), order })), count }
  }
  const spread = spreadOrder(context, ranges, order, count)
  const columns = schema.fields.map(({ type }, index) =>
    isVariableLength(type)
      ? { vector: spreadStrings(context, ranges, index), order: spread }
      : { vector: compactColumn(index), order },
  )
  return { columns, count }
}

interface Range {
  readonly batch: Batch
  readonly start: number
  readonly length: number
}

/** None if no row of the segment belongs to the part after all. */
function rangeOf(context: OperatorContext, part: MergePart, segment: PartSegment): Range[] {
  const batch = spilledBatch(context.memory, part.schema, segment.block)
  const { from, to } = part
  const start = segment.isBegun && from !== null ? rowsBefore(context, part, batch, segment.run, from) : 0
  const end = segment.isContinued && to !== null ? rowsBefore(context, part, batch, segment.run, to) : batch.length
  return end > start ? [{ batch, start, length: end - start }] : []
}

/** A column of all ranges, in scratch or where it is. */
function gather(context: OperatorContext, ranges: readonly Range[], index: number): Vector {
  const [{ batch, start, length }] = ranges
  if (ranges.length === 1 && start % 64 === 0) return sliceVector(batch.columns[index], start, length)
  const segments = ranges.map((range): Segment => ({ ...range, vector: expand(context, range.batch.columns[index]) }))
  return withoutBlocks(assemble(context, context.scratch, segments))
}

/** What `assemble` takes for blocks is scratch. */
function withoutBlocks(source: Vector): Vector {
  const dictionary = source.dictionary === null ? null : withoutBlocks(source.dictionary)
  return { ...source, blocks: [], dictionary, children: source.children.map(withoutBlocks) }
}

/**
 * Strings of all ranges where they are: offsets, in scratch, from those of the first range on. The end of the last row of
 * a range is not the start of the next range's first: between any two ranges is a row that means nothing.
 */
function spreadStrings(context: OperatorContext, ranges: readonly Range[], index: number): Vector {
  const { wasm, scratch } = context
  const sources = ranges.map(({ batch }) => expand(context, batch.columns[index]))
  const rows = ranges.reduce((sum, { length }) => sum + length + 1, 0)
  const offsets = scratch((rows + 1) * 4)
  const validity = sources.some((source) => source.validity !== 0) ? scratch(bitmapBytes(rows)) : 0
  const [{ type, values }] = sources
  let row = 0
  ranges.forEach(({ start, length }, range) => {
    const source = sources[range]
    wasm.copy_offsets(source.offsets + start * 4, length + 1, source.values - values, offsets + row * 4)
    if (validity !== 0) wasm.copy_bits(source.validity, start, length, validity, row)
    row += length + 1
  })
  return vector(type, rows, { offsets, values, validity })
}

/** The row numbers of an order as they are when a row stands between any two ranges. */
function spreadOrder(context: OperatorContext, ranges: readonly Range[], order: number, count: number): number {
  const { wasm, scratch } = context
  const places = scratch(count * 4)
  let row = 0
  ranges.forEach(({ length }, range) => {
    wasm.take_sequence(row + range, length, places + row * 4)
    row += length
  })
  const spread = scratch(count * 4)
  wasm.take_32(places, order, count, spread)
  return spread
}

/** How many rows of a batch come before a first row of another. */
function rowsBefore(context: OperatorContext, part: MergePart, batch: Batch, run: number, bound: FirstRow): number {
  const keys = part.keys.map(({ column, ...direction }) => ({ ...direction, vector: batch.columns[column] }))
  const compare = compareBetween(context, keys, part.firsts)
  let [low, high] = [0, batch.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compare(middle, bound.row)
    if (order < 0 || (order === 0 && run < bound.run)) low = middle + 1
    else high = middle
  }
  return low
}
