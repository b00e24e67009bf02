/** The buffers of a batch that a user's function sees: what it returns of them need not be copied. */

import type { BlockOwner } from '../../io/arrow/record-batch.js'
import type { Batch, Vector } from '../../io/batch.js'
import type { OperatorContext } from './operator-context.js'

interface LentBuffer {
  readonly start: number
  readonly end: number
  readonly block: number
}

export class LentBuffers implements BlockOwner {
  /** Blocks by the addresses at which buffers begin in them. */
  private readonly blocks = new Map<number, number>()
  private readonly fresh: number[] = []
  private readonly lent: LentBuffer[] = []

  constructor(
    batch: Batch,
    private readonly context: Pick<OperatorContext, 'allocate' | 'retain' | 'release'>,
  ) {
    for (const column of batch.columns) this.add(column, [])
  }

  /** A block for what has to be copied before it can be shown. */
  readonly allocate = (bytes: number): number => {
    const block = this.context.allocate(bytes)
    this.fresh.push(block)
    this.blocks.set(block, block)
    return block
  }

  /** Takes note of a view that the function gets. */
  readonly lend = <T extends ArrayBufferView>(view: T): T => {
    const block = this.blocks.get(view.byteOffset)
    if (block !== undefined) {
      this.lent.push({ start: view.byteOffset, end: view.byteOffset + view.byteLength, block })
    }
    return view
  }

  blockOf(address: number): number | null {
    return this.lent.find(({ start, end }) => start <= address && address < end)?.block ?? null
  }

  readonly retain = (block: number): void => this.context.retain(block)

  /** Releases the copies; what was retained of them meanwhile stays. */
  release(): void {
    for (const block of this.fresh) this.context.release(block)
  }

  /** `above` are the blocks that vouch for a vector which lists none itself; buffers in scratch have none. */
  private add(vector: Vector, above: readonly number[]): void {
    const blocks = vector.blocks.length > 0 ? vector.blocks : above
    for (const buffer of [vector.validity, vector.offsets, vector.values]) {
      // A buffer lies in the last block that begins before it: blocks do not overlap.
      const block = Math.max(...blocks.filter((start) => start <= buffer))
      if (buffer !== 0 && block > 0) this.blocks.set(buffer, block)
    }
    for (const child of vector.children) this.add(child, blocks)
  }
}
