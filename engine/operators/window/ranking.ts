/** Functions of a row's place in its partition: numbers by input row. */

import type { Vector } from '../../../io/batch.js'
import { isValid, readValue } from '../../../io/values.js'
import { VolleyError } from '../../../planner/errors.js'
import type { OperatorContext } from '../operator-context.js'
import type { Layout } from './layout.js'

export const RANKINGS: Readonly<Record<string, (layout: Layout, position: number) => number>> = {
  rowNumber: ({ partitionStart }, i) => i - partitionStart[i] + 1,
  rank: ({ partitionStart, peerStart }, i) => peerStart[i] - partitionStart[i] + 1,
  percentRank: ({ partitionStart, partitionEnd, peerStart }, i) => {
    const others = partitionEnd[i] - partitionStart[i] - 1
    return others === 0 ? 0 : (peerStart[i] - partitionStart[i]) / others
  },
  cumeDist: ({ partitionStart, partitionEnd, peerEnd }, i) =>
    (peerEnd[i] - partitionStart[i]) / (partitionEnd[i] - partitionStart[i]),
}

/** The value of `at` for each position, in input order. */
export function ranked(layout: Layout, at: (layout: Layout, position: number) => number): Float64Array {
  const result = new Float64Array(layout.rows)
  for (let i = 0; i < layout.rows; i++) result[layout.order[i]] = at(layout, i)
  return result
}

/** Peer groups counted from 1, in input order. */
export function denseRanks({ rows, order, partitionStart, peerStart }: Layout): Float64Array {
  const result = new Float64Array(rows)
  let rank = 0
  for (let i = 0; i < rows; i++) {
    if (partitionStart[i] === i) rank = 1
    else if (peerStart[i] === i) rank++
    result[order[i]] = rank
  }
  return result
}

/** The group of each row, in input order, where `groups` (int64) says into how many to divide; NaN where it is null. */
export function tiles(context: OperatorContext, layout: Layout, groups: Vector): Float64Array {
  return ranked(layout, ({ order, partitionStart, partitionEnd }, i) => {
    const row = order[i]
    if (!isValid(context.memory, groups, row)) return Number.NaN
    const wanted = Number(readValue(context.memory, groups, row))
    if (wanted < 1) {
      throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `ntile takes a number of groups from 1, not ${wanted}`)
    }
    const rows = partitionEnd[i] - partitionStart[i]
    return tileOf(i - partitionStart[i], rows, Math.min(wanted, rows))
  })
}

/** The first groups have one row more than the others if the rows cannot be divided equally. */
function tileOf(place: number, rows: number, groups: number): number {
  const size = Math.floor(rows / groups)
  const larger = rows % groups
  const inLarger = larger * (size + 1)
  if (place < inLarger) return Math.floor(place / (size + 1)) + 1
  return larger + Math.floor((place - inLarger) / size) + 1
}
