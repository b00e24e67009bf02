/** Says who holds the memory when a run gets no more of it, and what limit would have been enough. */

import { isMemoryLimit, VolleyError } from '../../planner/errors.js'
import { formatBytes } from '../../planner/quantities.js'
import type { MemoryHolder } from './allocator.js'
import type { MemoryBudget } from './budget.js'
import type { OperatorSlots } from './operator-slots.js'

/** What the estimate of a sufficient limit allows for, beyond what was asked for. */
const MARGIN = 1.1
/** Most holders that a message names, and the least that one must hold. */
const NAMED = 6
const WORTH_NAMING_BYTES = 1e5

export interface LabelledBytes {
  readonly label: string
  readonly bytes: number
}

/** `aggregate 210 MB, scan 48.0 MB`, in the order given. */
export function describeHolders(holders: readonly LabelledBytes[]): string {
  return holders
    .filter(({ bytes }) => bytes >= WORTH_NAMING_BYTES)
    .slice(0, NAMED)
    .map(({ label, bytes }) => `${label} ${formatBytes(bytes)}`)
    .join(', ')
}

/** What DuckDB may hold, and what it holds. */
export interface DuckDbUse {
  readonly limitBytes: number
  readonly bytes: number
}

export interface Memory {
  readonly operators: OperatorSlots
  readonly budget: MemoryBudget
  /** Null if it does not run. */
  readonly duckdb: DuckDbUse | null
}

/**
 * The same error with the holders named, if it is one of the allocator's or DuckDB's; otherwise the error as it is.
 * `shareRead` is the part of the input that was read by then, null where that is not known: what is held is taken to grow
 * with it.
 */
export function explainLimit(
  error: unknown,
  { operators, budget, duckdb, shareRead }: Memory & { readonly shareRead: number | null },
): unknown {
  if (!isMemoryLimit(error)) return error
  const { requested, used, holders, operators: known } = error.details
  if (requested === undefined && known === undefined && duckdb !== null) {
    return explainDuckDb(error, duckdb, operators, budget)
  }
  if (typeof requested !== 'number' || typeof used !== 'number' || !Array.isArray(holders)) return error
  const held = (holders as readonly MemoryHolder[])
    .map(({ slot, bytes }) => ({ label: operators.labelOf(slot), bytes }))
    .sort((a, b) => b.bytes - a.bytes)
  const growth = shareRead === null || shareRead <= 0 ? 1 : Math.max(1, 1 / shareRead)
  const demand = (used * growth + requested) * MARGIN
  const smallestLimitBytes = budget.limitFor(demand)
  const enough =
    smallestLimitBytes === null
      ? `about ${formatBytes(demand)} are needed, more than shared memory can have`
      : `a limit of about ${formatBytes(smallestLimitBytes)} should be enough`
  return new VolleyError(
    'VOLLEY_MEMORY_LIMIT',
    `cannot allocate ${formatBytes(requested)}: ${formatBytes(used)} of ${formatBytes(budget.sharedBytes)} of shared memory are ` +
      `in use${parenthesized(held)} under a memory limit of ${formatBytes(budget.limitBytes)}; ${enough}`,
    { requested, used, limitBytes: budget.limitBytes, operators: held, smallestLimitBytes },
    error,
  )
}

/** What DuckDB says does not tell what it would have needed: it is taken to be twice as much as it may hold. */
function explainDuckDb(
  error: VolleyError,
  duckdb: DuckDbUse,
  operators: OperatorSlots,
  { limitBytes }: MemoryBudget,
): VolleyError {
  const held = [{ label: 'DuckDB', bytes: duckdb.bytes }, ...operators.breakdown()]
  const smallestLimitBytes = limitBytes + duckdb.limitBytes
  return new VolleyError(
    'VOLLEY_MEMORY_LIMIT',
    `DuckDB may hold ${formatBytes(duckdb.limitBytes)} under a memory limit of ${formatBytes(limitBytes)} and needs more: ` +
      `${error.message}${parenthesized(held)}; a limit of about ${formatBytes(smallestLimitBytes)} may be enough`,
    { ...error.details, limitBytes, duckdbLimitBytes: duckdb.limitBytes, operators: held, smallestLimitBytes },
    error,
  )
}

/** The process is at its limit, `rssBytes`, and nothing can be given up. */
export function limitReached(rssBytes: number, limitBytes: number, held: readonly LabelledBytes[]): VolleyError {
  const smallestLimitBytes = Math.ceil(rssBytes * MARGIN)
  return new VolleyError(
    'VOLLEY_MEMORY_LIMIT',
    `the process takes ${formatBytes(rssBytes)} of its memory limit of ${formatBytes(limitBytes)}, and nothing more can be ` +
      `given up${parenthesized(held)}; a limit of about ${formatBytes(smallestLimitBytes)} should be enough`,
    { rssBytes, limitBytes, operators: held, smallestLimitBytes },
  )
}

function parenthesized(held: readonly LabelledBytes[]): string {
  const text = describeHolders(held)
  return text === '' ? '' : ` (${text})`
}
