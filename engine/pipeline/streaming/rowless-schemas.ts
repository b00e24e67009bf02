/** The columns of what leaves the stages of a stream by which no row came: those that mode `full` would find. */

import { VolleyError } from '../../../planner/errors.js'
import { Frame } from '../../../planner/frame.js'
import type { FlatPipeline, FlatStage } from '../../../planner/pipeline/flatten.js'
import { schemaOf } from '../../../planner/pipeline/transforms/simple.js'
import type { Schema } from '../../../planner/types.js'
import { isUnknown } from '../full/dry-frames.js'
import { StageFrames } from '../full/stage-frames.js'
import type { PipelineServices } from '../services.js'
import type { Producer } from '../stage.js'

export class RowlessSchemas {
  private readonly producers = new Map<string, Producer>()
  private frames: StageFrames | null = null

  constructor(
    private readonly pipeline: FlatPipeline,
    private readonly services: Pick<PipelineServices, 'scans' | 'runtime'>,
    private readonly startedAt: () => Date,
  ) {}

  /** Learns what a stage reads. */
  add(stage: string, producer: Producer): Producer {
    this.producers.set(stage, producer)
    return producer
  }

  /** Of what a stage gets; null where only rows could tell. Throws what no row could be processed with. */
  async inputOf(stage: FlatStage): Promise<Schema | null> {
    this.frames ??= this.framesWithoutRows()
    try {
      return await schemaOf(await this.frames.inputOf(stage))
    } catch (error) {
      if (isUnknown(error)) return null
      throw error
    }
  }

  private framesWithoutRows(): StageFrames {
    const { scans, runtime } = this.services
    const empty = (schema: Schema | null): Frame => {
      if (schema !== null) return new Frame(scans.records([], schema), runtime)
      throw new VolleyError('VOLLEY_UNSUPPORTED', 'no row came that tells its columns', { isUnknown: true })
    }
    return new StageFrames(this.pipeline, {
      startedAt: this.startedAt(),
      services: this.services,
      isShared: () => true,
      produced: async ({ id }) => empty(this.producers.get(id)?.schema ?? null),
      kept: async (_, rows) => rows,
      detached:
        () =>
        async (_, { schema }) =>
          empty(schema),
      emitted: async () => empty(null),
    })
  }
}
