/** The input of operators that are planned before there is a batch of it. */

import type { Batch } from '../../../io/batch.js'
import type { BlockSharing } from '../../../io/block-sharing.js'
import { MemorySource } from '../../../io/memory-source.js'
import type { BatchMorsel, DecodeTarget, ScanEstimate, ScanRequest, Source } from '../../../io/source.js'
import { InternalError } from '../../../planner/errors.js'
import type { Schema } from '../../../planner/types.js'

/** More than any table beside it, which is therefore what a join builds on. */
const ROWS = 1e12

export class Placeholder implements Source {
  readonly id = 0
  readonly format = 'stage'
  readonly label = 'the input of the stage'
  readonly bounded = true
  /** What is read; it stays its owner's. */
  batch: Batch | null = null

  constructor(
    readonly schema: Schema,
    private readonly sharing: BlockSharing,
  ) {}

  estimate(): ScanEstimate {
    return { rows: ROWS, bytes: null, rowGroups: null }
  }

  async *morsels(request: ScanRequest, target: DecodeTarget): AsyncGenerator<BatchMorsel> {
    const { batch, schema, sharing } = this
    if (batch === null) throw new InternalError('the input of a stage is read before there is any')
    yield* new MemorySource(this.id, schema, [batch], sharing).morsels(request, target)
  }

  async close(): Promise<void> {}
}
