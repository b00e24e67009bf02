/** Does pieces of work again that failed for a reason that may pass. */

import { isRetryable, VolleyError } from '../../planner/errors.js'
import type { RetryOptions } from '../../planner/run-options.js'
import { unlessCancelled } from '../cancellation.js'

const BACKOFF_MS = 100
const FACTOR = 2
const JITTER = 0.1

/** Who asks for a repetition. */
export interface Asking {
  readonly checkCancelled: () => void
  readonly onRetry: () => void
}

export class Retries {
  private repeated = 0

  constructor(
    private readonly options: RetryOptions,
    private readonly random: () => number = Math.random,
    private readonly passes: (error: unknown) => boolean = isPassing,
  ) {}

  /** True if anything may be done again. */
  get areOn(): boolean {
    return this.options.count > 0
  }

  /** Repetitions so far. */
  get count(): number {
    return this.repeated
  }

  /**
   * Calls `attempt` until it succeeds, or fails for a reason that does not pass, or has been called as often as is allowed.
   * `left` is how often it may be called after that. What it does must be of no effect when it fails.
   */
  async run<T>(attempt: (left: number) => Promise<T>, { checkCancelled, onRetry }: Asking): Promise<T> {
    const { count } = this.options
    for (let done = 0; ; done++) {
      try {
        return await attempt(count - done)
      } catch (error) {
        if (!this.passes(error)) throw count > done ? notAgain(error, done + 1) : afterAttempts(error, done + 1)
        if (done === count) throw afterAttempts(error, done + 1)
        await this.wait(done, checkCancelled)
        this.repeated++
        onRetry()
      }
    }
  }

  /** A function of the user's that is called again when it fails with an error marked as retryable. */
  calling<T extends readonly unknown[]>(call: (...input: T) => unknown, asking: Asking): (...input: T) => unknown {
    if (!this.areOn) return call
    const again = async (input: T, failure: unknown): Promise<unknown> => {
      let error = failure
      for (let done = 0; done < this.options.count && isRetryable(error); done++) {
        await this.wait(done, asking.checkCancelled)
        this.repeated++
        asking.onRetry()
        try {
          return await call(...input)
        } catch (next) {
          error = next
        }
      }
      throw error
    }
    return (...input) => {
      try {
        const result = call(...input)
        return result instanceof Promise ? result.catch((error: unknown) => again(input, error)) : result
      } catch (error) {
        if (isRetryable(error)) return again(input, error)
        throw error
      }
    }
  }

  private wait(done: number, checkCancelled: () => void): Promise<void> {
    const { backoffMs = BACKOFF_MS, factor = FACTOR, jitter = JITTER } = this.options
    const longest = Math.min(backoffMs * factor ** done, 2 ** 31 - 1)
    const milliseconds = longest * (1 - jitter * this.random())
    let timer: NodeJS.Timeout | undefined
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds)
    })
    return unlessCancelled(passed, checkCancelled).finally(() => clearTimeout(timer))
  }
}

/** True of failures after which the same may work: a thread that ended, a read that failed, an error marked as such. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof VolleyError)) return false
  if (error.code === 'VOLLEY_WORKER_DIED' || error.code === 'VOLLEY_IO') return true
  return error.code === 'VOLLEY_USER_FUNCTION' && error.details.retryable === true
}

/** Who asked for repetitions is told how to have them. */
function notAgain(error: unknown, attempts: number): unknown {
  const failure = afterAttempts(error, attempts)
  if (!(failure instanceof VolleyError) || failure.code !== 'VOLLEY_USER_FUNCTION') return failure
  const { code, message, details, cause } = failure
  const advice = '(not tried again: its error has no retryable: true)'
  // A plan has retries within those of its stage.
  if (details.retryable === true || message.endsWith(advice)) return failure
  return new VolleyError(code, `${message} ${advice}`, details, cause)
}

function afterAttempts(error: unknown, attempts: number): unknown {
  if (attempts === 1 || !(error instanceof VolleyError)) return error
  const { code, message, details, cause } = error
  return new VolleyError(code, `${message} (after ${attempts} attempts)`, { ...details, attempts }, cause)
}
