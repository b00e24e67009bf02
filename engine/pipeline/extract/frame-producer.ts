/** The rows of a frame. */

import { fromArrowSchema } from '../../../io/arrow/schema.js'
import type { Frame } from '../../../planner/frame.js'
import type { Schema } from '../../../planner/types.js'
import type { ProducedBatch, Producer } from '../stage.js'
import type { ProducerSetting } from './setting.js'
import { slicesOf } from './slices.js'

export class FrameProducer implements Producer {
  readonly bounded = true
  /** Its rows may come in another order the next time. */
  readonly isResumable = false
  readonly rows = null
  readonly fingerprint = null

  private constructor(
    private readonly frame: Frame,
    readonly schema: Schema,
    private readonly setting: ProducerSetting,
  ) {}

  static async open(frame: Frame, setting: ProducerSetting): Promise<FrameProducer> {
    return new FrameProducer(frame, fromArrowSchema(await frame.schema()), setting)
  }

  async *open(): AsyncGenerator<ProducedBatch> {
    const { services, batchRows } = this.setting
    for await (const whole of services.batchesOf(this.frame)) {
      for (const { batch } of slicesOf(whole, batchRows, services)) yield { batch, position: null }
    }
  }

  async close(): Promise<void> {}
}
