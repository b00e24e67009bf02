/** Instantiates the kernels over a shared memory, once per thread. */

import { readFileSync } from 'node:fs'
import { Scratch, type ScratchMark } from '../memory/scratch.js'
import { ENGINE, type SharedMemory } from '../memory/shared-memory.js'
import type { KernelContext, KernelExports } from './kernel.js'

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

/** `owner` is that of the scratch. */
export function createKernelContext(
  memory: SharedMemory,
  module = compileKernels(),
  owner: number = ENGINE,
): ThreadKernels {
  const instance = new WebAssembly.Instance(module, { env: { memory: memory.memory, ...hostFunctions } })
  const scratch = new Scratch(memory.allocateFor(owner), memory.release)
  return {
    memory: memory.views,
    wasm: instance.exports as unknown as KernelExports,
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
