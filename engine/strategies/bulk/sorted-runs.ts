/** Sorts the rows of contiguous vectors in the workers: a range of them in each. */

import type { OperatorHandle } from '../../run.js'
import type { SortedRun, SortVector } from '../../workers/messages.js'
import { shareStart } from './work.js'

/** Fewer rows than this are sorted by one worker. */
const SMALL_SORT = 50_000

/** The caller owns the blocks of the row numbers. */
export function sortedRuns(
  operator: OperatorHandle,
  threads: number,
  keys: readonly SortVector[],
  rows: number,
  limit: number | null,
): Promise<SortedRun[]> {
  const shares = rows < SMALL_SORT ? 1 : threads
  return Promise.all(
    Array.from({ length: shares }, (_, share) => {
      const [start, end] = [shareStart(rows, share, shares), shareStart(rows, share + 1, shares)]
      return operator.task('sortRange', { keys, rows, start, end, limit })
    }),
  )
}
