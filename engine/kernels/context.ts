/** What code of a thread needs to run kernels: their exports over the shared memory, and scratch. */

import { readFileSync } from 'node:fs'
import type { BlockSharing } from '../../io/block-sharing.js'
import type { DecodeTarget } from '../../io/source.js'
import { SCRATCH } from '../memory/operator-slots.js'
import { Scratch, type ScratchMark } from '../memory/scratch.js'
import { ENGINE, type SharedMemory } from '../memory/shared-memory.js'
import type { KernelContext, KernelExports } from './kernel.js'
import { countingCalls, type KernelCalls } from './kernel-calls.js'

export interface ThreadKernels extends KernelContext {
  /** Takes back all scratch; vectors that lie in it must have been persisted or dropped. */
  resetScratch(): void
  /** Remembers the state of the scratch; `rewindScratch` takes back what was handed out since. */
  markScratch(): ScratchMark
  rewindScratch(mark: ScratchMark): void
  /** Returns the scratch to the shared memory when the thread has no more use for it. */
  freeScratch(): void
}

/** Compiles the kernels; a compiled module can be posted to workers. */
export function compileKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)))
}

/**
 * Instantiates the kernels over a memory. They keep no state of their own: one instance serves all uses of a thread. Their
 * calls are counted in `calls`, unless that is null.
 */
export function instantiateKernels(
  memory: SharedMemory,
  module = compileKernels(),
  calls: KernelCalls | null = null,
): KernelExports {
  const instance = new WebAssembly.Instance(module, { env: { memory: memory.memory, ...hostFunctions } })
  const kernels = instance.exports as unknown as KernelExports
  return calls === null ? kernels : countingCalls(module, kernels, calls)
}

/** A context with scratch of its own, whose blocks belong to `owner`. */
export function createKernelContext(
  memory: SharedMemory,
  wasm = instantiateKernels(memory),
  owner: number = ENGINE,
): ThreadKernels {
  const scratch = new Scratch(memory.allocateFor(owner, SCRATCH), memory.release, memory.limit)
  return { memory: memory.views, wasm, ...scratchOf(scratch) }
}

/** The same context with scratch of its own, which is allocated as its other blocks are. */
export function withOwnScratch<
  T extends ThreadKernels & Pick<DecodeTarget, 'allocate'> & Pick<BlockSharing, 'release'>,
>(context: T): T {
  return { ...context, ...scratchOf(new Scratch(context.allocate, context.release, context.memory.buffer.byteLength)) }
}

function scratchOf(scratch: Scratch): Omit<ThreadKernels, 'memory' | 'wasm'> {
  return {
    scratch: scratch.allocate,
    resetScratch: () => scratch.reset(),
    markScratch: () => scratch.mark(),
    rewindScratch: (mark) => scratch.rewind(mark),
    freeScratch: () => scratch.free(),
  }
}

/** Functions of the host that kernels may import; AssemblyScript's own versions of these need static tables. */
const hostFunctions = {
  exp: Math.exp,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  pow: Math.pow,
}
