/** Functions whose result is the value of another row: which row, for each row of the input. */

import type { Vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { NO_ROW } from '../../kernels/vectors.js'
import type { OperatorContext } from '../operator-context.js'
import type { Frames } from './frames.js'
import type { Layout } from './layout.js'

/** One input row, or `NO_ROW`, for each input row. */
export type RowChoice = Uint32Array

/**
 * The row `offsets` (int64, by default 1) rows further in `direction`, or, where the partition has none, `missing` of
 * the row itself. A null offset leads nowhere.
 */
export function shiftedRows(
  context: OperatorContext,
  { rows, order, partitionStart, partitionEnd }: Layout,
  direction: 1 | -1,
  offsets: Vector | null,
  missing: (row: number) => number,
): RowChoice {
  const result = new Uint32Array(rows)
  const distance = distanceReader(context, offsets)
  for (let i = 0; i < rows; i++) {
    const row = order[i]
    const far = distance(row)
    const target = i + direction * (far ?? 0)
    if (far === null) result[row] = NO_ROW
    else result[row] = target >= partitionStart[i] && target < partitionEnd[i] ? order[target] : missing(row)
  }
  return result
}

function distanceReader(context: OperatorContext, offsets: Vector | null): (row: number) => number | null {
  if (offsets === null) return () => 1
  const read = (row: number) => {
    const offset = readValue(context.memory, offsets, row)
    return offset === null ? null : Number(offset)
  }
  if (!offsets.constant) return read
  const distance = read(0)
  return () => distance
}

export function firstRows({ rows, order }: Layout, { from, to }: Frames): RowChoice {
  const result = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) result[order[i]] = from[i] < to[i] ? order[from[i]] : NO_ROW
  return result
}

export function lastRows({ rows, order }: Layout, { from, to }: Frames): RowChoice {
  const result = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) result[order[i]] = from[i] < to[i] ? order[to[i] - 1] : NO_ROW
  return result
}

/** The row that is `numbers` (int64, from 1) within the frame; none where that is null or not in the frame. */
export function nthRows(
  context: OperatorContext,
  { rows, order }: Layout,
  { from, to }: Frames,
  numbers: Vector,
): RowChoice {
  const result = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) {
    const row = order[i]
    const target = from[i] + Number(readValue(context.memory, numbers, row) ?? 0n) - 1
    result[row] = target >= from[i] && target < to[i] ? order[target] : NO_ROW
  }
  return result
}
