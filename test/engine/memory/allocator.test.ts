import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { describe, expect, it } from '../../support/jest.js'

describe('BlockAllocator', () => {
  it('hands out aligned blocks that never overlap and merges them all back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200_000), fc.nat(50)), { maxLength: 300 }), (steps) => {
        const memory = SharedMemory.create(64 << 20)
        const live: { address: number; bytes: number }[] = []
        for (const [bytes, victim] of steps) {
          if (victim < live.length) memory.release(live.splice(victim, 1)[0].address)
          const address = memory.allocate(bytes)
          expect(address % 64).toBe(0)
          for (const other of live) {
            expect(address + bytes <= other.address || other.address + other.bytes <= address).toBe(true)
          }
          live.push({ address, bytes })
        }
        for (const { address } of live) memory.release(address)
        expect(memory.statistics()).toMatchObject({ blocks: 0, bytes: 0 })
        memory.release(memory.allocate(60 << 20))
      }),
      { numRuns: 30, seed: 7 },
    )
  })

  it('frees a block only with its last reference, and refuses one release too many', () => {
    const memory = SharedMemory.create(1 << 20)
    const address = memory.allocate(100)
    memory.retain(address)
    memory.release(address)
    expect(memory.statistics().blocks).toBe(1)
    memory.release(address)
    expect(memory.statistics().blocks).toBe(0)
    expect(() => memory.release(address)).toThrow(/released more often/)
  })

  it('keeps apart the blocks of any owners, and counts all bytes there ever were', () => {
    const memory = SharedMemory.create(1 << 20)
    const owners = [0, 1, 255, 256, 257, 1e9, -1, -16, -255, -256, -1e9]
    for (let round = 0; round < 3; round++) {
      for (const owner of owners) memory.allocateFor(owner)(1000)
      memory.keep(memory.allocateFor(7)(1000))
      expect(memory.releaseOwner(7)).toBe(0)
      // Free lists that were damaged would hand out memory twice, or none.
      memory.release(memory.allocateFor(-300)(500_000))
      for (const owner of owners) expect(memory.releaseOwner(owner)).toBe(owner === 0 ? 2 : 1)
      expect(memory.statistics()).toMatchObject({ blocks: 0, bytes: 0 })
    }
    const perRound = owners.length + 1
    expect(memory.statistics().allocatedBytes).toBe(3 * (perRound * (1024 + 64) + 500_032 + 64))
  })

  it('frees what a run left behind, and nothing else', () => {
    const memory = SharedMemory.create(1 << 20)
    const kept = memory.allocate(10)
    const allocate = memory.allocateFor(7)
    const result = allocate(10)
    memory.retain(allocate(10))
    memory.keep(result)
    expect(memory.releaseOwner(7)).toBe(1)
    expect(memory.statistics().blocks).toBe(2)
    memory.release(kept)
    memory.release(result)
    expect(memory.statistics().bytes).toBe(0)
  })

  it('reports a full memory as VOLLEY_MEMORY_LIMIT', () => {
    const memory = SharedMemory.create(1 << 20)
    expect(() => memory.allocate(2 << 20)).toThrow(expect.objectContaining({ code: 'VOLLEY_MEMORY_LIMIT' }))
  })

  it('serves several threads at once', async () => {
    const memory = SharedMemory.create(256 << 20)
    const source = `
      import { workerData } from 'node:worker_threads'
      const { SharedMemory } = await import(workerData.module)
      const memory = SharedMemory.attach(workerData.memory)
      const mark = workerData.mark
      const live = []
      for (let i = 0; i < 20000; i++) {
        const words = 1 + (i * 7919) % 500
        const address = memory.allocate(words * 4)
        memory.views.i32.fill(mark, address / 4, address / 4 + words)
        live.push([address, words])
        if (live.length > 50) {
          const [old, count] = live.splice((i * 31) % 50, 1)[0]
          for (let j = 0; j < count; j++) if (memory.views.i32[old / 4 + j] !== mark) throw new Error('overwritten')
          memory.release(old)
        }
      }
      for (const [address] of live) memory.release(address)
    `
    const module = new URL('../../../engine/memory/shared-memory.js', import.meta.url).href
    await Promise.all(
      [1, 2, 3].map(
        (mark) =>
          new Promise<void>((resolve, reject) => {
            const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
              workerData: { memory: memory.memory, module, mark },
            })
            worker
              .on('error', reject)
              .on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))))
          }),
      ),
    )
    expect(memory.statistics()).toMatchObject({ blocks: 0, bytes: 0 })
  })
})
