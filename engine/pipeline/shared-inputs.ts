/**
 * What several stages read, read once: each input is kept in shared memory from its first reader to its last.
 *
 * When memory comes under pressure, or the inputs take more than they may, those that were read least recently go to a file;
 * inputs that are being read go last. They are not dropped and read again: their sources may be slow, or give other rows.
 */

import type { Batch } from '../../io/batch.js'
import { VolleyError } from '../../planner/errors.js'
import type { Frame } from '../../planner/frame.js'
import type { SharedInput } from '../../planner/graph/pipe-graph.js'
import type { RunOptions } from '../../planner/run-options.js'
import type { Schema } from '../../planner/types.js'
import { releaseBatch } from '../kernels/vectors.js'
import type { SharedInputsReport } from './report.js'
import type { PipelineServices } from './services.js'
import { SharedTable, type TableServices } from './shared-inputs/shared-table.js'

export interface SharedInputsOptions {
  /** Who reads what. An input that is not among them is kept until everything is closed. */
  readonly inputs?: readonly Pick<SharedInput, 'dataset' | 'readers'>[]
  /** Bytes of memory that all inputs together may take; null: what the memory limit of the engine leaves. */
  readonly maxBytes?: number | null
}

/** An input as it is read: its batches belong to whoever takes them. */
export interface Loading {
  readonly schema: Schema
  readonly batches: AsyncIterable<Batch>
}

export class SharedInputs {
  private readonly tables = new Map<string, Promise<SharedTable>>()
  /** Those that can be given up, the one that was asked for longest ago first. */
  private readonly recent = new Map<string, SharedTable>()
  private readonly readers: Map<string, Set<string>>
  private readonly maxBytes: number
  private readonly stopWatching: () => void
  private relieving: Promise<void> | null = null
  private closed = false
  private hits = 0
  private misses = 0
  private evictions = 0
  private peakBytes = 0
  private spilledBytes = 0

  constructor(
    private readonly services: TableServices & Pick<PipelineServices, 'frameOf' | 'batchesOf' | 'runtime'>,
    options: SharedInputsOptions = {},
  ) {
    this.readers = new Map((options.inputs ?? []).map(({ dataset, readers }) => [dataset, new Set(readers)]))
    this.maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY
    this.stopWatching = services.run.monitor.watch(() => {
      if (services.run.monitor.pressure !== 'none') void this.relieve()
    })
  }

  /**
   * A frame over an input, once it is there. Whoever asks first has it loaded; others wait for that. If it cannot be loaded,
   * all of them fail, and the next who asks tries again.
   */
  async frame(dataset: string, load: () => Loading | Promise<Loading>): Promise<Frame> {
    this.expectOpen()
    let table = this.tables.get(dataset)
    if (table === undefined) {
      this.misses++
      table = this.load(dataset, load)
      this.tables.set(dataset, table)
      table.catch(() => this.tables.delete(dataset))
    } else {
      this.hits++
    }
    const loaded = await table
    this.touch(loaded)
    return this.services.frameOf(loaded.source(0))
  }

  /** A frame over the rows of another, which is run if nobody has asked for the input before. */
  rowsOf(dataset: string, frame: Frame, options: RunOptions = {}): Promise<Frame> {
    const { runtime, batchesOf } = this.services
    return this.frame(dataset, async () => ({
      schema: runtime.toSchema(await frame.schema()),
      batches: batchesOf(frame, options),
    }))
  }

  /** Says that a stage needs its inputs no more, whether it has read them or not. Those without other readers are released. */
  async ended(reader: string): Promise<void> {
    for (const [dataset, readers] of this.readers) {
      if (readers.delete(reader) && readers.size === 0) await this.release(dataset)
    }
  }

  /** Gives up an input that nothing will read any more. */
  async release(dataset: string): Promise<void> {
    const table = await this.tables.get(dataset)?.catch(() => null)
    this.tables.delete(dataset)
    this.recent.delete(dataset)
    await table?.release()
  }

  report(): SharedInputsReport {
    const { hits, misses, evictions, peakBytes, spilledBytes } = this
    return { hits, misses, evictions, peakBytes, spilledBytes }
  }

  /** Bytes that lie in memory now. */
  get memoryBytes(): number {
    return [...this.recent.values()].reduce((sum, table) => sum + table.memoryBytes, 0)
  }

  /** Nothing may read the frames any more. */
  async close(): Promise<void> {
    this.closed = true
    this.stopWatching()
    await this.relieving
    for (const dataset of [...this.tables.keys()]) await this.release(dataset)
  }

  private async load(dataset: string, load: () => Loading | Promise<Loading>): Promise<SharedTable> {
    const { schema, batches } = await load()
    const table = new SharedTable(dataset, schema, this.services)
    this.touch(table)
    try {
      for await (const batch of batches) {
        if (this.closed) {
          releaseBatch(this.services.memory, batch)
          this.expectOpen()
        }
        table.add(batch)
        this.peakBytes = Math.max(this.peakBytes, this.memoryBytes)
        if (this.isTooMuch()) await this.relieve()
      }
      return table
    } catch (error) {
      this.recent.delete(dataset)
      await table.release()
      throw error
    }
  }

  private touch(table: SharedTable): void {
    this.recent.delete(table.name)
    this.recent.set(table.name, table)
  }

  private isTooMuch(): boolean {
    return this.memoryBytes > this.maxBytes || this.services.run.monitor.check() !== 'none'
  }

  /** Gives up memory until there is enough of it, or nothing left to give up. */
  private relieve(): Promise<void> {
    this.relieving ??= this.giveUp().finally(() => {
      this.relieving = null
    })
    return this.relieving
  }

  private async giveUp(): Promise<void> {
    const isWanted = () => !this.closed && this.isTooMuch()
    const byAge = [...this.recent.values()]
    for (const table of [...byAge.filter(({ scans }) => scans === 0), ...byAge.filter(({ scans }) => scans > 0)]) {
      if (!isWanted()) return
      if (!table.isSpillable) continue
      const before = table.spilledBytes
      try {
        await table.spill(isWanted)
      } catch (error) {
        // What cannot be written stays where it is: who needs the memory is told that there is none.
        if (!(error instanceof VolleyError)) throw error
        return
      }
      const spilled = table.spilledBytes - before
      if (spilled <= 0) continue
      this.evictions++
      this.spilledBytes += spilled
    }
  }

  private expectOpen(): void {
    if (this.closed) throw new VolleyError('VOLLEY_CLOSED', 'the shared inputs were released')
  }
}
