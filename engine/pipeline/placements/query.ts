/** Operators that take a whole batch for all of their input: a run of the engine for each. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../kernels/vectors.js'
import { MAIN_PORT } from '../../operators/call.js'
import type { CalledOutput } from '../../operators/called-outputs.js'
import type { PipelineServices } from '../services.js'
import type { Fragment } from './fragment.js'
import type { Place } from './place.js'

export class QueryPlace implements Place {
  readonly concurrency = 1
  private turn: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly services: PipelineServices,
    private readonly fragment: Extract<Fragment, { kind: 'query' }>,
  ) {}

  run(batch: Batch): Promise<readonly CalledOutput[]> {
    const outputs = this.turn.then(() => this.query(batch))
    this.turn = outputs.catch(() => undefined)
    return outputs
  }

  private async query(batch: Batch): Promise<readonly CalledOutput[]> {
    const { frame, placeholder } = this.fragment
    const outputs: CalledOutput[] = []
    placeholder.batch = batch
    try {
      for await (const made of this.services.batchesOf(frame)) {
        outputs.push({ port: MAIN_PORT, batch: made, isInferred: false })
      }
      return outputs
    } catch (error) {
      for (const output of outputs) releaseBatch(this.services.run.context, output.batch)
      throw error
    } finally {
      placeholder.batch = null
    }
  }

  async close(): Promise<void> {
    await this.turn
  }
}
