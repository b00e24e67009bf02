/**
 * DuckDB in a thread of its own, which lives as long as the host: ending a thread while DuckDB works in it would end the
 * process.
 */

import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Batch } from '../../io/batch.js'
import { releaseBatch } from '../../io/block-sharing.js'
import {
  createTempDirectory,
  removeTempDirectory,
  removeTempDirectorySync,
  sweepTempDirectories,
} from '../../io/temp-directory.js'
import { unpackError, unreachable, VolleyError } from '../../planner/errors.js'
import type { Schema } from '../../planner/types.js'
import type { SharedMemory } from '../memory/shared-memory.js'
import { BatchStream } from './batch-stream.js'
import { type Answer, CLOSED_WORD, type HostStart, type Request, SAMPLES, WORDS_BYTES, type Work } from './messages.js'

export interface DuckDbHostOptions {
  /** What DuckDB itself may hold; the process takes some 100 MB more while it works. */
  readonly memoryLimitBytes: number
  readonly threads: number
  /** Below it, the host spills into a fresh directory of its own. */
  readonly tempDirectory: string
  /** Most that may be spilled; by default what is free on the device. */
  readonly maxTempBytes?: number
}

export interface QueryTarget {
  /** The run the batches' blocks are for. */
  readonly owner: number
  /** Most rows of a batch: by default, and at most, 65,536. Batches of wide rows have fewer. */
  readonly batchRows?: number
  readonly signal?: AbortSignal
  /** Run before, on the connection of the query alone. */
  readonly before?: string
}

/** Bytes, as of at most 50 ms ago while the host is busy. */
export interface DuckDbStatistics {
  readonly memoryBytes: number
  readonly spilledBytes: number
  /** All that was ever spilled, as far as samples saw it. */
  readonly totalSpilledBytes: number
}

const MOST_BATCH_ROWS = 65_536
/** Batches made before they are asked for. */
const BATCHES_AHEAD = 2
/** How long the end of the process waits for DuckDB to stop. */
const EXIT_WAIT_MS = 3000

/** The number under which the host's opening is answered; those of requests follow. */
const OPENING = 0

type Settle = (error: Error | null) => void

interface OpenStream {
  readonly stream: BatchStream
  readonly schema: Schema
}

export class DuckDbHost {
  private readonly unanswered = new Map<number, Settle>()
  private readonly streams = new Map<number, OpenStream>()
  private readonly samples: Float64Array
  /** Resolves when the thread is gone, for whatever reason: nothing can be asked any more. */
  readonly ended: Promise<void>
  private readonly removed: Promise<void>
  private requests = OPENING
  private holds = 0
  /** Why nothing can be asked any more. */
  private over: VolleyError | null = null

  private constructor(
    private readonly memory: SharedMemory,
    private readonly worker: Worker,
    private readonly words: SharedArrayBuffer,
    private readonly directory: string,
  ) {
    this.samples = new Float64Array(words, 0, 3)
    worker.on('message', (answer: Answer) => this.receive(answer))
    let fault: unknown
    worker.on('error', (error) => {
      fault = error
    })
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.over ??= new VolleyError('VOLLEY_WORKER_DIED', 'the thread that hosts DuckDB ended', {}, fault)
        for (const id of [...this.unanswered.keys()]) this.settle(id, this.over)
        hosts.delete(this)
        resolve()
      })
    })
    this.removed = this.ended.then(() => removeTempDirectory(directory)).catch(() => undefined)
    hosts.add(this)
  }

  /**
   * Starts DuckDB, and removes what killed processes left in the temporary directory. An idle host keeps no process alive.
   * Throws VOLLEY_IO or VOLLEY_DISK_FULL if there can be no directory to spill into.
   */
  static async open(memory: SharedMemory, options: DuckDbHostOptions): Promise<DuckDbHost> {
    await sweepTempDirectories(options.tempDirectory)
    const directory = await createTempDirectory(options.tempDirectory)
    const words = new SharedArrayBuffer(WORDS_BYTES)
    const { memoryLimitBytes, threads, maxTempBytes } = options
    const session = { memoryLimitBytes, threads, maxTempBytes, directory }
    const start: HostStart = { memory: memory.memory, session, words }
    const worker = new Worker(new URL('./host-thread.js', import.meta.url), {
      workerData: start,
      // Loading ES modules by `require` aborts Node 20 when the thread is ended meanwhile.
      execArgv: ['--no-experimental-require-module'],
    })
    const host = new DuckDbHost(memory, worker, words, directory)
    try {
      await host.answerTo(OPENING)
    } catch (error) {
      await host.removed
      throw error
    }
    return host
  }

  /** Makes an empty table. Names of tables and columns are DuckDB's: those that differ by case alone are the same. */
  createTable(name: string, schema: Schema, signal?: AbortSignal): Promise<void> {
    return this.request({ kind: 'createTable', table: name, schema }, signal)
  }

  /**
   * Copies a batch into a table made by `createTable`; the blocks stay the caller's, and must stay until this resolves.
   * Rows keep their order. If it fails, the table has lost rows and takes no more.
   */
  append(table: string, batch: Batch, signal?: AbortSignal): Promise<void> {
    const { length, columns } = batch
    return this.request({ kind: 'append', table, batch: { length, columns } }, signal)
  }

  dropTable(name: string): Promise<void> {
    return this.request({ kind: 'dropTable', table: name })
  }

  /** Runs statements; what they return is thrown away. Settings are for all statements and queries if they are global. */
  execute(sql: string, signal?: AbortSignal): Promise<void> {
    return this.request({ kind: 'execute', sql }, signal)
  }

  /**
   * Streams the result of one statement. Sees all that was appended and executed before its first batch is asked for.
   * The caller owns the batches. Leaving early stops the query and frees what it holds. Throws InternalError if the
   * result has other columns than `schema`.
   */
  query(sql: string, schema: Schema, target: QueryTarget): AsyncGenerator<Batch> {
    const id = ++this.requests
    const { owner, signal, before = null } = target
    const batchRows = Math.min(MOST_BATCH_ROWS, target.batchRows ?? MOST_BATCH_ROWS)
    const abort = () => this.post({ kind: 'abort', target: id })
    const stream = new BatchStream({
      start: () => {
        const refusal = this.over ?? abortionOf(signal)
        if (refusal !== null) {
          stream.end(refusal)
          return
        }
        this.streams.set(id, { stream, schema })
        signal?.addEventListener('abort', abort, { once: true })
        this.unanswered.set(id, (error) => {
          this.streams.delete(id)
          signal?.removeEventListener('abort', abort)
          stream.end(error === null ? null : (abortionOf(signal) ?? error))
        })
        this.post({ kind: 'query', id, sql, schema, owner, batchRows, before, credit: BATCHES_AHEAD })
      },
      more: () => this.post({ kind: 'more', target: id }),
      abort,
      release: (batch) => releaseBatch(this.memory, batch),
      hold: () => this.hold(),
      letGo: () => this.letGo(),
    })
    return stream
  }

  /** Fails with VOLLEY_MEMORY_LIMIT if DuckDB holds more than that and cannot give it up. */
  setMemoryLimit(bytes: number): Promise<void> {
    return this.request({ kind: 'setMemoryLimit', bytes })
  }

  setThreads(threads: number): Promise<void> {
    return this.request({ kind: 'setThreads', threads })
  }

  statistics(): DuckDbStatistics {
    return {
      memoryBytes: this.samples[SAMPLES.memoryBytes],
      spilledBytes: this.samples[SAMPLES.spilledBytes],
      totalSpilledBytes: this.samples[SAMPLES.totalSpilledBytes],
    }
  }

  /** Makes everything asked so far that is not done fail with VOLLEY_ABORTED. */
  interrupt(): void {
    this.post({ kind: 'abort', target: null })
  }

  /** Stops what runs, which fails with VOLLEY_CLOSED, ends the thread and removes the directory. */
  async close(): Promise<void> {
    if (this.over === null) {
      this.post({ kind: 'close' })
      this.over = new VolleyError('VOLLEY_CLOSED', 'DuckDB was closed')
    }
    this.hold()
    await this.removed
    this.letGo()
  }

  /** The same at once, when the process ends: a thread that ends while DuckDB works in it would abort the process. */
  closeNow(): void {
    this.post({ kind: 'close' })
    Atomics.wait(new Int32Array(this.words), CLOSED_WORD, 0, EXIT_WAIT_MS)
    removeTempDirectorySync(this.directory)
  }

  private async request(work: Work, signal?: AbortSignal): Promise<void> {
    const refusal = this.over ?? abortionOf(signal)
    if (refusal !== null) throw refusal
    const id = ++this.requests
    const abort = () => this.post({ kind: 'abort', target: id })
    signal?.addEventListener('abort', abort, { once: true })
    this.post({ ...work, id })
    try {
      await this.answerTo(id)
    } catch (error) {
      throw abortionOf(signal) ?? error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  private async answerTo(id: number): Promise<void> {
    this.hold()
    try {
      await new Promise<void>((resolve, reject) => {
        this.unanswered.set(id, (error) => (error === null ? resolve() : reject(error)))
      })
    } finally {
      this.letGo()
    }
  }

  private post(request: Request): void {
    this.worker.postMessage(request)
  }

  private receive(answer: Answer): void {
    switch (answer.kind) {
      case 'opened':
        this.settle(OPENING, null)
        return
      case 'refused':
        this.settle(OPENING, unpackError(answer.error))
        return
      case 'done':
        this.settle(answer.id, null)
        return
      case 'failed':
        this.settle(answer.id, this.over ?? this.located(unpackError(answer.error)))
        return
      case 'batch': {
        const open = this.streams.get(answer.id)
        open?.stream.push({ ...answer.batch, schema: open.schema })
        return
      }
      default:
        unreachable(answer)
    }
  }

  /** DuckDB does not say which directory is full. */
  private located(error: Error): Error {
    if (!(error instanceof VolleyError && error.code === 'VOLLEY_DISK_FULL' && /offload/.test(error.message)))
      return error
    const path = dirname(this.directory)
    return new VolleyError(
      'VOLLEY_DISK_FULL',
      `cannot spill to ${path}: ${error.message}`,
      { ...error.details, path },
      error,
    )
  }

  private settle(id: number, error: Error | null): void {
    const settle = this.unanswered.get(id)
    this.unanswered.delete(id)
    settle?.(error)
  }

  private hold(): void {
    if (this.holds++ === 0) this.worker.ref()
  }

  private letGo(): void {
    if (--this.holds === 0) this.worker.unref()
  }
}

const hosts = new Set<DuckDbHost>()

process.on('exit', () => {
  for (const host of hosts) host.closeNow()
})

function abortionOf(signal: AbortSignal | undefined): VolleyError | null {
  if (signal === undefined || !signal.aborted) return null
  return new VolleyError('VOLLEY_ABORTED', 'the query was aborted', {}, signal.reason)
}
