/**
 * Lends a task one of a pipeline's partial aggregation states.
 *
 * There are as many slots as tasks can run at once, so a task finds a free one without asking the coordinator, and states
 * are no more than threads. A slot is four words:
 *
 *   lock, i32 | address of the state or 0, u32 | its bytes when last released, u32 | -
 */

import { InternalError } from '../../planner/errors.js'
import type { ChainEnd } from '../workers/messages.js'
import { AggregateState } from './aggregate.js'
import type { OperatorContext } from './operator-context.js'

/** Words of a slot, and the places in it. */
const SLOT_WORDS = 4
const ADDRESS = 1
const BYTES = 2

type AggregateEnd = Extract<ChainEnd, { kind: 'aggregate' }>

export class AggregateSlot {
  private constructor(
    private readonly words: Int32Array,
    private readonly index: number,
    readonly state: AggregateState,
  ) {}

  static acquire(context: OperatorContext, end: AggregateEnd): AggregateSlot {
    const words = context.memory.i32
    for (let slot = 0; slot < end.slotCount; slot++) {
      const index = end.slots / 4 + slot * SLOT_WORDS
      if (Atomics.compareExchange(words, index, 0, 1) !== 0) continue
      const address = words[index + ADDRESS] >>> 0
      const state =
        address === 0
          ? AggregateState.create(context, end.descriptor)
          : AggregateState.attach(context, end.descriptor, address)
      return new AggregateSlot(words, index, state)
    }
    throw new InternalError('more aggregation tasks run than there are slots')
  }

  release(): void {
    this.words[this.index + ADDRESS] = this.state.address
    this.words[this.index + BYTES] = this.state.bytes
    Atomics.store(this.words, this.index, 0)
  }
}

/** The slots of a pipeline as its coordinator has them. */
export class AggregateSlots {
  private constructor(
    private readonly context: OperatorContext,
    /** As `ChainEnd` names them. */
    readonly slots: number,
    readonly slotCount: number,
  ) {}

  static create(context: OperatorContext, slotCount: number): AggregateSlots {
    const slots = context.allocate(slotCount * SLOT_WORDS * 4)
    context.memory.i32.fill(0, slots / 4, slots / 4 + slotCount * SLOT_WORDS)
    return new AggregateSlots(context, slots, slotCount)
  }

  /** Bytes of the states, as of the last task that used each. */
  get bytes(): number {
    return this.words(BYTES).reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Addresses of the states; no task may be using one. */
  get states(): number[] {
    return this.words(ADDRESS).filter((address) => address !== 0)
  }

  /** Empties the slots: the states are the caller's. */
  clear(): void {
    this.context.memory.i32.fill(0, this.slots / 4, this.slots / 4 + this.slotCount * SLOT_WORDS)
  }

  release(): void {
    this.context.release(this.slots)
  }

  private words(place: number): number[] {
    const { u32 } = this.context.memory
    return Array.from({ length: this.slotCount }, (_, slot) => u32[this.slots / 4 + slot * SLOT_WORDS + place])
  }
}
