import { partitionBits } from '../../../../engine/strategies/bulk/partitions.js'
import { describe, expect, it } from '../../../support/jest.js'

const MEGABYTE = 1e6

describe('the number of partitions', () => {
  it('follows from the part of the input that was read', () => {
    const known = { bytes: 100 * MEGABYTE, taken: 10, total: 40 }
    expect(partitionBits(known, 10 * MEGABYTE)).toBe(6)
    expect(partitionBits({ ...known, total: 80 }, 10 * MEGABYTE)).toBe(7)
    expect(partitionBits(known, 100 * MEGABYTE)).toBe(3)
  })

  it('is at least 8 and at most 512', () => {
    expect(partitionBits({ bytes: 1, taken: 1, total: 1 }, MEGABYTE)).toBe(3)
    expect(partitionBits({ bytes: 1e12, taken: 1, total: 1000 }, MEGABYTE)).toBe(9)
  })

  it('is 64 where nothing is known', () => {
    for (const unknown of [
      { bytes: MEGABYTE, taken: 1, total: null },
      { bytes: 0, taken: 3, total: 10 },
      { bytes: 0, taken: 0, total: 10 },
    ]) {
      expect(partitionBits(unknown, MEGABYTE)).toBe(6)
    }
  })
})
