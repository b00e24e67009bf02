import { compileKernels, instantiateKernels } from '../../../engine/kernels/context.js'
import { kernelCallsOf, readKernelCalls } from '../../../engine/kernels/kernel-calls.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { describe, expect, it } from '../../support/jest.js'

const module = compileKernels()
const memory = SharedMemory.create(1 << 20)

describe('calls of kernels', () => {
  it('are counted by name, over all that share the counters', () => {
    const calls = kernelCallsOf(module)
    const [one, other] = [instantiateKernels(memory, module, calls), instantiateKernels(memory, module, calls)]
    const bits = memory.allocate(64)
    memory.views.i32[bits / 4] = 0b1011
    expect(one.bitmap_count(bits, 32)).toBe(3)
    expect(readKernelCalls(module, calls)).toEqual({ bitmap_count: 1 })
    other.bitmap_and(bits, 0, bits, 32)
    expect(other.bitmap_count(bits, 2)).toBe(2)
    expect(readKernelCalls(module, calls)).toEqual({ bitmap_and: 1, bitmap_count: 2 })
  })

  it('are those of the exports themselves where nobody counts', () => {
    const kernels = instantiateKernels(memory, module)
    expect(String(kernels.bitmap_count)).toContain('[native code]')
  })
})
