/** A thread's private scratch: an arena of blocks, handed out in order and taken back all at once. */

import { align64 } from '../../io/batch.js'

const FIRST_CHUNK = 1 << 20
/** Above this the arena gives its chunks back at a reset, so that one large slice does not hold memory for ever. */
const KEPT_BYTES = 64 << 20

export interface ScratchMark {
  readonly chunk: number
  readonly used: number
}

export class Scratch {
  private chunks: { address: number; size: number }[] = []
  private current = -1
  private used = 0

  constructor(
    private readonly allocateBlock: (bytes: number) => number,
    private readonly releaseBlock: (address: number) => void,
  ) {}

  /** Returns the address of `bytes` bytes, 64-byte aligned, valid until the next reset. */
  readonly allocate = (bytes: number): number => {
    const size = align64(Math.max(bytes, 1))
    while (this.current < 0 || this.used + size > this.chunks[this.current].size) this.nextChunk(size)
    const address = this.chunks[this.current].address + this.used
    this.used += size
    return address
  }

  /** A mark to which `rewind` can return; marks nest like a stack. */
  mark(): ScratchMark {
    return { chunk: this.current, used: this.used }
  }

  /** Takes back what was handed out since the mark. */
  rewind(mark: ScratchMark): void {
    this.current = mark.chunk
    this.used = mark.used
  }

  /** Forgets everything handed out. */
  reset(): void {
    const total = this.chunks.reduce((sum, chunk) => sum + chunk.size, 0)
    if (total > KEPT_BYTES) this.free()
    else if (this.chunks.length > 0) this.current = 0
    this.used = 0
  }

  free(): void {
    for (const chunk of this.chunks) this.releaseBlock(chunk.address)
    this.chunks = []
    this.current = -1
    this.used = 0
  }

  private nextChunk(atLeast: number): void {
    if (this.current + 1 < this.chunks.length) {
      this.current++
    } else {
      const last = this.chunks.at(-1)?.size ?? FIRST_CHUNK / 2
      const size = Math.max(Math.min(last * 2, KEPT_BYTES / 2), atLeast)
      this.chunks.push({ address: this.allocateBlock(size), size })
      this.current = this.chunks.length - 1
    }
    this.used = 0
  }
}
