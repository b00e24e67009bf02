/** What the code of a task may use: the thread's kernels, and blocks that belong to the run. */

import type { ThreadKernels } from '../kernels/context.js'
import type { OperatorContext } from '../operators/operator-context.js'

export type TaskContext = ThreadKernels & OperatorContext
