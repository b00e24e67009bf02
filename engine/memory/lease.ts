/**
 * Leases blocks to views in the user's hands: a block is released when no view of it can be reached any more.
 *
 * The garbage collector knows nothing of shared blocks, so a loop that drops large results would make little garbage and
 * much waste; `relieve` asks for a collection once enough bytes are out.
 */

import { collectGarbage } from './garbage.js'

/** A typed array whose subarrays are views of the same lease: `vector.toArray()` returns such a subarray. */
type Leased<T> = T & { parent?: unknown }

const COLLECT_AFTER_BYTES = 256 << 20
/** Of the event loop. */
const MOST_TURNS = 30

export class Leases {
  private readonly registry = new FinalizationRegistry<Lease>((lease) => this.dropView(lease))
  private outstanding = 0
  private atLastCollection = 0

  /** `collectAfterBytes`: how much may be leased before a collection is asked for; never more than 256 MiB. */
  constructor(
    private readonly releaseBlock: (address: number) => void,
    private readonly collectAfterBytes = COLLECT_AFTER_BYTES,
  ) {}

  /** Bytes of blocks that views in the user's hands still hold. */
  get bytes(): number {
    return this.outstanding
  }

  /** Takes over one reference to each block. Blocks may be added to the array until the lease is sealed. */
  take(blocks: readonly number[], bytes: number): OpenLease {
    const lease: Lease = { blocks, bytes, views: 1 }
    this.outstanding += bytes
    return {
      lend: (view) => {
        const leased = subclassed(view)
        lease.views++
        this.registry.register(leased, lease)
        return leased
      },
      seal: () => this.dropView(lease),
    }
  }

  /** Collects garbage if more than `most` bytes were leased since the last time, and lets the finalizers run. */
  async relieve(most = COLLECT_AFTER_BYTES): Promise<void> {
    if (this.outstanding - this.atLastCollection < Math.min(this.collectAfterBytes, most)) return
    const probe = this.dropProbe()
    collectGarbage()
    // V8 lets the finalizers of one registry run in each turn of the event loop: others may come before this one.
    for (let turn = 0; turn < MOST_TURNS && probe.views > 0; turn++) await new Promise(setImmediate)
    this.atLastCollection = this.outstanding
  }

  /** A lease of nothing to a view that is garbage already: it has no view any more once the finalizers have run. */
  private dropProbe(): Lease {
    const probe: Lease = { blocks: [], bytes: 0, views: 1 }
    this.registry.register({}, probe)
    return probe
  }

  private dropView(lease: Lease): void {
    if (--lease.views > 0) return
    this.outstanding -= lease.bytes
    this.atLastCollection = Math.min(this.atLastCollection, this.outstanding)
    for (const block of lease.blocks) this.releaseBlock(block)
  }
}

export interface OpenLease {
  /** Ties a view to the blocks: returns the same view, as a typed array that keeps them. */
  readonly lend: <T extends ArrayBufferView>(view: T) => T
  /** Says that all views have been lent; without any, the blocks are released at once. */
  readonly seal: () => void
}

interface Lease {
  readonly blocks: readonly number[]
  readonly bytes: number
  /** Views that can still be reached, and one more until the lease is sealed. */
  views: number
}

type ViewConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView
const subclasses = new Map<unknown, ViewConstructor>()

/**
 * The same view as an instance of a subclass whose `subarray` keeps its parent reachable. The subclass answers
 * `constructor` with the base class, so that copies (`slice`, `map`) and comparisons see an ordinary typed array.
 */
function subclassed<T extends ArrayBufferView>(view: T): T {
  const base = view.constructor as ViewConstructor
  let subclass = subclasses.get(base)
  if (subclass === undefined) {
    subclass = leasedSubclass(base)
    subclasses.set(base, subclass)
  }
  const length = (view as unknown as { length: number }).length
  return new subclass(view.buffer, view.byteOffset, length) as T
}

function leasedSubclass(base: ViewConstructor): ViewConstructor {
  const inherited = base.prototype as Uint8Array
  class LeasedView extends (base as unknown as Uint8ArrayConstructor) {
    override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
      const part = inherited.subarray.call(this, begin, end)
      const leased = LeasedView as unknown as ViewConstructor
      const child = new leased(part.buffer, part.byteOffset, part.length) as Leased<Uint8Array<ArrayBuffer>>
      Object.defineProperty(child, 'parent', { value: this })
      return child
    }
  }
  Object.defineProperty(LeasedView.prototype, 'constructor', { value: base })
  return LeasedView as unknown as ViewConstructor
}
