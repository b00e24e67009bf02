/** What is remarkable about a line of times over rows: where rows come to take longer each than fewer of them did. */

import { type CaseResults, median } from '../../results.js'

/** Below, starting a run outweighs its rows. */
const LEAST_ROWS = 100_000
/** A time per row that is this many times that of the size before is remarkable. */
const GROWTH = 1.3

/** The same cases, in the order given, with remarks. Only cases of one name by rows are compared. */
export function withGrowth(cases: readonly CaseResults[]): CaseResults[] {
  return cases.map((one) => {
    const before = previousOf(one, cases)
    return before === null ? one : { ...one, remarks: [...one.remarks, ...growthBetween(before, one)] }
  })
}

/** The largest of fewer rows, if that is large enough. */
function previousOf({ name, axis }: CaseResults, cases: readonly CaseResults[]): CaseResults | null {
  if (axis?.name !== 'rows') return null
  const fewer = cases.filter((other) => other.name === name && rowsOf(other) < axis.value)
  const largest = fewer.sort((a, b) => rowsOf(b) - rowsOf(a)).at(0)
  return largest !== undefined && rowsOf(largest) >= LEAST_ROWS ? largest : null
}

function growthBetween(before: CaseResults, after: CaseResults): string[] {
  return after.outcomes.flatMap(({ engine }) => {
    const [first, second] = [timePerRow(before, engine), timePerRow(after, engine)]
    if (first === null || second === null || second <= first * GROWTH) return []
    return [`${engine} takes ${(second / first).toFixed(2)} times as long for a row as at ${before.size}.`]
  })
}

function timePerRow(one: CaseResults, engine: string): number | null {
  const outcome = one.outcomes.find((other) => other.engine === engine)
  return outcome?.status === 'done' ? median(outcome.milliseconds) / rowsOf(one) : null
}

function rowsOf({ axis }: CaseResults): number {
  return axis?.name === 'rows' ? axis.value : Number.POSITIVE_INFINITY
}
