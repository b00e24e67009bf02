/** Where an aggregation puts groups for which there is no room in memory. */

import type { BreakerRows } from '../pipeline.js'
import type { MorselFeed } from './feed.js'

/** What the last round of grouping came to. */
export interface GroupedRows {
  readonly rows: number
  readonly groups: number
}

export interface GroupStore {
  /** Takes the groups of states, which stay as they are. */
  addStates(states: readonly number[]): Promise<void>
  /** Takes what is left of the input without grouping it before, or nothing of it. */
  addRest(feed: MorselFeed, last: GroupedRows): Promise<void>
  /** All groups, in no order; the store is not to be released by others from now on. */
  results(): BreakerRows
  release(): Promise<void>
}
