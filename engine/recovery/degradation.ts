/** What a run that failed before its first result may still be tried with. */

import { isMemoryLimit, VolleyError } from '../../planner/errors.js'
import type { ResolvedPlan } from '../../planner/logical-plan.js'
import { nodesOf } from '../../planner/plan-tree.js'
import { formatBytes } from '../../planner/quantities.js'
import type { SourceLookup } from '../lower.js'
import type { Choice } from '../strategies/choose.js'
import type { Unsupported } from '../strategies/strategy.js'

type Name = Choice['name']

/** What a run did when it failed. */
export interface Attempted {
  readonly name: Name
  /** DuckDB ran the whole plan. */
  readonly isPushed: boolean
}

/** Another attempt, without leaving the whole plan to DuckDB; and why. */
export interface Fallback {
  readonly name: Name
  readonly reason: string
}

/** Faults of a value: DuckDB does not tell the row, and may meet it where the plan would have left it out. */
const VALUE_FAULTS: ReadonlySet<string> = new Set(['VOLLEY_CAST', 'VOLLEY_OVERFLOW'])

/** True of what a plan that DuckDB ran as a whole is run again for by volley. */
export function isWorthOwnRun(error: unknown): error is VolleyError {
  return isMemoryLimit(error) || (error instanceof VolleyError && VALUE_FAULTS.has(error.code))
}

/** What an attempt depends on. */
export interface Prospects {
  readonly plan: ResolvedPlan
  readonly choice: Choice
  readonly sourceOf: SourceLookup
  readonly rowSupport: () => true | Unsupported
}

/** Marks errors for which nothing can leave the memory at all; what fails later, while it does, is another matter. */
const CANNOT_SPILL = 'cannotSpill'

export function duckDbMissing(cause: unknown): unknown {
  return cannotBegin('DuckDB cannot be started', cause)
}

export function spillFileMissing(cause: unknown): unknown {
  return cannotBegin('there is no place to spill to', cause)
}

function cannotBegin(what: string, cause: unknown): unknown {
  if (cause instanceof VolleyError && cause.code === 'VOLLEY_CLOSED') return cause
  const code = cause instanceof VolleyError ? cause.code : 'VOLLEY_IO'
  const details = cause instanceof VolleyError ? cause.details : {}
  const message = cause instanceof Error ? cause.message : String(cause)
  return new VolleyError(code, `${what}: ${message}`, { ...details, [CANNOT_SPILL]: true }, cause)
}

export function cannotSpill(error: unknown): error is VolleyError {
  return error instanceof VolleyError && error.details[CANNOT_SPILL] === true
}

/**
 * What a run is to begin anew with that has failed and has had no effect so far; null if it is to fail with `error`. What
 * ran out of memory in bulk keeps its state in files, or has fewer rows under way at a time; so does what DuckDB had no
 * memory for. A value that DuckDB failed for is met again by volley, which tells its row. Where nothing can leave the memory, bulk does what has room by estimate.
 *
 * @throws VolleyError with both reasons if bulk would have no room for what DuckDB was to take.
 */
export function fallbackFor(error: unknown, { name, isPushed }: Attempted, prospects: Prospects): Fallback | null {
  if (!(error instanceof VolleyError) || !canBeginAnew(prospects)) return null
  const became = (next: Name): Fallback => ({
    name: next,
    reason: `${name} -> ${next} from the start: ${reasonOf(error)}`,
  })
  if (cannotSpill(error) && name === 'bigdata') {
    const { need, roomBytes } = prospects.choice
    if (need.breakerBytes === null || need.breakerBytes <= roomBytes) return became('bulk')
    throw new VolleyError(
      error.code,
      `${error.message}; and bulk cannot do without it: ${need.largest} and others hold up to ` +
        `${formatBytes(need.breakerBytes)} by estimate, more than the ${formatBytes(roomBytes)} of room`,
      error.details,
      error,
    )
  }
  if (isPushed && isWorthOwnRun(error)) {
    return { name: 'bigdata', reason: `bigdata from the start, in volley's own partitions: ${reasonOf(error)}` }
  }
  if (!isMemoryLimit(error) || name !== 'bulk') return null
  if (prospects.choice.need.largest !== null) return became('bigdata')
  return prospects.rowSupport() === true ? became('row') : null
}

/** What could not be allocated, in short. */
function reasonOf({ message, details: { requested, used } }: VolleyError): string {
  if (typeof requested !== 'number' || typeof used !== 'number') return message
  return `cannot allocate ${formatBytes(requested)}: ${formatBytes(used)} are in use`
}

/** True if all sources can be read again. Components have a beginning and an end that they may not expect twice. */
function canBeginAnew({ plan, sourceOf }: Prospects): boolean {
  return nodesOf(plan).every((node) => {
    if (node.kind === 'component') return false
    return node.kind !== 'scan' || sourceOf(node.source).isRepeatable !== false
  })
}
