/**
 * What each part of a merge of sorted runs needs in memory.
 *
 * Batches are numbered run by run, in the order of the runs. By their first rows they are put in the order in which a
 * merge comes to them; so many of them in a row begin in each part. A batch is done once the merge has come to the next
 * one of its run, whose first row comes after all of its rows.
 */

import type { FirstRow } from '../../operators/sort/spilled-runs.js'

export interface ScheduledSegment {
  /** Number of the batch. */
  readonly batch: number
  readonly run: number
  readonly isBegun: boolean
  readonly isContinued: boolean
}

export interface ScheduledPart {
  readonly segments: readonly ScheduledSegment[]
  readonly from: FirstRow | null
  readonly to: FirstRow | null
}

/**
 * The parts of a merge in order. `order` has the numbers of the batches by their first rows; `runs` how many batches each
 * run has; `step` batches begin in each part.
 */
export function* mergeSchedule(
  order: Uint32Array,
  runs: readonly number[],
  step: number,
): Generator<ScheduledPart, void, undefined> {
  const count = order.length
  const runOf = runs.flatMap((batches, run) => Array<number>(batches).fill(run))
  const places = new Uint32Array(count)
  order.forEach((batch, place) => {
    places[batch] = place
  })
  /** Where the next batch of the same run begins. */
  const endOf = (batch: number) => (runOf[batch + 1] === runOf[batch] ? places[batch + 1] : Number.POSITIVE_INFINITY)
  const boundAt = (place: number): FirstRow => ({ row: order[place], run: runOf[order[place]] })
  let carried: readonly number[] = []
  for (let begin = 0; begin < count; begin += step) {
    const end = Math.min(count, begin + step)
    const batches = [...carried, ...order.subarray(begin, end)].sort((a, b) => a - b)
    carried = end === count ? [] : batches.filter((batch) => endOf(batch) > end)
    const continued = new Set(carried)
    yield {
      segments: batches.map((batch) => ({
        batch,
        run: runOf[batch],
        isBegun: places[batch] < begin,
        isContinued: continued.has(batch),
      })),
      from: begin === 0 ? null : boundAt(begin),
      to: end === count ? null : boundAt(end),
    }
  }
}
