import { MemorySource } from '../../io/memory-source.js'
import * as types from '../../planner/types.js'
import { describe, expect, it } from '../support/jest.js'
import { batchOf, scan, shared, target } from './scan.js'

describe('MemorySource', () => {
  it('reads its batches again and again, sliced and not copied, until it is closed', async () => {
    const before = shared.statistics().blocks
    const numbers = Array.from({ length: 100_000 }, (_, i) => i)
    const large = batchOf([
      ['a', types.INT32, numbers],
      ['b', types.UTF8, numbers.map((n) => `b${n}`)],
    ])
    const small = batchOf([
      ['a', types.INT32, [-1, null]],
      ['b', types.UTF8, [null, 'x']],
    ])
    const source = new MemorySource(1, large.schema, [large, small], shared)
    expect(source.estimate().rows).toBe(100_002)
    for (let run = 0; run < 2; run++) {
      const { columns, batches } = await scan(source, ['b', 'a'])
      expect(batches).toEqual([
        { length: 65_536, firstRow: 0 },
        { length: 34_464, firstRow: 65_536 },
        { length: 2, firstRow: 100_000 },
      ])
      expect(columns.a).toEqual([...numbers, -1, null])
      expect(columns.b.slice(99_999)).toEqual(['b99999', null, 'x'])
    }
    for await (const { batch } of source.morsels({ columns: ['a'], predicate: null }, target)) {
      expect(batch.columns[0].blocks).toEqual(large.columns[0].blocks)
      batch.columns[0].blocks.forEach(shared.release)
      break
    }
    await source.close()
    await source.close()
    expect(shared.statistics().blocks).toBe(before)
    await expect(scan(source)).rejects.toMatchObject({ code: 'VOLLEY_CLOSED' })
  })
})
