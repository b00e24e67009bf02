/** The morsels of a source, which a pipeline may take in several goes: what holds its results may have to move between. */

import type { Morsel } from '../../../io/source.js'
import type { TaskMorsel } from '../../workers/messages.js'
import type { FeedSource } from '../pipeline.js'

export class MorselFeed<M extends TaskMorsel = Morsel> {
  private count = 0
  private ended = false

  constructor(
    readonly source: FeedSource,
    private readonly morsels: AsyncGenerator<M>,
    /** Null where it is not known before. */
    readonly total: number | null,
  ) {}

  /** Morsels taken so far. */
  get taken(): number {
    return this.count
  }

  /** True once the last morsel was taken. */
  get exhausted(): boolean {
    return this.ended
  }

  /** The next morsels, until there are no more or `stop`, which is asked before each, says so. */
  async *until(stop: () => boolean): AsyncGenerator<M> {
    while (!this.ended) {
      if (stop()) return
      const next = await this.morsels.next()
      if (next.done === true) this.ended = true
      else {
        this.count++
        yield next.value
      }
    }
  }

  /** Ends the source early. */
  async close(): Promise<void> {
    this.ended = true
    await this.morsels.return(undefined)
  }
}
