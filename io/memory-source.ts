/** Reads batches that are in the shared memory already: tables given by the user, results kept for another query. */

import { VolleyError } from '../planner/errors.js'
import type { Schema } from '../planner/types.js'
import type { Batch } from './batch.js'
import { type BlockSharing, releaseBatch, sliceMorsels } from './block-sharing.js'
import { projectSchema } from './row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from './source.js'

/** Owns the blocks of its batches until it is closed; any number of runs may read it meanwhile, each from the start. */
export class MemorySource implements Source {
  readonly format = 'memory'
  readonly label = 'memory'
  readonly bounded = true
  readonly isImmediate = true
  private closed = false

  /** Takes over the blocks of `batches`, all of which have `schema`. */
  constructor(
    readonly id: number,
    readonly schema: Schema,
    private readonly batches: readonly Batch[],
    private readonly sharing: BlockSharing,
  ) {}

  estimate(): ScanEstimate {
    return { rows: this.batches.reduce((rows, batch) => rows + batch.length, 0), bytes: null, rowGroups: null }
  }

  /** Morsels of at most 65,536 rows, whose blocks are retained for their consumer and not copied. */
  async *morsels(request: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    const schema = projectSchema(this.schema, request.columns)
    const positions = request.columns.map((name) => this.schema.fields.findIndex((f) => f.name === name))
    let firstRow = 0
    for (const batch of this.batches) {
      const columns = positions.map((position) => batch.columns[position])
      this.expectOpen()
      for (const morsel of sliceMorsels({ schema, length: batch.length, columns }, firstRow, this.sharing)) {
        yield morsel
        target.checkCancelled()
        this.expectOpen()
      }
      firstRow += batch.length
    }
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    for (const batch of this.batches) releaseBatch(this.sharing, batch)
  }

  private expectOpen(): void {
    if (this.closed) throw new VolleyError('VOLLEY_CLOSED', 'the table in memory was closed')
  }
}
