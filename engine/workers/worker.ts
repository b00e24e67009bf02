/** A worker thread: runs one task at a time over the shared memory. See `messages.ts` for the protocol. */

import { threadId, workerData } from 'node:worker_threads'
import { codecBytes, limitCodec } from '../../io/parquet/codec.js'
import { packError } from '../../planner/errors.js'
import { createKernelContext, instantiateKernels } from '../kernels/context.js'
import { HeapWatch } from '../memory/garbage.js'
import { ownerOfThread, SharedMemory } from '../memory/shared-memory.js'
import { measureUsage } from '../metrics/task-usage.js'
import type { Reply, Task, TaskKind, TaskOf, WorkerStart } from './messages.js'
import { handlers } from './tasks.js'
import { threadContext } from './thread-context.js'

// Piscina wraps the data a pool was given.
const start = (Array.isArray(workerData) ? workerData[1] : workerData) as WorkerStart
const memory = SharedMemory.attach(start.memory)
limitCodec(start.limits.codec)
const kernels = createKernelContext(
  memory,
  instantiateKernels(memory, start.kernels, start.kernelCalls),
  ownerOfThread(threadId),
)
const heap = new HeapWatch(start.limits.garbageBytes)

let previous: Promise<unknown> = Promise.resolve()

/** Answers a task. Tasks posted together still run one after the other: they share the thread's scratch. */
export default function answer(task: Task): Promise<Reply> {
  const reply = previous.then(() => execute(task))
  previous = reply
  return reply
}

async function execute<K extends TaskKind>(task: TaskOf<K>): Promise<Reply<K>> {
  try {
    const context = threadContext(kernels, memory, task.run)
    context.checkCancelled()
    const { sentAt } = task.run
    // A chain measures its pieces, each for a node of its own.
    const usage = sentAt === undefined || task.kind === 'chain' ? null : measureUsage(sentAt)
    const value = await handlers[task.kind](context, task)
    return { ok: true, value, usage: usage?.() ?? null }
  } catch (error) {
    return { ok: false, error: packError(error) }
  } finally {
    kernels.resetScratch()
    memory.setCodecBytes(threadId, codecBytes())
    heap.check()
  }
}
