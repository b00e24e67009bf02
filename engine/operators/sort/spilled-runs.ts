/**
 * Merging of sorted runs that lie in files, part by part.
 *
 * Of all batches of all runs, the first rows are known. In the order of these, every so many of them bound a part: the
 * rows from one such row on up to the next. Rows come by their keys, then by the number of their run, then as they lie in
 * it; so equal rows stay in the order of the input, whose rows the runs take in turn.
 */

import { type Batch, sliceVector, type Vector } from '../../../io/batch.js'
import { spilledBatch } from '../../../io/spill/spill-reader.js'
import type { Schema } from '../../../planner/types.js'
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

/** The rows of a part, in scratch. There is at least one. */
export function mergePart(context: OperatorContext, part: MergePart): OrderedRows {
  const { schema, keys } = part
  const ranges = part.segments.flatMap((segment) => rangeOf(context, part, segment))
  const count = ranges.reduce((sum, { length }) => sum + length, 0)
  const columns = schema.fields.map((_, index) => gathered(context, ranges, index))
  const sorted = keys.map(({ column, ...direction }) => ({ ...direction, vector: columns[column] }))
  return { batch: { schema, length: count, columns }, order: sortIndices(context, sorted, count), count }
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
function gathered(context: OperatorContext, ranges: readonly Range[], index: number): Vector {
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
