/**
 * Lends a task one of a pipeline's partial aggregation states.
 *
 * There are as many slots as tasks can run at once, so a task finds a free one without asking the coordinator, and states
 * are no more than threads. A slot is four words:
 *
 *   lock, i32 | address of the state or 0, u32 | its bytes when last released, u32 | -
 */

import { InternalError } from '../../planner/errors.js'
import type { ChainEnd, HeldState } from '../workers/messages.js'
import { AggregateState } from './aggregate.js'
import type { OperatorContext } from './operator-context.js'

/** Words of a slot, and the places in it. */
const SLOT_WORDS = 4
const ADDRESS = 1
const BYTES = 2

/** What the groups of a task may take. */
export const TASK_GROWTH_BYTES = 24 << 20

type AggregateEnd = Extract<ChainEnd, { kind: 'aggregate' }>

/** Where a task groups its rows: a state that others go on with, or one of its own. */
export interface TaskState {
  readonly state: AggregateState
  /** Ends the task: returns the state if it is the task's own, which is the caller's then. */
  release(): HeldState | null
  /** Ends a task that failed. */
  abandon(): void
}

export function acquireState(context: OperatorContext, end: AggregateEnd): TaskState {
  if (end.slotCount > 0) return AggregateSlot.acquire(context, end)
  const state = AggregateState.create(context, end.descriptor)
  return {
    state,
    release: () => ({ address: state.address, bytes: state.bytes }),
    abandon: () => state.release(),
  }
}

class AggregateSlot implements TaskState {
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

  release(): null {
    this.words[this.index + ADDRESS] = this.state.address
    this.words[this.index + BYTES] = this.state.bytes
    Atomics.store(this.words, this.index, 0)
    return null
  }

  abandon(): void {
    this.release()
  }
}

/** The slots of a pipeline as its coordinator has them, and the states that tasks without a slot have answered with. */
export class AggregateSlots {
  private held: HeldState[] = []

  private constructor(
    private readonly context: OperatorContext,
    /** As `ChainEnd` names them. */
    readonly slots: number,
    readonly slotCount: number,
  ) {}

  /** With 0 slots, each task has a state of its own. */
  static create(context: OperatorContext, slotCount: number): AggregateSlots {
    if (slotCount === 0) return new AggregateSlots(context, 0, 0)
    const slots = context.allocate(slotCount * SLOT_WORDS * 4)
    context.memory.i32.fill(0, slots / 4, slots / 4 + slotCount * SLOT_WORDS)
    return new AggregateSlots(context, slots, slotCount)
  }

  /** Bytes of the states, as of the last task that used each. */
  get bytes(): number {
    const held = this.held.reduce((sum, { bytes }) => sum + bytes, 0)
    return this.words(BYTES).reduce((sum, bytes) => sum + bytes, held)
  }

  /** What the states may come to take by the tasks under way, of which `tasks` run at once. */
  growthBytes(tasks: number): number {
    // While a table grows, there are the old one and the new one; small ones may grow several times.
    return tasks * (2 * Math.max(0, ...this.words(BYTES), ...this.held.map(({ bytes }) => bytes)) + TASK_GROWTH_BYTES)
  }

  /** Addresses of the states; no task may be using one. */
  get states(): number[] {
    return [...this.words(ADDRESS).filter((address) => address !== 0), ...this.held.map(({ address }) => address)]
  }

  /** How many states tasks have answered with. */
  get heldCount(): number {
    return this.held.length
  }

  /** Takes over a state that a task has answered with. */
  hold(state: HeldState): void {
    this.held.push(state)
  }

  /** Hands over the smallest of the states that are held. */
  takeSmallest(count: number): HeldState[] {
    this.held.sort((a, b) => a.bytes - b.bytes)
    return this.held.splice(0, count)
  }

  /** Empties the slots: the states are the caller's. */
  clear(): void {
    this.held = []
    if (this.slotCount === 0) return
    this.context.memory.i32.fill(0, this.slots / 4, this.slots / 4 + this.slotCount * SLOT_WORDS)
  }

  release(): void {
    if (this.slotCount > 0) this.context.release(this.slots)
  }

  private words(place: number): number[] {
    const { u32 } = this.context.memory
    return Array.from({ length: this.slotCount }, (_, slot) => u32[this.slots / 4 + slot * SLOT_WORDS + place])
  }
}
