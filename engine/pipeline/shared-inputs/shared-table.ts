/**
 * A table that several stages read: its batches lie in shared memory, or, once others need the memory more, in a file in
 * the form in which they lay there. A spilled batch is read again for each reader and not kept.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Batch } from '../../../io/batch.js'
import { releaseBatch, retainBatch, sliceMorsels } from '../../../io/block-sharing.js'
import { projectSchema } from '../../../io/row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from '../../../io/source.js'
import type { SpilledBatch } from '../../../io/spill/spill-file.js'
import { VolleyError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'
import type { SharedMemory } from '../../memory/shared-memory.js'
import { batchBytes } from '../../metrics/batch-bytes.js'
import { keepBatch } from '../../results.js'
import type { Run } from '../../run.js'
import { SpilledBatches } from '../spilled-batches.js'

/** After so long the memory monitor tells what a spilled batch has brought. */
const SAMPLE_MS = 1

/** What a table uses of the pipeline that it belongs to. */
export interface TableServices {
  readonly memory: SharedMemory
  readonly run: Pick<Run, 'monitor' | 'spill'>
}

type Slot =
  | { readonly kind: 'memory'; readonly batch: Batch; readonly bytes: number }
  | { readonly kind: 'file'; readonly spilled: SpilledBatch }

export class SharedTable {
  /** Scans under way. */
  scans = 0
  rows = 0
  /** Of the batches that lie in memory. */
  memoryBytes = 0
  /** Of those that lie in the file. */
  spilledBytes = 0
  private readonly slots: Slot[] = []
  private file: SpilledBatches | null = null
  private released = false

  constructor(
    readonly name: string,
    readonly schema: Schema,
    private readonly services: TableServices,
  ) {}

  get isSpillable(): boolean {
    return !this.released && this.slots.some(({ kind }) => kind === 'memory')
  }

  /** Takes over the batch, which outlives the run that made it. */
  add(batch: Batch): void {
    const { memory } = this.services
    keepBatch(batch, memory)
    const bytes = batchBytes(memory.views, batch)
    this.slots.push({ kind: 'memory', batch, bytes })
    this.rows += batch.length
    this.memoryBytes += bytes
  }

  /** Moves batches to a file while `isWanted`, the last ones first: scans come to them last. Throws VOLLEY_IO, VOLLEY_DISK_FULL. */
  async spill(isWanted: () => boolean): Promise<void> {
    const target = this.file ?? (await SpilledBatches.create(this.services))
    this.file ??= target
    // Others may have ended the table, or begun to spill it, meanwhile.
    if (this.released || target !== this.file) return target.remove()
    for (let index = this.slots.length - 1; index >= 0 && isWanted() && !this.released; index--) {
      const slot = this.slots[index]
      if (slot.kind === 'file') continue
      const spilled = target.append(slot.batch)
      this.slots[index] = { kind: 'file', spilled }
      this.memoryBytes -= slot.bytes
      this.spilledBytes += spilled.bytes
      releaseBatch(this.services.memory, slot.batch)
      await wait(SAMPLE_MS)
    }
  }

  /** Frees the memory and removes the file. Scans under way fail. */
  async release(): Promise<void> {
    if (this.released) return
    this.released = true
    for (const slot of this.slots) if (slot.kind === 'memory') releaseBatch(this.services.memory, slot.batch)
    this.slots.length = 0
    this.memoryBytes = 0
    await this.file?.remove()
  }

  /** For any number of scans, until the table is released. */
  source(id: number): Source {
    return new SharedTableSource(id, this)
  }

  /** A batch and all of its blocks, which the caller releases. */
  take(index: number, target: DecodeTarget): Batch | null {
    this.expectThere()
    const slot = this.slots[index]
    if (slot === undefined) return null
    if (slot.kind === 'memory') return retainBatch(this.services.memory, slot.batch)
    return this.file?.read(slot.spilled, this.schema, target.allocate) ?? null
  }

  get sharing(): SharedMemory {
    return this.services.memory
  }

  expectThere(): void {
    if (this.released) throw new VolleyError('VOLLEY_CLOSED', `the shared input '${this.name}' was released`)
  }
}

class SharedTableSource implements Source {
  readonly format = 'memory'
  readonly bounded = true

  constructor(
    readonly id: number,
    private readonly table: SharedTable,
  ) {}

  get label(): string {
    return this.table.name
  }

  get schema(): Schema {
    return this.table.schema
  }

  get isImmediate(): boolean {
    return this.table.spilledBytes === 0
  }

  estimate(): ScanEstimate {
    return { rows: this.table.rows, bytes: null, rowGroups: null }
  }

  async *morsels(request: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    const { table } = this
    const schema = projectSchema(table.schema, request.columns)
    const positions = request.columns.map((name) => table.schema.fields.findIndex((field) => field.name === name))
    table.scans++
    try {
      let firstRow = 0
      for (let index = 0; ; index++) {
        const whole = table.take(index, target)
        if (whole === null) return
        try {
          const columns = positions.map((position) => whole.columns[position])
          for (const morsel of sliceMorsels({ schema, length: whole.length, columns }, firstRow, table.sharing)) {
            yield morsel
            target.checkCancelled()
            table.expectThere()
          }
        } finally {
          releaseBatch(table.sharing, whole)
        }
        firstRow += whole.length
      }
    } finally {
      table.scans--
    }
  }

  /** The table lives as long as its readers. */
  async close(): Promise<void> {}
}
