/** Asks the thread that works on a stage's SQLite file. */

import { Worker } from 'node:worker_threads'
import { unpackError, VolleyError } from '../../../planner/errors.js'
import type { PipelineServices } from '../services.js'
import type { Answer, CallKind, Calls, SqliteStart } from './messages.js'

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class SqliteClient {
  private readonly waiting: Waiting[] = []
  private readonly ended: Promise<void>
  private over: VolleyError | null = null
  private closing: Promise<void> | null = null

  private constructor(private readonly worker: Worker) {
    let fault: unknown
    worker.on('error', (error) => {
      fault = error
    })
    worker.on('message', (answer: Answer) => {
      const { resolve, reject } = this.waiting.shift() as Waiting
      if (this.waiting.length === 0 && this.closing === null) worker.unref()
      if (answer.ok) resolve(answer.value)
      else reject(unpackError(answer.error))
    })
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.over ??= new VolleyError('VOLLEY_WORKER_DIED', 'the thread that works on a SQLite file ended', {}, fault)
        for (const { reject } of this.waiting.splice(0)) reject(this.over)
        resolve()
      })
    })
  }

  static start({ memory, run }: Pick<PipelineServices, 'memory' | 'run'>): SqliteClient {
    const start: SqliteStart = { memory: memory.memory, owner: run.handle.owner }
    return new SqliteClient(
      new Worker(new URL('./thread.js', import.meta.url), {
        workerData: start,
        // Loading ES modules by `require` aborts Node 20 when the thread is ended meanwhile.
        execArgv: ['--no-experimental-require-module'],
      }),
    )
  }

  call<K extends CallKind>(kind: K, request: Calls[K]['request']): Promise<Calls[K]['reply']> {
    if (this.over !== null) return Promise.reject(this.over)
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve: resolve as Waiting['resolve'], reject })
      this.worker.ref()
      this.worker.postMessage({ kind, ...request })
    })
  }

  /** Lets what runs end, closes the file and ends the thread. */
  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  private async end(): Promise<void> {
    const closed = this.call('close', {})
    this.over ??= new VolleyError('VOLLEY_CLOSED', 'the SQLite file was closed')
    await closed.catch(() => undefined)
    // Left to end by itself, a thread seldom stays: what the library has loaded may keep it.
    await this.worker.terminate()
    await this.ended
  }
}
