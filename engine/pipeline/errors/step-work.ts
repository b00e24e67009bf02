/** A step of a stage whose failures say which step it was. */

import type { Batch } from '../../../io/batch.js'
import type { Output, StageWork } from '../stage.js'

/** Never leaves the stage: whoever isolates records takes the error out. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure'

  constructor(
    readonly step: string,
    readonly error: unknown,
  ) {
    super(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

export class StepWork implements StageWork {
  constructor(
    private readonly step: string,
    private readonly work: StageWork,
  ) {}

  get concurrency(): number {
    return this.work.concurrency
  }

  get due(): number | null {
    return this.work.due
  }

  get checkpointed(): StageWork['checkpointed'] {
    return this.work.checkpointed
  }

  process(batch: Batch): Promise<readonly Output[]> {
    return this.named(() => this.work.process(batch))
  }

  finish(): Promise<readonly Output[]> {
    return this.named(() => this.work.finish())
  }

  tick(): Promise<readonly Output[]> {
    return this.named(() => this.work.tick())
  }

  close(): Promise<void> {
    return this.work.close()
  }

  private async named(work: () => Promise<readonly Output[]>): Promise<readonly Output[]> {
    try {
      return await work()
    } catch (error) {
      throw new StepFailure(this.step, error)
    }
  }
}
