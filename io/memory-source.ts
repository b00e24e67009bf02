/** Reads batches that are in the shared memory already: tables given by the user, results kept for another query. */

import { VolleyError } from '../planner/errors.js'
import type { Schema } from '../planner/types.js'
import { type Batch, sliceBatch, type Vector } from './batch.js'
import { BATCH_ROWS, projectSchema } from './row-batches.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from './source.js'

/** How a source in memory shares its blocks with those who read it. */
export interface BlockSharing {
  readonly retain: (block: number) => void
  readonly release: (block: number) => void
}

/** Owns the blocks of its batches until it is closed; any number of runs may read it meanwhile, each from the start. */
export class MemorySource implements Source {
  readonly format = 'memory'
  readonly label = 'memory'
  readonly bounded = true
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
      for (let start = 0; start < batch.length; start += BATCH_ROWS) {
        target.checkCancelled()
        this.expectOpen()
        const length = Math.min(BATCH_ROWS, batch.length - start)
        for (const column of columns) forEachBlock(column, this.sharing.retain)
        const slice = sliceBatch({ schema, length: batch.length, columns }, start, length)
        yield { kind: 'batch', batch: slice, firstRow: firstRow + start }
      }
      firstRow += batch.length
    }
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    for (const batch of this.batches) {
      for (const column of batch.columns) forEachBlock(column, this.sharing.release)
    }
  }

  private expectOpen(): void {
    if (this.closed) throw new VolleyError('VOLLEY_CLOSED', 'the table in memory was closed')
  }
}

/** Visits every block that a vector, its children and its dictionary list. */
export function forEachBlock(vector: Vector, visit: (block: number) => void): void {
  for (const block of vector.blocks) visit(block)
  for (const child of vector.children) forEachBlock(child, visit)
  if (vector.dictionary !== null) forEachBlock(vector.dictionary, visit)
}
