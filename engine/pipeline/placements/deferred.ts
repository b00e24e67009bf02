/** A work that is opened with its first batch, whose columns it cannot know before. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Output, StageState, StageWork } from '../stage.js'

const NOTHING: StageState = { state: null, batches: [] }

export class DeferredWork implements StageWork {
  readonly checkpointed = {
    save: async (): Promise<StageState> => {
      if (this.opening === null) return this.restored ?? NOTHING
      return (await this.opening).checkpointed?.save() ?? NOTHING
    },
    restore: async (state: StageState): Promise<void> => {
      this.restored = state
      if (state.batches.length > 0) await this.opened(state.batches[0])
    },
  }
  private opening: Promise<StageWork> | null = null
  private work: StageWork | null = null
  /** What it goes on from once it is open. */
  private restored: StageState | null = null

  constructor(
    private readonly expected: number,
    private readonly context: TaskContext,
    /** Gets the first batch, which stays the caller's, for what its rows tell. */
    private readonly open: (first: Batch) => Promise<StageWork>,
  ) {}

  /** What is expected of the work, until it is open and says so itself. */
  get concurrency(): number {
    return this.work?.concurrency ?? this.expected
  }

  get due(): null {
    return null
  }

  async process(batch: Batch): Promise<readonly Output[]> {
    let work: StageWork
    try {
      work = await this.opened(batch)
    } catch (error) {
      releaseBatch(this.context, batch)
      throw error
    }
    return work.process(batch)
  }

  async finish(): Promise<readonly Output[]> {
    return (await this.opening)?.finish() ?? []
  }

  async tick(): Promise<readonly Output[]> {
    return []
  }

  async close(): Promise<void> {
    const work = await this.opening?.catch(() => null)
    await work?.close()
  }

  private opened(first: Batch): Promise<StageWork> {
    this.opening ??= this.openAndRestore(first)
    return this.opening
  }

  private async openAndRestore(first: Batch): Promise<StageWork> {
    const work = await this.open(first)
    const { restored } = this
    if (restored !== null && restored !== NOTHING && restored.state !== null) await work.checkpointed?.restore(restored)
    this.restored = null
    this.work = work
    return work
  }
}
