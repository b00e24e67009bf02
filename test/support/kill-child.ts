/** A process that runs a pipeline with a checkpoint until it ends or is killed. Its argument is a `ChildJob` as JSON. */

import type { PipelineSpecification } from '../../planner/pipeline/specification.js'
import { StreamScene } from './streaming.js'

export interface ChildJob {
  readonly directory: string
  readonly specification: PipelineSpecification
  readonly checkpoint: string
  /** Batches between checkpoints of streams. */
  readonly every: number
}

const { directory, specification, checkpoint, every } = JSON.parse(process.argv[2]) as ChildJob
const scene = new StreamScene(directory)
process.stdout.write('ready\n')
const outcome =
  specification.mode === 'full'
    ? await scene.engine
        .pipeline({ directory, ...specification })
        .run({ checkpoint, resume: true, checkpointDirectory: scene.path('checkpoints') })
    : await scene.run(specification, {
        checkpoint: { id: checkpoint, resume: true, every: { batches: every, milliseconds: null } },
      })
process.stdout.write(`${JSON.stringify(outcome)}\n`)
await scene.engine.close()
