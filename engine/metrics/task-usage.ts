/** What a task took of its thread. */

import { readFileSync } from 'node:fs'

/** Milliseconds. */
export interface TaskUsage {
  /** From when the thread took the task up until it was done. */
  readonly busyMs: number
  /** Computing; less than `busyMs` where the thread waited for files, for promises or for a processor. */
  readonly cpuMs: number
  /** From when the task was posted until the thread took it up. */
  readonly waitMs: number
}

/** Milliseconds since 1970, by a clock that all threads of the process share and that has fractions. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now()
}

/** Starts to measure what the current thread does for a task that was posted at `sentAt` of `clockMs`. */
export function measureUsage(sentAt: number): () => TaskUsage {
  const waitMs = Math.max(0, clockMs() - sentAt)
  const began = performance.now()
  const cpuBefore = threadCpuMs()
  return () => {
    const busyMs = performance.now() - began
    const cpuAfter = threadCpuMs()
    const cpuMs = cpuBefore === null || cpuAfter === null ? busyMs : cpuAfter - cpuBefore
    return { busyMs, cpuMs, waitMs }
  }
}

/** Since Node 23.9; the types are older. */
type NewerProcess = NodeJS.Process & {
  threadCpuUsage?: () => { readonly user: number; readonly system: number }
}

/** Linux: nanoseconds on a processor, then others (Documentation/scheduler/sched-stats, "/proc/<pid>/schedstat"). */
const SCHEDULER_STATISTICS = '/proc/thread-self/schedstat'

/** CPU time of the current thread so far; null where neither Node nor the system tells: busy time stands for it then. */
function threadCpuMs(): number | null {
  const usage = (process as NewerProcess).threadCpuUsage?.()
  if (usage !== undefined) return (usage.user + usage.system) / 1000
  if (process.platform !== 'linux') return null
  try {
    return Number(readFileSync(SCHEDULER_STATISTICS, 'latin1').split(' ')[0]) / 1e6
  } catch {
    return null
  }
}
