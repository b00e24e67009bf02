/** A file for batches that are read back one by one; it goes with its run. */

import type { Allocate, Batch } from '../../io/batch.js'
import type { SpilledBatch } from '../../io/spill/spill-file.js'
import { readSpilled, spilledBatch } from '../../io/spill/spill-reader.js'
import { SpillWriter } from '../../io/spill/spill-writer.js'
import type { Schema } from '../../planner/types.js'
import type { SharedMemory } from '../memory/shared-memory.js'
import type { Run } from '../run.js'

interface SpillServices {
  readonly memory: SharedMemory
  readonly run: Pick<Run, 'spill'>
}

export class SpilledBatches {
  private constructor(
    private readonly path: string,
    private readonly end: number,
    private readonly writer: SpillWriter,
    private readonly services: SpillServices,
  ) {}

  static async create(services: SpillServices): Promise<SpilledBatches> {
    const { memory, run } = services
    const path = await run.spill.createFile()
    const end = memory.allocate(64)
    memory.views.i32[end / 4] = 0
    return new SpilledBatches(path, end, new SpillWriter(memory.views, { path, end }), services)
  }

  /** The batch stays the caller's. */
  append(batch: Batch): SpilledBatch {
    return this.writer.append(batch)
  }

  /** Reads a batch into a block of its own. */
  read(spilled: SpilledBatch, schema: Schema, allocate: Allocate): Batch {
    const { memory } = this.services
    const [block] = readSpilled(memory.views, [spilled], { allocate, release: memory.release })
    const batch = spilledBatch(memory.views, schema, block)
    // Each column holds the block.
    const columns = batch.columns.map((column) => ({ ...column, blocks: [block] }))
    for (const _ of columns) memory.retain(block)
    memory.release(block)
    return { ...batch, columns }
  }

  async remove(): Promise<void> {
    const { memory, run } = this.services
    this.writer.close()
    memory.release(this.end)
    await run.spill.removeFile(this.path)
  }
}
