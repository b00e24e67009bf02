/** Collection of garbage where the runtime would wait longer: it knows nothing of the limit on the process. */

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let collector: (() => void) | null = null

/** Collects all garbage of this thread. */
export function collectGarbage(): void {
  if (collector === null) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
  }
  collector()
}

/** A large heap is collected when it has grown by this part of it, so that not all time goes there. */
const LEAST_GROWTH = 0.5

/** Keeps the garbage of a thread small: that of its heap, and of the buffers that its objects hold outside of it. */
export class HeapWatch {
  private afterLast = measure()

  /** `garbageBytes`: how much may gather; null if that is left to the runtime. */
  constructor(private readonly garbageBytes: number | null) {}

  /** Collects garbage if so much has gathered that it may be worth it. */
  check(): void {
    if (this.garbageBytes === null) return
    const { bytes, heapBytes } = this.afterLast
    if (measure().bytes - bytes < Math.max(this.garbageBytes, heapBytes * LEAST_GROWTH)) return
    collectGarbage()
    this.afterLast = measure()
  }
}

function measure(): { readonly bytes: number; readonly heapBytes: number } {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return { bytes: used_heap_size + external_memory, heapBytes: used_heap_size }
}
