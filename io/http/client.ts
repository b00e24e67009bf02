/** Sends requests, no more than may be sent in a time, and again where that may help. */

import { setTimeout as sleep } from 'node:timers/promises'
import { VolleyError } from '../../planner/errors.js'
import type { RetryOptions } from '../../planner/run-options.js'
import { shownAddress } from './address.js'
import { retryAfter } from './retry-after.js'

export interface HttpClientOptions {
  /** Milliseconds for a request, the answer's body included. */
  readonly timeout: number
  /** Null: as many as come. */
  readonly requestsPerSecond: number | null
  readonly retries: RetryOptions
  readonly signal: AbortSignal
  /** Called when a request is to be sent again. */
  readonly onRetry?: () => void
}

export interface HttpRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface HttpAnswer {
  readonly headers: Headers
  readonly text: string
  /** Where the answer came from, redirections followed. */
  readonly url: URL
}

const BACKOFF_MS = 100
const FACTOR = 2
const JITTER = 0.1
/** A server that asks for more is not waited for. */
const LONGEST_WAIT_MS = 3_600_000
const SHOWN_CHARACTERS = 200

/** An attempt that failed, and whether another one may succeed. */
class Failure extends Error {
  constructor(
    readonly error: VolleyError,
    readonly isPassing: boolean,
    /** Milliseconds that the server asks for. */
    readonly wait: number | null = null,
  ) {
    super(error.message)
  }
}

export class HttpClient {
  private nextAt = 0

  constructor(
    private readonly options: HttpClientOptions,
    private readonly random: () => number = Math.random,
  ) {}

  /** Throws VOLLEY_HTTP, with the status if there is one, or VOLLEY_ABORTED. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { retries } = this.options
    for (let done = 0; ; done++) {
      await this.takeTurn()
      try {
        return await this.attempt(request)
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure
        if (done >= retries.count || !failure.isPassing) throw afterAttempts(failure.error, done + 1)
        const wait = Math.max(this.backoff(done), failure.wait ?? 0)
        if (wait > LONGEST_WAIT_MS) throw tooLong(failure.error, wait)
        this.options.onRetry?.()
        await this.sleep(wait)
      }
    }
  }

  private async attempt(request: HttpRequest): Promise<HttpAnswer> {
    const { timeout, signal } = this.options
    const { url, method, headers, body } = request
    const late = AbortSignal.timeout(timeout)
    const address = shownAddress(url)
    try {
      const response = await fetch(url, { method, headers, body, signal: AbortSignal.any([signal, late]) })
      const text = await response.text()
      if (response.ok) return { headers: response.headers, text, url: new URL(response.url) }
      throw refusal(response, text, address)
    } catch (error) {
      if (error instanceof Failure) throw error
      this.throwIfAborted()
      if (late.aborted) {
        throw new Failure(failed(address, `there was no answer within ${timeout} ms`, {}, error), true)
      }
      const { reason, code } = causeOf(error)
      const details = code === '' ? {} : { reason: code }
      throw new Failure(failed(address, reason, details, error), !isFinalReason(code, reason))
    }
  }

  /** Waits until another request may be sent. */
  private async takeTurn(): Promise<void> {
    this.throwIfAborted()
    const { requestsPerSecond } = this.options
    if (requestsPerSecond === null) return
    const now = performance.now()
    const at = Math.max(now, this.nextAt)
    this.nextAt = at + 1000 / requestsPerSecond
    if (at > now) await this.sleep(at - now)
  }

  private backoff(done: number): number {
    const { backoffMs = BACKOFF_MS, factor = FACTOR, jitter = JITTER } = this.options.retries
    return Math.min(backoffMs * factor ** done, LONGEST_WAIT_MS) * (1 - jitter * this.random())
  }

  private async sleep(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal: this.options.signal })
    } catch (error) {
      this.throwIfAborted()
      throw error
    }
  }

  private throwIfAborted(): void {
    const { signal } = this.options
    if (!signal.aborted) return
    if (signal.reason instanceof VolleyError) throw signal.reason
    throw new VolleyError('VOLLEY_ABORTED', 'the requests were aborted', {}, signal.reason)
  }
}

/** 408, 425 and 429 say so themselves; of errors of a server, another attempt may find it well. */
function isPassingStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

function refusal(response: Response, text: string, address: string): Failure {
  const { status, statusText } = response
  const body = beginningOf(text)
  const error = failed(address, `${status} ${statusText}`.trim() + (body === '' ? '' : `: ${body}`), { status, body })
  return new Failure(error, isPassingStatus(status), retryAfter(response.headers.get('retry-after'), Date.now()))
}

function failed(address: string, reason: string, details: object, cause?: unknown): VolleyError {
  return new VolleyError('VOLLEY_HTTP', `${address}: ${reason}`, { url: address, ...details }, cause)
}

/** `fetch` only says that it failed; its cause says why. Several addresses that were tried in vain fail alike. */
function causeOf(error: unknown): { readonly reason: string; readonly code: string } {
  let cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof AggregateError && cause.errors.length > 0) cause = cause.errors[0]
  if (!(cause instanceof Error)) return { reason: String(cause), code: '' }
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return { reason: cause.message === '' ? code : cause.message, code }
}

/**
 * Faults of the address or of the server's set-up, which the next attempt finds as they are: a name that nobody has
 * (EAI_AGAIN is one that could not be asked for), a certificate that is not good, no TLS where TLS is spoken, an address
 * that `fetch` takes for none, or redirections without an end.
 */
function isFinalReason(code: string, reason: string): boolean {
  return (
    code === 'ENOTFOUND' ||
    code === 'ERR_INVALID_URL' ||
    /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/.test(
      code,
    ) ||
    /^(?:bad port|unknown scheme|invalid URL|redirect count exceeded|URL scheme)/i.test(reason)
  )
}

/** The first characters of an answer's body, on one line. */
export function beginningOf(text: string): string {
  const line = text
    .slice(0, SHOWN_CHARACTERS * 2)
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line
}

function afterAttempts(error: VolleyError, attempts: number): VolleyError {
  if (attempts === 1) return error
  const { code, message, details, cause } = error
  return new VolleyError(code, `${message} (after ${attempts} attempts)`, { ...details, attempts }, cause)
}

function tooLong({ code, message, details, cause }: VolleyError, wait: number): VolleyError {
  const seconds = Math.ceil(wait / 1000)
  return new VolleyError(code, `${message}; it asks to be left alone for ${seconds} s`, details, cause)
}
