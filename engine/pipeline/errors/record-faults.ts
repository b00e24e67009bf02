/** Which failures of a batch are those of some of its records, and which records these are. */

import { type Batch, sliceBatch } from '../../../io/batch.js'
import { retainBatch } from '../../../io/block-sharing.js'
import { type ErrorCode, VolleyError } from '../../../planner/errors.js'
import type { TaskContext } from '../../workers/task-context.js'
import { copyRows } from '../streaming/cutting.js'
import { isPartOf } from './origins.js'

const CODES: ReadonlySet<ErrorCode> = new Set([
  'VOLLEY_USER_FUNCTION',
  'VOLLEY_CAST',
  'VOLLEY_OVERFLOW',
  'VOLLEY_BAD_RECORD',
  'VOLLEY_TYPE_MISMATCH',
  'VOLLEY_INVALID_UTF8',
  'VOLLEY_INVALID_ARGUMENT',
  'VOLLEY_PARSE',
])

/** False of failures that are no record's: of the machine, of what was asked for, and of steps that fit no record. */
export function isRecordFault(error: unknown): error is VolleyError {
  // Steps that cannot be planned name themselves.
  if (!(error instanceof VolleyError)) return false
  return (CODES.has(error.code) && error.details.step === undefined) || endedItsProcess(error)
}

/** A process of a stage's own may end again and again for the same record. */
function endedItsProcess({ code, details }: VolleyError): boolean {
  return code === 'VOLLEY_WORKER_DIED' && 'exitCode' in details
}

/** Rows at whose multiples a batch is cut without a copy. */
const CUT_ROWS = 64

/** Rows of a batch, which stays the caller's; the part is the caller's, too. */
export function partOf(context: TaskContext, batch: Batch, start: number, length: number): Batch {
  if (start === 0 && length === batch.length) return retainBatch(context, batch)
  const part =
    start % CUT_ROWS === 0
      ? retainBatch(context, sliceBatch(batch, start, length))
      : copyRows(context, batch, start, length)
  return isPartOf(batch, start, part)
}

/** Where rows that failed together are divided: between the first and the last of them. */
function middleOf(start: number, length: number): number {
  const half = start + Math.ceil(length / 2)
  return length > CUT_ROWS ? Math.ceil(half / CUT_ROWS) * CUT_ROWS : half
}

/**
 * Does again what failed for all rows from `start` on, in ever smaller parts, in order, until the records to blame are found.
 * `attempt` says why a part failed, or null.
 */
export async function isolate(
  start: number,
  length: number,
  error: VolleyError,
  parts: {
    readonly attempt: (start: number, length: number) => Promise<VolleyError | null>
    readonly failed: (row: number, error: VolleyError) => Promise<void>
  },
): Promise<void> {
  if (length === 1) return parts.failed(start, error)
  const middle = middleOf(start, length)
  for (const [from, rows] of [
    [start, middle - start],
    [middle, start + length - middle],
  ]) {
    const fault = await parts.attempt(from, rows)
    if (fault !== null) await isolate(from, rows, fault, parts)
  }
}
