/** Sorted rows in files. */

import type { SpilledBatch, SpillFile } from '../../../io/spill/spill-file.js'
import type { SpilledRows } from '../../operators/sort/spill.js'
import { spillFileMissing } from '../../recovery/degradation.js'
import type { OperatorHandle, Run } from '../../run.js'

export interface SpilledRun {
  readonly file: SpillFile
  /** In order. */
  readonly batches: readonly SpilledBatch[]
  /** Keys of the first rows of all batches, in order. */
  readonly firsts: readonly SpilledBatch[]
}

/** What tasks wrote to a file, in order. */
export function spilledRun({ span }: OperatorHandle, file: SpillFile, written: readonly SpilledRows[]): SpilledRun {
  const batches = written.flatMap((rows) => rows.batches)
  const firsts = written.map((rows) => rows.firsts)
  span.spilled([...batches, ...firsts].reduce((sum, { bytes }) => sum + bytes, 0))
  return { file, batches, firsts }
}

/** Counters of a block: small blocks that live long would cut the memory into pieces. */
const COUNTERS = 1024

/** The files of one sort. */
export class SpillFiles {
  private readonly blocks: number[] = []
  private readonly counters: number[] = []

  constructor(private readonly run: Run) {}

  async create(): Promise<SpillFile> {
    const path = await this.run.spill.createFile().catch((error: unknown) => {
      throw spillFileMissing(error)
    })
    if (this.counters.length === 0) this.addCounters()
    const end = this.counters.pop()!
    this.run.context.memory.i32[end / 4] = 0
    return { path, end }
  }

  async remove({ path, end }: SpillFile): Promise<void> {
    this.counters.push(end)
    await this.run.spill.removeFile(path)
  }

  /** No file is written to any more. */
  release(): void {
    for (const block of this.blocks.splice(0)) this.run.context.release(block)
    this.counters.length = 0
  }

  private addCounters(): void {
    const block = this.run.context.allocate(COUNTERS * 4)
    this.blocks.push(block)
    for (let counter = COUNTERS - 1; counter >= 0; counter--) this.counters.push(block + counter * 4)
  }
}
