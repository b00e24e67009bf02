/** The worker threads of an engine: a Piscina pool, started with the first task. */

import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { unpackError, VolleyError } from '../../planner/errors.js'
import type { KernelCalls } from '../kernels/kernel-calls.js'
import type { WorkerLimits } from '../memory/budget.js'
import { HeapWatch } from '../memory/garbage.js'
import { ownerOfThread, type SharedMemory } from '../memory/shared-memory.js'
import type { TaskUsage } from '../metrics/task-usage.js'
import type { Reply, ReplyOf, Task, TaskKind, TaskOf, WorkerStart } from './messages.js'
import { TaskCounts } from './task-counts.js'

export class WorkerPool {
  /** What it was asked to do so far. */
  readonly counts = new TaskCounts()
  private piscina: Piscina<unknown, Reply> | null = null
  private readonly watched = new WeakSet<Worker>()
  /** Of the coordinator, which makes its garbage between tasks. */
  private readonly heap: HeapWatch

  constructor(
    private readonly memory: SharedMemory,
    private readonly kernels: WebAssembly.Module,
    readonly threads: number,
    private readonly limits: WorkerLimits,
    private readonly kernelCalls: KernelCalls | null = null,
  ) {
    this.heap = new HeapWatch(limits.garbageBytes)
  }

  /** Starts the threads, so that they load while the coordinator still plans. */
  start(): void {
    this.running()
  }

  /** Runs one task in some worker; `onUsage` learns what it took if it is measured. Throws what the task threw, or VOLLEY_WORKER_DIED. */
  async run<K extends TaskKind>(task: TaskOf<K>, onUsage: (usage: TaskUsage) => void = () => {}): Promise<ReplyOf<K>> {
    let reply: Reply
    this.counts.add(task as Task)
    try {
      reply = await this.running().run(task)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new VolleyError(
        'VOLLEY_WORKER_DIED',
        `a worker thread ended during a ${task.kind} task: ${reason}`,
        {},
        cause,
      )
    }
    this.heap.check()
    if (!reply.ok) throw unpackError(reply.error)
    if (reply.usage !== null) onUsage(reply.usage)
    return reply.value as ReplyOf<K>
  }

  /** Ends the threads; tasks that they run or that wait for them fail. */
  async close(): Promise<void> {
    const { piscina } = this
    this.piscina = null
    await piscina?.destroy()
  }

  private running(): Piscina<unknown, Reply> {
    if (this.piscina === null) {
      const { kernelCalls, limits } = this
      const { youngGenerationMegabytes } = limits
      const start: WorkerStart = { memory: this.memory.memory, kernels: this.kernels, kernelCalls, limits }
      const piscina = new Piscina<unknown, Reply>({
        filename: new URL('./worker.js', import.meta.url).href,
        minThreads: this.threads,
        maxThreads: this.threads,
        // The second task waits in the worker, so that it need not wait for the coordinator between tasks.
        concurrentTasksPerWorker: 2,
        // Loading ES modules by `require`, as Piscina tries first, aborts Node 20 when the thread is ended meanwhile.
        execArgv: ['--no-experimental-require-module'],
        workerData: start,
        ...(youngGenerationMegabytes === null
          ? {}
          : { resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMegabytes } }),
      })
      this.piscina = piscina
      piscina.on('workerCreate', () => this.watch(piscina))
      // A thread that ends between tasks is replaced, unless it could not even start.
      piscina.on('error', () => {
        if (piscina.threads.length === 0) void this.close()
      })
      this.watch(piscina)
    }
    return this.piscina
  }

  /** Frees the scratch of threads when they end; their codecs are gone then, too. */
  private watch({ threads }: Piscina<unknown, Reply>): void {
    for (const thread of threads) {
      if (this.watched.has(thread)) continue
      this.watched.add(thread)
      const { threadId } = thread
      const owner = ownerOfThread(threadId)
      thread.once('exit', () => {
        this.memory.releaseOwner(owner)
        this.memory.setCodecBytes(threadId, 0)
      })
    }
  }
}
