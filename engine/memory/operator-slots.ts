/**
 * Who holds how much of the shared memory: every block is counted for an operator, in counters beside the free lists.
 *
 * The allocator counts bytes by slot, in any thread; what the slots stand for is known to the coordinating thread alone.
 * The first slots are fixed, the others are claimed by runs and given back at their end.
 */

/** What belongs to no operator: plans, control words, and whatever was allocated without a label. */
export const OTHER = 0
/** The scratch of all threads. */
export const SCRATCH = 1
/** Tables that the user gave. */
export const TABLES = 2
/** Results in the user's hands. */
export const RESULTS = 3

export const OPERATOR_SLOTS = 1024
const FIXED_LABELS = ['other', 'scratch of threads', 'tables in memory', 'results in use']

/** The counters, as the shared memory has them. */
export interface OperatorCounters {
  operatorBytes(slot: number): number
  /** The most since the slot was claimed. */
  operatorPeakBytes(slot: number): number
  /** Lets the peak begin anew at what is held now. */
  resetOperatorPeak(slot: number): void
}

/** What an operator is about, for reports: `{ keys: ['country'] }`. */
export type OperatorDetail = Readonly<Record<string, unknown>>

export interface OperatorUse {
  readonly label: string
  readonly bytes: number
  readonly peakBytes: number
  readonly detail?: OperatorDetail
}

interface Claimed {
  readonly label: string
  readonly detail: OperatorDetail | undefined
}

/** The slots of one shared memory. Belongs to the coordinating thread. */
export class OperatorSlots {
  private readonly claimed = new Map<number, Claimed>()
  private readonly free: number[] = []
  private next = FIXED_LABELS.length

  constructor(private readonly counters: OperatorCounters) {}

  /** A slot for an operator of this label; when all are taken, that of `other`. */
  claim(label: string, detail?: OperatorDetail): number {
    const slot = this.free.pop() ?? (this.next < OPERATOR_SLOTS ? this.next++ : OTHER)
    if (slot === OTHER) return OTHER
    this.counters.resetOperatorPeak(slot)
    this.claimed.set(slot, { label, detail })
    return slot
  }

  /** Gives a slot back; its blocks must have been freed or handed over before. */
  release(slot: number): void {
    if (this.claimed.delete(slot)) this.free.push(slot)
  }

  labelOf(slot: number): string {
    return this.claimed.get(slot)?.label ?? FIXED_LABELS[slot] ?? FIXED_LABELS[OTHER]
  }

  use(slot: number): OperatorUse {
    const bytes = this.counters.operatorBytes(slot)
    const peakBytes = this.counters.operatorPeakBytes(slot)
    const detail = this.claimed.get(slot)?.detail
    return { label: this.labelOf(slot), bytes, peakBytes, ...(detail === undefined ? {} : { detail }) }
  }

  /** What is held by the given slots and the fixed ones, largest first; without slots, by all there are. */
  breakdown(slots: Iterable<number> = this.claimed.keys()): { readonly label: string; readonly bytes: number }[] {
    return [...FIXED_LABELS.keys(), ...slots]
      .map((slot) => ({ label: this.labelOf(slot), bytes: this.counters.operatorBytes(slot) }))
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => b.bytes - a.bytes)
  }
}
