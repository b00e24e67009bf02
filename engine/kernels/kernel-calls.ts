/**
 * Counts the calls of kernels by all threads of an engine that is opened for that; others call the exports themselves, and
 * no call costs more for it.
 */

import type { KernelExports } from './kernel.js'

/** A counter for each function that the module exports, in their order. */
export type KernelCalls = Int32Array<SharedArrayBuffer>

export function kernelCallsOf(module: WebAssembly.Module): KernelCalls {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * functionNames(module).length))
}

/** The same functions, which add each call to `calls`. */
export function countingCalls(module: WebAssembly.Module, kernels: KernelExports, calls: KernelCalls): KernelExports {
  const counting = functionNames(module).map((name, at) => {
    const kernel = kernels[name]
    const counted = (...parameters: number[]): number => {
      Atomics.add(calls, at, 1)
      return kernel(...parameters)
    }
    return [name, counted] as const
  })
  return { ...kernels, ...Object.fromEntries(counting) }
}

/** How often each kernel was called so far: those that were. */
export function readKernelCalls(module: WebAssembly.Module, calls: KernelCalls): Record<string, number> {
  const counted = functionNames(module).map((name, at) => [name, Atomics.load(calls, at)] as const)
  return Object.fromEntries(counted.filter(([, count]) => count > 0))
}

function functionNames(module: WebAssembly.Module): string[] {
  return WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name)
}
