/**
 * Shares the memory limit of the process out: to the process itself, the shared memory, and DuckDB.
 *
 *   limit = base              what the process used when the engine opened and comes to use, and its worker threads
 *         + shared memory     a page of it, once touched, never goes back to the system
 *         + DuckDB            its fixed part, and its own limit with what it takes beyond that
 *
 * Figures beside the constants were measured on 64-bit Linux; sizes are in bytes.
 */

import { type CodecLimits, DEFAULT_CODEC_LIMITS } from '../../io/parquet/codec.js'
import { VolleyError } from '../../planner/errors.js'

const MEGABYTE = 1e6
/** What the process comes to use with the first run: the SQL parser, compiled code. */
const GROWTH_BYTES = 40 * MEGABYTE
/** A worker thread: 25 MB when it starts, the rest for its Parquet codec and its heap at work. */
const THREAD_BYTES = 75 * MEGABYTE
/** The part of the limit, without what the process uses already, that threads take if nobody says how many. */
const THREADS_SHARE = 0.4

/** A thread's codec may decode this part of what there is for each thread at a time; twice as much is working memory. */
const CODEC_SHARE = 0.05
const LEAST_CODEC_BYTES = 2 ** 24
const IDLE_FACTOR = 4
/** With less than this for each thread, its heap has a small nursery: more collections, and 40 MB less. */
const TIGHT_THREAD_BYTES = 400 * MEGABYTE
const SMALL_NURSERY_MEGABYTES = 8
/** Garbage is collected as soon as there is this part of it: that takes some 10 ms, and saves 30 MB a thread and more. */
const GARBAGE_SHARE = 0.04
const LEAST_GARBAGE_BYTES = 8 * MEGABYTE
const CAREFUL_THREAD_BYTES = 1000 * MEGABYTE
/** The least shared memory that an engine works with. */
const LEAST_SHARED_BYTES = 2 ** 24
const SHARED_MEMORY_MAXIMUM = 2 ** 32

/** What a bulk run may hold of the memory beside the base, and of the address space, before it should give state up. */
const SOFT_SHARE = 0.45
const SOFT_ADDRESS_SHARE = 0.75
/** Less than this is not worth giving up, whatever the limit. */
const LEAST_SOFT_BYTES = 32 * MEGABYTE

/** With more than this beside the base, threads that turn out not to be needed do no harm. */
const AMPLE_BYTES = 1500 * MEGABYTE

/** DuckDB takes this much whatever its limit, and this times its limit. It wants so much limit for each thread. */
const DUCKDB_FIXED_BYTES = 50 * MEGABYTE
const DUCKDB_FACTOR = 1.05
const DUCKDB_THREAD_BYTES = 128 * MEGABYTE
const DUCKDB_LEAST_BYTES = 128 * MEGABYTE
/** It seldom takes all that at once: the limit may be planned for beyond by this much. */
const DUCKDB_OVERCOMMIT = 1.03

export interface BudgetOptions {
  /** Of the whole process. */
  readonly limitBytes: number
  /** What the process uses already, without the engine's threads. */
  readonly rssBytes: number
  readonly threads: number
  /** The size of the shared memory, where it is not to follow from the limit: nothing is given up for it. */
  readonly sharedBytes?: number | null
}

/** What a worker thread may take outside of the shared memory. */
export interface WorkerLimits {
  readonly codec: CodecLimits
  /** Null for what the runtime chooses. */
  readonly youngGenerationMegabytes: number | null
  /** Garbage that may gather in the heap of a thread; null for what the runtime chooses. */
  readonly garbageBytes: number | null
}

/** Threads of an engine whose user does not say: one for each processor, as far as the limit allows. */
export function threadsWithin(limitBytes: number, rssBytes: number, processors: number): number {
  const threads = Math.floor(((limitBytes - rssBytes) * THREADS_SHARE) / THREAD_BYTES)
  return Math.max(1, Math.min(processors, threads))
}

export interface DuckDbShare {
  readonly memoryLimitBytes: number
  readonly threads: number
}

export class MemoryBudget {
  readonly limitBytes: number
  /** What the process takes beside shared memory and DuckDB: resident when the engine opened, 40 MB, and 75 MB a thread. */
  readonly baseBytes: number
  /** Address space of the shared memory: all that the limit leaves beside the base, at most 4 GiB. */
  readonly sharedBytes: number
  /**
   * Bytes in use of the shared memory beyond which a run should give state up: 45 % of what the limit leaves beside the
   * base, less where DuckDB could not work with one thread beside that, never below 32 MB; and at most 75 % of the
   * address space.
   */
  readonly sharedSoftBytes: number
  readonly worker: WorkerLimits
  /** Whether threads may be started before it is known that they are needed. */
  readonly isAmple: boolean
  private readonly threads: number

  /** Throws VOLLEY_MEMORY_LIMIT if the limit leaves less than 16 MiB. */
  constructor({ limitBytes, rssBytes, threads, sharedBytes }: BudgetOptions) {
    this.limitBytes = limitBytes
    this.threads = threads
    this.baseBytes = rssBytes + GROWTH_BYTES + threads * THREAD_BYTES
    this.worker = workerLimits((limitBytes - rssBytes) / threads)
    const left = limitBytes - this.baseBytes
    if (left < LEAST_SHARED_BYTES) throw this.tooSmall(rssBytes)
    this.isAmple = left > AMPLE_BYTES
    const most = Math.min(SHARED_MEMORY_MAXIMUM, left)
    this.sharedBytes = sharedBytes ?? most
    const beside = left - duckDbRss(DUCKDB_THREAD_BYTES)
    this.sharedSoftBytes = Math.min(
      Math.max(LEAST_SOFT_BYTES, Math.min(SOFT_SHARE * left, beside)),
      SOFT_ADDRESS_SHARE * most,
    )
  }

  /**
   * What DuckDB may get when the process takes `rssBytes` without it: what is left of the limit without DuckDB's fixed
   * part, divided by what it takes for each byte of its limit; at least 128 MB. One thread for each 128 MB, at most those of the engine.
   */
  duckdb(rssBytes: number): DuckDbShare {
    const room = (this.limitBytes * DUCKDB_OVERCOMMIT - rssBytes - DUCKDB_FIXED_BYTES) / DUCKDB_FACTOR
    const memoryLimitBytes = Math.max(DUCKDB_LEAST_BYTES, Math.floor(room))
    const threads = Math.max(1, Math.min(this.threads, Math.floor(memoryLimitBytes / DUCKDB_THREAD_BYTES)))
    return { memoryLimitBytes, threads }
  }

  /** The smallest limit under which the shared memory would have `bytes`; null if no limit gives it so much. */
  limitFor(bytes: number): number | null {
    return bytes > SHARED_MEMORY_MAXIMUM ? null : this.baseBytes + bytes
  }

  private tooSmall(rssBytes: number): VolleyError {
    const { limitBytes, threads } = this
    const smallestLimit = this.baseBytes + LEAST_SHARED_BYTES
    const grown = GROWTH_BYTES + threads * THREAD_BYTES
    const [limit, rss, growth, smallest] = [limitBytes, rssBytes, grown, smallestLimit].map(
      (bytes) => `${Math.ceil(bytes / MEGABYTE)} MB`,
    )
    return new VolleyError(
      'VOLLEY_MEMORY_LIMIT',
      `the memory limit of ${limit} is that of the whole process, which uses ${rss} before it has begun; ` +
        `with ${threads} worker ${threads === 1 ? 'thread' : 'threads'} it grows by about ${growth}, ` +
        `so the limit must be at least ${smallest}`,
      { limitBytes, rssBytes, threads, smallestLimitBytes: smallestLimit },
    )
  }
}

function workerLimits(threadBytes: number): WorkerLimits {
  const { decodeBytes, idleBytes } = DEFAULT_CODEC_LIMITS
  const codecBytes = Math.min(decodeBytes, Math.max(LEAST_CODEC_BYTES, threadBytes * CODEC_SHARE))
  return {
    codec: { decodeBytes: codecBytes, idleBytes: Math.min(idleBytes, codecBytes * IDLE_FACTOR) },
    youngGenerationMegabytes: threadBytes < TIGHT_THREAD_BYTES ? SMALL_NURSERY_MEGABYTES : null,
    garbageBytes:
      threadBytes < CAREFUL_THREAD_BYTES ? Math.max(LEAST_GARBAGE_BYTES, threadBytes * GARBAGE_SHARE) : null,
  }
}

/** What DuckDB takes of the process under a limit of its own. */
function duckDbRss(memoryLimitBytes: number): number {
  return DUCKDB_FIXED_BYTES + DUCKDB_FACTOR * memoryLimitBytes
}
