/** What is left of a source from which morsels were taken already. */

import type { Morsel, ScanEstimate, ScanRequest, Source } from '../../../io/source.js'
import type { Schema } from '../../../planner/types.js'
import type { MorselFeed } from '../bulk/feed.js'

/** Gives its morsels once, for the request that the feed was made with. */
export class RestOfSource implements Source {
  readonly id: number
  readonly format: string
  readonly label: string
  readonly schema: Schema
  readonly bounded: boolean

  constructor(
    private readonly whole: Source,
    private readonly feed: MorselFeed,
  ) {
    this.id = whole.id
    this.format = whole.format
    this.label = whole.label
    this.schema = whole.schema
    this.bounded = whole.bounded
  }

  estimate(request: ScanRequest): ScanEstimate {
    return this.whole.estimate(request)
  }

  morsels(): AsyncIterable<Morsel> {
    return this.feed.until(() => false)
  }

  close(): Promise<void> {
    return this.feed.close()
  }
}
