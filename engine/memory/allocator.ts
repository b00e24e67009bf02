/**
 * A thread-safe block allocator inside shared memory: two-level segregated fit (Masmano et al., "TLSF: a new dynamic
 * memory allocator for real-time systems", 2004), constant time, with neighbours merged when freed; large blocks as low as
 * possible.
 *
 * Every block is preceded by a header of one unit; addresses and sizes in headers count units of 64 bytes:
 *
 *   | size | previous | free? | references | next free | previous free | owner | operator |  payload, 64-byte aligned
 *     int32  int32      int32   int32        int32       int32           int32   int32
 *
 * `previous` is the block just before in memory, `size` includes the header. All state lies in the memory itself, under
 * one lock, so that every thread that maps the memory can allocate and free. Reference counts change without the lock.
 * The owner is the run a block was allocated for: whatever a failed run leaves behind, in any thread, is freed by owner.
 * The operator is the slot in which its bytes are counted, see `operator-slots.ts`.
 */

import { InternalError, VolleyError } from '../../planner/errors.js'
import { OPERATOR_SLOTS, OTHER } from './operator-slots.js'

const UNIT = 64
const CLASSES = 27
const SUBCLASSES = 16
/** Blocks below this many units have a class for each size. */
const SMALL = SUBCLASSES
/** From this many units on, 256 KiB, the place of a block matters more than the time to find it. */
const LARGE = 4096

/** Places of the control words, in int32 words from the start of the memory. */
const LOCK = 16
const BLOCKS_USED = 17
const UNITS_USED = 18
const UNITS_PEAK = 19
const CLASS_BITMAP = 20
/** Units ever allocated: low and high word. */
const UNITS_TOTAL = 21
/** The unit after the highest one that was ever allocated: no page above it was touched. */
const HIGHEST_UNIT = 23
/** Blocks ever allocated; wraps around. */
const BLOCKS_TOTAL = 24
const SUBCLASS_BITMAPS = 32
const HEADS = 64
/** Blocks of the owners whose numbers share a slot: with none, there is nothing to look for. */
const OWNED = HEADS + CLASSES * SUBCLASSES
const OWNER_SLOTS = 256
/** Units in use by operator slot, and the most there were. */
const OPERATOR_UNITS = OWNED + OWNER_SLOTS
const OPERATOR_PEAKS = OPERATOR_UNITS + OPERATOR_SLOTS
/** Pages of each worker's codec, which lie outside of this memory. */
const CODEC_PAGES = OPERATOR_PEAKS + OPERATOR_SLOTS
const CODEC_SLOTS = 256
const FIRST_UNIT = Math.ceil((CODEC_PAGES + CODEC_SLOTS) / 16) + 1

/** Places in a header, in int32 words. */
const SIZE = 0
const PREVIOUS = 1
const FREE = 2
const REFERENCES = 3
const NEXT_FREE = 4
const PREVIOUS_FREE = 5
const OWNER = 6
const OPERATOR = 7

const LOCK_TIMEOUT_MS = 10_000
const CODEC_PAGE = 65_536

/** How much an operator's slot holds. */
export interface MemoryHolder {
  readonly slot: number
  readonly bytes: number
}

export interface AllocatorStatistics {
  readonly blocks: number
  /** Bytes in use now, headers and rounding included, and the most there ever were. */
  readonly bytes: number
  readonly peakBytes: number
  /** Bytes up to the highest that was ever in use: no more than this is resident. */
  readonly touchedBytes: number
  /** Bytes of all blocks there ever were. */
  readonly allocatedBytes: number
  /** How many there ever were, modulo 2 ** 32. */
  readonly allocations: number
}

export class BlockAllocator {
  private readonly words: Int32Array
  private readonly totalUnits: number

  /** `format` true lays out an empty memory; false attaches to one laid out by another thread. */
  constructor(buffer: SharedArrayBuffer, format: boolean) {
    this.words = new Int32Array(buffer)
    this.totalUnits = Math.floor(buffer.byteLength / UNIT)
    if (format) {
      const first = FIRST_UNIT
      this.words[first * 16 + SIZE] = this.totalUnits - first
      this.words[first * 16 + PREVIOUS] = 0
      this.insertFree(first)
    }
  }

  /** Returns the address of at least `bytes` bytes, 64-byte aligned, referenced once, not cleared. */
  allocate(bytes: number, owner: number, operator: number = OTHER): number {
    const units = Math.max(1, Math.ceil(bytes / UNIT)) + 1
    this.lock()
    try {
      const block = this.findFree(units)
      if (block === 0) {
        throw new VolleyError(
          'VOLLEY_MEMORY_LIMIT',
          `cannot allocate ${bytes} bytes: ${this.words[UNITS_USED] * UNIT} of ${this.totalUnits * UNIT} bytes of shared memory are in use`,
          { requested: bytes, used: this.words[UNITS_USED] * UNIT, holders: this.holders() },
        )
      }
      this.removeFree(block)
      this.splitOff(block, units)
      const at = block * 16
      Atomics.store(this.words, at + REFERENCES, 1)
      this.words[at + OWNER] = owner
      this.words[at + OPERATOR] = operator
      this.count(operator, this.words[at + SIZE])
      Atomics.add(this.words, ownedBy(owner), 1)
      this.words[BLOCKS_USED]++
      this.words[BLOCKS_TOTAL]++
      this.words[UNITS_USED] += this.words[at + SIZE]
      if (this.words[UNITS_USED] > this.words[UNITS_PEAK]) this.words[UNITS_PEAK] = this.words[UNITS_USED]
      this.words[HIGHEST_UNIT] = Math.max(this.words[HIGHEST_UNIT], block + this.words[at + SIZE])
      this.addToTotal(this.words[at + SIZE])
      return (block + 1) * UNIT
    } finally {
      this.unlock()
    }
  }

  /** Adds a reference to the block at `address`. */
  retain(address: number): void {
    const before = Atomics.add(this.words, this.headerOf(address) + REFERENCES, 1)
    if (before < 1) throw new InternalError(`block ${address} retained after it was freed`)
  }

  /** Drops a reference; the last one frees the block. */
  release(address: number): void {
    const before = Atomics.sub(this.words, this.headerOf(address) + REFERENCES, 1)
    if (before < 1) throw new InternalError(`block ${address} released more often than retained`)
    if (before > 1) return
    this.lock()
    try {
      this.free(address / UNIT - 1)
    } finally {
      this.unlock()
    }
  }

  /** Hands the block over to another owner, and counts it for `operator` then; nothing changes if it has that owner. */
  adopt(address: number, owner: number, operator: number = OTHER): void {
    const at = this.headerOf(address)
    this.lock()
    try {
      const before = this.words[at + OWNER]
      if (before === owner) return
      this.words[at + OWNER] = owner
      Atomics.sub(this.words, ownedBy(before), 1)
      Atomics.add(this.words, ownedBy(owner), 1)
      this.words[OPERATOR_UNITS + this.words[at + OPERATOR]] -= this.words[at + SIZE]
      this.words[at + OPERATOR] = operator
      this.count(operator, this.words[at + SIZE])
    } finally {
      this.unlock()
    }
  }

  /** Frees every block of `owner`, whatever its references, and returns how many there were. */
  releaseOwner(owner: number): number {
    if (Atomics.load(this.words, ownedBy(owner)) === 0) return 0
    this.lock()
    try {
      let count = 0
      let block = FIRST_UNIT
      while (block < this.totalUnits) {
        const at = block * 16
        let next = block + this.words[at + SIZE]
        // Freeing merges a free neighbour, whose header then says nothing any more: step over it beforehand.
        if (next < this.totalUnits && this.words[next * 16 + FREE] === 1) next += this.words[next * 16 + SIZE]
        if (this.words[at + FREE] === 0 && this.words[at + OWNER] === owner) {
          this.words[at + REFERENCES] = 0
          this.free(block)
          count++
        }
        block = next
      }
      return count
    } finally {
      this.unlock()
    }
  }

  /** Bytes a caller may use at `address`. */
  capacity(address: number): number {
    return (this.words[this.headerOf(address) + SIZE] - 1) * UNIT
  }

  operatorBytes(slot: number): number {
    return this.words[OPERATOR_UNITS + slot] * UNIT
  }

  operatorPeakBytes(slot: number): number {
    return this.words[OPERATOR_PEAKS + slot] * UNIT
  }

  resetOperatorPeak(slot: number): void {
    this.words[OPERATOR_PEAKS + slot] = this.words[OPERATOR_UNITS + slot]
  }

  /** Publishes the size of the codec of a thread, 0 when the thread has ended. */
  setCodecBytes(threadId: number, bytes: number): void {
    Atomics.store(this.words, CODEC_PAGES + (threadId & (CODEC_SLOTS - 1)), Math.ceil(bytes / CODEC_PAGE))
  }

  /** Bytes of the codecs of all threads. */
  codecBytes(): number {
    let pages = 0
    for (let slot = 0; slot < CODEC_SLOTS; slot++) pages += this.words[CODEC_PAGES + slot]
    return pages * CODEC_PAGE
  }

  statistics(): AllocatorStatistics {
    return {
      blocks: this.words[BLOCKS_USED],
      bytes: (this.words[UNITS_USED] >>> 0) * UNIT,
      peakBytes: (this.words[UNITS_PEAK] >>> 0) * UNIT,
      touchedBytes: (this.words[HIGHEST_UNIT] >>> 0) * UNIT,
      allocatedBytes: ((this.words[UNITS_TOTAL] >>> 0) + (this.words[UNITS_TOTAL + 1] >>> 0) * 2 ** 32) * UNIT,
      allocations: this.words[BLOCKS_TOTAL] >>> 0,
    }
  }

  private count(operator: number, units: number): void {
    const now = this.words[OPERATOR_UNITS + operator] + units
    this.words[OPERATOR_UNITS + operator] = now
    if (now > this.words[OPERATOR_PEAKS + operator]) this.words[OPERATOR_PEAKS + operator] = now
  }

  /** The bytes of every slot that holds any. */
  private holders(): MemoryHolder[] {
    return Array.from({ length: OPERATOR_SLOTS }, (_, slot) => ({ slot, bytes: this.operatorBytes(slot) })).filter(
      ({ bytes }) => bytes > 0,
    )
  }

  private addToTotal(units: number): void {
    const low = (this.words[UNITS_TOTAL] >>> 0) + units
    this.words[UNITS_TOTAL] = low
    if (low >= 2 ** 32) this.words[UNITS_TOTAL + 1]++
  }

  private headerOf(address: number): number {
    if (address % UNIT !== 0 || address < UNIT || address >= this.totalUnits * UNIT) {
      throw new InternalError(`${address} is not the address of a block`)
    }
    return (address / UNIT - 1) * 16
  }

  private free(block: number): void {
    let start = block
    const at = block * 16
    this.words[BLOCKS_USED]--
    Atomics.sub(this.words, ownedBy(this.words[at + OWNER]), 1)
    this.words[UNITS_USED] -= this.words[at + SIZE]
    this.words[OPERATOR_UNITS + this.words[at + OPERATOR]] -= this.words[at + SIZE]
    const next = block + this.words[at + SIZE]
    if (next < this.totalUnits && this.words[next * 16 + FREE] === 1) {
      this.removeFree(next)
      this.words[at + SIZE] += this.words[next * 16 + SIZE]
    }
    const previous = this.words[at + PREVIOUS]
    if (previous !== 0 && this.words[previous * 16 + FREE] === 1) {
      this.removeFree(previous)
      this.words[previous * 16 + SIZE] += this.words[at + SIZE]
      start = previous
    }
    this.linkNext(start)
    this.insertFree(start)
  }

  /** Cuts `block` to `units` and gives the rest back, if it can hold a block. */
  private splitOff(block: number, units: number): void {
    const at = block * 16
    const rest = this.words[at + SIZE] - units
    if (rest < 2) return
    this.words[at + SIZE] = units
    const remainder = block + units
    this.words[remainder * 16 + SIZE] = rest
    this.words[remainder * 16 + PREVIOUS] = block
    this.linkNext(remainder)
    this.insertFree(remainder)
  }

  private linkNext(block: number): void {
    const next = block + this.words[block * 16 + SIZE]
    if (next < this.totalUnits) this.words[next * 16 + PREVIOUS] = block
  }

  private insertFree(block: number): void {
    const at = block * 16
    const index = classOf(this.words[at + SIZE])
    const head = this.words[HEADS + index]
    this.words[at + FREE] = 1
    this.words[at + NEXT_FREE] = head
    this.words[at + PREVIOUS_FREE] = 0
    if (head !== 0) this.words[head * 16 + PREVIOUS_FREE] = block
    this.words[HEADS + index] = block
    this.words[SUBCLASS_BITMAPS + (index >> 4)] |= 1 << (index & 15)
    this.words[CLASS_BITMAP] |= 1 << (index >> 4)
  }

  private removeFree(block: number): void {
    const at = block * 16
    const index = classOf(this.words[at + SIZE])
    const next = this.words[at + NEXT_FREE]
    const previous = this.words[at + PREVIOUS_FREE]
    if (next !== 0) this.words[next * 16 + PREVIOUS_FREE] = previous
    if (previous !== 0) this.words[previous * 16 + NEXT_FREE] = next
    else {
      this.words[HEADS + index] = next
      if (next === 0) {
        const subclasses = SUBCLASS_BITMAPS + (index >> 4)
        this.words[subclasses] &= ~(1 << (index & 15))
        if (this.words[subclasses] === 0) this.words[CLASS_BITMAP] &= ~(1 << (index >> 4))
      }
    }
    this.words[at + FREE] = 0
  }

  /** A free block of at least `units`; 0 if there is none. */
  private findFree(units: number): number {
    return units < LARGE ? this.findInClass(units) : this.findLowest(units)
  }

  /** The one at the lowest address: what is never touched is never resident. There are few of that size. */
  private findLowest(units: number): number {
    let lowest = 0
    for (let index = classOf(units); index < CLASSES * SUBCLASSES; index++) {
      for (let block = this.words[HEADS + index]; block !== 0; block = this.words[block * 16 + NEXT_FREE]) {
        if (this.words[block * 16 + SIZE] >= units && (lowest === 0 || block < lowest)) lowest = block
      }
    }
    return lowest
  }

  /** One of the smallest class all of whose blocks are large enough. */
  private findInClass(units: number): number {
    const index = classOf(roundUpToClass(units))
    const sameClass = this.words[SUBCLASS_BITMAPS + (index >> 4)] & (-1 << (index & 15))
    if (sameClass !== 0) return this.words[HEADS + (index & ~15) + lowestBit(sameClass)]
    const larger = this.words[CLASS_BITMAP] & ~((2 << (index >> 4)) - 1)
    if (larger === 0) return 0
    const found = lowestBit(larger)
    return this.words[HEADS + found * 16 + lowestBit(this.words[SUBCLASS_BITMAPS + found])]
  }

  private lock(): void {
    const deadline = Date.now() + LOCK_TIMEOUT_MS
    for (let spins = 0; Atomics.compareExchange(this.words, LOCK, 0, 1) !== 0; spins++) {
      if (spins < 200) continue
      Atomics.wait(this.words, LOCK, 1, 1)
      if (Date.now() > deadline) throw new InternalError('the allocator stayed locked: a thread died inside it')
    }
  }

  private unlock(): void {
    Atomics.store(this.words, LOCK, 0)
    Atomics.notify(this.words, LOCK, 1)
  }
}

/** Class and subclass of a block of `units`, as one index. */
function classOf(units: number): number {
  if (units < SMALL) return units
  const log = 31 - Math.clz32(units)
  return (log - 3) * SUBCLASSES + ((units >> (log - 4)) & (SUBCLASSES - 1))
}

/** The smallest size that starts a class and is not below `units`. */
function roundUpToClass(units: number): number {
  if (units < SMALL) return units
  const step = 1 << (31 - Math.clz32(units) - 4)
  return Math.ceil(units / step) * step
}

/** Owners may be negative: those of threads are. */
function ownedBy(owner: number): number {
  return OWNED + (owner & (OWNER_SLOTS - 1))
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
