/**
 * The engine's one shared linear memory: storage of every Arrow buffer, visible to all threads, and the address space
 * of the kernels.
 *
 *   +---------------+---------------+------------------------------------------------+
 *   | control words | free lists    | counters of operators | blocks                 |
 *   +---------------+---------------+-----------------------+------------------------+
 *   0              256             3008                    12288                    4 GiB
 *
 * It is reserved whole when created, so its buffer never changes and no view of it ever goes stale. Reserving costs
 * address space only; pages become resident when first written.
 */

import { type Allocate, type MemoryViews, viewsOf } from '../../io/batch.js'
import { type AllocatorStatistics, BlockAllocator } from './allocator.js'
import { type OperatorCounters, OTHER, RESULTS, TABLES } from './operator-slots.js'

/** The owner of blocks that belong to no run: sources in memory, results in the user's hands. Runs have positive ones. */
export const ENGINE = 0

/** The owner of a worker thread's scratch, which goes with the thread. */
export function ownerOfThread(threadId: number): number {
  return -threadId
}

const PAGE = 65_536
const MAXIMUM_PAGES = 65_536
const CROWDED_SHARE = 0.6

export class SharedMemory implements OperatorCounters {
  readonly views: MemoryViews
  private readonly allocator: BlockAllocator

  private constructor(
    readonly memory: WebAssembly.Memory,
    format: boolean,
  ) {
    const buffer = memory.buffer as unknown as SharedArrayBuffer
    this.views = viewsOf(buffer)
    this.allocator = new BlockAllocator(buffer, format)
  }

  /** Reserves a memory of `maximumBytes`, at most (and by default) 4 GiB. */
  static create(maximumBytes = PAGE * MAXIMUM_PAGES): SharedMemory {
    const pages = Math.min(MAXIMUM_PAGES, Math.ceil(maximumBytes / PAGE))
    return new SharedMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }), true)
  }

  /** Maps, in another thread, the memory that `create` made. */
  static attach(memory: WebAssembly.Memory): SharedMemory {
    return new SharedMemory(memory, false)
  }

  /** Returns the address of a fresh block of the engine itself. Throws VOLLEY_MEMORY_LIMIT when full. */
  readonly allocate = (bytes: number): number => this.allocator.allocate(bytes, ENGINE, TABLES)

  /** Makes an `allocate` for blocks of `owner` that are counted for an operator: a slot of `OperatorSlots`. */
  allocateFor(owner: number, operator: number = OTHER): Allocate {
    return (bytes) => this.allocator.allocate(bytes, owner, operator)
  }

  readonly retain = (address: number): void => this.allocator.retain(address)

  readonly release = (address: number): void => this.allocator.release(address)

  /** Makes a block outlive its run, as a part of a result: it then belongs to the engine. */
  keep(address: number): void {
    this.allocator.adopt(address, ENGINE, RESULTS)
  }

  /** Bytes of the block at `address`. */
  capacity(address: number): number {
    return this.allocator.capacity(address)
  }

  /** Frees all blocks of `owner`, whatever their references; returns how many there were. */
  releaseOwner(owner: number): number {
    return this.allocator.releaseOwner(owner)
  }

  /** Bytes that all blocks together may take. */
  get limit(): number {
    return this.memory.buffer.byteLength
  }

  /** True while so much is in use that what is under way should end before more begins. */
  get isCrowded(): boolean {
    return this.statistics().bytes > this.limit * CROWDED_SHARE
  }

  operatorBytes(slot: number): number {
    return this.allocator.operatorBytes(slot)
  }

  operatorPeakBytes(slot: number): number {
    return this.allocator.operatorPeakBytes(slot)
  }

  resetOperatorPeak(slot: number): void {
    this.allocator.resetOperatorPeak(slot)
  }

  /** Publishes how much memory the codec of a thread has; 0 when the thread has ended. */
  setCodecBytes(threadId: number, bytes: number): void {
    this.allocator.setCodecBytes(threadId, bytes)
  }

  /** Bytes of the codecs of all threads, outside of this memory. */
  codecBytes(): number {
    return this.allocator.codecBytes()
  }

  statistics(): AllocatorStatistics {
    return this.allocator.statistics()
  }
}
