/** The batches of a query, on the side of who asked. */

import type { Batch } from '../../io/batch.js'

/** What a stream does to its query. */
export interface StreamControl {
  /** Posts the query, and calls `fail` or `end` when it is answered. */
  start(): void
  /** Says that a batch was taken. */
  more(): void
  abort(): void
  release(batch: Batch): void
  /** Keeps the process alive while someone waits. */
  hold(): void
  letGo(): void
}

interface Waiting {
  resolve(result: IteratorResult<Batch, undefined>): void
  reject(error: Error): void
}

const DONE = { done: true, value: undefined } as const

/**
 * Unlike a generator's, `return` does not wait for a `next` under way: it ends it. The query starts with the first
 * `next`; `return` settles when nothing of it runs any more.
 */
export class BatchStream implements AsyncGenerator<Batch, undefined, undefined> {
  private readonly batches: Batch[] = []
  private readonly waiting: Waiting[] = []
  private state: 'new' | 'open' | 'leaving' | 'ended' = 'new'
  private error: Error | null = null
  private readonly left: Promise<void>
  private settle: () => void = () => {}

  constructor(private readonly control: StreamControl) {
    this.left = new Promise((resolve) => {
      this.settle = resolve
    })
  }

  next(): Promise<IteratorResult<Batch, undefined>> {
    if (this.state === 'new') {
      this.state = 'open'
      this.control.start()
    }
    const batch = this.batches.shift()
    if (batch !== undefined) {
      this.control.more()
      return Promise.resolve({ done: false, value: batch })
    }
    if (this.state !== 'open') return this.ending()
    this.control.hold()
    const result = new Promise<IteratorResult<Batch, undefined>>((resolve, reject) => {
      this.waiting.push({ resolve, reject })
    })
    return result.finally(() => this.control.letGo())
  }

  async return(): Promise<IteratorResult<Batch, undefined>> {
    if (this.state === 'new') this.end(null)
    this.error = null
    for (const batch of this.batches.splice(0)) this.control.release(batch)
    for (const { resolve } of this.waiting.splice(0)) resolve(DONE)
    if (this.state === 'open') {
      this.state = 'leaving'
      this.control.abort()
    }
    this.control.hold()
    await this.left
    this.control.letGo()
    return DONE
  }

  async throw(error: unknown): Promise<IteratorResult<Batch, undefined>> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Takes a batch that has come. */
  push(batch: Batch): void {
    if (this.state !== 'open') {
      this.control.release(batch)
      return
    }
    const waiting = this.waiting.shift()
    if (waiting === undefined) this.batches.push(batch)
    else {
      this.control.more()
      waiting.resolve({ done: false, value: batch })
    }
  }

  /** The query is over: with an error, what was not taken yet is not of use any more. */
  end(error: Error | null): void {
    if (this.state === 'ended') return
    const isWanted = this.state === 'open'
    this.state = 'ended'
    if (isWanted) this.error = error
    if (error !== null) for (const batch of this.batches.splice(0)) this.control.release(batch)
    for (const { resolve, reject } of this.waiting.splice(0)) {
      if (this.error === null) resolve(DONE)
      else reject(this.error)
    }
    this.settle()
  }

  private ending(): Promise<IteratorResult<Batch, undefined>> {
    const { error } = this
    return error === null ? Promise.resolve(DONE) : Promise.reject(error)
  }
}
