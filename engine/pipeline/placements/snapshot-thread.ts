/** The thread of one snapshot. It sees batches where they lie in the shared memory, and must not write to them. */

import { parentPort, threadId, workerData } from 'node:worker_threads'
import { InternalError, packError } from '../../../planner/errors.js'
import { createKernelContext } from '../../kernels/context.js'
import { ownerOfThread, SharedMemory } from '../../memory/shared-memory.js'
import { batchOfNumbers, type PackedOutput, packOutput } from '../../workers/batch-numbers.js'
import { errorsLeftBehind, knownSchemas, learnedFrom, runStage } from '../../workers/stage-task.js'
import { threadContext } from '../../workers/thread-context.js'
import type { SnapshotAnswer, SnapshotStart, SnapshotTask } from './snapshot-messages.js'

const { memory: shared, run } = workerData as SnapshotStart
const memory = SharedMemory.attach(shared)

async function answerTo({ plan, batches }: SnapshotTask): Promise<SnapshotAnswer> {
  try {
    const context = threadContext(createKernelContext(memory, undefined, ownerOfThread(threadId)), memory, run)
    const known = knownSchemas(plan)
    const outputs: PackedOutput[] = []
    let current = plan
    for (const numbers of batches) {
      context.checkCancelled()
      const made = await runStage(context, current, batchOfNumbers(plan.input, numbers))
      current = learnedFrom(current, made)
      outputs.push(...made.map((output) => packOutput(output, known)))
      context.resetScratch()
    }
    await errorsLeftBehind()
    return { ok: true, outputs }
  } catch (error) {
    return { ok: false, error: packError(error) }
  }
}

const port = parentPort
if (port === null) throw new InternalError('the thread of a snapshot was started as a process')
port.once('message', async (task: SnapshotTask) => {
  port.postMessage(await answerTo(task))
  port.close()
})
