/** A place where batches are worked on, each for itself; and the stage that is placed there. */

import type { Batch } from '../../../io/batch.js'
import { releaseBatch } from '../../kernels/vectors.js'
import type { CalledOutput, KnownSchemas } from '../../operators/called-outputs.js'
import type { TaskContext } from '../../workers/task-context.js'
import type { Output, StageState, StageWork } from '../stage.js'
import type { OutputPorts } from './output-ports.js'

export interface Place {
  /** Batches that it works on at once. */
  readonly concurrency: number
  /** What becomes of a batch, which stays the caller's. Outputs of ports that are `known` have that schema. */
  run(batch: Batch, known: KnownSchemas): Promise<readonly CalledOutput[]>
  close(): Promise<void>
}

/** The work of a stage that holds nothing from batch to batch, but the schemas of its outputs. */
export class PlacedWork implements StageWork {
  readonly due = null
  readonly checkpointed

  constructor(
    private readonly place: Place,
    private readonly ports: OutputPorts,
    private readonly context: TaskContext,
  ) {
    this.checkpointed = schemaCheckpoint(ports)
  }

  get concurrency(): number {
    return this.place.concurrency
  }

  async process(batch: Batch): Promise<readonly Output[]> {
    try {
      return await this.ports.outputs((known) => this.place.run(batch, known))
    } finally {
      releaseBatch(this.context, batch)
    }
  }

  async finish(): Promise<readonly Output[]> {
    return []
  }

  async tick(): Promise<readonly Output[]> {
    return []
  }

  close(): Promise<void> {
    return this.place.close()
  }
}

/** What follows a checkpoint should have the columns of what came before it. */
function schemaCheckpoint(ports: OutputPorts): NonNullable<StageWork['checkpointed']> {
  return {
    save: async () => ({ state: ports.save(), batches: [] }),
    restore: async ({ state }: StageState) => ports.restore(state),
  }
}
