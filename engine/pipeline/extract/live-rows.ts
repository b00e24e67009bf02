/**
 * Rows that are read once for several readers, as they come: whoever is ahead has the next ones read, the others find them
 * there. They lie in memory, or in a file where it is scarce, until everything is closed.
 */

import { releaseBatch } from '../../../io/block-sharing.js'
import type { Schema } from '../../../planner/types.js'
import type { PipelineServices } from '../services.js'
import { SharedTable } from '../shared-inputs/shared-table.js'
import type { Json, ProducedBatch, Producer } from '../stage.js'

export class LiveRows {
  private table: SharedTable | null = null
  /** Behind each batch. */
  private readonly positions: Json[] = []
  private readonly batches: AsyncGenerator<ProducedBatch>
  private reading: Promise<void> | null = null
  private isAtEnd = false
  private failure: { readonly reason: unknown } | null = null
  private isClosed = false
  private readonly stopWatching: () => void

  /** Takes over the producer. */
  constructor(
    private readonly name: string,
    readonly producer: Producer,
    private readonly services: Pick<PipelineServices, 'memory' | 'run' | 'target'>,
  ) {
    this.batches = producer.open(null)
    this.stopWatching = services.run.monitor.watch(() => void this.relieve().catch(() => undefined))
  }

  get hasFailed(): boolean {
    return this.failure !== null
  }

  /** Reads from the start, or from behind a batch; its end leaves the rows to the others. */
  reader(): Producer {
    const { producer } = this
    const from = (position: Json | null) => this.from(position)
    return {
      get schema(): Schema | null {
        return producer.schema
      },
      bounded: producer.bounded,
      isResumable: producer.isResumable,
      rows: producer.rows,
      fingerprint: producer.fingerprint,
      open: from,
      close: async () => undefined,
    }
  }

  /** Nobody may read any more. */
  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.stopWatching()
    await this.reading?.catch(() => undefined)
    await this.batches.return(undefined)
    await this.producer.close()
    await this.table?.release()
  }

  private async *from(position: Json | null): AsyncGenerator<ProducedBatch> {
    let next = 0
    if (position !== null) {
      const text = JSON.stringify(position)
      next = this.positions.findIndex((known) => JSON.stringify(known) === text) + 1
      // Read this time, the rows were divided at other places.
      if (next === 0) {
        yield* this.producer.open(position)
        return
      }
    }
    for (;;) {
      const produced = await this.at(next++)
      if (produced === null) return
      yield produced
    }
  }

  /** A batch, which is the caller's; null behind the last. */
  private async at(index: number): Promise<ProducedBatch | null> {
    while (index >= this.positions.length && !this.isAtEnd) {
      if (this.failure !== null) throw this.failure.reason
      this.reading ??= this.readOn().finally(() => {
        this.reading = null
      })
      await this.reading
    }
    const batch = this.table?.take(index, this.services.target) ?? null
    return batch === null ? null : { batch, position: this.positions[index] }
  }

  private async readOn(): Promise<void> {
    try {
      const next = await this.batches.next()
      if (next.done === true) {
        this.isAtEnd = true
        return
      }
      const { batch, position } = next.value
      if (this.isClosed) return releaseBatch(this.services.memory, batch)
      this.table ??= new SharedTable(this.name, batch.schema, this.services)
      this.table.add(batch)
      this.positions.push(position)
      if (this.isTooMuch()) await this.relieve()
    } catch (error) {
      this.failure = { reason: error }
      throw error
    }
  }

  private isTooMuch(): boolean {
    return !this.isClosed && this.services.run.monitor.check() !== 'none'
  }

  private async relieve(): Promise<void> {
    if (this.table?.isSpillable === true && this.isTooMuch()) await this.table.spill(() => this.isTooMuch())
  }
}
