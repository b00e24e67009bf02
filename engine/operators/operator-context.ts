/** What operators may use: kernels, blocks of the run they belong to, and word that it was cancelled. */

import type { ThreadKernels } from '../kernels/context.js'
import type { KernelContext } from '../kernels/kernel.js'

/** The scratch of a long piece of work is taken back in parts, by marks. */
export interface OperatorContext extends KernelContext, Pick<ThreadKernels, 'markScratch' | 'rewindScratch'> {
  /** A fresh block of the run, referenced once, 64-byte aligned, not cleared. Throws VOLLEY_MEMORY_LIMIT. */
  readonly allocate: (bytes: number) => number
  readonly retain: (address: number) => void
  readonly release: (address: number) => void
  /** Throws VOLLEY_ABORTED if the run was cancelled. */
  readonly checkCancelled: () => void
}
