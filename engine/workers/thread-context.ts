/** What a thread beside the coordinator works with, for one run. */

import { VolleyError } from '../../planner/errors.js'
import type { ThreadKernels } from '../kernels/context.js'
import type { SharedMemory } from '../memory/shared-memory.js'
import type { RunHandle } from './messages.js'
import type { TaskContext } from './task-context.js'

export function threadContext(kernels: ThreadKernels, memory: SharedMemory, run: RunHandle): TaskContext {
  return {
    ...kernels,
    allocate: memory.allocateFor(run.owner, run.operator),
    retain: memory.retain,
    release: memory.release,
    checkCancelled: () => {
      if (Atomics.load(memory.views.i32, run.cancel / 4) !== 0)
        throw new VolleyError('VOLLEY_ABORTED', 'the run was cancelled')
    },
  }
}
