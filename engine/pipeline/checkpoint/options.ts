/** What a run is asked about its checkpoint. */

import { join } from 'node:path'
import { checkCount, checkName, checkOptions, invalid } from '../../../planner/arguments.js'
import type { PipelineDefinition } from '../../../planner/pipeline/definition.js'
import type { PipelineRunOptions } from '../run-options.js'
import type { CheckpointOptions } from '../streaming/job.js'

const DEFAULT_INTERVAL_MS = 5000

/** Null without one. Throws VOLLEY_INVALID_ARGUMENT. */
export function checkpointOf(
  { directory }: PipelineDefinition,
  { checkpoint, resume = false, checkpointDirectory, checkpointEvery = {} }: PipelineRunOptions,
): CheckpointOptions | null {
  if (checkpoint === undefined) {
    if (!resume) return null
    throw invalid('resume goes on with the job of a checkpoint: name it, as { checkpoint, resume }', 'a checkpoint')
  }
  checkOptions('checkpointEvery', checkpointEvery, ['batches', 'milliseconds'])
  const { batches, milliseconds } = checkpointEvery
  if (batches !== undefined) checkCount('checkpointEvery.batches', batches, 1)
  if (milliseconds !== undefined) checkCount('checkpointEvery.milliseconds', milliseconds, 1)
  return {
    id: checkName('checkpoint', checkpoint),
    resume,
    directory: checkpointDirectory ?? join(directory, '.volley', 'checkpoints'),
    every: {
      batches: batches ?? null,
      milliseconds: milliseconds ?? (batches === undefined ? DEFAULT_INTERVAL_MS : null),
    },
  }
}
