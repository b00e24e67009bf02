/** Takes in the rows to sort, as many morsels at a time as there is room for: slices of one lie in the same memory. */

import type { Batch } from '../../../io/batch.js'
import { type DataType, isNested, isVariableLength } from '../../../planner/types.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { batchBytes } from '../../metrics/batch-bytes.js'
import type { KeyPlace } from '../../operators/sort/keys.js'
import type { OperatorHandle } from '../../run.js'
import type { Pipeline } from '../pipeline.js'
import type { MorselFeed } from './feed.js'
import type { BulkWork, WithBatches } from './work.js'

/** What sorting takes for a row: its number, twice, and the words of radix passes. */
const ROW_BYTES = 32
/** The same for each key: its words, and to rank strings. */
const KEY_BYTES = 16
const STRING_KEY_BYTES = 60
/** Columns are made contiguous one by one, each beside its pieces. */
const CONTIGUOUS_SHARE = 0.5
/** The least part of the room that is worth a run, however short memory is. */
const LEAST_SHARE = 1 / 8

/** Rows that belong together, and what they take in memory. */
export interface Gathered {
  readonly pieces: readonly Batch[]
  readonly rows: number
  readonly bytes: number
  /** What sorting them will take beside. */
  readonly growthBytes: number
}

export class SortInput {
  private readonly feed: MorselFeed | null
  private readonly morsels: AsyncGenerator<WithBatches>
  private readonly rowBytes: number
  private pieces: Batch[] = []
  private readonly blocks = new Set<number>()
  private rows = 0
  private bytes = 0
  private largestMorsel = 0
  private isFull = false

  constructor(
    private readonly work: BulkWork,
    private readonly operator: OperatorHandle,
    private readonly pipeline: Pipeline,
    keys: readonly KeyPlace[],
  ) {
    const steps = pipeline.steps.filter((step): step is Exclude<typeof step, { kind: 'join' }> => step.kind !== 'join')
    this.feed = steps.length === pipeline.steps.length ? work.feed(pipeline.source) : null
    this.morsels = this.feed === null ? this.singly() : work.chain(this.feed, steps, { kind: 'output' })
    const { fields } = pipeline.schema
    this.rowBytes = keys.reduce((sum, { column }) => sum + keyBytes(fields[column].type), ROW_BYTES)
  }

  /** Takes rows in until they should be sorted, which it tells by true, or there are no more. */
  async fill(): Promise<boolean> {
    for (;;) {
      this.isFull ||= this.shouldSpill()
      if (this.isFull && this.rows > 0) return true
      const next = await this.morsels.next()
      if (next.done === true) return false
      const { bytes } = this
      for (const batch of next.value.batches) this.add({ ...batch, schema: this.pipeline.schema })
      this.largestMorsel = Math.max(this.largestMorsel, this.bytes - bytes)
    }
  }

  /** Hands over what was taken in. */
  take(): Gathered {
    const { pieces, rows, bytes, growthBytes } = this
    this.pieces = []
    this.rows = 0
    this.bytes = 0
    this.blocks.clear()
    this.isFull = false
    return { pieces, rows, bytes, growthBytes }
  }

  /** Ends the input, and releases what was not handed over. */
  async close(): Promise<void> {
    for (const piece of this.take().pieces) releaseBatch(this.operator.context, piece)
    await this.morsels.return(undefined)
    await this.feed?.close()
  }

  private async *singly(): AsyncGenerator<WithBatches> {
    for await (const batch of this.work.batches(this.pipeline)) yield { batches: [batch] }
  }

  private get growthBytes(): number {
    return this.bytes * CONTIGUOUS_SHARE + this.rows * this.rowBytes
  }

  private add(batch: Batch): void {
    const { run } = this.work
    this.operator.span.rowsIn(batch.length, batchBytes(run.memory.views, batch))
    this.pieces.push(batch)
    this.rows += batch.length
    // Slices of one morsel share its blocks.
    for (const block of batch.columns.flatMap(({ blocks }) => blocks)) {
      if (this.blocks.has(block)) continue
      this.blocks.add(block)
      this.bytes += run.memory.capacity(block)
    }
  }

  private shouldSpill(): boolean {
    const { bytes, feed, operator, pieces, work } = this
    const { sortBytes } = work.switching
    const [morsel, morsels] = feed === null ? [pieces.length, null] : [feed.taken, feed.total]
    const leastBytes = sortBytes * LEAST_SHARE
    // The next morsel comes on top of what is there; a small run is not worth its file, though.
    const growthBytes = this.growthBytes + (bytes < leastBytes ? 0 : this.largestMorsel)
    return work.switching.shouldSpill({
      label: operator.label,
      bytes,
      growthBytes,
      shareBytes: sortBytes - growthBytes,
      leastBytes,
      morsel,
      morsels,
    })
  }
}

function keyBytes(type: DataType): number {
  return isVariableLength(type) || isNested(type) ? STRING_KEY_BYTES : KEY_BYTES
}
