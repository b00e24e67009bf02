/** A thread's private scratch: an arena of blocks, handed out in order and taken back all at once. */

import { align64 } from '../../io/batch.js'

const FIRST_CHUNK = 1 << 20
/** Chunks double up to this part of the memory, and this many bytes: the last may be nearly empty. */
const CHUNK_SHARE = 1 / 48
const MOST_CHUNK = 32 << 20
/**
 * Above so many of the largest chunks the arena gives its chunks back at a reset, so that one large slice does not hold
 * memory for ever.
 */
const KEPT_CHUNKS = 2

export interface ScratchMark {
  readonly chunk: number
  readonly used: number
}

export class Scratch {
  private chunks: { address: number; size: number }[] = []
  private current = -1
  private used = 0
  private readonly largestChunk: number

  /** In a memory of `memoryBytes`. */
  constructor(
    private readonly allocateBlock: (bytes: number) => number,
    private readonly releaseBlock: (address: number) => void,
    memoryBytes: number,
  ) {
    this.largestChunk = Math.min(MOST_CHUNK, Math.max(FIRST_CHUNK, align64(memoryBytes * CHUNK_SHARE)))
  }

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
    if (total > this.largestChunk * KEPT_CHUNKS) this.free()
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
      const size = Math.max(Math.min(last * 2, this.largestChunk), atLeast)
      this.chunks.push({ address: this.allocateBlock(size), size })
      this.current = this.chunks.length - 1
    }
    this.used = 0
  }
}
