/** What the host's thread is doing for one request, and how it is stopped. */

import duckdb from '@duckdb/node-bindings'
import { VolleyError } from '../../planner/errors.js'

/** An interrupt that comes before its statement has begun is lost: it is repeated until the statement has ended. */
const INTERRUPT_EVERY_MS = 5

export class Operation {
  private isAborted = false
  private running: duckdb.Connection | null = null
  private timer: NodeJS.Timeout | null = null
  private waiting: (() => void) | null = null
  /** Ends the wait for a turn. */
  private giveUp: ((error: Error) => void) | null = null
  private credit = 0

  constructor(readonly id: number) {}

  /** Makes the operation fail soon. It has settled when its request is answered. */
  abort(): void {
    this.isAborted = true
    this.giveUp?.(interrupted())
    this.waiting?.()
    if (this.running !== null) this.interrupt(this.running)
  }

  readonly throwIfAborted = (): void => {
    if (this.isAborted) throw interrupted()
  }

  /** Why the operation failed: whatever it met after it was aborted is a consequence. */
  reason(error: unknown): unknown {
    return this.isAborted ? interrupted(error) : error
  }

  /** Does `work` in its turn. Aborted before that, it fails at once: what others do may take long. */
  inTurn<T>(turns: Turns, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.giveUp = reject
      const began = () => {
        this.giveUp = null
        this.throwIfAborted()
        return work()
      }
      turns.run(async () => began()).then(resolve, reject)
    })
  }

  /** Awaits a call that works on `connection`, which `abort` interrupts. */
  async on<T>(connection: duckdb.Connection, call: () => Promise<T>): Promise<T> {
    this.throwIfAborted()
    this.running = connection
    try {
      return await call()
    } finally {
      this.running = null
      if (this.timer !== null) clearInterval(this.timer)
      this.timer = null
    }
  }

  addCredit(batches: number): void {
    this.credit += batches
    this.waiting?.()
  }

  /** Waits until a batch may be sent. */
  async takeCredit(): Promise<void> {
    while (this.credit === 0) {
      this.throwIfAborted()
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
      this.waiting = null
    }
    this.credit--
  }

  private interrupt(connection: duckdb.Connection): void {
    duckdb.interrupt(connection)
    this.timer ??= setInterval(() => duckdb.interrupt(connection), INTERRUPT_EVERY_MS)
  }
}

function interrupted(cause?: unknown): VolleyError {
  return new VolleyError('VOLLEY_ABORTED', 'the query was interrupted', {}, cause)
}

/** Runs one thing after the other, in the order in which they were asked for. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work)
    this.last = result.catch(() => {})
    return result
  }
}
