/** Publishes what DuckDB holds in memory and on disk, while it is busy. */

import duckdb from '@duckdb/node-bindings'
import { SAMPLES } from './messages.js'

const EVERY_MS = 50
const STATEMENT = `select sum(memory_usage_bytes)::double, sum(temporary_storage_bytes)::double from duckdb_memory()`

export class Sampler {
  private timer: NodeJS.Timeout | null = null
  private sampling: Promise<void> | null = null
  private busy = 0
  /** True if something has happened since the last sample. */
  private isStale = false

  private constructor(
    private readonly statement: duckdb.PreparedStatement,
    private readonly samples: Float64Array,
  ) {}

  static async create(connection: duckdb.Connection, words: SharedArrayBuffer): Promise<Sampler> {
    return new Sampler(await duckdb.prepare(connection, STATEMENT), new Float64Array(words, 0, 3))
  }

  /** Samples regularly until `work` has ended, and once after. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.busy++
    this.start()
    try {
      return await work
    } finally {
      this.busy--
      this.isStale = true
    }
  }

  /** Takes no more samples than one until `waiting` has ended, which is not for DuckDB: nothing changes meanwhile. */
  async resting<T>(waiting: Promise<T>): Promise<T> {
    this.busy--
    this.isStale = true
    try {
      return await waiting
    } finally {
      this.busy++
      this.start()
    }
  }

  /** Waits for the sample under way; none is taken afterwards. */
  async close(): Promise<void> {
    this.stop()
    await this.sampling
    duckdb.destroy_prepare_sync(this.statement)
  }

  private start(): void {
    this.timer ??= setInterval(() => this.tick(), EVERY_MS)
  }

  private stop(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
  }

  private tick(): void {
    // One that is under way may not see what has happened since it began.
    if (this.sampling !== null) return
    if (this.busy === 0 && !this.isStale) {
      this.stop()
      return
    }
    this.isStale = false
    this.sampling = this.read().finally(() => {
      this.sampling = null
    })
  }

  private async read(): Promise<void> {
    try {
      const result = await duckdb.execute_prepared(this.statement)
      const chunk = await duckdb.fetch_chunk(result)
      if (chunk === null) return
      const [memory, spilled] = [0, 1].map((column) => {
        const bytes = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk, column), 8)
        return new Float64Array(bytes.buffer, bytes.byteOffset, 1)[0]
      })
      this.samples[SAMPLES.totalSpilledBytes] += Math.max(0, spilled - this.samples[SAMPLES.spilledBytes])
      this.samples[SAMPLES.memoryBytes] = memory
      this.samples[SAMPLES.spilledBytes] = spilled
    } catch {
      // DuckDB may have no memory left even for this: the next sample may have, and one is taken.
      this.isStale = true
    }
  }
}
