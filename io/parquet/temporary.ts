/** Blocks of the shared memory that live as long as a column chunk is decoded. */

import { align64 } from '../batch.js'
import { KERNEL_SLACK, type PageTarget } from './page-kernels.js'

export class Temporary {
  private readonly blocks: number[] = []

  constructor(private readonly target: Pick<PageTarget, 'allocate' | 'release'>) {}

  /** Room for `bytes`, and for what kernels touch behind them. */
  allocate(bytes: number): number {
    const block = this.target.allocate(align64(bytes + KERNEL_SLACK))
    this.blocks.push(block)
    return block
  }

  release(): void {
    for (const block of this.blocks) this.target.release(block)
    this.blocks.length = 0
  }
}
