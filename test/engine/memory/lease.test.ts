import { Leases } from '../../../engine/memory/lease.js'
import { SharedMemory } from '../../../engine/memory/shared-memory.js'
import { describe, expect, it } from '../../support/jest.js'
import { collectGarbage, eventually } from '../../support/scene.js'

describe('Leases', () => {
  const setup = () => {
    const memory = SharedMemory.create(1 << 20)
    const leases = new Leases(memory.release)
    const block = memory.allocate(400)
    memory.views.i32.set([1, 2, 3, 4], block / 4)
    const lease = leases.take([block], 400)
    const view = lease.lend(new Int32Array(memory.views.buffer, block, 100))
    lease.seal()
    return { memory, leases, view }
  }

  it('gives views that look like ordinary typed arrays', () => {
    const { view, memory } = setup()
    expect(view).toBeInstanceOf(Int32Array)
    expect(view.constructor).toBe(Int32Array)
    expect(view.buffer).toBe(memory.views.buffer)
    expect(view.subarray(1, 3)).toEqual(Int32Array.of(2, 3))
    expect(view.slice(0, 2).buffer).not.toBe(memory.views.buffer)
  })

  it('keeps a block while a subarray of a subarray of it is held, and releases it afterwards', async () => {
    const { leases, memory, view } = setup()
    const holder: { part: Int32Array | null } = { part: view.subarray(1).subarray(1, 3) }
    const other = setup()
    await collectGarbage()
    expect(memory.statistics().blocks).toBe(1)
    expect(Array.from(holder.part ?? [])).toEqual([3, 4])
    holder.part = null
    other.view.fill(0)
    expect(leases.bytes).toBe(400)
  })

  it('releases a block once nothing refers to its views, without a collection of anybody else', async () => {
    const memory = SharedMemory.create(1 << 20)
    const leases = new Leases(memory.release)
    const bytes = 300 << 20
    let taken = 0
    const takeAndDrop = () => {
      const block = memory.allocate(400)
      const lease = leases.take([block], bytes)
      lease.lend(new Int32Array(memory.views.buffer, block, 100))
      lease.seal()
      taken++
    }
    // What is allocated while V8 marks survives one collection.
    await eventually(
      () => memory.statistics().blocks < taken,
      async () => {
        takeAndDrop()
        await leases.relieve()
      },
    )
    expect(leases.bytes).toBe(memory.statistics().blocks * bytes)
  })

  it('waits for its finalizers, though those of others come before', async () => {
    const others = Array.from({ length: 12 }, () => new FinalizationRegistry(() => {}))
    const memory = SharedMemory.create(1 << 20)
    const leases = new Leases(memory.release, 1)
    const drop = () => {
      for (const other of others) other.register({}, null)
      const block = memory.allocate(400)
      const lease = leases.take([block], 400)
      lease.lend(new Int32Array(memory.views.buffer, block, 100))
      lease.seal()
    }
    let most = 0
    for (let round = 0; round < 8; round++) {
      drop()
      await leases.relieve()
      most = Math.max(most, memory.statistics().blocks)
    }
    expect(most).toBeLessThan(3)
  })
})
