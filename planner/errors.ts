/** The two error families: the user's, with a stable code, and broken internal invariants. */

export type ErrorCode =
  | 'VOLLEY_INVALID_ARGUMENT'
  | 'VOLLEY_INVALID_GRAPH'
  | 'VOLLEY_INVALID_PIPELINE'
  | 'VOLLEY_FILE_NOT_FOUND'
  | 'VOLLEY_NOT_PARQUET'
  | 'VOLLEY_NOT_ARROW'
  | 'VOLLEY_TRUNCATED_FILE'
  | 'VOLLEY_CORRUPT_FILE'
  | 'VOLLEY_INVALID_UTF8'
  | 'VOLLEY_BAD_RECORD'
  | 'VOLLEY_SCHEMA_MISMATCH'
  | 'VOLLEY_UNKNOWN_COLUMN'
  | 'VOLLEY_AMBIGUOUS_COLUMN'
  | 'VOLLEY_DUPLICATE_COLUMN'
  | 'VOLLEY_TYPE_MISMATCH'
  | 'VOLLEY_UNKNOWN_FUNCTION'
  | 'VOLLEY_UNKNOWN_TABLE'
  | 'VOLLEY_PARSE'
  | 'VOLLEY_UNSUPPORTED'
  | 'VOLLEY_OVERFLOW'
  | 'VOLLEY_CAST'
  | 'VOLLEY_OUTPUT_EXISTS'
  | 'VOLLEY_DISK_FULL'
  | 'VOLLEY_IO'
  | 'VOLLEY_HTTP'
  | 'VOLLEY_DATABASE'
  | 'VOLLEY_CONSTRAINT'
  | 'VOLLEY_WORKER_DIED'
  | 'VOLLEY_USER_FUNCTION'
  | 'VOLLEY_TOO_MANY_REJECTS'
  | 'VOLLEY_MEMORY_LIMIT'
  | 'VOLLEY_CHECKPOINT_EXISTS'
  | 'VOLLEY_CHECKPOINT_MISMATCH'
  | 'VOLLEY_ABORTED'
  | 'VOLLEY_CLOSED'

/** What an error is about, where known. `row` counts from 0 in the file or, without one, in the input. */
export interface ErrorDetails {
  readonly path?: string
  readonly rowGroup?: number
  readonly column?: string
  readonly row?: number
  readonly line?: number
  readonly expected?: string
  readonly actual?: string
  readonly expression?: string
  /** Offset of the fault in `expression` or in the SQL text, in characters from 0. */
  readonly position?: number
  readonly [key: string]: unknown
}

/** A fault of the input, the request or the machine. Its `code` is stable; its `message` is for people. */
export class VolleyError extends Error {
  override readonly name = 'VolleyError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** True of what would have come out well with more memory. */
export function isMemoryLimit(error: unknown): error is VolleyError {
  return error instanceof VolleyError && error.code === 'VOLLEY_MEMORY_LIMIT'
}

/** A broken invariant of volley itself: never the user's fault. */
export class InternalError extends Error {
  override readonly name = 'InternalError'
}

/** Marks the place a switch over a kind cannot reach; the compiler rejects a forgotten kind. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected ${JSON.stringify(value)}`)
}

/** The form in which an error crosses a thread; structured cloning would lose its class and code. */
export interface ErrorMessage {
  readonly name: string
  readonly code: ErrorCode | null
  readonly message: string
  readonly details: ErrorDetails
  readonly stack: string | undefined
  readonly cause: ErrorMessage | null
}

/** Causes beyond these are left out: a chain may be a circle. */
const MOST_CAUSES = 16

export function packError(error: unknown, causes = MOST_CAUSES): ErrorMessage {
  if (!(error instanceof Error)) {
    return { name: 'Error', code: null, message: String(error), details: {}, stack: undefined, cause: null }
  }
  return {
    name: error.name,
    code: error instanceof VolleyError ? error.code : null,
    message: error.message,
    details: error instanceof VolleyError ? error.details : {},
    stack: error.stack,
    cause: error.cause === undefined || causes === 0 ? null : packError(error.cause, causes - 1),
  }
}

export function unpackError(packed: ErrorMessage): Error {
  const cause = packed.cause === null ? undefined : unpackError(packed.cause)
  const error =
    packed.code === null
      ? plainError(packed, cause)
      : new VolleyError(packed.code, packed.message, packed.details, cause)
  if (packed.stack !== undefined) error.stack = packed.stack
  return error
}

function plainError({ name, message }: ErrorMessage, cause: Error | undefined): Error {
  const options = cause === undefined ? undefined : { cause }
  if (name === 'InternalError') return new InternalError(message, options)
  const error = new Error(message, options)
  // As inherited names are, so that it is not printed twice.
  if (name !== 'Error') Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  return error
}

/** True of errors that say of themselves that the same may work another time. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true
}

/** The candidate nearest to `name` by edit distance, for "did you mean"; null if none is close. */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substitution, previous[j] + 1, current[j - 1] + 1))
    }
    previous = current
  }
  return previous[b.length]
}
