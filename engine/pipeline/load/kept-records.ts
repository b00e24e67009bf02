/** Rows on their way into a table, as the stage got them: what the table refuses in the end is written down. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../../io/block-sharing.js'
import type { SpilledBatch } from '../../../io/spill/spill-file.js'
import { InternalError, type VolleyError } from '../../../planner/errors.js'
import { type FailedRecord, failedRecord } from '../errors/dead-letter.js'
import { isPartOf } from '../errors/origins.js'
import type { PipelineServices } from '../services.js'
import { SpilledBatches } from '../spilled-batches.js'

interface Kept {
  readonly firstRow: number
  readonly spilled: SpilledBatch
  /** Without its columns: it knows where its rows come from. */
  readonly like: Batch
}

export class KeptRecords {
  private file: SpilledBatches | null = null
  private batches: Kept[] = []

  constructor(private readonly services: PipelineServices) {}

  /** The batch stays the caller's; its rows follow those of the batches before. */
  async keep(batch: Batch, firstRow: number): Promise<void> {
    this.file ??= await SpilledBatches.create(this.services)
    const { schema, length } = batch
    const like = isPartOf(batch, 0, { schema, length, columns: [] })
    this.batches.push({ firstRow, spilled: this.file.append(batch), like })
  }

  failed(row: number, step: string, error: VolleyError): FailedRecord {
    const { memory, target } = this.services
    const kept = this.batches.findLast(({ firstRow }) => firstRow <= row)
    if (kept === undefined || this.file === null) throw new InternalError(`row ${row} was not kept`)
    const { spilled, like, firstRow: before } = kept
    const batch = this.file.read(spilled, like.schema, target.allocate)
    try {
      return failedRecord(memory.views, isPartOf(like, 0, batch), row - before, { before, step, error })
    } finally {
      releaseBatch(memory, batch)
    }
  }

  /** Forgets all rows. */
  async clear(): Promise<void> {
    const { file } = this
    this.file = null
    this.batches = []
    await file?.remove()
  }
}
