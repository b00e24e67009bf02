/** How large buffers are made that a thread keeps to stage bytes in. */

import { align64 } from '../batch.js'

/**
 * The GNU C library keeps up to twice the size of any buffer that was freed, and below this one, in each thread for good.
 * A larger one is mapped and unmapped by itself; of its pages, those that are used take memory.
 */
const LEAST_BYTES = 2 ** 25 + 2 ** 16

/** Some more than is needed now, so that a little more next time needs no other buffer. */
export function stagingBytes(needed: number): number {
  return Math.max(LEAST_BYTES, align64(Math.ceil(needed * 1.25)))
}
