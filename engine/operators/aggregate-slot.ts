/**
 * Lends a task one of a pipeline's partial aggregation states.
 *
 * There are as many slots as tasks can run at once; each is a lock word and the address of a state, so a task finds a
 * free one without asking the coordinator, and states are no more than threads.
 */

import { InternalError } from '../../planner/errors.js'
import type { ChainEnd } from '../workers/messages.js'
import { AggregateState } from './aggregate.js'
import type { OperatorContext } from './operator-context.js'

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
      const index = end.slots / 4 + slot * 2
      if (Atomics.compareExchange(words, index, 0, 1) !== 0) continue
      const address = words[index + 1] >>> 0
      const state =
        address === 0
          ? AggregateState.create(context, end.descriptor)
          : AggregateState.attach(context, end.descriptor, address)
      return new AggregateSlot(words, index, state)
    }
    throw new InternalError('more aggregation tasks run than there are slots')
  }

  release(): void {
    this.words[this.index + 1] = this.state.address
    Atomics.store(this.words, this.index, 0)
  }
}
